//! Who comes back with what is restored: with them come their numbers, and what they are to the household.

use crate::command::Command;
use crate::household::ResidentDetail;
use crate::query::{Rows, Withheld, household as read_household};
use crate::withdrawal::{Record, Shown, WithdrawalCommand};

/// The residents who are withdrawn and would no longer be, as the reader may see them.
pub(super) fn by<R: Rows>(
    command: &Command,
    rows: &R,
    withheld: &Withheld,
) -> Result<Vec<ResidentDetail>, R::Error> {
    let Command::Withdrawal(WithdrawalCommand::Restore { household, record, .. }) = command else {
        return Ok(Vec::new());
    };
    let Some(page) = read_household(rows, withheld, household, Shown::AlsoWithdrawn)? else {
        return Ok(Vec::new());
    };
    let is_withdrawn = !page.withdrawn.is_empty();
    let comes_back = |one: &ResidentDetail| match record {
        Record::Household => is_withdrawn && one.resident.withdrawn.is_empty(),
        Record::Resident(resident) => {
            *resident == one.resident.id && !one.resident.withdrawn.is_empty()
        }
        Record::Need(_) | Record::Visit { .. } | Record::Note { .. } => false,
    };
    Ok(page.residents.into_iter().filter(comes_back).collect())
}
