//! The parts of the data that roles may write.

use crate::kind::DocumentKind;

/// A part of the data that a role may or may not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// The city and its towns: names, boundaries, heads.
    City,
    /// The regions below the towns.
    Region,
    /// Households: home region, address, tenure.
    Household,
    /// Residents of a household.
    Resident,
    /// What only some roles may read of a household.
    Private,
    /// Visits to a household.
    Visit,
    /// Needs of a household.
    Need,
    /// Notes about a household.
    Note,
}

impl Family {
    /// Every family, in order.
    pub const ALL: [Self; 8] = [
        Self::City,
        Self::Region,
        Self::Household,
        Self::Resident,
        Self::Private,
        Self::Visit,
        Self::Need,
        Self::Note,
    ];

    /// The name in documentation and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::Region => "region",
            Self::Household => "household",
            Self::Resident => "resident",
            Self::Private => "private",
            Self::Visit => "visit",
            Self::Need => "need",
            Self::Note => "note",
        }
    }

    /// The kind of document it stands in.
    pub const fn kind(self) -> DocumentKind {
        match self {
            Self::City | Self::Region => DocumentKind::Region,
            Self::Household | Self::Resident | Self::Need => DocumentKind::Household,
            Self::Private => DocumentKind::HouseholdPrivate,
            Self::Visit | Self::Note => DocumentKind::HouseholdVisits,
        }
    }
}
