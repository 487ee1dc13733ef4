//! What people said differently.

use keting::input::Field;
use keting::views::ConflictView;
use keting::{ConflictId, HouseholdId, RegionId};

use super::{Entered, Fact, all, owned};

/// Something that has to be settled.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Conflict {
    /// Its id, which covers its values: who settles it says what they read.
    pub id: ConflictId,
    /// The household it is about.
    pub household: Option<HouseholdId>,
    /// The region it is about.
    pub region: Option<RegionId>,
    /// The field, if it is about one.
    pub field: Option<Field>,
    /// The field's key in its document, which names the resident, need, visit or note.
    pub key: String,
    /// The value screens show meanwhile.
    pub shown: String,
    /// The unequal values; of a field the shown one comes first.
    pub values: Vec<ConflictValue>,
    /// The facts that say these values; none of a field.
    pub facts: Vec<Fact>,
    /// What others did to something without having heard that it is withdrawn.
    pub meanwhile: Vec<Meanwhile>,
    /// Whether the reader's role lets them settle it.
    pub may_settle: bool,
}

/// One of the values.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ConflictValue {
    /// The value in words; empty for a cleared one.
    pub value: String,
    /// Who said it, and when: several people may have said the same.
    pub entered: Vec<Entered>,
}

/// Something that was done beside a withdrawal.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Meanwhile {
    /// What was written, by its key.
    pub key: String,
    /// The value in words, empty for a cleared one; none where it is withheld.
    pub value: Option<String>,
    /// The day, of a fact that names one, and of a visit or note.
    pub at: Option<String>,
    /// Of a fact why, or what was done; of a visit the remarks.
    pub reason: Option<String>,
    /// Who, and when.
    pub entered: Entered,
    /// The names of the fields that are none because the reader may not see them.
    pub withheld: Vec<String>,
}

impl From<ConflictView> for Conflict {
    fn from(conflict: ConflictView) -> Self {
        Self {
            id: conflict.id(),
            household: HouseholdId::of(conflict.home),
            region: RegionId::of(conflict.home),
            field: Field::of_key(&conflict.document, &conflict.key),
            key: conflict.key,
            shown: conflict.shown,
            values: all(conflict.values),
            facts: all(conflict.facts),
            meanwhile: all(conflict.meanwhile),
            may_settle: conflict.may_settle,
        }
    }
}

impl From<keting::views::ConflictValue> for ConflictValue {
    fn from(value: keting::views::ConflictValue) -> Self {
        Self { value: value.value, entered: all(value.entered) }
    }
}

impl From<keting::views::Meanwhile> for Meanwhile {
    fn from(done: keting::views::Meanwhile) -> Self {
        Self {
            key: done.key,
            value: done.value,
            at: done.at,
            reason: done.reason,
            entered: done.entered.into(),
            withheld: owned(done.withheld),
        }
    }
}
