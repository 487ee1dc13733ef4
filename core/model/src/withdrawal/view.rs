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
    /// Who, and when.
    pub entered: Entered,
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
