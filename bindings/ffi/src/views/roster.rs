//! Lists: households page by page, regions, counts.

use std::collections::BTreeMap;

use keting::views::{Households, Only, PageMark, Sort};
use keting::{Day, HouseholdId, RegionId};

use super::{all, owned};

/// Which households, in which order, and from where on.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HouseholdsAsked {
    /// Only those in this region and below it.
    #[uniffi(default)]
    pub region: Option<RegionId>,
    /// Only those with this in their address or in the name of a resident, or in whose phone numbers it
    /// is the end, of at least three digits.
    #[uniffi(default)]
    pub text: Option<String>,
    /// Only those of whose people here each of these care tags is said of somebody.
    #[uniffi(default)]
    pub tags: Vec<keting::words::CareTag>,
    /// Only those of which this is so.
    #[uniffi(default)]
    pub only: Option<Only>,
    /// In which order.
    pub sort: Sort,
    /// How many rows.
    #[uniffi(default = 50)]
    pub limit: u32,
    /// Only those behind the last one of an earlier page.
    #[uniffi(default)]
    pub after: Option<PageMark>,
}

impl From<HouseholdsAsked> for Households {
    fn from(asked: HouseholdsAsked) -> Self {
        Self {
            region: asked.region.map(RegionId::document),
            text: asked.text,
            tags: asked.tags.into_iter().map(|tag| tag.code().to_owned()).collect(),
            only: asked.only,
            sort: asked.sort,
            limit: asked.limit,
            after: asked.after,
        }
    }
}

#[uniffi::remote(Enum)]
pub enum Only {
    /// Nobody visited it on this day or later.
    NotVisitedSince {
        /// The day.
        day: Day,
    },
    /// It has a need that is neither met nor dropped.
    OpenNeeds,
    /// Something of it has to be settled.
    InConflict,
    /// Something that was entered here about it is not acknowledged by the server.
    NotSent,
}

#[uniffi::remote(Enum)]
pub enum Sort {
    /// By region code and address, where numbers count as numbers.
    Address,
    /// First those that were never visited, then those whose last visit is longest ago.
    LongestUnvisited,
    /// First those that were changed last.
    LastChanged,
}

/// A page of a list of households.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct HouseholdPage {
    /// Its rows in order.
    pub rows: Vec<HouseholdRow>,
    /// How many households there are on all pages.
    pub total: u64,
    /// What asks for the next page; none on the last one.
    pub next: Option<PageMark>,
    /// The names of the fields that are null in every row, because the reader may not see them.
    pub withheld: Vec<String>,
}

/// A household in a list.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct HouseholdRow {
    /// Its id.
    pub id: HouseholdId,
    /// Where it lives.
    pub address: String,
    /// The name of the region it lives in, if that is here.
    pub region: Option<String>,
    /// The name of its head; of all of them, if several are said to be.
    pub head: Option<String>,
    /// A number to call: the head's, or else that of the first resident who lives there and has one.
    pub call: Option<String>,
    /// How many live here.
    pub people: u64,
    /// The care tags of those who live here.
    pub tags: Vec<String>,
    /// The day of the last visit.
    pub last_visit: Option<Day>,
    /// How many needs are neither met nor dropped.
    pub open_needs: u64,
    /// How much of it has to be settled.
    pub conflicts: u64,
    /// Whether something that was entered here about it is not acknowledged by the server.
    pub not_sent: bool,
    /// Whether a form about it was begun here and not saved.
    pub draft: bool,
}

impl From<keting::views::HouseholdPage> for HouseholdPage {
    fn from(page: keting::views::HouseholdPage) -> Self {
        Self {
            rows: page.rows.into_iter().filter_map(HouseholdRow::of).collect(),
            total: page.total,
            next: page.next,
            withheld: owned(page.withheld),
        }
    }
}

impl HouseholdRow {
    fn of(row: keting::views::HouseholdRow) -> Option<Self> {
        let keting::views::HouseholdRow {
            id,
            address,
            region,
            head,
            call,
            people,
            tags,
            last_visit,
            open_needs,
            conflicts,
            not_sent,
            draft,
        } = row;
        Some(Self {
            id: HouseholdId::of(id)?,
            address,
            region,
            head,
            call,
            people,
            tags,
            last_visit: last_visit.and_then(|day| day.parse().ok()),
            open_needs,
            conflicts,
            not_sent,
            draft,
        })
    }
}

/// A region.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Region {
    /// Its id.
    pub id: RegionId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its level, by name.
    pub level: String,
    /// The code of the region it lies in, if that is here.
    pub parent: Option<String>,
    /// Its boundary in words.
    pub boundary: Option<String>,
    /// Who is in charge.
    pub head: Option<String>,
}

impl Region {
    pub(crate) fn of(region: keting::views::RegionView) -> Option<Self> {
        let keting::views::RegionView { id, code, name, level, parent, boundary, head } = region;
        Some(Self { id: RegionId::of(id)?, code, name, level, parent, boundary, head })
    }
}

/// How many of everything there are.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Counts {
    /// Households.
    pub households: u64,
    /// Residents by the status that screens show; those whose status is withheld under `unknown`.
    pub residents: Vec<Count>,
    /// Residents who live there.
    pub living_here: u64,
    /// Needs by status.
    pub needs: Vec<Count>,
    /// What has to be settled.
    pub conflicts: u64,
}

/// How many of one word.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Count {
    /// The word's code.
    pub word: String,
    /// How many.
    pub count: u64,
}

impl From<(String, u64)> for Count {
    fn from((word, count): (String, u64)) -> Self {
        Self { word, count }
    }
}

impl From<keting::views::Counts> for Counts {
    fn from(counts: keting::views::Counts) -> Self {
        let listed = |counts: BTreeMap<String, u64>| all(counts.into_iter().collect());
        Self {
            households: counts.households,
            residents: listed(counts.residents),
            living_here: counts.living_here,
            needs: listed(counts.needs),
            conflicts: counts.conflicts,
        }
    }
}
