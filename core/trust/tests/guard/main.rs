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
mod memory;
mod phone;
mod refusing;
mod story;

use std::borrow::Cow;

use keting_model::Document;
use keting_trust::guard::{CheckedChange, Forks, GuardError, check_change, scan};

/// The steps of the guard that are about one change without its commit.
fn let_in(known: &Document, change: &[u8]) -> Result<CheckedChange, GuardError> {
    let scanned = scan(change)?;
    check_change(Cow::Borrowed(known), &scanned, &mut Forks::default()).map(|(_, change)| change)
}
