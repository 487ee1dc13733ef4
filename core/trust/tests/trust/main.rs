//! Tests of keys, grants, commits and records through the public interface.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

keting_testkit::counting_allocator!();

mod authority;
mod commits;
mod cost;
mod description;
mod golden;
mod grants;
mod invitations;
mod properties;
mod records;
mod samples;
