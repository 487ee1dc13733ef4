//! Which households a query chooses by something that no order is made of: found by reading through what
//! is asked about once, and never once a household.

use std::collections::BTreeSet;

use crate::conflict::conflict_counts;
use crate::household::{HouseholdView, households_given};
use crate::id::DocumentId;
use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{Rows, Withheld, document};
use crate::roster::text::Text;
use crate::roster::{Households, Only, PAGE_ROWS_MAX};
use crate::rows::cbor_in;
use crate::said::FieldSaid;

/// Households, in the order of their ids.
pub(super) struct Chosen(Vec<DocumentId>);

impl Chosen {
    /// Those that a query chooses; none if it lets everything through. They may lie outside of its region.
    pub(super) fn by<R: Rows>(
        rows: &R,
        withheld: &Withheld,
        query: &Households,
        not_sent: &BTreeSet<DocumentId>,
    ) -> Result<Option<Self>, R::Error> {
        let mut chosen = None;
        if let Some(only) = query.only {
            chosen = by_only(rows, withheld, only, not_sent)?;
        }
        if let Some(sought) = Text::of(query.text.as_deref()) {
            let found = by_text(rows, withheld, &sought)?;
            chosen = Some(found.and(chosen));
        }
        for tag in &query.tags {
            let found = by_tag(rows, withheld, tag)?;
            chosen = Some(found.and(chosen));
        }
        match chosen {
            Some(chosen) if !query.tags.is_empty() => {
                let has_all = |view: &HouseholdView| {
                    let tags = tags_of(view);
                    query.tags.iter().all(|tag| tags.contains(tag.as_str()))
                };
                chosen.confirmed(rows, withheld, has_all).map(Some)
            }
            chosen => Ok(chosen),
        }
    }

    pub(super) fn has(&self, household: &DocumentId) -> bool {
        self.0.binary_search(household).is_ok()
    }

    fn of(mut ids: Vec<DocumentId>) -> Self {
        ids.sort_unstable();
        ids.dedup();
        Self(ids)
    }

    fn and(mut self, other: Option<Self>) -> Self {
        if let Some(other) = other {
            self.0.retain(|household| other.has(household));
        }
        self
    }

    /// Those of which something is so, as a list shows them to the reader.
    fn confirmed<R: Rows>(
        self,
        rows: &R,
        withheld: &Withheld,
        is_so: impl Fn(&HouseholdView) -> bool,
    ) -> Result<Self, R::Error> {
        let mut confirmed = Vec::new();
        for some in self.0.chunks(PAGE_ROWS_MAX as usize) {
            let views = households_given(rows, withheld, some)?;
            confirmed.extend(views.iter().filter(|view| is_so(view)).map(|view| view.id));
        }
        Ok(Self::of(confirmed))
    }
}

/// The care tags of those who live in a household.
pub(super) fn tags_of(household: &HouseholdView) -> BTreeSet<&str> {
    let living = household.residents.iter().filter(|resident| resident.lives_here());
    living.flat_map(|resident| resident.care_tags.iter().flatten()).map(String::as_str).collect()
}

fn by_only<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    only: Only,
    not_sent: &BTreeSet<DocumentId>,
) -> Result<Option<Chosen>, R::Error> {
    const OPEN_NEEDS: &str = "SELECT document FROM need \
                              WHERE withdrawn = 0 AND status IN ('open', 'in_progress')";
    const UNVISITED: &str = "SELECT household FROM roster WHERE last_visit < ?1";
    let mut found = Vec::new();
    match only {
        // To who reads no visits, nobody was visited.
        Only::NotVisitedSince { .. } if withheld.withholds(DocumentKind::HouseholdVisits) => {
            return Ok(None);
        }
        Only::NotVisitedSince { day } => {
            let day = [Cell::Text(day.to_string())];
            rows.query(UNVISITED, &day, &mut |row| found.extend(document(row, 0)))?;
        }
        Only::OpenNeeds => {
            rows.query(OPEN_NEEDS, &[], &mut |row| found.extend(document(row, 0)))?;
        }
        Only::InConflict => found.extend(conflict_counts(rows, withheld, None)?.into_keys()),
        Only::NotSent => found.extend(not_sent),
    }
    Ok(Some(Chosen::of(found)))
}

/// The households with something in their addresses, names or numbers.
fn by_text<R: Rows>(rows: &R, withheld: &Withheld, sought: &Text) -> Result<Chosen, R::Error> {
    const ADDRESSES: &str = "SELECT document, address FROM household WHERE withdrawn = 0";
    const NAMES: &str = "SELECT document, name, phone FROM resident WHERE withdrawn = 0";
    let mut found = Vec::new();
    rows.query(ADDRESSES, &[], &mut |row| {
        let is_found = text_in(row, 1).is_some_and(|address| sought.is_in(address));
        found.extend(document(row, 0).filter(|_| is_found));
    })?;
    rows.query(NAMES, &[], &mut |row| {
        let is_named = text_in(row, 1).is_some_and(|name| sought.is_in(name));
        let is_found = is_named || text_in(row, 2).is_some_and(|phone| sought.ends(phone));
        found.extend(document(row, 0).filter(|_| is_found));
    })?;
    if sought.may_end_a_phone() && !withheld.withholds(DocumentKind::HouseholdPrivate) {
        let concealed = Chosen::of(by_private_phone(rows, sought)?);
        let confirmed = concealed.confirmed(rows, withheld, |view| sought.finds(view))?;
        found.extend(confirmed.0);
    }
    Ok(Chosen::of(found))
}

/// The households that may have a number which is private: of who is concealed.
fn by_private_phone<R: Rows>(rows: &R, sought: &Text) -> Result<Vec<DocumentId>, R::Error> {
    const PRIVATE: &str = "SELECT household, phone FROM resident_private WHERE phone IS NOT NULL";
    const OPEN: &str = "SELECT document, fields FROM resident_open WHERE concealed = 1";
    let mut found = Vec::new();
    rows.query(PRIVATE, &[], &mut |row| {
        let is_found = text_in(row, 1).is_some_and(|phone| sought.ends(phone));
        found.extend(document(row, 0).filter(|_| is_found));
    })?;
    rows.query(OPEN, &[], &mut |row| {
        let fields = cbor_in::<FieldSaid>(row, 1);
        let said =
            fields.iter().filter(|field| field.name == "phone").flat_map(|field| &field.said);
        let is_found = said.filter_map(|said| said.value.as_text()).any(|phone| sought.ends(phone));
        found.extend(document(row, 0).filter(|_| is_found));
    })?;
    Ok(found)
}

/// The households of which somebody may have a care tag.
fn by_tag<R: Rows>(rows: &R, withheld: &Withheld, tag: &str) -> Result<Chosen, R::Error> {
    const OPEN: &str = "SELECT document FROM resident \
                        WHERE withdrawn = 0 AND instr(',' || care_tags || ',', ?1) > 0";
    const PRIVATE: &str = "SELECT household FROM resident_private \
                           WHERE instr(',' || care_tags || ',', ?1) > 0";
    const STILL_OPEN: &str = "SELECT document FROM resident_open WHERE concealed = 1";
    let mut found = Vec::new();
    let parameters = [Cell::Text(format!(",{tag},"))];
    rows.query(OPEN, &parameters, &mut |row| found.extend(document(row, 0)))?;
    if !withheld.withholds(DocumentKind::HouseholdPrivate) {
        rows.query(PRIVATE, &parameters, &mut |row| found.extend(document(row, 0)))?;
        rows.query(STILL_OPEN, &[], &mut |row| found.extend(document(row, 0)))?;
    }
    Ok(Chosen::of(found))
}

/// The text in a column, without a copy.
fn text_in(row: &[Cell], column: usize) -> Option<&str> {
    match row.get(column) {
        Some(Cell::Text(text)) => Some(text),
        Some(Cell::Null | Cell::Int(_) | Cell::Blob(_)) | None => None,
    }
}
