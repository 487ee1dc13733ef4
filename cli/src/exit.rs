//! How the command ends: 0 done, 1 refused or held, 2 usage, 3 not found, 4 a file cannot be opened,
//! 5 network (try again), 6 `verify` found a difference.

use keting::error::known;
use keting::input::{InvalidValue, Refused};
use keting::{Ambiguous, EngineError, ErrorKind};
use keting_model::CommandError;

use crate::commands::conflicts::Choice;
use crate::language::InBoth;

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
    /// Fields of a form do not take what was typed into them; never none.
    #[error("{}", joined(.0))]
    Fields(Vec<Refused>),
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
    /// An argument does not fit what is here: says what to do.
    #[error("{0}")]
    Misused(InBoth),
    /// A field has to be settled before it is edited, and on what it may be; told to whoever asked, in no log.
    #[error("{error}")]
    ToSettle {
        /// What the engine said.
        error: EngineError,
        /// Never none.
        choices: Vec<Choice>,
    },
    /// Nothing has to be settled of a field any more; what stands there is told to whoever asked, in no log.
    #[error("there is nothing to settle")]
    NotOpen {
        /// What the field is called.
        called: String,
        /// What stands there, in words.
        value: String,
    },
    /// The command line is not understood: why, and which arguments are missing.
    #[error("{what}")]
    Arguments {
        /// Why.
        what: InBoth,
        /// What is missing, as it is typed.
        missing: Vec<String>,
    },
    /// There is no such thing here.
    #[error("{0} is not here")]
    NotFound(&'static str),
    /// A region was named by something else than its code: these are called so.
    #[error("{} 个区域叫这个名称 · {} regions are called so", .0.count, .0.count)]
    RegionByName(Ambiguous),
    /// The household was withdrawn: who did that and why, and how to see it all the same.
    #[error("{0}")]
    Withdrawn(String),
    /// `verify` found differences, printed already.
    #[error("differences found: {0}")]
    Difference(usize),
    /// `doctor` found faults, printed already with what to do about each.
    #[error("faults found: {0}")]
    Unwell(usize),
    /// Standard output is closed.
    #[error("the output cannot be written")]
    Output(#[from] std::io::Error),
}

impl Failure {
    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Engine(error) | Self::ToSettle { error, .. } => of_kind(error.kind()),
            Self::Server { code, .. } => known(code).map_or(REFUSED, |known| of_kind(known.kind)),
            Self::Usage(_) | Self::Misused(_) | Self::Arguments { .. } => USAGE,
            Self::NotFound(_) | Self::RegionByName(_) => NOT_FOUND,
            Self::Fields(_) | Self::NotOpen { .. } | Self::Withdrawn(_) | Self::Unwell(_) => {
                REFUSED
            }
            Self::Difference(_) => DIFFERENCE,
            Self::Output(_) => FILE,
        }
    }

    /// The patterns of the fields of a form that are not filled in as they should be, and the rules that are
    /// broken.
    pub fn invalid_fields(&self) -> Vec<(&'static str, InvalidValue)> {
        match self {
            Self::Engine(EngineError::Command(CommandError::Invalid { field, rule })) => {
                vec![(field, *rule)]
            }
            Self::Fields(refused) => {
                refused.iter().map(|one| (one.field.pattern(), one.rule)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What was named may mean these: by the beginning of an id that several have, or by its name.
    pub fn ambiguous(&self) -> Option<&Ambiguous> {
        match self {
            Self::Engine(EngineError::Ambiguous(ambiguous)) | Self::RegionByName(ambiguous) => {
                Some(ambiguous)
            }
            _ => None,
        }
    }

    /// Whether the same again may succeed later without anybody changing anything.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Engine(error) | Self::ToSettle { error, .. } => error.retryable(),
            other => known(other.code()).is_some_and(|known| known.retryable),
        }
    }

    /// Whether it is a refusal, which the same again meets again.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Engine(error) if error.kind() == ErrorKind::Refused)
    }

    /// The stable code, for scripts.
    pub fn code(&self) -> &str {
        match self {
            Self::Engine(error) | Self::ToSettle { error, .. } => error.code(),
            Self::Fields(refused) => refused.first().map_or("invalid_value", |one| one.rule.code()),
            Self::Server { code, .. } => code,
            Self::Usage(_) | Self::Misused(_) | Self::Arguments { .. } => "usage",
            Self::NotOpen { .. } => "nothing_to_settle",
            Self::NotFound(_) => "not_found",
            Self::RegionByName(_) => "region_by_name",
            Self::Withdrawn(_) => "withdrawn",
            Self::Difference(_) => "difference",
            Self::Unwell(_) => "unwell",
            Self::Output(_) => "output_closed",
        }
    }
}

fn joined(refused: &[Refused]) -> String {
    refused.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn of_kind(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Refused | ErrorKind::NeedsUpdate | ErrorKind::Internal => REFUSED,
        ErrorKind::NotFound => NOT_FOUND,
        ErrorKind::File => FILE,
        ErrorKind::Network => NETWORK,
    }
}
