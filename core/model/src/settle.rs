//! A person's choice among concurrent values: the only way to write over them.

use minicbor::{Decode, Encode};

use crate::city_time::CityTime;
use crate::command::{CommandError, Edit, Given};
use crate::document::Op;
use crate::household::{Placing, filled_in, private_part};
use crate::id::{DocumentId, ItemId};
use crate::kind::DocumentKind;
use crate::registry::registration;
use crate::role::Family;
use crate::schema::{FieldRule, Write};
use crate::value::Value;
use crate::withdrawal::{RESTORE, WITHDRAW, require_standing};

/// Moves what stands of a resident to the private part.
pub(crate) const CONCEAL: &str = "resident.conceal";
/// Moves it back.
pub(crate) const REVEAL: &str = "resident.reveal";
/// An edit moves it, too, of somebody who becomes known as a child, or turns out to be none.
const EDIT: &str = "resident.edit";
/// The commands beside [`Settle`] that write over unequal values, where people agree all the same: one
/// of the values is an empty place that something else moved from. Who withdraws or restores somebody who
/// is concealed moves the reasons given before.
pub(crate) const MOVE: [&str; 5] = [CONCEAL, REVEAL, EDIT, WITHDRAW, RESTORE];

/// Settles a field of which people said different things.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Settle {
    /// The document the field stands in; for what is private of a resident, too, the household.
    #[n(0)]
    pub document: DocumentId,
    /// The field's key in the document.
    #[n(1)]
    pub key: String,
    /// What it shall be: one of the concurrent values, or another that is right.
    #[n(2)]
    pub value: Value,
    /// When the command is given.
    #[n(3)]
    pub time: CityTime,
}

impl Settle {
    /// The name of the command that settles whatever field there is.
    pub const NAME: &'static str = "field.settle";

    /// Settles a field on a value as a person typed it or [`Value`] displays it: nothing clears the
    /// field, a yes or no is `true` or `false`.
    ///
    /// # Errors
    /// When the document has no such field to settle, or the field cannot hold such a value.
    pub fn on_typed(
        document: DocumentId,
        key: &str,
        typed: &str,
        time: CityTime,
    ) -> Result<Self, CommandError> {
        let rule = rule_of(&document, key)?;
        let value = match typed.trim() {
            "" if rule.moves() => filled_in(&Value::Null),
            "" => Value::Null,
            text => rule
                .holds
                .read(text)
                .map_err(|broken| CommandError::Invalid { field: rule.pattern, rule: broken })?,
        };
        Ok(Self { document, key: key.to_owned(), value, time })
    }

    /// What somebody must be allowed to write to settle a field; nothing if there is no such field.
    pub(crate) fn families(document: &DocumentId, key: &str) -> Vec<Family> {
        rules_of(document, key).into_iter().filter_map(|rule| rule.family).collect()
    }

    pub(crate) fn documents(&self) -> Vec<DocumentId> {
        let private = resident_of(&self.document, &self.key).map(|_| private_part(&self.document));
        std::iter::once(self.document).chain(private).collect()
    }

    pub(crate) fn plan(&self, given: &Given<'_>) -> Result<Vec<Edit>, CommandError> {
        let rule = rule_of(&self.document, &self.key)?;
        let value = self.chosen_or_brought_to_form(rule, given)?;
        rule.check(&value)
            .map_err(|broken| CommandError::Invalid { field: rule.pattern, rule: broken })?;
        if let Some((resident, name)) = resident_of(&self.document, &self.key) {
            let mut placing = Placing::new(Self::NAME, given, &self.document, self.time)?;
            placing.settle(resident, name, &value)?;
            return placing.finish();
        }
        let document = given.document(&self.document)?;
        require_standing(document, None)?;
        if document.values(&self.key).len() < 2 {
            return Err(CommandError::NothingToSettle);
        }
        let settle = Op::Settle { key: self.key.clone(), value };
        Ok(vec![Edit { document: self.document, ops: vec![settle] }])
    }
}

impl Settle {
    /// The value as it is if it is one of those that stand, and else in its normal form and checked as what
    /// is typed.
    fn chosen_or_brought_to_form(
        &self,
        rule: &FieldRule,
        given: &Given<'_>,
    ) -> Result<Value, CommandError> {
        let Value::Text(typed) = &self.value else { return Ok(self.value.clone()) };
        for document in self.documents() {
            if given.document(&document)?.values(&self.key).contains(&self.value) {
                return Ok(self.value.clone());
            }
        }
        let value = Value::from(rule.holds.in_normal_form(typed, Some(self.time.day())));
        let broken = |broken| CommandError::Invalid { field: rule.pattern, rule: broken };
        rule.holds.check_typed(&value).map_err(broken)?;
        Ok(value)
    }
}

/// The resident of a household whom a key is about, and the field's name.
fn resident_of<'k>(document: &DocumentId, key: &'k str) -> Option<(ItemId, &'k str)> {
    let of_household = document.kind() == Some(DocumentKind::Household);
    let (resident, name) = key.strip_prefix("r/").filter(|_| of_household)?.split_once('/')?;
    Some((resident.parse().ok()?, name))
}

/// The rule of a field that may be settled.
fn rule_of(document: &DocumentId, key: &str) -> Result<&'static FieldRule, CommandError> {
    let first = rules_of(document, key).into_iter().next();
    first.ok_or_else(|| CommandError::UnknownField { field: key.to_owned() })
}

/// The rules of a field that may be settled, one for each document it may stand in.
fn rules_of(document: &DocumentId, key: &str) -> Vec<&'static FieldRule> {
    let own = document.kind().filter(|kind| *kind != DocumentKind::HouseholdPrivate);
    let private = resident_of(document, key).map(|_| DocumentKind::HouseholdPrivate);
    let kinds = own.into_iter().chain(private).filter_map(registration);
    let rules = kinds.filter_map(|kind| kind.schema.field(key));
    // What facts say is settled by a fact.
    rules.filter(|rule| !matches!(rule.write, Write::Once | Write::Moved)).collect()
}
