//! Every decoder fed bytes of a stranger, and the guard fed changes made by hand.
//!
//! A target is a function of bytes that says whether it took them, and panics when something is wrong. libFuzzer feeds
//! it in `./dev fuzz`; `tests/replay.rs` feeds it, in every test run, the golden files, small changes
//! of them, and each input that ever broke it (`crashes/<target>/`). So what fuzzing found stays
//! found, and a target that takes none of its golden files is noticed.
//!
//! What a decoder accepts must be what it would write: then a message has one form, and nothing can
//! hide in a second one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a target ends where the impossible happens"
)]

mod change;
mod crafted;
pub mod seeds;
mod sessions;
mod signed;
mod stored;
mod table;
mod typed;
mod wire;

/// A fuzz target: its name, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]) -> bool);

/// Every target, in the order in which an edit travels.
pub const TARGETS: [Target; 14] = [
    ("command", stored::command),
    ("stored_values", stored::values),
    ("commit", signed::commit),
    ("grant", signed::grant),
    ("record", signed::record),
    ("invitation", signed::invitation),
    ("device_frame", wire::device_frame),
    ("server_frame", wire::server_frame),
    ("phone_session", sessions::phone),
    ("server_session", sessions::server),
    ("change_bytes", change::bytes),
    ("crafted_change", crafted::change),
    ("regions_table", table::regions),
    ("typed_field", typed::field),
];

/// Feeds a target, and says whether it took the bytes for something.
///
/// # Panics
/// When the bytes break something, and when there is no such target.
pub fn run(target: &str, bytes: &[u8]) -> bool {
    let (_, work) = TARGETS.iter().find(|(name, _)| *name == target).expect("a target's name");
    work(bytes)
}
