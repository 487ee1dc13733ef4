//! What a command is about, for a list that shows it to its author: which region, or which household and what
//! of it.
//!
//! What an edit made that the server holds stands in no document. It is called what its own command says
//! ([`Naming`]); everything else is called what the documents say, as far as the reader may read them
//! ([`about_command`]).

mod naming;
mod view;

pub use naming::Naming;
pub use view::{AboutView, HouseholdNamed, ItemNamed, RegionNamed, about_command};

use crate::command::Command;
use crate::household::HouseholdCommand;
use crate::household_private::PrivateCommand;
use crate::household_visits::VisitsCommand;
use crate::id::{DocumentId, ItemId};
use crate::kind::DocumentKind;
use crate::query::ItemKind;
use crate::region::RegionCommand;
use crate::settle::Settle;
use crate::withdrawal::{Record, WithdrawalCommand};

/// What a command is about, by ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Region(DocumentId),
    Household(DocumentId, Option<(ItemKind, ItemId)>),
}

impl About {
    /// None of a settle in a document that is neither a region nor a household.
    fn of(command: &Command) -> Option<Self> {
        let about = match command {
            Command::Region(
                RegionCommand::Add { region, .. } | RegionCommand::Edit { region, .. },
            ) => Self::Region(*region),
            Command::Household(command) => of_household(command),
            Command::Private(PrivateCommand::Edit { household, resident, .. }) => {
                Self::Household(*household, Some((ItemKind::Resident, *resident)))
            }
            Command::Visits(VisitsCommand::AddVisit { household, visit, .. }) => {
                Self::Household(*household, Some((ItemKind::Visit, *visit)))
            }
            Command::Visits(VisitsCommand::AddNote { household, note, .. }) => {
                Self::Household(*household, Some((ItemKind::Note, *note)))
            }
            Command::Settle(Settle { document, key, .. }) => match document.kind()? {
                DocumentKind::Region => Self::Region(*document),
                DocumentKind::Household => Self::Household(*document, ItemKind::of_key(key)),
                DocumentKind::HouseholdPrivate | DocumentKind::HouseholdVisits => return None,
            },
            Command::Withdrawal(
                WithdrawalCommand::Withdraw { household, record, .. }
                | WithdrawalCommand::Restore { household, record, .. },
            ) => Self::Household(*household, of_record(*record)),
        };
        Some(about)
    }
}

fn of_household(command: &HouseholdCommand) -> About {
    match command {
        HouseholdCommand::Add { household, .. } | HouseholdCommand::Edit { household, .. } => {
            About::Household(*household, None)
        }
        HouseholdCommand::AddResident { household, resident, .. } => {
            About::Household(*household, Some((ItemKind::Resident, resident.resident)))
        }
        HouseholdCommand::EditResident { household, resident, .. }
        | HouseholdCommand::SetStatus { household, resident, .. }
        | HouseholdCommand::Conceal { household, resident, .. }
        | HouseholdCommand::Reveal { household, resident, .. } => {
            About::Household(*household, Some((ItemKind::Resident, *resident)))
        }
        HouseholdCommand::AddNeed { household, need, .. }
        | HouseholdCommand::AdvanceNeed { household, need, .. } => {
            About::Household(*household, Some((ItemKind::Need, *need)))
        }
    }
}

fn of_record(record: Record) -> Option<(ItemKind, ItemId)> {
    match record {
        Record::Household => None,
        Record::Resident(resident) => Some((ItemKind::Resident, resident)),
        Record::Need(need) => Some((ItemKind::Need, need)),
        Record::Visit { visit, .. } => Some((ItemKind::Visit, visit)),
        Record::Note { note, .. } => Some((ItemKind::Note, note)),
    }
}
