//! Threads of the engine's own, on which all its work is done: no caller's thread ever waits for a disk.

use std::cell::Cell;
use std::io::{self, Write};
use std::panic;
use std::sync::Once;
use std::thread::{self, JoinHandle};

use crate::error::EngineError;

thread_local! {
    static IS_OWN: Cell<bool> = const { Cell::new(false) };
}

/// Starts a thread of the engine's own.
///
/// # Errors
/// When the operating system gives none.
pub(super) fn spawn(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, EngineError> {
    hide_what_panics_say();
    let body = move || {
        IS_OWN.set(true);
        work();
    };
    thread::Builder::new().name(name.to_owned()).spawn(body).map_err(EngineError::NoThread)
}

/// Fails a test in which somebody works on a replica of the engine's on a thread that is not its own.
pub(super) fn assert() {
    debug_assert!(IS_OWN.get(), "a replica is used on a thread that is not the engine's own");
}

/// What a panic says may hold anything a person entered. Of one on a thread of the engine's own only the
/// place in the code is written down; the caller gets the code `internal`.
fn hide_what_panics_say() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panicked| {
            if !IS_OWN.try_with(Cell::get).unwrap_or(true) {
                return before(panicked);
            }
            let place = panicked.location().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(io::stderr(), "keting: a fault at {place}");
        }));
    });
}
