//! What is asked for, and the page that answers it. The names of these fields are the names in JSON.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::day::Day;
use crate::id::DocumentId;
use crate::query::as_hex;
use crate::roster::PageMark;

/// How many rows a page has unless its query says otherwise.
pub const PAGE_ROWS: u32 = 50;
/// How many rows a page may have. A screen shows a dozen; whoever wants everything asks for a list.
pub const PAGE_ROWS_MAX: u32 = 200;

/// Which households a page is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Households {
    /// Only those in this region and below it.
    pub region: Option<DocumentId>,
    /// Only those with this in their address or in the name of a resident, or in whose phone numbers it
    /// is the end, of at least three digits. It may be typed with blanks and in full width.
    pub text: Option<String>,
    /// Only those of whose people here each of these care tags is said of somebody.
    pub tags: Vec<String>,
    /// Only those of which this is so.
    pub only: Option<Only>,
    /// In which order.
    pub sort: Sort,
    /// How many rows: from 1 to [`PAGE_ROWS_MAX`], whatever stands here.
    pub limit: u32,
    /// Only those behind the last one of an earlier page.
    pub after: Option<PageMark>,
}

impl Default for Households {
    fn default() -> Self {
        Self {
            region: None,
            text: None,
            tags: Vec::new(),
            only: None,
            sort: Sort::Address,
            limit: PAGE_ROWS,
            after: None,
        }
    }
}

/// What is so of a household.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// In which order households are listed. Whatever it leaves open, the address decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// By region code and address, where numbers count as numbers.
    #[default]
    Address,
    /// First those that were never visited, then those whose last visit is longest ago.
    LongestUnvisited,
    /// First those that were changed last, by the city's time: anything of the household, its visits and its
    /// private part that the reader may read.
    LastChanged,
}

/// What only this device knows beside the rows of the city's documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnDevice {
    /// The documents with something in them that was entered here and that the server has not
    /// acknowledged.
    pub not_sent: BTreeSet<DocumentId>,
    /// The households about which a form was begun here and not saved.
    pub drafts: BTreeSet<DocumentId>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HouseholdPage {
    /// Its rows in order.
    pub rows: Vec<HouseholdRow>,
    /// How many households there are on all pages.
    pub total: u64,
    /// What the query for the next page names; none on the last one.
    pub next: Option<PageMark>,
    /// The names of the fields that are null in every row, because the reader may not see them.
    pub withheld: &'static [&'static str],
}

/// A household in a list, without its residents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HouseholdRow {
    /// Its id.
    #[serde(serialize_with = "as_hex")]
    pub id: DocumentId,
    /// Where it lives.
    pub address: String,
    /// The name of the region it lives in, if that is here.
    pub region: Option<String>,
    /// The name of its head; of all of them, if several are said to be.
    pub head: Option<String>,
    /// A number to call: the head's, or else that of the first resident who lives there and has one.
    pub call: Option<String>,
    /// How many live here, as in a list of everything.
    pub people: u64,
    /// The care tags of those who live here, sorted.
    pub tags: Vec<String>,
    /// The day of the last visit, `YYYY-MM-DD`.
    pub last_visit: Option<String>,
    /// How many needs are neither met nor dropped.
    pub open_needs: u64,
    /// How much of it has to be settled.
    pub conflicts: u64,
    /// Whether something that was entered here about it is not acknowledged by the server.
    pub not_sent: bool,
    /// Whether a form about it was begun here and not saved.
    pub draft: bool,
}
