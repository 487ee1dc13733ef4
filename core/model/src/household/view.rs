//! Households as people see them: the names of these fields are the names in JSON.

use serde::Serialize;

use crate::author::Entered;
use crate::fact::FactView;
use crate::id::{DocumentId, ItemId};
use crate::query::as_hex;
use crate::words;

/// A household in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HouseholdView {
    /// Its id.
    #[serde(serialize_with = "as_hex")]
    pub id: DocumentId,
    /// Where it lives.
    pub address: String,
    /// The code of the region it lives in, if that is here.
    pub region: Option<String>,
    /// The name of its head (户主), if somebody who is still there has that relation; of all of
    /// them, if several have.
    pub head: Option<String>,
    /// The names of the fields that are null, of every resident, because the reader may not see them.
    pub withheld: &'static [&'static str],
    /// How much of it has to be settled.
    pub conflicts: u64,
    /// How many live here (常住): all but those who are only registered here, and those who have gone by
    /// everything that is said of them. Somebody of whom the reader may not read that counts. Nobody, if
    /// the household is withdrawn.
    pub living_here: usize,
    /// The facts by which it is withdrawn. None, and not in JSON, if it stands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<FactView>,
    /// What was said of that before, the last word first; of what stands again also who restored it. Only
    /// where what was withdrawn is asked for, too; not in JSON, if nothing was said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withdrawn_before: Vec<FactView>,
    /// Its residents, those who left among them.
    pub residents: Vec<ResidentView>,
}

/// A resident in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResidentView {
    /// The id within the household.
    #[serde(serialize_with = "as_hex")]
    pub id: ItemId,
    /// The name.
    pub name: String,
    /// The phone number.
    pub phone: Option<String>,
    /// The identity number.
    pub id_number: Option<String>,
    /// What the resident is to the head of the household.
    pub relation: Option<String>,
    /// `registered`, `lives_here` or `both`.
    pub bond: Option<String>,
    /// The care tags, sorted; null when they are withheld.
    pub care_tags: Option<Vec<String>>,
    /// `living`, `away`, `moved_out` or `deceased`; null when it is withheld. Where people say
    /// different things it is the least final word.
    pub status: Option<String>,
    /// Whether people say different things of the status, and somebody has to settle it.
    pub status_in_conflict: bool,
    /// Whether only those may read more than name and relation who may read what is private: of a child
    /// under fourteen, and of whom somebody said so.
    pub concealed: bool,
    /// Whether they are there: they have not gone by everything that is said of them, and are not
    /// withdrawn. Not in JSON.
    #[serde(skip)]
    pub is_there: bool,
    /// The facts by which the resident is withdrawn, other than with the household. None, and not in JSON,
    /// if they stand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<FactView>,
    /// What was said of that before, the last word first; of what stands again also who restored it. Only
    /// where what was withdrawn is asked for, too; not in JSON, if nothing was said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withdrawn_before: Vec<FactView>,
    /// The names of the fields that are null because the reader may not see them.
    pub withheld: &'static [&'static str],
}

impl ResidentView {
    /// Whether they live there: they are there, and not only registered there.
    pub fn lives_here(&self) -> bool {
        self.is_there && self.bond.as_deref() != Some(words::REGISTERED)
    }
}

/// A household in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HouseholdDetail {
    /// Its id.
    #[serde(serialize_with = "as_hex")]
    pub id: DocumentId,
    /// Where it lives.
    pub address: String,
    /// The code of the standard address.
    pub address_code: Option<String>,
    /// By what right it lives there.
    pub tenure: Option<String>,
    /// The code of the region it lives in, if that is here.
    pub region: Option<String>,
    /// The name of its head.
    pub head: Option<String>,
    /// The names of the fields that are null, of every resident, because the reader may not see them.
    pub withheld: &'static [&'static str],
    /// How many live here, as in a list.
    pub living_here: usize,
    /// The facts by which it is withdrawn. None, and not in JSON, if it stands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<FactView>,
    /// What was said of that before, the last word first; of what stands again also who restored it. Only
    /// where what was withdrawn is asked for, too; not in JSON, if nothing was said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withdrawn_before: Vec<FactView>,
    /// Its residents.
    pub residents: Vec<ResidentDetail>,
    /// Its needs, in the order of their entry.
    pub needs: Vec<NeedView>,
}

/// A resident in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResidentDetail {
    /// What a list shows.
    #[serde(flatten)]
    pub resident: ResidentView,
    /// Why the status is what it is: all the reasons of those who say so.
    pub status_reason: Option<String>,
    /// The day the status came about, if those who say so and name a day agree.
    pub status_at: Option<String>,
    /// What is said of the status and was replaced by nobody: one fact, unless people said
    /// something apart from each other.
    pub facts: Vec<FactView>,
    /// What was said of the status before, the last word first.
    pub earlier: Vec<FactView>,
    /// The day of birth.
    pub birth_date: Option<String>,
    /// `male` or `female`.
    pub sex: Option<String>,
    /// What is known of the health.
    pub health: Option<String>,
    /// What is known of a disability.
    pub disability: Option<String>,
}

/// A need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NeedView {
    /// The id within the household.
    #[serde(serialize_with = "as_hex")]
    pub id: ItemId,
    /// What is needed.
    pub text: String,
    /// Who entered it, and when.
    pub entered: Entered,
    /// `open`, `in_progress`, `met` or `dropped`; where people say different things the least final.
    pub status: String,
    /// Whether people say different things of the status, and somebody has to settle it.
    pub status_in_conflict: bool,
    /// What was done last, by all who say so.
    pub note: Option<String>,
    /// What is said of it and was replaced by nobody.
    pub facts: Vec<FactView>,
    /// What was said of it before, the last word first.
    pub earlier: Vec<FactView>,
    /// The facts by which it is withdrawn. None, and not in JSON, if it stands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<FactView>,
    /// What was said of that before, the last word first; of what stands again also who restored it. Only
    /// where what was withdrawn is asked for, too; not in JSON, if nothing was said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withdrawn_before: Vec<FactView>,
}
