//! The levels of regions.

/// How deep a region lies: the city, and five levels below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The city itself (市).
    City,
    /// A town or street office (镇, 街道).
    Town,
    /// A village or community (村, 社区).
    Village,
    /// A grid (网格).
    Grid,
    /// A micro-grid of 30–80 households (微网格).
    MicroGrid,
    /// A stairwell, or a cluster of farmhouses (党员中心户).
    Unit,
}

impl Level {
    /// Every level, the city first.
    pub const ALL: [Self; 6] =
        [Self::City, Self::Town, Self::Village, Self::Grid, Self::MicroGrid, Self::Unit];

    /// The name in documents, files and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::Town => "town",
            Self::Village => "village",
            Self::Grid => "grid",
            Self::MicroGrid => "micro_grid",
            Self::Unit => "unit",
        }
    }

    /// The level of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// Whether a code of a region of this level is made of the code of the region it lies in: by
    /// three digits for a town, village or unit, two for a grid or micro-grid. So nobody takes a
    /// code that others will want for theirs.
    pub fn continues(self, parent_code: &str, code: &str) -> bool {
        let digits = match self {
            Self::City => return false,
            Self::Town | Self::Village | Self::Unit => 3,
            Self::Grid | Self::MicroGrid => 2,
        };
        code.strip_prefix(parent_code).is_some_and(|rest| rest.len() == digits)
    }

    /// How many levels lie above: 0 for the city, 5 for a unit.
    pub const fn depth(self) -> u8 {
        self as u8
    }
}
