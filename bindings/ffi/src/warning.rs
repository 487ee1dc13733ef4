//! What a person should look at again after they saved.

use keting::input::Field;
use keting::{Day, HouseholdId};

/// Something that may be wrong, and was kept. The sentence for its code is among the sentences.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Warning {
    /// The stable code.
    pub code: String,
    /// The field it is about.
    pub field: Option<Field>,
    /// The day that is kept, where it is about a day.
    pub day: Option<Day>,
    /// The household to look at.
    pub household: Option<HouseholdId>,
}

impl From<keting::Warning> for Warning {
    fn from(warning: keting::Warning) -> Self {
        Self {
            code: warning.code().to_owned(),
            field: Field::of_name(warning.field()),
            day: warning.day(),
            household: warning.household().and_then(HouseholdId::of),
        }
    }
}
