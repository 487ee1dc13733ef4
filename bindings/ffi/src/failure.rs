//! What an app hears when something cannot be done.

use keting::input::Field;
use keting::words::Language;
use keting::{EngineError, ErrorKind, HouseholdId};

use crate::guarded;

/// What every call may throw. The libraries make their own errors of it.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum KetingError {
    /// It cannot be done.
    #[error("{}", .failure.code)]
    Failed {
        /// Why.
        failure: Failure,
    },
}

impl From<EngineError> for KetingError {
    fn from(error: EngineError) -> Self {
        Self::Failed { failure: error.failure() }
    }
}

impl KetingError {
    /// The error of a code that this version knows, about nothing in particular.
    pub(crate) fn of_code(code: &str) -> Self {
        let known = keting::known(code);
        Self::Failed {
            failure: Failure {
                code: code.to_owned(),
                kind: known.map_or(ErrorKind::Internal, |known| known.kind),
                retryable: known.is_some_and(|known| known.retryable),
                field: None,
                limit: None,
                about: None,
            },
        }
    }
}

/// What went wrong, without text: the sentence for a code is among [`sentences`].
pub use keting::Failure;

#[uniffi::remote(Record)]
pub struct Failure {
    /// The stable code.
    pub code: String,
    /// What an app does about it.
    pub kind: ErrorKind,
    /// Whether the same again may succeed later without anybody changing anything.
    pub retryable: bool,
    /// Which field it is about, if it is about one.
    pub field: Option<Field>,
    /// The most that is allowed, where something is too much: characters of a field, bytes of a draft,
    /// drafts.
    pub limit: Option<u32>,
    /// Where to go: the household in which something has to be settled first, or has changed.
    pub about: Option<HouseholdId>,
}

#[uniffi::remote(Enum)]
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

/// A code, and what a person should do about it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Sentence {
    /// The code of an error, a warning or a finding.
    pub code: String,
    /// One sentence.
    pub text: String,
}

/// Every code of this version with its sentence in a language.
///
/// # Errors
/// `internal`.
#[uniffi::export]
pub fn sentences(language: Language) -> Result<Vec<Sentence>, KetingError> {
    let owned = |one: keting::error::Sentence| Sentence {
        code: one.code.to_owned(),
        text: one.text.to_owned(),
    };
    guarded::now(|| {
        let all = keting::sentences(language).into_iter().map(owned);
        Ok::<_, EngineError>(all.collect())
    })
}
