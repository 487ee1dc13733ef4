//! What people do with households, their residents and their needs.

use minicbor::{Decode, Encode};

use crate::city_time::CityTime;
use crate::fields::Fields;
use crate::household::placing::private_part;
use crate::id::{DocumentId, ItemId};
use crate::input::word;
use crate::settle::{CONCEAL, REVEAL};
use crate::words;

/// A resident to be added.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct NewResident {
    /// The id of the new resident.
    #[n(0)]
    pub resident: ItemId,
    /// The id of the fact that says the resident lives here.
    #[n(1)]
    pub fact: ItemId,
    /// `name`, and perhaps any other field of a resident, also the private ones.
    #[n(2)]
    pub fields: Fields,
}

/// What a person wants done with a household.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum HouseholdCommand {
    /// Adds a household, perhaps with its residents: `household.add`.
    #[n(0)]
    Add {
        /// The id of the new household.
        #[n(0)]
        household: DocumentId,
        /// The region it lives in.
        #[n(1)]
        region: DocumentId,
        /// `address`, and perhaps `address_code` and `tenure`.
        #[n(2)]
        fields: Fields,
        /// Those who live there.
        #[n(3)]
        residents: Vec<NewResident>,
        /// When the command is given.
        #[n(4)]
        time: CityTime,
    },
    /// Edits a household: `household.edit`.
    #[n(1)]
    Edit {
        /// The household.
        #[n(0)]
        household: DocumentId,
        /// Some of `address`, `address_code`, `tenure`.
        #[n(1)]
        fields: Fields,
    },
    /// Adds a resident: `resident.add`.
    #[n(2)]
    AddResident {
        /// The household.
        #[n(0)]
        household: DocumentId,
        /// Who.
        #[n(1)]
        resident: NewResident,
        /// When the command is given.
        #[n(2)]
        time: CityTime,
    },
    /// Edits a resident: `resident.edit`.
    #[n(3)]
    EditResident {
        /// The household.
        #[n(0)]
        household: DocumentId,
        /// Who.
        #[n(1)]
        resident: ItemId,
        /// Some fields of a resident, also private ones.
        #[n(2)]
        fields: Fields,
        /// When the command is given.
        #[n(3)]
        time: CityTime,
    },
    /// Says that a resident left, or is back: `resident.leave`, `resident.return`.
    #[n(4)]
    SetStatus {
        /// The household.
        #[n(0)]
        household: DocumentId,
        /// Who.
        #[n(1)]
        resident: ItemId,
        /// The id of the new fact.
        #[n(2)]
        fact: ItemId,
        /// `living`, `away`, `moved_out` or `deceased`.
        #[n(3)]
        status: String,
        /// Why, in a few words.
        #[n(4)]
        reason: Option<String>,
        /// On which day, `YYYY-MM-DD`.
        #[n(5)]
        at: Option<String>,
        /// When the command is given.
        #[n(6)]
        time: CityTime,
    },
    /// Adds a need: `need.add`.
    #[n(5)]
    AddNeed {
        /// The household.
        #[n(0)]
        household: DocumentId,
        /// The id of the new need.
        #[n(1)]
        need: ItemId,
        /// What is needed.
        #[n(2)]
        text: String,
        /// When the command is given.
        #[n(3)]
        time: CityTime,
    },
    /// Says how far a need has come: `need.advance`.
    #[n(6)]
    AdvanceNeed {
        /// The household.
        #[n(0)]
        household: DocumentId,
        /// The need.
        #[n(1)]
        need: ItemId,
        /// The id of the new fact.
        #[n(2)]
        fact: ItemId,
        /// `open`, `in_progress`, `met` or `dropped`.
        #[n(3)]
        status: String,
        /// What was done.
        #[n(4)]
        note: Option<String>,
        /// When the command is given.
        #[n(5)]
        time: CityTime,
    },
    /// Leaves nothing but name and relation of a resident in the open: `resident.conceal`. Whoever enters
    /// that somebody is a child does the same.
    #[n(7)]
    Conceal {
        /// The household.
        #[n(0)]
        household: DocumentId,
        /// Who.
        #[n(1)]
        resident: ItemId,
        /// When the command is given.
        #[n(2)]
        time: CityTime,
    },
    /// Brings back into the open what is known of a resident who is no child: `resident.reveal`.
    #[n(8)]
    Reveal {
        /// The household.
        #[n(0)]
        household: DocumentId,
        /// Who.
        #[n(1)]
        resident: ItemId,
        /// When the command is given.
        #[n(2)]
        time: CityTime,
    },
}

impl HouseholdCommand {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Add { .. } => "household.add",
            Self::Edit { .. } => "household.edit",
            Self::AddResident { .. } => "resident.add",
            Self::EditResident { .. } => "resident.edit",
            Self::SetStatus { status, .. } if word(words::STATUSES, status) == words::LIVING => {
                "resident.return"
            }
            Self::SetStatus { .. } => "resident.leave",
            Self::AddNeed { .. } => "need.add",
            Self::AdvanceNeed { .. } => "need.advance",
            Self::Conceal { .. } => CONCEAL,
            Self::Reveal { .. } => REVEAL,
        }
    }

    pub(crate) fn time(&self) -> Option<CityTime> {
        match self {
            Self::Edit { .. } => None,
            Self::Add { time, .. }
            | Self::AddResident { time, .. }
            | Self::EditResident { time, .. }
            | Self::SetStatus { time, .. }
            | Self::AddNeed { time, .. }
            | Self::AdvanceNeed { time, .. }
            | Self::Conceal { time, .. }
            | Self::Reveal { time, .. } => Some(*time),
        }
    }

    pub(crate) fn documents(&self) -> Vec<DocumentId> {
        match self {
            Self::Edit { household, .. }
            | Self::AddNeed { household, .. }
            | Self::AdvanceNeed { household, .. } => vec![*household],
            Self::Add { household, .. }
            | Self::AddResident { household, .. }
            | Self::EditResident { household, .. }
            | Self::SetStatus { household, .. }
            | Self::Conceal { household, .. }
            | Self::Reveal { household, .. } => {
                vec![*household, private_part(household)]
            }
        }
    }
}
