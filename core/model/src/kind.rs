//! The kinds of documents. A new kind is registered here, and lives in a folder of its own.

/// A kind of document.
///
/// What some roles may not read is a kind of its own: a change cannot be redacted, a document can
/// be withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// A region of one of five levels.
    Region,
    /// A household: address, tenure, residents, needs.
    Household,
    /// What only some roles may read of a household: ID numbers, health, minors.
    HouseholdPrivate,
    /// The visits to a household and the notes about it in one year.
    HouseholdVisits,
}

impl DocumentKind {
    /// Every kind this version knows, in the order of their codes.
    pub const ALL: [Self; 4] =
        [Self::Region, Self::Household, Self::HouseholdPrivate, Self::HouseholdVisits];

    /// The code in document ids and grants. A code is never used again for another kind.
    pub const fn code(self) -> u16 {
        match self {
            Self::Region => 1,
            Self::Household => 2,
            Self::HouseholdPrivate => 3,
            Self::HouseholdVisits => 4,
        }
    }

    /// The kind of a code, unless it is one of a newer version.
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The name in commands, logs and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::Household => "household",
            Self::HouseholdPrivate => "household_private",
            Self::HouseholdVisits => "household_visits",
        }
    }
}
