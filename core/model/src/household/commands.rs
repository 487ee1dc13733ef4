//! What people do with households, their residents and their needs.

use minicbor::{Decode, Encode};

use crate::city_time::CityTime;
use crate::command::{CommandError, Edit, Given};
use crate::draft::{Draft, put_all};
use crate::fact::{Told, over};
use crate::fields::Fields;
use crate::household::placing::{NewFact, Placing, private_part, require_household, time_value};
use crate::household::rows::current_about_need;
use crate::id::{DocumentId, ItemId};
use crate::value::Value;
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
}

impl HouseholdCommand {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Add { .. } => "household.add",
            Self::Edit { .. } => "household.edit",
            Self::AddResident { .. } => "resident.add",
            Self::EditResident { .. } => "resident.edit",
            Self::SetStatus { status, .. } if status == "living" => "resident.return",
            Self::SetStatus { .. } => "resident.leave",
            Self::AddNeed { .. } => "need.add",
            Self::AdvanceNeed { .. } => "need.advance",
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
            | Self::AdvanceNeed { time, .. } => Some(*time),
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
            | Self::SetStatus { household, .. } => {
                vec![*household, private_part(household)]
            }
        }
    }

    pub(crate) fn plan(&self, given: &Given<'_>) -> Result<Vec<Edit>, CommandError> {
        let command = self.name();
        match self {
            Self::Add { household, region, fields, residents, time } => {
                let mut placing = Placing::new(command, given, household, *time)?;
                let own = &mut placing.household;
                if own.has("home") {
                    return Err(CommandError::AlreadyExists { what: "the household" });
                }
                own.put("home".to_owned(), Value::Bytes(region.as_bytes().to_vec()))?;
                put_all(own, "", fields)?;
                own.require("", "address")?;
                residents.iter().try_for_each(|resident| placing.add(resident))?;
                placing.finish()
            }
            Self::Edit { household, fields } => {
                let mut draft = Draft::new(command, given.document(household)?)?;
                require_household(&draft)?;
                put_all(&mut draft, "", fields)?;
                Ok(vec![draft.finish()])
            }
            Self::AddResident { household, resident, time } => {
                let mut placing = Placing::new(command, given, household, *time)?;
                require_household(&placing.household)?;
                placing.add(resident)?;
                placing.finish()
            }
            Self::EditResident { household, resident, fields, time } => {
                let mut placing = Placing::new(command, given, household, *time)?;
                placing.edit(*resident, fields)?;
                placing.finish()
            }
            Self::SetStatus { household, resident, fact, status, reason, at, time } => {
                let mut placing = Placing::new(command, given, household, *time)?;
                let (reason, at) = (reason.as_deref(), at.as_deref());
                placing.say(*resident, &NewFact { fact: *fact, status, reason, at })?;
                placing.finish()
            }
            Self::AddNeed { household, need, text, time } => {
                let mut draft = Draft::new(command, given.document(household)?)?;
                require_household(&draft)?;
                if draft.has(&format!("n/{need}/text")) {
                    return Err(CommandError::AlreadyExists { what: "the need" });
                }
                draft.put(format!("n/{need}/text"), Value::from(text.trim()))?;
                draft.put(format!("n/{need}/time"), time_value(*time))?;
                Ok(vec![draft.finish()])
            }
            Self::AdvanceNeed { household, need, fact, status, note, time } => {
                let mut draft = Draft::new(command, given.document(household)?)?;
                require_household(&draft)?;
                if !draft.has(&format!("n/{need}/text")) {
                    return Err(CommandError::NotFound { what: "the need" });
                }
                let note = note.as_deref().map(str::trim).filter(|note| !note.is_empty());
                let replaced = draft.current_facts(&format!("n/{need}"));
                let settles = replaced.len() > 1;
                if note.is_none() && !settles && need_status(&draft, *need) == *status {
                    return Err(CommandError::NothingChanged);
                }
                let key = |field: &str| format!("n/{need}/s/{fact}/{field}");
                if draft.has(&key("over")) {
                    return Err(CommandError::AlreadyExists { what: "the fact" });
                }
                draft.put(key("over"), over(&replaced))?;
                draft.put(key("time"), time_value(*time))?;
                draft.put(key("status"), Value::from(status.as_str()))?;
                if let Some(note) = note {
                    draft.put(key("note"), Value::from(note))?;
                }
                Ok(vec![draft.finish()])
            }
        }
    }
}

/// What has become of a need so far.
fn need_status(draft: &Draft<'_>, need: ItemId) -> String {
    let contents = draft.contents();
    let needs = contents.items("n");
    let facts = needs.get(&need).map(|item| current_about_need(&contents, need, item));
    let told = Told::of(&facts.unwrap_or_default(), words::NEED_STATUSES);
    told.status.unwrap_or_else(|| words::OPEN.to_owned())
}
