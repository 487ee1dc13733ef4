//! Putting a resident together from the household's row and that of the private part.

use crate::fact::{Fact, FactView, Said, Told, complete, is_gone};
use crate::household::beside::Private;
use crate::household::{ResidentDetail, ResidentView};
use crate::id::ItemId;
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

/// Of the household's row and of what is known beside it, which is nothing where it is withheld.
pub(super) fn person(row: &[Cell], private: Private, withheld: &Withheld) -> Option<Person> {
    let Standing { told, has_gone, facts, earlier } = Standing::of(row, private.facts);
    let status = match told.status {
        None if !withheld.withholds(DocumentKind::HouseholdPrivate) => {
            Some(words::LIVING.to_owned())
        }
        status => status,
    };
    let mut tags: Vec<String> = Vec::new();
    for said in [text(row, 6), private.care_tags].into_iter().flatten() {
        tags.extend(said.split(',').map(str::to_owned));
    }
    tags.sort_unstable();
    tags.dedup();
    let resident = ResidentView {
        id: item(row, 1)?,
        name: text(row, 2)?,
        phone: text(row, 4).or(private.phone),
        id_number: private.id_number,
        relation: text(row, 3),
        bond: text(row, 5).or(private.bond),
        care_tags: status.is_some().then_some(tags),
        status,
        status_in_conflict: told.in_conflict,
        concealed: int(row, 9) == Some(1),
        is_there: false,
        withdrawn: Vec::new(),
        withdrawn_before: Vec::new(),
        withheld: &[],
    };
    let in_full = private.in_full.map(|in_full| *in_full).unwrap_or_default();
    let detail = ResidentDetail {
        resident,
        status_reason: told.reason,
        status_at: told.at,
        facts,
        earlier,
        birth_date: in_full.birth_date,
        sex: in_full.sex,
        health: in_full.health,
        disability: in_full.disability,
    };
    Some(Person { detail, has_gone })
}

/// What is said of the status.
#[derive(Default)]
struct Standing {
    told: Told,
    has_gone: bool,
    /// The facts that say it.
    facts: Vec<FactView>,
    /// Those that stood before.
    earlier: Vec<FactView>,
}

impl Standing {
    fn of(row: &[Cell], private: Vec<(ItemId, Said)>) -> Self {
        let mut facts: Vec<Fact> = cbor_in(row, 8);
        if facts.is_empty() {
            let status = text(row, 7);
            let has_gone = status.as_deref().is_some_and(|status| words::GONE.contains(&status));
            let told = Told { status, ..Told::default() };
            return Self { told, has_gone, ..Self::default() };
        }
        let mut earlier: Vec<Fact> = cbor_in(row, 10);
        complete(facts.iter_mut().chain(&mut earlier), private);
        Self {
            told: Told::of(&facts, words::STATUSES),
            has_gone: is_gone(&facts),
            facts: FactView::of(facts),
            earlier: FactView::of(earlier),
        }
    }
}
