//! The list of households that an app shows: a page at a time, in an order that an index gives.
//!
//! By what a list is ordered follows from several documents: an address, the days of visits, when
//! something was changed. It stands in a table of its own (`roster`) that triggers keep, so that whatever
//! writes a row keeps it right. What a page then shows is read from the tables that everything else is read
//! from, for these households alone, and through the same eyes ([`crate::query::Withheld`]): what may not
//! be read is neither shown nor found, chosen or put in order by.

mod chosen;
mod last_change;
mod mark;
mod order;
mod page;
mod rows;
mod text;
mod view;

pub use mark::{AnotherQuery, PageMark};
pub use page::household_page;
pub use view::{
    HouseholdPage, HouseholdRow, Households, OnDevice, Only, PAGE_ROWS, PAGE_ROWS_MAX, Sort,
};

pub(crate) use last_change::{LAST_CHANGE, last_change};

/// The step that makes its tables.
pub(crate) const SQL: &str = include_str!("projection.sql");

/// The households whose line in the table is not what follows from the other tables.
pub const WRONG_LINES: &str = "\
    SELECT household FROM (SELECT household, region, region_code, address_order, last_visit, \
        changed_household, changed_private, changed_visits FROM roster \
        EXCEPT SELECT household, region, region_code, address_order, last_visit, \
        changed_household, changed_private, changed_visits FROM roster_now) \
    UNION SELECT household FROM (SELECT household, region, region_code, address_order, last_visit, \
        changed_household, changed_private, changed_visits FROM roster_now \
        EXCEPT SELECT household, region, region_code, address_order, last_visit, \
        changed_household, changed_private, changed_visits FROM roster)";
