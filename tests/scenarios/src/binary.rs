//! The real `keting` binary, for stories in which processes matter.

use std::path::PathBuf;
use std::process::Command;

/// The binary that was built with these tests.
///
/// # Panics
/// When it was not built: `./dev test` builds it, and so does `cargo build -p keting-cli`.
pub fn keting() -> Command {
    let test = std::env::current_exe().unwrap();
    let path: PathBuf = test.parent().and_then(|deps| deps.parent()).unwrap().join("keting");
    assert!(path.exists(), "build it first: cargo build -p keting-cli ({})", path.display());
    Command::new(path)
}
