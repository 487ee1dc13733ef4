//! How the command ends: 0 done, 1 refused or held, 2 usage, 3 not found, 4 a file cannot be opened,
//! 5 network (try again), 6 `verify` found a difference.

use keting::error::known;
use keting::input::InvalidValue;
use keting::{Ambiguous, EngineError, ErrorKind};
use keting_model::CommandError;

/// It is done.
pub const DONE: u8 = 0;
/// It was refused, or is held for somebody to look at.
pub const REFUSED: u8 = 1;
/// The arguments do not make sense.
pub const USAGE: u8 = 2;
/// What was asked for does not exist.
pub const NOT_FOUND: u8 = 3;
/// A file cannot be opened.
pub const FILE: u8 = 4;
/// The server could not be reached or broke off; try again.
pub const NETWORK: u8 = 5;
/// `verify` found a difference.
pub const DIFFERENCE: u8 = 6;

/// Why the command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The engine said no.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The server's side said no, with a stable code.
    #[error("{message}")]
    Server {
        /// The stable code.
        code: String,
        /// For a person.
        message: String,
    },
    /// An argument is not what it must be.
    #[error("{0}")]
    Usage(String),
    /// The command line is not understood: why, and which arguments are missing.
    #[error("{what}")]
    Arguments {
        /// Why.
        what: String,
        /// What is missing, as it is typed.
        missing: Vec<String>,
    },
    /// There is no such thing here.
    #[error("{0} is not here")]
    NotFound(&'static str),
    /// The household was withdrawn: who did that and why, and how to see it all the same.
    #[error("{0}")]
    Withdrawn(String),
    /// `verify` found differences, printed already.
    #[error("{0} differences were found")]
    Difference(usize),
    /// `doctor` found faults, printed already with what to do about each.
    #[error("{0} faults were found")]
    Unwell(usize),
    /// Standard output is closed.
    #[error("the output cannot be written")]
    Output(#[from] std::io::Error),
}

impl Failure {
    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Engine(error) => of_kind(error.kind()),
            Self::Server { code, .. } => known(code).map_or(REFUSED, |known| of_kind(known.kind)),
            Self::Usage(_) | Self::Arguments { .. } => USAGE,
            Self::NotFound(_) => NOT_FOUND,
            Self::Withdrawn(_) | Self::Unwell(_) => REFUSED,
            Self::Difference(_) => DIFFERENCE,
            Self::Output(_) => FILE,
        }
    }

    /// The pattern of the field of a form that is not filled in as it should be, and the rule that is broken.
    pub fn invalid_field(&self) -> Option<(&'static str, InvalidValue)> {
        match self {
            Self::Engine(EngineError::Command(CommandError::Invalid { field, rule })) => {
                Some((field, *rule))
            }
            _ => None,
        }
    }

    /// What a beginning of an id may mean that names several.
    pub fn ambiguous(&self) -> Option<&Ambiguous> {
        match self {
            Self::Engine(EngineError::Ambiguous(ambiguous)) => Some(ambiguous),
            _ => None,
        }
    }

    /// Whether the same again may succeed later without anybody changing anything.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Engine(error) => error.retryable(),
            other => known(other.code()).is_some_and(|known| known.retryable),
        }
    }

    /// The stable code, for scripts.
    pub fn code(&self) -> &str {
        match self {
            Self::Engine(error) => error.code(),
            Self::Server { code, .. } => code,
            Self::Usage(_) | Self::Arguments { .. } => "usage",
            Self::NotFound(_) => "not_found",
            Self::Withdrawn(_) => "withdrawn",
            Self::Difference(_) => "difference",
            Self::Unwell(_) => "unwell",
            Self::Output(_) => "output_closed",
        }
    }
}

fn of_kind(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Refused | ErrorKind::NeedsUpdate | ErrorKind::Internal => REFUSED,
        ErrorKind::NotFound => NOT_FOUND,
        ErrorKind::File => FILE,
        ErrorKind::Network => NETWORK,
    }
}
