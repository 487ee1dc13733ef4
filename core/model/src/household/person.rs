//! Putting a resident together from the household's row and that of the private part.

use crate::fact::{Fact, FactView, Told, complete, is_gone};
use crate::household::beside::{BOND, CARE_TAGS, FACTS, ID_NUMBER, PHONE};
use crate::household::{ResidentDetail, ResidentView};
use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{Withheld, int, item, text};
use crate::rows::cbor_in;
use crate::words;

/// A resident as a reader may see them.
pub(super) struct Person {
    pub(super) detail: ResidentDetail,
    /// Whether they no longer live there by everything that the reader may read.
    pub(super) has_gone: bool,
}

/// Of the household's row, and of what follows the ids in that of the private part, which is empty
/// where there is none or it is withheld.
pub(super) fn person(row: &[Cell], private: &mut [Cell], withheld: &Withheld) -> Option<Person> {
    let (told, has_gone, facts) = said(row, private);
    let status = match told.status {
        None if !withheld.withholds(DocumentKind::HouseholdPrivate) => {
            Some(words::LIVING.to_owned())
        }
        status => status,
    };
    let mut tags: Vec<String> = Vec::new();
    for said in [text(row, 6), take(private, CARE_TAGS)].into_iter().flatten() {
        tags.extend(said.split(',').map(str::to_owned));
    }
    tags.sort_unstable();
    tags.dedup();
    let resident = ResidentView {
        id: item(row, 1)?,
        name: text(row, 2)?,
        phone: text(row, 4).or_else(|| take(private, PHONE)),
        id_number: take(private, ID_NUMBER),
        relation: text(row, 3),
        bond: text(row, 5).or_else(|| take(private, BOND)),
        care_tags: status.is_some().then_some(tags),
        status,
        status_in_conflict: told.in_conflict,
        concealed: int(row, 9) == Some(1),
        withdrawn: Vec::new(),
        withheld: &[],
    };
    let detail = ResidentDetail {
        resident,
        status_reason: told.reason,
        status_at: told.at,
        facts,
        birth_date: take(private, 5),
        sex: take(private, 6),
        health: take(private, 7),
        disability: take(private, 8),
    };
    Some(Person { detail, has_gone })
}

/// What is said of the status, whether the resident has gone, and the facts that say it.
fn said(row: &[Cell], private: &[Cell]) -> (Told, bool, Vec<FactView>) {
    let mut facts: Vec<Fact> = cbor_in(row, 8);
    if facts.is_empty() {
        let status = text(row, 7);
        let has_gone = status.as_deref().is_some_and(|status| words::GONE.contains(&status));
        return (Told { status, ..Told::default() }, has_gone, Vec::new());
    }
    complete(&mut facts, cbor_in(private, FACTS));
    let told = Told::of(&facts, words::STATUSES);
    (told, is_gone(&facts), FactView::of(facts))
}

/// Takes a text out of a column.
fn take(cells: &mut [Cell], column: usize) -> Option<String> {
    match cells.get_mut(column)? {
        Cell::Text(text) => Some(std::mem::take(text)),
        Cell::Null | Cell::Int(_) | Cell::Blob(_) => None,
    }
}
