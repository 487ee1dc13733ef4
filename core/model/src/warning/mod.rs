//! What a person should look at again although it is kept: it may be wrong, and only they can tell.
//!
//! A warning never refuses. It is worked out before the edit is written, on what stands and what the
//! edit adds to it, and speaks of nothing that the reader may not read.

mod heads;
mod id_numbers;
mod restored;

use crate::city_time::CityTime;
use crate::command::{Command, Edit, Plan};
use crate::date::Date;
use crate::document::Op;
use crate::id::DocumentId;
use crate::kind::DocumentKind;
use crate::query::{Rows, Withheld};
use crate::registry::registration;

/// Something in an edit that may be wrong, which nobody can tell yet. The edit is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// The day is later than today, as far as the device knows: it is uncertain of the time, and the
    /// day may well have come.
    DayUncertain {
        /// The field's name.
        field: &'static str,
        /// The day that was entered.
        day: Date,
    },
    /// The household has more than one head who is there.
    SecondHead {
        /// The household.
        household: DocumentId,
    },
    /// The identity number already stands at somebody else, whom the reader may see.
    IdNumberKnown {
        /// The household of that other resident.
        household: DocumentId,
    },
}

impl Warning {
    /// A code that stays the same in every version.
    pub fn code(self) -> &'static str {
        match self {
            Self::DayUncertain { .. } => "day_uncertain",
            Self::SecondHead { .. } => "second_head",
            Self::IdNumberKnown { .. } => "id_number_known",
        }
    }

    /// The name of the field it is about.
    pub fn field(self) -> &'static str {
        match self {
            Self::DayUncertain { field, .. } => field,
            Self::SecondHead { .. } => "relation",
            Self::IdNumberKnown { .. } => "id_number",
        }
    }

    /// The household to look at.
    pub fn household(self) -> Option<DocumentId> {
        match self {
            Self::DayUncertain { .. } => None,
            Self::SecondHead { household } | Self::IdNumberKnown { household } => Some(household),
        }
    }
}

impl Command {
    /// What a person should look at again in what the command is about to write, if it is carried out
    /// at `entered`. `rows` are as they stand before, and `withheld` is what the person may not read.
    ///
    /// # Errors
    /// When a query cannot be run.
    pub fn warnings<R: Rows>(
        &self,
        plan: &Plan,
        entered: CityTime,
        rows: &R,
        withheld: &Withheld,
    ) -> Result<Vec<Warning>, R::Error> {
        let days = plan.edits.iter().flat_map(|edit| days(edit, entered, self.moves()));
        let mut warnings: Vec<Warning> = days.collect();
        let is_household = |id: &DocumentId| id.kind() == Some(DocumentKind::Household);
        let returns = self.name() == "resident.return";
        if let Some(household) = self.documents().into_iter().find(is_household) {
            let restored = restored::by(self, rows, withheld)?;
            let back = heads::Back { restored: &restored, returns };
            warnings.extend(heads::second_head(household, &back, plan, rows, withheld)?);
            warnings.extend(id_numbers::known(household, &restored, plan, rows, withheld)?);
        }
        Ok(warnings)
    }
}

/// The days of an edit that may not have come yet. What only moves was entered another day.
fn days(edit: &Edit, entered: CityTime, moves: bool) -> Vec<Warning> {
    let Some(kind) = edit.document.kind().and_then(registration) else { return Vec::new() };
    let written = edit.ops.iter().filter_map(Op::written);
    let warnings = written.filter_map(|(key, value)| {
        let rule = kind.schema.field(key).filter(|rule| !(moves && rule.moves()))?;
        let day = rule.holds.day(value).filter(|day| *day > entered.day())?;
        Some(Warning::DayUncertain { field: rule.name(), day })
    });
    warnings.collect()
}
