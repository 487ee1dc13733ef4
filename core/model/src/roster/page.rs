//! One page of the list of households.

use std::collections::BTreeSet;

use crate::id::DocumentId;
use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{Rows, Withheld, document, given, int};
use crate::roster::chosen::Chosen;
use crate::roster::mark::Place;
use crate::roster::order::{Order, count, parameters};
use crate::roster::rows::rows_of;
use crate::roster::{AnotherQuery, HouseholdPage, Households, OnDevice, PAGE_ROWS_MAX, PageMark};

/// The page of a list that a query asks for.
///
/// A page of everything, or of a region, reads no more than its rows, and once through an
/// index to count; what chooses by something else reads once through what it asks about.
///
/// # Errors
/// When a query cannot be run; within, when the mark is not of this query.
pub fn household_page<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    query: &Households,
    on_device: &OnDevice,
) -> Result<Result<HouseholdPage, AnotherQuery>, R::Error> {
    let order = Order::of(query.sort, withheld);
    let after = match query.after.as_ref().map(|mark| mark.place(query, order)).transpose() {
        Ok(after) => after,
        Err(another) => return Ok(Err(another)),
    };
    let scopes = withheld.scopes(rows, query.region.as_ref())?;
    let mut found = Found::default();
    let not_sent = households_of(rows, withheld, &on_device.not_sent)?;
    if !scopes.is_empty() && !withheld.withholds(DocumentKind::Household) {
        let rows_max = query.limit.clamp(1, PAGE_ROWS_MAX) as usize;
        let regions: Vec<DocumentId> = scopes.into_iter().flatten().collect();
        let walk =
            Walk { order, is_within: !regions.is_empty(), regions: given(&regions), rows_max };
        found = match Chosen::by(rows, withheld, query, &not_sent)? {
            Some(chosen) => walk.through(rows, after.as_ref(), &chosen)?,
            None => walk.from(rows, after.as_ref())?,
        };
    }
    let Found { places, total, has_more } = found;
    let ids: Vec<DocumentId> = places.iter().map(|place| place.household).collect();
    let next = places.last().filter(|_| has_more);
    Ok(Ok(HouseholdPage {
        rows: rows_of(rows, withheld, &ids, &not_sent, &on_device.drafts)?,
        total,
        next: next.map(|place| PageMark::of(query, order, place)),
        withheld: withheld.in_row(),
    }))
}

/// A walk through the roster in an order.
struct Walk {
    order: Order,
    is_within: bool,
    regions: Cell,
    rows_max: usize,
}

/// What a walk found for a page.
#[derive(Default)]
struct Found {
    places: Vec<Place>,
    total: u64,
    has_more: bool,
}

impl Walk {
    /// From a place as far as the page goes, where nothing is left out.
    fn from<R: Rows>(&self, rows: &R, after: Option<&Place>) -> Result<Found, R::Error> {
        let mut found = Found::default();
        // One more tells whether there is another page.
        let count_max = i64::try_from(self.rows_max).unwrap_or(i64::MAX).saturating_add(1);
        let sql = self.order.walk(self.is_within, after.is_some());
        rows.query(&sql, &parameters(&self.regions, after, count_max), &mut |row| {
            found.places.extend(self.order.place(row));
        })?;
        found.has_more = found.places.len() > self.rows_max;
        found.places.truncate(self.rows_max);
        let regions: &[Cell] =
            if self.is_within { std::slice::from_ref(&self.regions) } else { &[] };
        rows.query(&count(self.is_within), regions, &mut |row| {
            found.total = int(row, 0).and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
        })?;
        Ok(found)
    }

    /// Past everything, since all that are chosen have to be counted.
    fn through<R: Rows>(
        &self,
        rows: &R,
        after: Option<&Place>,
        chosen: &Chosen,
    ) -> Result<Found, R::Error> {
        let mut found = Found::default();
        let sql = self.order.walk(self.is_within, false);
        rows.query(&sql, &parameters(&self.regions, None, -1), &mut |row| {
            if !document(row, 0).is_some_and(|household| chosen.has(&household)) {
                return;
            }
            found.total += 1;
            if found.has_more {
                return;
            }
            let is_behind = |place: &Place| after.is_none_or(|after| place > after);
            let Some(place) = self.order.place(row).filter(is_behind) else { return };
            if found.places.len() < self.rows_max {
                found.places.push(place);
            } else {
                found.has_more = true;
            }
        })?;
        Ok(found)
    }
}

/// The households that documents are about, as far as the reader may read these.
fn households_of<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    documents: &BTreeSet<DocumentId>,
) -> Result<BTreeSet<DocumentId>, R::Error> {
    const SQL: &str = "SELECT household FROM last_change WHERE document = ?1";
    let mut households = BTreeSet::new();
    let readable =
        documents.iter().filter(|id| id.kind().is_some_and(|kind| !withheld.withholds(kind)));
    for id in readable {
        let about = [Cell::Blob(id.as_bytes().to_vec())];
        rows.query(SQL, &about, &mut |row| households.extend(document(row, 0)))?;
    }
    Ok(households)
}
