//! Holds what a reviewer should not have to look for.
//!
//! Each check takes text and returns what is wrong with it, a line each; its tests first show it
//! something wrong and then the repository. Sizes and taste are for readers and are not held here.

pub mod acceptance;
pub mod bindings;
pub mod command_line;
pub mod docs;
pub mod errors;
pub mod repository;
pub mod rooms;
pub mod sources;
pub mod texts;

/// Fails a test with every finding on a line of its own.
#[cfg(test)]
fn expect_none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}
