//! What a driver sees of the server's session with one device: configuration, effects and events.

use keting_model::CityId;
use keting_trust::{Cursor, PublicKey, SignedConfirmation};

use super::word::IssuingKey;
use crate::error::CloseReason;
use crate::message::{
    Answer, Enrolled, Entry, EntryPosition, Highest, Limits, PushedCommit, Resume, Secret,
};
use keting_trust::limits::{
    ENTRIES_IN_FLIGHT_BYTES_MAX, GROUP_BYTES, IDLE_AFTER_MS, UP_TO_EVERY_MS,
};

/// What all sessions of a server have in common.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The versions of the protocol the server speaks, the preferred one first.
    pub versions: Vec<u16>,
    /// The city.
    pub city: CityId,
    /// What the server signs with what it says of its log.
    pub key: IssuingKey,
    /// After what silence a device counts as gone, in milliseconds.
    pub idle_after_ms: u64,
    /// How often a device hears, at most, that nothing concerns it, in milliseconds.
    pub up_to_every_ms: u64,
    /// How many bytes of entries may be in flight; never more than the protocol allows.
    pub window_bytes: usize,
    /// How many bytes of entries are read at once.
    pub group_bytes: usize,
}

impl ServerConfig {
    /// The usual numbers for a city.
    pub fn new(city: CityId, key: IssuingKey) -> Self {
        Self {
            versions: crate::VERSIONS.to_vec(),
            city,
            key,
            idle_after_ms: IDLE_AFTER_MS,
            up_to_every_ms: UP_TO_EVERY_MS,
            window_bytes: ENTRIES_IN_FLIGHT_BYTES_MAX,
            group_bytes: GROUP_BYTES,
        }
    }

    pub(super) fn limits(&self) -> Limits {
        Limits::with_idle_after_ms(self.idle_after_ms)
    }
}

/// What the session asks its driver to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerEffect {
    /// Decide whether the device, which has proved to hold its key, may sync, and where it stands;
    /// answer with `handle_authenticated` or `handle_denied`. What it says it has is a confirmation,
    /// good for this session.
    Authenticate {
        /// The device's key.
        device: PublicKey,
        /// Its software.
        software: String,
        /// What it has.
        resume: Resume,
        /// Whether it says that it was told of its end.
        told_of_end: bool,
    },
    /// Enrol the device; answer with `handle_enrolled` or `handle_denied`. The same key with the
    /// same secret is enrolled again: its first answer may have been lost.
    Enrol {
        /// The device's key.
        device: PublicKey,
        /// Its software.
        software: String,
        /// The invitation's secret.
        secret: Secret,
        /// What it is to be called.
        name: String,
        /// Whether it says that it was told of its end.
        told_of_end: bool,
    },
    /// Judge and log these commits; answer each with `handle_admitted` after they are durable.
    Admit {
        /// To be named in the answer.
        id: u64,
        /// The commits, in an order in which they build on each other.
        commits: Vec<PushedCommit>,
    },
    /// Read the entries that the device's audience covers; answer with `handle_log`.
    ReadLog {
        /// To be named in the answer.
        id: u64,
        /// Only numbers above this one.
        after: u64,
        /// Only numbers up to this one.
        until: u64,
        /// At most so many bytes by [`Entry::cost_bytes`], but at least one entry if there is any.
        bytes_max: usize,
    },
    /// Read whole documents for a first sync; answer with `handle_documents`.
    ReadDocuments {
        /// To be named in the answer.
        id: u64,
        /// Where to go on; `None` to begin, at the end of the log as it is now.
        from: Option<EntryPosition>,
        /// At most so many bytes by [`Entry::cost_bytes`], but at least one entry if there is any.
        bytes_max: usize,
    },
    /// Keep what the device confirmed. Its signature holds, and its cursor is not above what was
    /// sent; nothing is to be answered.
    Confirmed(SignedConfirmation),
    /// Write out what `poll_transmit` still gives, as far as the connection takes it, and close it.
    Close(CloseReason),
}

/// Where the server and the device stand when the session begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The end of the log.
    pub head: Cursor,
    /// The number up to which a backup exists.
    pub backed_up_to: u64,
    /// The server's clock, in milliseconds since the Unix epoch.
    pub server_time_ms: u64,
    /// The last commit of the device's incarnation that the server has numbered.
    pub highest: Option<Highest>,
    /// The root key's signed grant for the key that the server signs with, if the log has it beyond the
    /// device's cursor.
    pub issuing_grant: Option<Vec<u8>>,
    /// How the device goes on.
    pub resumption: Resumption,
}

/// How a device goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resumption {
    /// Its cursor is one of this log: it gets what comes after.
    Tail {
        /// The cursor.
        cursor: Cursor,
    },
    /// It has no cursor: it gets whole documents, from a position of this log or from the start.
    FirstSync {
        /// Where it was interrupted, if that is still good.
        from: Option<EntryPosition>,
    },
    /// It has a cursor, but has earned it when it was given less than now: it gets whole documents
    /// once more, from a position of this log or from the start.
    Again {
        /// Where it was interrupted, if that is still good.
        from: Option<EntryPosition>,
    },
    /// Its cursor is not one of this log.
    Diverged {
        /// The last number that both have.
        shared_number: u64,
    },
    /// It may hand over what it has made, and read nothing. Its cursor stays where it is.
    HandOver {
        /// Why it was ended, which it is told once it has nothing more.
        why: String,
    },
}

/// What enrolment gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// For the device. Its log is that of `head`.
    pub enrolled: Enrolled,
    /// The end of the log.
    pub head: Cursor,
    /// The number up to which a backup exists.
    pub backed_up_to: u64,
    /// The server's clock, in milliseconds since the Unix epoch.
    pub server_time_ms: u64,
}

/// Why a device is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// A stable code.
    pub code: String,
    /// Whether the same may succeed later.
    pub retryable: bool,
    /// A sentence in English, without personal data.
    pub message: String,
}

/// What became of the commits of one `Admit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// One answer a commit.
    pub answers: Vec<Answer>,
    /// The end of the log when they were durable.
    pub head: Cursor,
}

/// Entries of the log for one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogBatch {
    /// With increasing numbers.
    pub entries: Vec<Entry>,
    /// Up to where the log was looked through: the last entry if the limit was reached, else the
    /// `until` asked for.
    pub up_to: Cursor,
}

/// Whole documents for one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentBatch {
    /// Of each document in increasing numbers; a document may continue in the next batch.
    pub entries: Vec<Entry>,
    /// Where the next batch goes on. Its `at` is the same in all batches of one first sync.
    pub position: EntryPosition,
    /// Documents sent so far.
    pub done: u64,
    /// Documents in all.
    pub total: u64,
    /// Whether this was the last batch.
    pub finished: bool,
}

/// What the session tells the server, for its log and figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerEvent {
    /// The device is served from here on.
    Welcomed,
    /// The session ended.
    Closed(CloseReason),
}
