//! What can be withdrawn, and whether it is.

use minicbor::{Decode, Encode};

use crate::command::CommandError;
use crate::document::Document;
use crate::fact::current_ids;
use crate::id::ItemId;
use crate::role::Family;
use crate::value::Value;
use crate::words;

/// Something in a household that can be withdrawn, or the household itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Record {
    /// The household, with everything that belongs to it.
    #[n(0)]
    Household,
    /// A resident.
    #[n(1)]
    Resident(#[n(0)] ItemId),
    /// A need.
    #[n(2)]
    Need(#[n(0)] ItemId),
    /// A visit in a year.
    #[n(3)]
    Visit {
        /// Which.
        #[n(0)]
        visit: ItemId,
        /// The year of its day.
        #[n(1)]
        year: u16,
    },
    /// A note of a year.
    #[n(4)]
    Note {
        /// Which.
        #[n(0)]
        note: ItemId,
        /// The year of its day.
        #[n(1)]
        year: u16,
    },
}

/// Where the facts about a household itself stand.
pub(crate) const HOUSEHOLD: &str = "w";

impl Record {
    /// What it is called in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Household => "the household",
            Self::Resident(_) => "the resident",
            Self::Need(_) => "the need",
            Self::Visit { .. } => "the visit",
            Self::Note { .. } => "the note",
        }
    }

    /// The beginning of the keys of the facts that withdraw and restore it.
    pub(crate) fn root(self) -> String {
        match self.item() {
            Some(item) => format!("{item}/{HOUSEHOLD}"),
            None => HOUSEHOLD.to_owned(),
        }
    }

    /// The key of a value that it has if it is there, and the year of the visits that it stands in; else
    /// that is the household.
    pub(crate) fn sign_of_it(self) -> (String, Option<u16>) {
        let item = self.item().unwrap_or_default();
        match self {
            Self::Household => ("home".to_owned(), None),
            Self::Resident(_) => (format!("{item}/name"), None),
            Self::Need(_) => (format!("{item}/text"), None),
            Self::Visit { year, .. } | Self::Note { year, .. } => {
                (format!("{item}/at"), Some(year))
            }
        }
    }

    fn item(self) -> Option<String> {
        match self {
            Self::Household => None,
            Self::Resident(resident) => Some(format!("r/{resident}")),
            Self::Need(need) => Some(format!("n/{need}")),
            Self::Visit { visit, .. } => Some(format!("v/{visit}")),
            Self::Note { note, .. } => Some(format!("o/{note}")),
        }
    }
}

/// What somebody must be allowed to write who says something by facts whose keys begin so.
pub(crate) fn family_of(root: &str) -> Family {
    match root.split('/').next() {
        Some("r") => Family::Resident,
        Some("n") => Family::Need,
        Some("v") => Family::Visit,
        Some("o") => Family::Note,
        Some(_) | None => Family::Household,
    }
}

/// Complains if the household is withdrawn, or one of its items, such as `r/ID`.
pub(crate) fn require_standing(
    household: &Document,
    item: Option<&str>,
) -> Result<(), CommandError> {
    if is_withdrawn(household, HOUSEHOLD) {
        return Err(CommandError::Withdrawn);
    }
    match item {
        Some(item) if is_withdrawn(household, &format!("{item}/{HOUSEHOLD}")) => {
            Err(CommandError::Withdrawn)
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether all current facts whose keys begin so say that something is withdrawn.
pub(super) fn is_withdrawn(household: &Document, root: &str) -> bool {
    let current = current_ids(household, root);
    let withdrawn = Some(Value::from(words::WITHDRAWN));
    let says_so = |fact: &ItemId| household.value(&format!("{root}/{fact}/status")) == withdrawn;
    !current.is_empty() && current.iter().all(says_so)
}
