//! What an application is told when something cannot be done: a stable code, a kind to branch on,
//! whether to try again, and a message that tells a person what to do.

mod catalogue;
mod failure;

use keting_model::input::Refused;
use keting_model::query::{AnotherQuery, MalformedId};
use keting_model::{CommandError, DocumentError, HouseholdId, RuleError};
use keting_store::{DiskFault, OpenError, StoreError};
use keting_sync::CloseReason;
use keting_trust::guard::GuardError;
use keting_trust::{Denied, GrantError, InvitationError, ProofError, SignError};

pub use catalogue::{
    Advice, CAUTIONS, Caution, FAMILIES, FINDINGS, Family, Known, advice, caution, known,
};

pub use failure::{Failure, Sentence, sentences};

use crate::durable_file::FolderError;
use crate::replica::DraftError;
use crate::shell::named::Ambiguous;
use crate::shell::socket::SocketError;
use crate::vault::VaultError;

/// What went wrong, richly; [`Self::code`], [`Self::kind`] and [`Self::retryable`] are what an
/// application branches on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The replica's file cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The replica's file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The device's key cannot sign.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// What a person wants cannot be done on the documents as they are.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A field does not take what was typed.
    #[error(transparent)]
    Input(#[from] Refused),
    /// A draft is not kept.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// What was to be settled is not as it was read: people have said more since, or somebody settled it.
    /// Not retryable.
    #[error("what was to be settled has changed meanwhile")]
    ChangedMeanwhile {
        /// The household, if it is about one.
        about: Option<HouseholdId>,
    },
    /// A settlement is no answer to the conflict it was given for.
    #[error("the settlement is of something else than the conflict")]
    SettlementOfSomethingElse,
    /// The rules refuse what a command planned.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// A stored document or a change does not load or apply.
    #[error(transparent)]
    Document(Box<DocumentError>),
    /// The holder's grant does not permit it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// A text is not an invitation this version understands.
    #[error(transparent)]
    Invitation(#[from] InvitationError),
    /// Something signed does not hold.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The grants the server gave do not lead to this device.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// A commit from the server's log does not pass the guard.
    #[error("the server's log holds a commit that does not hold up: {}", .0.code())]
    LogRefused(#[source] GuardError),
    /// The connection could not be made or broke.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The session with the server ended before it was done.
    #[error(transparent)]
    Closed(#[from] CloseReason),
    /// What the server sent does not fit what it may send.
    #[error("what the server sent does not fit: {code}")]
    Protocol {
        /// How, as a stable code.
        code: &'static str,
    },
    /// The server's word on its log is not signed by an issuing key of the city, or is of something
    /// else than what came with it. Not retryable.
    #[error("what the server says of its log is not signed by the city")]
    LogNotSigned,
    /// The handle was closed.
    #[error("the handle was closed")]
    Shut,
    /// The engine is at fault: a thread of its own panicked at what it was to do.
    #[error("the engine is at fault")]
    Fault,
    /// This replica is syncing already.
    #[error("the replica is syncing already")]
    SyncRunning,
    /// The operating system gives no thread to sync on.
    #[error("there is no thread to sync on")]
    NoThread(#[source] std::io::Error),
    /// The device has not been enrolled yet.
    #[error("the device is not enrolled in a city")]
    NotEnrolled,
    /// The directory is a device of a city already.
    #[error("the device is enrolled already")]
    AlreadyEnrolled,
    /// There is no replica in the directory.
    #[error("there is no replica in this directory")]
    NoReplica,
    /// A fact the replica keeps about itself cannot be read.
    #[error("what the replica knows of itself is damaged")]
    DamagedMeta,
    /// One command changes more than a commit may.
    #[error("the command changes more than one commit may")]
    TooLarge,
    /// The command builds on more edits without a number than a commit may name.
    #[error("the command builds on too many edits that were not handed over")]
    TooMuchUnsent,
    /// What was asked for is not here.
    #[error("{what} is not here")]
    NotFound {
        /// What it is.
        what: &'static str,
    },
    /// A text is not how an id begins. Not retryable.
    #[error(transparent)]
    MalformedId(#[from] MalformedId),
    /// A page mark is not of the query it came with. Not retryable.
    #[error(transparent)]
    AnotherQuery(#[from] AnotherQuery),
    /// Several ids begin as somebody typed. Not retryable.
    #[error(transparent)]
    Ambiguous(#[from] Ambiguous),
    /// Others than its owner may write to the directory. Not retryable.
    #[error("others may write to the directory")]
    FolderNotPrivate,
    /// A file beside the replica's cannot be used.
    #[error("a file of the replica cannot be used")]
    File(#[source] std::io::Error),
}

impl From<FolderError> for EngineError {
    fn from(error: FolderError) -> Self {
        match error {
            FolderError::NotPrivate => Self::FolderNotPrivate,
            FolderError::Io(error) => Self::File(error),
        }
    }
}

impl From<DocumentError> for EngineError {
    fn from(error: DocumentError) -> Self {
        Self::Document(Box::new(error))
    }
}

/// What an application does about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorKind {
    /// What was wanted is not allowed or not valid: a person changes it.
    Refused,
    /// What was asked for does not exist here.
    NotFound,
    /// The replica's file or keys cannot be used: nothing else will work.
    File,
    /// The server could not be reached or did not do its part: later it may.
    Network,
    /// Something this version does not understand: an update helps.
    NeedsUpdate,
    /// The engine is at fault.
    Internal,
}

impl ErrorKind {
    /// The word for it, for scripts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::NotFound => "not_found",
            Self::File => "file",
            Self::Network => "network",
            Self::NeedsUpdate => "needs_update",
            Self::Internal => "internal",
        }
    }
}

impl EngineError {
    /// The stable code, one of [`FAMILIES`] or one the server sent.
    pub fn code(&self) -> &str {
        match self {
            Self::Open(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Sign(error) => error.code(),
            Self::Command(error) => error.code(),
            Self::Input(refused) => refused.rule.code(),
            Self::Draft(error) => error.code(),
            Self::ChangedMeanwhile { .. } => "changed_meanwhile",
            Self::SettlementOfSomethingElse => "settlement_of_something_else",
            Self::Rule(error) => error.code(),
            Self::Document(_) => "document_damaged",
            Self::Denied(denied) => denied.code(),
            Self::Invitation(error) => error.code(),
            Self::Proof(error) => error.code(),
            Self::Grant(error) => error.code(),
            Self::LogRefused(_) => "log_refused",
            Self::Socket(error) => error.code(),
            Self::Closed(reason) => reason.code(),
            Self::Protocol { code } => code,
            Self::LogNotSigned => "log_not_signed",
            Self::Shut => "closed",
            Self::Fault => "internal",
            Self::SyncRunning => "sync_running",
            Self::NoThread(_) => "no_thread",
            Self::NotEnrolled => "not_enrolled",
            Self::AlreadyEnrolled => "already_enrolled",
            Self::NoReplica => "no_replica",
            Self::DamagedMeta => "meta_damaged",
            Self::TooLarge => "too_large",
            Self::TooMuchUnsent => "too_much_unsent",
            Self::NotFound { .. } => "not_found",
            Self::MalformedId(_) => "malformed_id",
            Self::AnotherQuery(_) => "another_query",
            Self::Ambiguous(_) => "ambiguous_id",
            Self::FolderNotPrivate => "folder_not_private",
            Self::File(error) => DiskFault::of(error).map_or("file_unusable", DiskFault::code),
        }
    }

    /// What an application does about it. A server's code that this version does not know is a
    /// refusal.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Closed(reason) if reason.retryable() => ErrorKind::Network,
            // The same codes say something about what others signed; this is ours.
            Self::Sign(SignError::WrongKey | SignError::Invalid(_)) => ErrorKind::Internal,
            other => known(other.code()).map_or(ErrorKind::Refused, |known| known.kind),
        }
    }

    /// Whether something was met that only a newer version can read or judge.
    pub fn needs_newer_app(&self) -> bool {
        match self {
            Self::LogRefused(error) => error.code() == "needs_newer_app",
            Self::Proof(ProofError::UnknownAlgorithm) => true,
            other => other.code() == "needs_newer_app",
        }
    }

    /// Whether it is about what the log holds, and not about this replica or its file.
    pub fn is_of_the_log(&self) -> bool {
        matches!(
            self,
            Self::LogRefused(_) | Self::Proof(_) | Self::Grant(_) | Self::Protocol { .. }
        )
    }

    /// Whether the disk takes nothing more, though it may still be read.
    pub fn is_of_a_disk_that_can_be_read(&self) -> bool {
        [DiskFault::Full.code(), DiskFault::ReadOnly.code()].contains(&self.code())
    }

    /// Whether a page of the file could not be read. A fresh connection may read it.
    pub fn is_corrupt(&self) -> bool {
        matches!(self, Self::Open(OpenError::Corrupt) | Self::Store(StoreError::Corrupt))
    }

    /// Whether the same again may succeed later without anybody changing anything.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Closed(reason) => reason.retryable(),
            other => known(other.code()).is_some_and(|known| known.retryable),
        }
    }
}
