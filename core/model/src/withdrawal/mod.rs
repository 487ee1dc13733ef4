//! What was entered by mistake and is *withdrawn*: a household, a resident, a need, a visit, a note.
//!
//! Nothing is deleted. A fact with a reason says that a record is withdrawn, another one that it stands
//! again, and each names those it replaces, as all facts do ([`crate::fact`]). Their keys stand in the
//! household below `w`: `w/…` of the household itself, `r/ID/w/…` of a resident, `v/ID/w/…` of a visit, so
//! that everybody hears of them who has the household, also who made a visit and reads no others. Only the
//! reason may stand elsewhere, under the same key: of a visit or note it stands where they do, and of who
//! is concealed in the private part, to and from which it moves with everything else that is said of them.
//! So nobody holds it who may not read it.
//!
//! What is withdrawn is in no list, count or warning, and nothing new is planned on it. What others did to
//! it without having heard of the withdrawal is not lost with it: it is listed with what has to be settled,
//! by withdrawing once more, over all of it, or by restoring. Whether somebody had seen a value is asked of
//! the history of each document. Therefore a withdrawal also leaves a mark in the private part; of visits
//! and notes, which are only ever added, it names those that were there.

mod command;
mod query;
mod record;
mod rows;
mod rule;
mod unseen;
mod view;

pub use command::WithdrawalCommand;
pub use query::visits_and_notes;
pub use record::Record;
pub use view::{Meanwhile, Shown};

pub(crate) use command::{RESTORE, WITHDRAW};
pub(crate) use query::{
    BELOW, OF_ALL, OF_GIVEN, OF_ONE, Withdrawal, Withdrawals, read_withdrawals, withdrawals_of,
};
pub(crate) use record::{HOUSEHOLD, family_of, require_standing};
pub(crate) use rows::{SQL, WITHDRAWAL, Withdrawn, of_household, of_private_part, of_visits};
pub(crate) use rule::fits_command;
