//! The guard, shown on golden files, on honest histories and on bytes tampered with.

// Helpers of tests may fail a test, and the numbers here are small.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

keting_testkit::counting_allocator!();

mod guard_commit;
mod guard_commit_golden;
mod guard_cost;
mod guard_golden;
mod guard_honest;
mod guard_hostile;
mod hostile;
mod phone;
mod story;

use std::borrow::Cow;

use keting_model::Document;
use keting_trust::guard::{CheckedChange, Forks, GuardError, check_change, scan};

/// Steps 1 to 4 of the guard on one change.
fn let_in<'a>(known: &'a Document, change: &[u8]) -> Result<CheckedChange<'a>, GuardError> {
    let scanned = scan(change)?;
    check_change(Cow::Borrowed(known), &scanned, &mut Forks::default())
}
