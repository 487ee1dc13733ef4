//! What a person wants, before it becomes changes.
//!
//! A command carries every fresh id and the time it needs, so that planning it is a pure function
//! of the documents it is planned on, and so that the outbox can plan it anew on others.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::check::InvalidValue;
use crate::city_time::CityTime;
use crate::document::{Document, Op};
use crate::household::HouseholdCommand;
use crate::household_private::PrivateCommand;
use crate::household_visits::VisitsCommand;
use crate::id::DocumentId;
use crate::region::RegionCommand;
use crate::registry::registration;
use crate::schema::name_of;
use crate::settle::{MOVE, Settle};
use crate::withdrawal::WithdrawalCommand;

/// What a person wants done.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Command {
    /// Something about a region.
    #[n(0)]
    Region(#[n(0)] RegionCommand),
    /// Something about a household, its residents or its needs.
    #[n(1)]
    Household(#[n(0)] HouseholdCommand),
    /// Something about the private part of a household.
    #[n(2)]
    Private(#[n(0)] PrivateCommand),
    /// A visit to a household or a note about it.
    #[n(3)]
    Visits(#[n(0)] VisitsCommand),
    /// The choice among concurrent values of a field.
    #[n(4)]
    Settle(#[n(0)] Settle),
    /// Something that was entered by mistake, or stands after all.
    #[n(5)]
    Withdrawal(#[n(0)] WithdrawalCommand),
}

/// What a command writes: never nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The operations for each document, in the order of document ids.
    pub edits: Vec<Edit>,
}

/// What a command writes into one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The document.
    pub document: DocumentId,
    /// The operations, never none.
    pub ops: Vec<Op>,
}

/// Says why a command cannot be done on the documents as they are. Not retryable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// A field's value breaks a rule.
    #[error("the field {} is not valid: {rule}", name_of(.field))]
    Invalid {
        /// The pattern of the field's key; [`crate::input::Field::of_pattern`] tells what it is called.
        field: &'static str,
        /// What is wrong with its value.
        rule: InvalidValue,
    },
    /// There is no field of this name for this command.
    #[error("there is no such field")]
    UnknownField {
        /// The name as it was given.
        field: String,
    },
    /// Concurrent unequal values stand under a key and have to be settled first.
    #[error("the field holds several values that have to be settled first")]
    Conflicted {
        /// The document.
        document: DocumentId,
        /// The key in the document.
        key: String,
    },
    /// A settle names a key under which nothing is concurrent.
    #[error("there is nothing to settle")]
    NothingToSettle,
    /// What the command is about is not here.
    #[error("{what} is not here")]
    NotFound {
        /// A document or an item, by its kind.
        what: &'static str,
    },
    /// What the command makes is here already.
    #[error("{what} is here already")]
    AlreadyExists {
        /// A document or an item, by its kind.
        what: &'static str,
    },
    /// A new region's code is not made of the code of the region it lies in.
    #[error("the code does not continue the code of the region above")]
    WrongCode,
    /// A region cannot lie in one of that level, or in none.
    #[error("the region's parent does not fit its level")]
    WrongParent,
    /// What the command is about was withdrawn, or its household was.
    #[error("it was withdrawn")]
    Withdrawn,
    /// It is withdrawn already, and nobody worked on it meanwhile.
    #[error("it was withdrawn already")]
    AlreadyWithdrawn,
    /// A child under fourteen cannot be shown in the open: a date of birth or identity number says so.
    #[error("the resident is a child")]
    IsChild,
    /// Everything is already as the command wants it.
    #[error("nothing changed")]
    NothingChanged,
    /// A document was not given to the planner.
    #[error("a document the command needs was not given")]
    NotGiven {
        /// The document.
        document: DocumentId,
    },
}

impl CommandError {
    /// A code that stays the same in every version.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { rule, .. } => rule.code(),
            Self::UnknownField { .. } => "unknown_field",
            Self::Conflicted { .. } => "conflicted",
            Self::NothingToSettle => "nothing_to_settle",
            Self::NotFound { .. } => "not_found",
            Self::AlreadyExists { .. } => "already_exists",
            Self::WrongCode => "wrong_code",
            Self::WrongParent => "wrong_parent",
            Self::Withdrawn => "withdrawn",
            Self::AlreadyWithdrawn => "already_withdrawn",
            Self::IsChild => "is_child",
            Self::NothingChanged => "nothing_changed",
            Self::NotGiven { .. } => "document_not_given",
        }
    }
}

/// Says that stored bytes are not a command of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not a command")]
pub struct CommandBytesError;

impl Command {
    /// The name under which commits, rules and logs know the command.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Region(command) => command.name(),
            Self::Household(command) => command.name(),
            Self::Private(command) => command.name(),
            Self::Visits(command) => command.name(),
            Self::Settle(_) => Settle::NAME,
            Self::Withdrawal(command) => command.name(),
        }
    }

    /// The city's time it was given at, which its commit then carries. None for what writes no time;
    /// its commit is of the time it is carried out.
    pub fn time(&self) -> Option<CityTime> {
        match self {
            Self::Household(command) => command.time(),
            Self::Visits(command) => Some(command.time()),
            Self::Settle(settle) => Some(settle.time),
            Self::Withdrawal(command) => Some(command.time()),
            Self::Region(_) | Self::Private(_) => None,
        }
    }

    /// The documents that [`Self::plan`] needs, the missing ones as [`Document::empty`].
    pub fn documents(&self) -> Vec<DocumentId> {
        match self {
            Self::Region(command) => command.documents(),
            Self::Household(command) => command.documents(),
            Self::Private(command) => command.documents(),
            Self::Visits(command) => command.documents(),
            Self::Settle(settle) => settle.documents(),
            Self::Withdrawal(command) => command.documents(),
        }
    }

    /// Works out what to write: only what differs from what the documents show, and what people typed
    /// in its normal form ([`crate::input`]).
    ///
    /// # Errors
    /// When a value is not valid, a field is in conflict, something is missing or there already,
    /// or nothing would change.
    pub fn plan(&self, documents: &BTreeMap<DocumentId, Document>) -> Result<Plan, CommandError> {
        let given = Given(documents);
        let edits = match &self.in_normal_form() {
            Self::Region(command) => command.plan(&given),
            Self::Household(command) => command.plan(&given),
            Self::Private(command) => command.plan(&given),
            Self::Visits(command) => command.plan(&given),
            Self::Settle(settle) => settle.plan(&given),
            Self::Withdrawal(command) => command.plan(&given),
        }?;
        let mut edits: Vec<Edit> = edits.into_iter().filter(|edit| !edit.ops.is_empty()).collect();
        if edits.is_empty() {
            return Err(CommandError::NothingChanged);
        }
        if let Some(time) = self.time() {
            edits.iter().try_for_each(|edit| check_days(edit, time, self.moves()))?;
        }
        edits.sort_by_key(|edit| edit.document);
        Ok(Plan { edits })
    }

    /// Whether it also moves what was entered another day.
    pub(crate) fn moves(&self) -> bool {
        MOVE.contains(&self.name()) || self.name() == Settle::NAME
    }

    /// The command as deterministic CBOR, for the outbox.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // A Vec takes every write, so this cannot fail.
        let _ = minicbor::encode(self, &mut bytes);
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the bytes are damaged, go on after the command, or are from a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CommandBytesError> {
        let command: Self = minicbor::decode(bytes).map_err(|_| CommandBytesError)?;
        if command.to_bytes() == bytes { Ok(command) } else { Err(CommandBytesError) }
    }
}

/// Refuses days later than the day the command is given. What only moves was entered another day.
fn check_days(edit: &Edit, given: CityTime, moves: bool) -> Result<(), CommandError> {
    let Some(kind) = edit.document.kind().and_then(registration) else { return Ok(()) };
    for (key, value) in edit.ops.iter().filter_map(Op::written) {
        if let Some(rule) = kind.schema.field(key).filter(|rule| !(moves && rule.moves())) {
            rule.holds
                .check_day(value, given)
                .map_err(|broken| CommandError::Invalid { field: rule.pattern, rule: broken })?;
        }
    }
    Ok(())
}

/// The documents a command is planned on.
pub(crate) struct Given<'a>(&'a BTreeMap<DocumentId, Document>);

impl<'a> Given<'a> {
    /// The document, or the planner's complaint that it was not given.
    pub(crate) fn document(&self, id: &DocumentId) -> Result<&'a Document, CommandError> {
        self.0.get(id).ok_or(CommandError::NotGiven { document: *id })
    }
}
