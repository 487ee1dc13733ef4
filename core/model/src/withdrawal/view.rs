//! What was withdrawn as people see it, and whether they do.

use serde::Serialize;

use crate::author::Entered;
use crate::projection::Cell;

/// Something that somebody did to a withdrawn record who had not heard of that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Meanwhile {
    /// What they wrote, as the list of conflicts names it: `r/ID/phone`, `n/ID/s`, `v/ID` of a visit; `r/ID`
    /// of a resident of whom more may not be read in the open.
    pub key: String,
    /// The value in words, empty for a cleared one; of a fact what it says became of somebody or something,
    /// of a visit what it was for, of a note its text. Null where it is withheld.
    pub value: Option<String>,
    /// The day, of a fact that names one, and of a visit or note.
    pub at: Option<String>,
    /// Of a fact why, or what was done; of a visit the remarks.
    pub reason: Option<String>,
    /// Who, and when.
    pub entered: Entered,
    /// The names of the fields that are null because the reader may not see them. None, and not in JSON, if
    /// nothing is withheld.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub withheld: &'static [&'static str],
}

/// Whether a list or page also holds what was withdrawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shown {
    /// Only what stands.
    #[default]
    Standing,
    /// What was withdrawn, too, with the facts that say so.
    AlsoWithdrawn,
}

impl Shown {
    /// The most that may stand in the column `withdrawn`.
    pub(crate) fn withdrawn_max(self) -> Cell {
        Cell::Int(i64::from(self == Self::AlsoWithdrawn))
    }
}
