//! What a person should look at again although it is kept.

use crate::city_time::CityTime;
use crate::command::Edit;
use crate::date::Date;
use crate::document::Op;
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
}

impl Warning {
    /// A code that stays the same in every version.
    pub fn code(self) -> &'static str {
        match self {
            Self::DayUncertain { .. } => "day_uncertain",
        }
    }

    /// The name of the field it is about.
    pub fn field(self) -> &'static str {
        match self {
            Self::DayUncertain { field, .. } => field,
        }
    }

    /// What is to be looked at again in an edit that was entered at `entered`. What only moves was
    /// entered another day.
    pub(crate) fn of(edit: &Edit, entered: CityTime, moves: bool) -> Vec<Self> {
        let Some(kind) = edit.document.kind().and_then(registration) else { return Vec::new() };
        let written = edit.ops.iter().filter_map(Op::written);
        let warnings = written.filter_map(|(key, value)| {
            let rule = kind.schema.field(key).filter(|rule| !(moves && rule.moves()))?;
            let day = rule.holds.day(value).filter(|day| *day > entered.day())?;
            Some(Self::DayUncertain { field: rule.name(), day })
        });
        warnings.collect()
    }
}
