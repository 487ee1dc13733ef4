//! What a person wants, before it becomes changes.
//!
//! A command carries every fresh id and the time it needs, so that planning it is a pure function
//! of the documents it is planned on, and so that the outbox can plan it anew on others.

mod added;
mod error;

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::city_time::CityTime;
use crate::document::{Document, Op};
use crate::household::HouseholdCommand;
use crate::household_private::PrivateCommand;
use crate::household_visits::VisitsCommand;
use crate::id::DocumentId;
use crate::kind::DocumentKind;
use crate::region::RegionCommand;
use crate::registry::registration;
use crate::settle::{MOVE, Settle};
use crate::withdrawal::WithdrawalCommand;

pub use error::CommandError;

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

    /// The household it is about; none for one about a region.
    pub fn household(&self) -> Option<DocumentId> {
        let is_household = |id: &DocumentId| id.kind() == Some(DocumentKind::Household);
        self.documents().into_iter().find(is_household)
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
        };
        let edits = edits.map_err(|error| error.settled_by_way_of(self.household()))?;
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
