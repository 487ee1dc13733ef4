//! The real `keting` command is killed with SIGKILL at seeded instants: edits, enrolments, syncs,
//! and the server. Nothing that was acknowledged is gone afterwards, and every file opens.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod announcements;
mod edits;
mod enrolments;
mod instants;
mod operators;
mod put_back;
mod superseded;
mod syncs;
mod verdicts;
mod victim;

/// The seed of every instant.
const SEED: u64 = 1411;
