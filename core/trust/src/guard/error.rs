//! Why the guard refuses something.

use keting_model::rule::RuleError;

/// Why the guard does not let a change, or a commit, in.
///
/// The text beside a variant is for logs; apps and tests match [`Self::code`].
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// The bytes are not an uncompressed change in its one canonical form. Not retryable.
    #[error("a change is malformed: {0}")]
    Malformed(&'static str),
    /// The change claims more than one change may. Not retryable.
    #[error("a change exceeds a limit: {0}")]
    Limit(&'static str),
    /// The change stands on another one that is not here. It is kept, and tried again when that
    /// one has come. Retryable.
    #[error("a change depends on one that is not here")]
    MissingDependency,
    /// The actor has written another change under this number: its replica was copied. Not
    /// retryable.
    #[error("an actor has written two changes under one number")]
    Fork,
    /// The change does something that changes here never do. Not retryable.
    #[error("a change is outside the grammar: {0}")]
    Grammar(&'static str),
    /// The same operations, made honestly at the same place, do not make these bytes. Not
    /// retryable.
    #[error("a change is not what its operations make: {0}")]
    ReplayDiffers(&'static str),
    /// The change's own actor, time, city's time or command is not its commit's. Not retryable.
    #[error("the {0} of a change is not its commit's")]
    StampDiffers(&'static str),
    /// A change came beside a commit that does not list it. Not retryable.
    #[error("a change is not listed in its commit")]
    NotInCommit,
    /// A commit changes one document twice. Not retryable.
    #[error("a commit changes one document twice")]
    DocumentTwice,
    /// The rule does not allow what the commit does. Retryable only if the app is too old.
    #[error(transparent)]
    Rule(#[from] RuleError),
}

impl GuardError {
    /// The stable name of the reason; a rule's reason has its own.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Limit(_) => "limit",
            Self::MissingDependency => "missing_dependency",
            Self::Fork => "fork",
            Self::Grammar(_) => "grammar",
            Self::ReplayDiffers(_) => "replay_differs",
            Self::StampDiffers(_) => "stamp_differs",
            Self::NotInCommit => "not_in_commit",
            Self::DocumentTwice => "document_twice",
            Self::Rule(error) => error.code(),
        }
    }
}
