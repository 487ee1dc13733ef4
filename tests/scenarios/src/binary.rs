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
    let mut command = Command::new(path);
    // Whoever runs the tests may have chosen a language for themselves.
    command.env_remove("KETING_LANG");
    command
}
