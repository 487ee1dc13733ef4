//! The machine's clocks, as the core is told them.

use std::path::{Path, PathBuf};

use keting::{Environment, SystemEnvironment};

/// Names a file that says by how many milliseconds the wall clock is to be taken for ahead, for
/// rehearsing what a wrong clock does. It is read at each look, so that a clock can go wrong and be put
/// right while the server runs.
const OFF_VARIABLE: &str = "KETING_CLOCK_OFF";

/// The wall clock, and one that nobody can set.
pub(super) struct Clocks {
    started_ms: u64,
    off: Option<PathBuf>,
}

impl Clocks {
    /// The clocks as they stand now.
    pub(super) fn start() -> Self {
        let off = std::env::var_os(OFF_VARIABLE).map(PathBuf::from);
        Self { started_ms: SystemEnvironment.boot().elapsed_ms, off }
    }

    /// Milliseconds since the start, the time asleep included where the platform counts it.
    pub(super) fn now_ms(&self) -> u64 {
        SystemEnvironment.boot().elapsed_ms.saturating_sub(self.started_ms)
    }

    /// Milliseconds since the Unix epoch.
    pub(super) fn unix_ms(&self) -> u64 {
        shown_by(self.off.as_deref())
    }
}

/// The wall clock of the server's machine, for what is done beside the running server: milliseconds
/// since the Unix epoch.
pub fn wall_clock_ms() -> u64 {
    shown_by(std::env::var_os(OFF_VARIABLE).map(PathBuf::from).as_deref())
}

fn shown_by(off: Option<&Path>) -> u64 {
    let off_ms = off.and_then(|file| std::fs::read_to_string(file).ok());
    let off_ms = off_ms.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    SystemEnvironment.unix_ms().saturating_add_signed(off_ms)
}
