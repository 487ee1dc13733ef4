//! Why a session ends. Three things are kept apart: the peer broke the protocol, the peer is
//! incompatible or unwilling, or we failed ourselves.

use crate::message::{Ended, Refused};

/// The peer broke the protocol. Each has a golden frame in `tests/fixtures/golden/sync/invalid`.
///
/// Not retryable: the same peer will do it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum PeerMisbehaved {
    /// A frame is longer than frames may be at that point.
    #[error("a frame is too large")]
    FrameTooLarge,
    /// A frame has no bytes.
    #[error("a frame is empty")]
    FrameEmpty,
    /// A frame names a codec that was not agreed.
    #[error("a frame has an unknown codec")]
    UnknownCodec,
    /// A message has a number that no message of this direction has.
    #[error("a message has an unknown number")]
    UnknownMessage,
    /// The bytes are not the message they claim to be.
    #[error("a message is malformed")]
    Malformed,
    /// A message has another encoding than the deterministic one.
    #[error("a message is not in its deterministic form")]
    NotCanonical,
    /// A list or a string in a message is longer than its limit.
    #[error("a message holds more than it may")]
    TooMuch,
    /// Something came before the Hello.
    #[error("a message came before the hello")]
    HelloMissing,
    /// A second Hello came.
    #[error("a second hello came")]
    HelloRepeated,
    /// The signature of the Hello does not hold on this channel.
    #[error("the signature of the hello does not hold")]
    HelloNotSigned,
    /// More came before the Welcome than may be sent ahead of it.
    #[error("too much came before the welcome")]
    TooEarly,
    /// More is pushed than may be without answers.
    #[error("too much is pushed without answers")]
    TooManyPushed,
    /// A commit is pushed that is still without its answer.
    #[error("a commit is pushed twice")]
    PushedTwice,
    /// A Confirm confirms groups that were not sent, or fewer than the one before.
    #[error("a confirm counts groups that were not sent")]
    ConfirmNotSent,
    /// A confirmation is not signed by the device, or is of another city, log or position than was
    /// sent.
    #[error("a confirmation does not hold")]
    ConfirmationInvalid,
    /// Something other than a Refused came before the Welcome.
    #[error("a message came before the welcome")]
    WelcomeMissing,
    /// A second Welcome came.
    #[error("a second welcome came")]
    WelcomeRepeated,
    /// The server chose a version that was not offered.
    #[error("the server chose a version that was not offered")]
    VersionNotOffered,
    /// The Welcome or the Enrolled is of another city or log than asked for.
    #[error("the server speaks for another city or log")]
    OtherCity,
    /// An Enrolled came that nobody asked for, or something else where it was due.
    #[error("an enrolled is missing or not asked for")]
    EnrolledOutOfPlace,
    /// The numbers of entries do not increase, or are not above what was there before.
    #[error("the numbers of entries do not increase")]
    EntriesOutOfOrder,
    /// An entry's number is above the end of its group or of the first sync.
    #[error("an entry is beyond the end of its group")]
    EntryBeyond,
    /// More entries came than the window allows.
    #[error("more entries came than the window allows")]
    WindowExceeded,
    /// A cursor is below an earlier one, or differs from it at the same number.
    #[error("a cursor goes back")]
    CursorBackwards,
    /// A cursor is of another log or generation than the Welcome named.
    #[error("a cursor is of another log")]
    CursorOfOtherLog,
    /// A Progress came outside a first sync, goes back, or is of another one.
    #[error("a progress is out of place")]
    ProgressOutOfPlace,
    /// An answer came to a commit that was not pushed or is answered already.
    #[error("an answer to a commit that was not pushed")]
    AnswerNotAsked,
    /// A second notice of a new generation came, or one to a device without a cursor, or entries
    /// after it.
    #[error("a notice of a new generation is out of place")]
    NewGenerationOutOfPlace,
}

impl PeerMisbehaved {
    /// Every variant, for tests and generated documents.
    pub const ALL: [Self; 28] = [
        Self::FrameTooLarge,
        Self::FrameEmpty,
        Self::UnknownCodec,
        Self::UnknownMessage,
        Self::Malformed,
        Self::NotCanonical,
        Self::TooMuch,
        Self::HelloMissing,
        Self::HelloRepeated,
        Self::HelloNotSigned,
        Self::TooEarly,
        Self::TooManyPushed,
        Self::PushedTwice,
        Self::ConfirmNotSent,
        Self::ConfirmationInvalid,
        Self::WelcomeMissing,
        Self::WelcomeRepeated,
        Self::VersionNotOffered,
        Self::OtherCity,
        Self::EnrolledOutOfPlace,
        Self::EntriesOutOfOrder,
        Self::EntryBeyond,
        Self::WindowExceeded,
        Self::CursorBackwards,
        Self::CursorOfOtherLog,
        Self::ProgressOutOfPlace,
        Self::AnswerNotAsked,
        Self::NewGenerationOutOfPlace,
    ];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::FrameTooLarge => "frame_too_large",
            Self::FrameEmpty => "frame_empty",
            Self::UnknownCodec => "unknown_codec",
            Self::UnknownMessage => "unknown_message",
            Self::Malformed => "malformed",
            Self::NotCanonical => "not_canonical",
            Self::TooMuch => "too_much",
            Self::HelloMissing => "hello_missing",
            Self::HelloRepeated => "hello_repeated",
            Self::HelloNotSigned => "hello_not_signed",
            Self::TooEarly => "too_early",
            Self::TooManyPushed => "too_many_pushed",
            Self::PushedTwice => "pushed_twice",
            Self::ConfirmNotSent => "confirm_not_sent",
            Self::ConfirmationInvalid => "confirmation_invalid",
            Self::WelcomeMissing => "welcome_missing",
            Self::WelcomeRepeated => "welcome_repeated",
            Self::VersionNotOffered => "version_not_offered",
            Self::OtherCity => "peer_of_other_city",
            Self::EnrolledOutOfPlace => "enrolled_out_of_place",
            Self::EntriesOutOfOrder => "entries_out_of_order",
            Self::EntryBeyond => "entry_beyond",
            Self::WindowExceeded => "window_exceeded",
            Self::CursorBackwards => "cursor_backwards",
            Self::CursorOfOtherLog => "cursor_of_other_log",
            Self::ProgressOutOfPlace => "progress_out_of_place",
            Self::AnswerNotAsked => "answer_not_asked",
            Self::NewGenerationOutOfPlace => "new_generation_out_of_place",
        }
    }
}

/// Our own side failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OwnFault {
    /// The store could not keep or read something. Retryable.
    #[error("the store failed")]
    Store,
    /// The key did not sign. Retryable.
    #[error("the key did not sign")]
    Signer,
    /// The driver called the machine with something that does not fit. Not retryable.
    #[error("the driver broke the calling order")]
    Driver,
}

impl OwnFault {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Store => "store_failed",
            Self::Signer => "key_unavailable",
            Self::Driver => "driver_fault",
        }
    }

    /// Whether a new session may succeed.
    pub const fn retryable(self) -> bool {
        match self {
            Self::Store | Self::Signer => true,
            Self::Driver => false,
        }
    }
}

/// Why a session ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// The driver asked for it. Retryable.
    #[error("the session was closed")]
    Asked,
    /// The connection broke. Retryable.
    #[error("the connection was lost")]
    ConnectionLost,
    /// Nothing was heard from the peer for too long. Retryable.
    #[error("the peer is silent: {waited_for}")]
    PeerSilent {
        /// The timer that ended, for the log.
        waited_for: &'static str,
    },
    /// The peer broke the protocol. Not retryable.
    #[error(transparent)]
    PeerMisbehaved(#[from] PeerMisbehaved),
    /// The peers have no version of the protocol in common. Not retryable.
    #[error("the peer speaks no version of the protocol that we speak")]
    Incompatible {
        /// The versions the peer speaks.
        supported: Vec<u16>,
    },
    /// The server refused, or we as the server did.
    #[error("the server refused: {}", .0.code)]
    Refused(Refused),
    /// The server says that the device was ended, or we as the server did.
    #[error("the device was ended")]
    Ended(Box<Ended>),
    /// Our own side failed.
    #[error(transparent)]
    OwnFault(#[from] OwnFault),
}

impl CloseReason {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::Asked => "sync_stopped",
            Self::ConnectionLost => "connection_lost",
            Self::PeerSilent { .. } => "peer_silent",
            Self::PeerMisbehaved(misbehaved) => misbehaved.code(),
            Self::Incompatible { .. } => Refused::NO_COMMON_VERSION,
            Self::Refused(refused) => &refused.code,
            Self::Ended(_) => Refused::DEVICE_ENDED,
            Self::OwnFault(fault) => fault.code(),
        }
    }

    /// Whether a new session may succeed without anybody doing anything.
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Asked | Self::ConnectionLost | Self::PeerSilent { .. } => true,
            Self::PeerMisbehaved(_) | Self::Incompatible { .. } | Self::Ended(_) => false,
            Self::Refused(refused) => refused.retryable,
            Self::OwnFault(fault) => fault.retryable(),
        }
    }
}
