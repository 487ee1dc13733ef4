//! The limits of the wire. Most stand in `keting_trust::limits`, the page for the whole engine, and are
//! handed on here; below are those that only the protocol knows.
//!
//! A number that both sides must agree on before they have talked also stands in `docs/protocol.md`;
//! the others are the server's to choose and travel in its Welcome.

pub use keting_trust::limits::{
    ANSWER_MS_MAX, BACKOFF_MS_MAX, BACKOFF_MS_MIN, COMMIT_BYTES_MAX, COMMIT_PARTS_MAX, EFFECTS_MAX,
    ENTRIES_IN_FLIGHT_BYTES_MAX, FRAME_BYTES_MAX, FRAME_ENTRIES_MAX, GRANT_BYTES_MAX,
    GRANT_CHAIN_MAX, HELLO_BYTES_MAX, HELLO_MS_MAX, KEEPALIVE_EVERY_MS, NAME_BYTES_MAX,
    PUSH_IN_FLIGHT_BYTES_MAX, RECORD_BYTES_MAX, VERSIONS_MAX,
};

/// What a device may send behind its Hello before it has the Welcome, in bytes of frames. It saves
/// a round trip for a morning's edits and bounds what a stranger can make the server hold.
pub const EARLY_BYTES_MAX: usize = 64 * 1024;
/// What either side sends first on a connection, in bytes; it grows by what was answered, and with
/// every group.
/// Whatever a cut takes is sent again, so what is sent at once must not outgrow what the link has
/// shown to carry: a link that breaks after 16 KiB, every time, still brings everything.
pub const FIRST_WINDOW_BYTES: usize = 8 * 1024;
/// Commits that a device may have pushed without their answers: two full frames.
pub const PUSH_IN_FLIGHT_COMMITS_MAX: usize = 2 * FRAME_ENTRIES_MAX;
/// What an entry or a part counts in windows beside its content, in bytes: roughly what it takes in
/// memory, so that a million empty entries are not free.
pub const ITEM_COST_BYTES: usize = 64;
/// Room in a frame for everything but its entries or commits, in bytes.
pub const FRAME_OVERHEAD_BYTES: usize = 1024;
/// How many bytes of entries the server asks its store for at once. The device persists a group of
/// this size in one transaction.
pub const GROUP_BYTES: usize = 256 * 1024;
/// The longest sentence for a log, in bytes of UTF-8.
pub const MESSAGE_BYTES_MAX: usize = 256;
/// The longest code, in bytes.
pub const CODE_BYTES_MAX: usize = 64;
/// The longest signature, in bytes. P-256 and SM2 have 64 as Ed25519 has; a little room is left.
pub const SIGNATURE_BYTES_MAX: usize = 128;
/// The longest signed confirmation, in bytes.
pub const CONFIRMATION_BYTES_MAX: usize = 512;
/// The server's own note of where a phase of a first sync stands, in bytes.
pub const AFTER_BYTES_MAX: usize = 64;
/// The most numbers in a Welcome's map of limits, known or not.
pub const WELCOME_LIMITS_MAX: usize = 32;
/// How many of the device's own admitted commits the server remembers in order not to send them
/// back. One forgotten is sent back, which only costs bytes.
pub const OWN_ADMITTED_MAX: usize = 4096;

/// How long a side that hears nothing takes the other for gone, in milliseconds: a ping's interval
/// and the time its answer may take.
pub const IDLE_AFTER_MS: u64 = KEEPALIVE_EVERY_MS + ANSWER_MS_MAX;
/// The shortest idle time that a server may set and a device follows, in milliseconds.
pub const IDLE_AFTER_MS_MIN: u64 = 3_000;
/// How long the server waits for a Confirm while entries are in flight, in milliseconds. A phone
/// that is busy with its disk needs seconds; beyond this it will not recover.
pub const CONFIRM_MS_MAX: u64 = 120_000;
/// How long a device that may only hand over its work may pause, in milliseconds: a round trip on a
/// slow link, and its disk.
pub const HAND_OVER_MS: u64 = 5_000;
/// How often, at most, the server tells a device that nothing concerns it, in milliseconds: a busy
/// city must not wake every phone for each foreign entry.
pub const UP_TO_EVERY_MS: u64 = 30_000;

const _: () = assert!(EARLY_BYTES_MAX < FRAME_BYTES_MAX);
const _: () = assert!(GROUP_BYTES * 2 < ENTRIES_IN_FLIGHT_BYTES_MAX);
