//! The facade as Kotlin and Swift see it: conversions, and nothing else.
//!
//! What anything means stands in `keting`, the engine; here is only the shape that crosses. The rules
//! that hold for every line (those that a text shows are read by `tests/tidy`):
//!
//! - Every export returns a `Result`. One that does not would end a Swift app where it panics.
//! - Every export runs [`guarded`]: of a panic the app hears the code `internal`, and never its text,
//!   which may hold what a person entered.
//! - No exported future works. An app polls it on the thread of its screens, so it only waits for the
//!   engine's own threads.
//! - What may take long is an object with `cancel`: where Swift cancels a task, nothing is dropped.
//! - Records hold no foreign trait, no pair, no map and no `usize`.
//!
//! Types of the engine that have such a shape already cross as they are: `#[uniffi::remote]` repeats
//! what they look like, and the compiler holds the two together.

mod asking;
mod checking;
mod core;
mod failure;
mod fields;
mod forms;
mod guarded;
mod ids;
mod syncing;
mod vault;
mod verbs;
mod version;
pub mod views;
mod warning;
mod words;

pub use crate::core::Core;
pub use asking::{Answer, Live, Query};
pub use checking::{
    Checked, Choice, CityNow, FieldWords, Filled, Keyboard, Problem, check, field_words,
};
pub use failure::{Failure, KetingError, Sentence, sentences};
pub use syncing::{SyncReport, SyncRun};
pub use vault::{KeyVault, VaultFailure};
pub use version::version;
pub use warning::Warning;

uniffi::setup_scaffolding!("keting");
