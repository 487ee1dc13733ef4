//! Reading the projection: SQL text and its typed results, without a database.
//!
//! A list is a few scans in the order of an index, put together here: never one query a household.
//! What the reader may not read is not asked for, and its name stands in `withheld`. What lies outside of
//! their regions is nowhere, as if it were not here ([`within`]).

mod about;
mod cells;
mod counts;
mod named;
mod permitted;
mod withheld;
mod within;

pub use about::about;
pub use counts::{Counts, counts};
pub use named::{
    Candidate, IdBeginning, ItemKind, MalformedId, digits_apart, digits_naming, household_digits,
    households_named, items_named,
};
pub use permitted::Permitted;
pub use withheld::Withheld;
pub(crate) use withheld::only_of;
pub use within::hidden_households;

pub use crate::about::{AboutView, HouseholdNamed, ItemNamed, Naming, RegionNamed, about_command};
pub use crate::author::Entered;
pub use crate::conflict::{ConflictId, ConflictValue, ConflictView, conflict_counts, conflicts};
pub use crate::fact::FactView;
pub use crate::household::{
    HouseholdDetail, HouseholdFilter, HouseholdView, NeedView, ResidentDetail, ResidentView,
    TurnedFourteen, household, households, turned_fourteen,
};
pub use crate::household_visits::{NoteView, Recorded, VisitView, notes, visits, when_recorded};
pub use crate::region::{RegionView, region_of_code, regions};
pub use crate::roster::{
    AnotherQuery, HouseholdPage, HouseholdRow, Households, OnDevice, Only, PAGE_ROWS,
    PAGE_ROWS_MAX, PageMark, Sort, household_page,
};
pub use crate::withdrawal::{Meanwhile, Shown, visits_and_notes};

use crate::id::DocumentId;
use crate::projection::Cell;
pub(crate) use cells::{blob, document, int, item, text};

/// Something that can answer a query over the projection's tables: a replica's reader.
pub trait Rows {
    /// Why a query failed.
    type Error;

    /// Runs a query and hands over each row of its answer in order.
    ///
    /// # Errors
    /// When the query cannot be run.
    fn query(
        &self,
        sql: &str,
        parameters: &[Cell],
        each: &mut dyn FnMut(&[Cell]),
    ) -> Result<(), Self::Error>;
}

/// Names the region `?1` and all below it as the table `below`.
macro_rules! regions_below {
    ($sql:expr) => {
        concat!(
            "WITH RECURSIVE below (document) AS (SELECT ?1 UNION SELECT region.document ",
            "FROM below JOIN region ON region.parent = below.document) ",
            $sql
        )
    };
}
pub(crate) use regions_below;

/// Names the households, or regions, whose ids stand one after the other in `?1` as the table `given`.
macro_rules! given_ids {
    ($sql:expr) => {
        concat!(
            "WITH RECURSIVE given_at (at) AS (SELECT 1 WHERE length(?1) > 0 UNION ALL ",
            "SELECT at + 16 FROM given_at WHERE at + 16 < length(?1)), ",
            "given (document) AS (SELECT substr(?1, at, 16) FROM given_at) ",
            $sql
        )
    };
}
pub(crate) use given_ids;

/// Ids as the parameter of [`given_ids!`].
pub(crate) fn given(ids: &[DocumentId]) -> Cell {
    Cell::Blob(ids.iter().flat_map(DocumentId::as_bytes).copied().collect())
}

/// Writes an id as hexadecimal.
pub(crate) fn as_hex<S: serde::Serializer>(
    id: &impl std::fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}
