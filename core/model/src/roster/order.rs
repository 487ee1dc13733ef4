//! The orders of a list, and the SQL that walks through the roster in one of them.

use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{Withheld, blob, document, given_ids, int, text};
use crate::roster::Sort;
use crate::roster::mark::{Lead, Place};

/// The order that a reader gets. What they may not read is as if it were not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// By address alone.
    Address,
    /// By the day of the last visit.
    Visit,
    /// By when it was changed, as far as the reader reads.
    Changed { private: bool, visits: bool },
}

impl Order {
    pub(super) fn of(sort: Sort, withheld: &Withheld) -> Self {
        let reads = |kind| !withheld.withholds(kind);
        let (private, visits) =
            (reads(DocumentKind::HouseholdPrivate), reads(DocumentKind::HouseholdVisits));
        match sort {
            Sort::LongestUnvisited if visits => Self::Visit,
            // To who reads no visits, nobody was visited.
            Sort::Address | Sort::LongestUnvisited => Self::Address,
            Sort::LastChanged => Self::Changed { private, visits },
        }
    }

    /// What tells it from the others.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            _ => self.lead(),
        }
    }

    /// The expression that is compared before addresses. Only that of who reads everything has an index;
    /// who reads less has a region or a village, which is soon put in order.
    fn lead(self) -> &'static str {
        match self {
            Self::Address => "NULL",
            Self::Visit => "last_visit",
            Self::Changed { private: true, visits: true } => "changed",
            Self::Changed { private: true, visits: false } => {
                "max(changed_household, changed_private)"
            }
            Self::Changed { private: false, visits: true } => {
                "max(changed_household, changed_visits)"
            }
            Self::Changed { private: false, visits: false } => "changed_household",
        }
    }

    /// A walk through the roster. Its parameters: regions, a place ([`parameters`]), how many rows at most.
    pub(super) fn walk(self, is_within: bool, is_after: bool) -> String {
        // Within regions the index of addresses finds what lies there, and that is put in order.
        let lead = if is_within { format!("+{}", self.lead()) } else { self.lead().to_owned() };
        let mut conditions = vec!["1"];
        if is_within {
            conditions.push(WITHIN);
        }
        const BEHIND: &str = "(region_code, address_order, household) > (?3, ?4, ?5)";
        let (order, behind) = match self {
            Self::Address => (String::new(), BEHIND.to_owned()),
            Self::Visit => {
                (format!("{lead}, "), format!("{lead} >= ?2 AND ({lead} > ?2 OR {BEHIND})"))
            }
            Self::Changed { .. } => {
                (format!("{lead} DESC, "), format!("{lead} <= ?2 AND ({lead} < ?2 OR {BEHIND})"))
            }
        };
        if is_after {
            conditions.push(&behind);
        }
        format!(
            "{} SELECT household, region_code, address_order, {} FROM roster WHERE {} \
             ORDER BY {order}region_code, address_order, household LIMIT ?6",
            if is_within { REGIONS } else { "" },
            self.lead(),
            conditions.join(" AND "),
        )
    }

    /// Where a row of a walk stands.
    pub(super) fn place(self, row: &[Cell]) -> Option<Place> {
        let lead = match self {
            Self::Address => Lead::Nothing,
            Self::Visit => Lead::Visit(text(row, 3)?),
            Self::Changed { .. } => Lead::Changed(int(row, 3)?.saturating_neg()),
        };
        Some(Place {
            lead,
            region_code: text(row, 1)?,
            address_order: blob(row, 2)?.to_vec(),
            household: document(row, 0)?,
        })
    }
}

/// The regions `?1` and what lies below them.
const REGIONS: &str = given_ids!(
    ", below (document) AS (SELECT document FROM given UNION SELECT region.document FROM below \
     JOIN region ON region.parent = below.document), \
     codes (code) AS (SELECT ifnull((SELECT g.code FROM region g WHERE g.document = below.document), '') \
     FROM below)"
);

/// Codes of regions mostly begin as those of the regions they lie in: between the first and the last of
/// them there is little else.
const WITHIN: &str = "region_code >= (SELECT min(code) FROM codes) \
                      AND region_code <= (SELECT max(code) FROM codes) \
                      AND region IN (SELECT document FROM below)";

/// How many households a walk comes by.
pub(super) fn count(is_within: bool) -> String {
    if is_within {
        format!("{REGIONS} SELECT count(*) FROM roster WHERE {WITHIN}")
    } else {
        "SELECT count(*) FROM roster".to_owned()
    }
}

/// The parameters of a walk.
pub(super) fn parameters(regions: &Cell, after: Option<&Place>, count_max: i64) -> Vec<Cell> {
    let place = match after {
        None => [Cell::Null, Cell::Null, Cell::Null, Cell::Null],
        Some(Place { lead, region_code, address_order, household }) => [
            match lead {
                Lead::Nothing => Cell::Null,
                Lead::Visit(day) => Cell::Text(day.clone()),
                Lead::Changed(backwards) => Cell::Int(backwards.saturating_neg()),
            },
            Cell::Text(region_code.clone()),
            Cell::Blob(address_order.clone()),
            Cell::Blob(household.as_bytes().to_vec()),
        ],
    };
    let mut parameters = vec![regions.clone()];
    parameters.extend(place);
    parameters.push(Cell::Int(count_max));
    parameters
}
