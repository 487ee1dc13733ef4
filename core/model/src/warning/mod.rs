//! What a person should look at again although it is kept: it may be wrong, and only they can tell.
//!
//! A warning never refuses. It is worked out before the edit is written, on what stands and what the
//! edit adds to it, and speaks of nothing that the reader may not read.

mod addresses;
mod heads;
mod id_numbers;
mod persons;
mod restored;

use crate::city_time::CityTime;
use crate::command::{Command, Edit, Plan};
use crate::day::Day;
use crate::document::Op;
use crate::household::ResidentDetail;
use crate::id::{DocumentId, ItemId};
use crate::query::{Rows, Withheld};
use crate::registry::registration;
use crate::value::Value;
use crate::withdrawal::{Record, WithdrawalCommand};

/// Something in an edit that may be wrong, which nobody can tell yet. The edit is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// The day is later than today, as far as the device knows: it is uncertain of the time, and the
    /// day may well have come.
    DayUncertain {
        /// The field's name.
        field: &'static str,
        /// The day that was entered.
        day: Day,
    },
    /// The day was typed without its year and has not come yet this year: it is kept as last year's.
    DayOfLastYear {
        /// The field's name.
        field: &'static str,
        /// The day that is kept.
        day: Day,
    },
    /// The field keeps the word `other` for what was typed, which said more and stands nowhere.
    KeptAsOther {
        /// The field's name.
        field: &'static str,
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
    /// Somebody of the same name and day of birth already stands where the reader may see them.
    PersonKnown {
        /// The household of that other resident.
        household: DocumentId,
    },
    /// Another household, which the reader may see, already stands at the same address nearby.
    AddressKnown {
        /// That other household.
        household: DocumentId,
    },
}

impl Warning {
    /// A code that stays the same in every version.
    pub fn code(self) -> &'static str {
        match self {
            Self::DayUncertain { .. } => "day_uncertain",
            Self::DayOfLastYear { .. } => "day_of_last_year",
            Self::KeptAsOther { .. } => "kept_as_other",
            Self::SecondHead { .. } => "second_head",
            Self::IdNumberKnown { .. } => "id_number_known",
            Self::PersonKnown { .. } => "person_known",
            Self::AddressKnown { .. } => "address_known",
        }
    }

    /// The name of the field it is about.
    pub fn field(self) -> &'static str {
        match self {
            Self::DayUncertain { field, .. }
            | Self::DayOfLastYear { field, .. }
            | Self::KeptAsOther { field } => field,
            Self::SecondHead { .. } => "relation",
            Self::IdNumberKnown { .. } => "id_number",
            Self::PersonKnown { .. } => "name",
            Self::AddressKnown { .. } => "address",
        }
    }

    /// The household to look at.
    pub fn household(self) -> Option<DocumentId> {
        match self {
            Self::DayUncertain { .. } | Self::DayOfLastYear { .. } | Self::KeptAsOther { .. } => {
                None
            }
            Self::SecondHead { household }
            | Self::IdNumberKnown { household }
            | Self::PersonKnown { household }
            | Self::AddressKnown { household } => Some(household),
        }
    }

    /// The day that is kept, whole.
    pub fn day(self) -> Option<Day> {
        match self {
            Self::DayUncertain { day, .. } | Self::DayOfLastYear { day, .. } => Some(day),
            Self::KeptAsOther { .. }
            | Self::SecondHead { .. }
            | Self::IdNumberKnown { .. }
            | Self::PersonKnown { .. }
            | Self::AddressKnown { .. } => None,
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
        let coarse = self.kept_as_other().into_iter();
        let coarse = coarse.map(|field| Warning::KeptAsOther { field: field.name() });
        let last_year = self.of_last_year().into_iter();
        let last_year =
            last_year.map(|(field, day)| Warning::DayOfLastYear { field: field.name(), day });
        let mut warnings: Vec<Warning> = days.chain(last_year).chain(coarse).collect();
        let returns = self.name() == "resident.return";
        if let Some(household) = self.household() {
            let restored = restored::by(self, rows, withheld)?;
            let back = heads::Back { restored: &restored, returns };
            warnings.extend(heads::second_head(household, &back, plan, rows, withheld)?);
            let numbers = id_numbers::known(household, &restored, plan, rows, withheld)?;
            let told: Vec<ItemId> = numbers.iter().map(|(resident, _)| *resident).collect();
            warnings.extend(numbers.into_iter().map(|(_, warning)| warning));
            let one = Household { id: household, restored: &restored, plan };
            warnings.extend(persons::known(&one, &told, rows, withheld)?);
            let restores = matches!(
                self,
                Self::Withdrawal(WithdrawalCommand::Restore { record: Record::Household, .. })
            );
            warnings.extend(addresses::known(&one, restores, rows, withheld)?);
        }
        Ok(warnings)
    }
}

/// The household that a command is about.
struct Household<'a> {
    id: DocumentId,
    /// Who is there again.
    restored: &'a [ResidentDetail],
    plan: &'a Plan,
}

impl Household<'_> {
    /// What the plan writes: keys and values.
    fn written(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.plan.edits.iter().flat_map(|edit| &edit.ops).filter_map(Op::written)
    }
}

/// The first of some households where the reader may look. Of another they hear nothing, not even that it
/// is there.
fn first_shown<R: Rows>(
    households: &[DocumentId],
    rows: &R,
    withheld: &Withheld,
) -> Result<Option<DocumentId>, R::Error> {
    for household in households {
        if withheld.shows(rows, household)? {
            return Ok(Some(*household));
        }
    }
    Ok(None)
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
