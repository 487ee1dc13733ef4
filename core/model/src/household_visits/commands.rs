//! What people record about their visits.

use minicbor::{Decode, Encode};

use crate::check::{Holds, InvalidValue};
use crate::city_time::CityTime;
use crate::command::{CommandError, Edit, Given};
use crate::day::Day;
use crate::draft::{Draft, put_all};
use crate::fields::Fields;
use crate::household::{require_household, time_value};
use crate::id::{DocumentId, ItemId};
use crate::kind::DocumentKind;
use crate::value::Value;

/// What a person wants recorded about a household.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum VisitsCommand {
    /// Adds a visit: `visit.add`.
    #[n(0)]
    AddVisit {
        /// The household.
        #[n(0)]
        household: DocumentId,
        /// The id of the new visit.
        #[n(1)]
        visit: ItemId,
        /// `at` (the day, `YYYY-MM-DD`), and perhaps `purpose`, `note`, `by`.
        #[n(2)]
        fields: Fields,
        /// When the command is given.
        #[n(3)]
        time: CityTime,
    },
    /// Adds a note: `note.add`.
    #[n(1)]
    AddNote {
        /// The household.
        #[n(0)]
        household: DocumentId,
        /// The id of the new note.
        #[n(1)]
        note: ItemId,
        /// The note.
        #[n(2)]
        text: String,
        /// When the command is given.
        #[n(3)]
        time: CityTime,
    },
}

impl VisitsCommand {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::AddVisit { .. } => "visit.add",
            Self::AddNote { .. } => "note.add",
        }
    }

    pub(crate) fn time(&self) -> CityTime {
        match self {
            Self::AddVisit { time, .. } | Self::AddNote { time, .. } => *time,
        }
    }

    pub(crate) fn documents(&self) -> Vec<DocumentId> {
        std::iter::once(*self.household()).chain(self.visits()).collect()
    }

    /// The document that it writes into; none if it gives no day.
    pub(crate) fn visits(&self) -> Option<DocumentId> {
        self.day().map(|day| visits_of(self.household(), day.year()))
    }

    fn household(&self) -> &DocumentId {
        match self {
            Self::AddVisit { household, .. } | Self::AddNote { household, .. } => household,
        }
    }

    pub(crate) fn plan(&self, given: &Given<'_>) -> Result<Vec<Edit>, CommandError> {
        let household = self.household();
        let time = time_value(self.time());
        require_household(&Draft::new(self.name(), given.document(household)?)?)?;
        let day = self.day().ok_or_else(|| self.no_day())?;
        let document = given.document(&visits_of(household, day.year()))?;
        let mut draft = Draft::new(self.name(), document)?;
        draft.found("of", Value::Bytes(household.as_bytes().to_vec()))?;
        draft.found("year", Value::Int(i64::from(day.year())))?;
        match self {
            Self::AddVisit { visit, fields, .. } => {
                let prefix = format!("v/{visit}/");
                if draft.has(&format!("{prefix}at")) {
                    return Err(CommandError::AlreadyExists { what: "the visit" });
                }
                put_all(&mut draft, &prefix, fields)?;
                if fields.value("purpose").is_some() {
                    draft.require(&prefix, "purpose")?;
                }
                draft.put(format!("{prefix}time"), time)?;
            }
            Self::AddNote { note, text, .. } => {
                let prefix = format!("o/{note}/");
                if draft.has(&format!("{prefix}at")) {
                    return Err(CommandError::AlreadyExists { what: "the note" });
                }
                draft.put(format!("{prefix}text"), Value::from(text.trim()))?;
                draft.put(format!("{prefix}at"), Value::from(day.to_string()))?;
                draft.put(format!("{prefix}time"), time)?;
            }
        }
        Ok(vec![draft.finish()])
    }

    /// What is wrong with the day of a visit.
    fn no_day(&self) -> CommandError {
        let given = match self {
            Self::AddVisit { fields, .. } => fields.value("at").and_then(Value::as_text),
            Self::AddNote { .. } => None,
        };
        let day = Value::from(self.day_in(given.unwrap_or_default()));
        let rule = Holds::Day.check(&day).err().unwrap_or(InvalidValue::NotADate);
        CommandError::Invalid { field: "v/*/at", rule }
    }

    /// The day a visit was made or a note written: it says into which year's document they go.
    fn day(&self) -> Option<Day> {
        match self {
            Self::AddVisit { fields, .. } => {
                Day::parse(&self.day_in(fields.value("at")?.as_text()?))
            }
            Self::AddNote { time, .. } => Some(time.day()),
        }
    }

    fn day_in(&self, typed: &str) -> String {
        Holds::Day.in_normal_form(typed, Some(self.time().day()))
    }
}

/// The id of the document of a household's visits in one year.
pub fn visits_of(household: &DocumentId, year: u16) -> DocumentId {
    DocumentId::derive(household, DocumentKind::HouseholdVisits, year)
}
