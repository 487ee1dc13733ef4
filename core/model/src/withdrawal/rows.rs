//! The rows of what was withdrawn, and what others did to it who had not heard of that.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use crate::fact::{Told, current, earlier, ids_of, joined};
use crate::id::ItemId;
use crate::projection::{Cell, Row, Table};
use crate::rows::{Contents, cbor_cell, cell};
use crate::value::Value;
use crate::withdrawal::HOUSEHOLD;
use crate::withdrawal::unseen::{Unseen, unseen_in_household, unseen_in_private_part};
use crate::words;

/// The step that makes the table.
pub(crate) const SQL: &str = include_str!("projection.sql");

pub(crate) static WITHDRAWAL: Table = Table {
    name: "withdrawal",
    columns: &[
        "household",
        "withdrawn",
        "facts",
        "earlier",
        "reasons",
        "seen",
        "meanwhile",
        "concealed",
    ],
};

/// Why somebody says what a fact says, where that stands in another document than the fact.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(super) struct Why {
    #[n(0)]
    pub(super) fact: ItemId,
    #[n(1)]
    pub(super) reason: String,
}

/// The records of a household that are withdrawn.
pub(crate) struct Withdrawn(BTreeSet<String>);

impl Withdrawn {
    /// 1 if an item such as `r/ID` is withdrawn, by itself or with the household; of none, if the
    /// household is.
    pub(crate) fn cell(&self, item: Option<&str>) -> Cell {
        let of_item = item.is_some_and(|item| self.0.contains(&format!("{item}/{HOUSEHOLD}")));
        Cell::Int(i64::from(of_item || self.0.contains(HOUSEHOLD)))
    }
}

/// Adds the rows of a household: of what stands again, too, as that leaves a trace.
pub(crate) fn of_household(contents: &Contents<'_>, rows: &mut Vec<Row>) -> Withdrawn {
    let mut all = BTreeSet::new();
    for root in roots(contents, "over") {
        let facts = current(contents, &root);
        let told = Told::of(&facts, words::WITHDRAWALS);
        let withdrawn = told.status.as_deref() == Some(words::WITHDRAWN);
        let ids = facts.iter().map(|fact| fact.id);
        let meanwhile =
            if withdrawn { unseen_in_household(contents, &root, ids) } else { Vec::new() };
        let own = vec![
            Cell::Blob(contents.document().as_bytes().to_vec()),
            Cell::Int(i64::from(withdrawn)),
            cbor_cell(&facts),
            cbor_cell(&earlier(contents, &root)),
            Cell::Null,
            seen(contents, &root, facts.iter().map(|fact| &fact.id)),
            cbor_cell(&meanwhile),
            Cell::Int(i64::from(is_of_concealed(contents, &root))),
        ];
        rows.push(contents.row(&WITHDRAWAL, root.as_bytes(), own));
        if withdrawn {
            all.insert(root);
        }
    }
    Withdrawn(all)
}

/// Adds the rows of a private part: what its withdrawals had not seen there, and why they were made.
pub(crate) fn of_private_part(contents: &Contents<'_>, rows: &mut Vec<Row>) {
    let mut all = roots(contents, "time");
    all.extend(roots(contents, "reason"));
    for root in all {
        let meanwhile = unseen_in_private_part(contents, &root);
        rows.extend(row_beside(contents, &root, &meanwhile));
    }
}

/// Adds the rows of a year's visits and notes: why some of them were withdrawn or stand again.
pub(crate) fn of_visits(contents: &Contents<'_>, rows: &mut Vec<Row>) {
    rows.extend(
        roots(contents, "reason").iter().filter_map(|root| row_beside(contents, root, &[])),
    );
}

/// The row of a document beside the household, which has the facts, unless it has nothing to say.
fn row_beside(contents: &Contents<'_>, root: &str, meanwhile: &[Unseen]) -> Option<Row> {
    let why = |(end, value): (&str, &Value)| {
        let (fact, reason) = (end.strip_suffix("/reason")?.parse().ok()?, value.as_text()?);
        Some(Why { fact, reason: reason.to_owned() })
    };
    let reasons: Vec<Why> = contents.below(root).filter_map(why).collect();
    if reasons.is_empty() && meanwhile.is_empty() {
        return None;
    }
    let (household, none) = (cell(contents.value("of")), Cell::Null);
    let (reasons, meanwhile) = (cbor_cell(&reasons), cbor_cell(meanwhile));
    let (no, facts, earlier) = (Cell::Int(0), none.clone(), none.clone());
    let own = vec![household, no.clone(), facts, earlier, reasons, none, meanwhile, no];
    Some(contents.row(&WITHDRAWAL, root.as_bytes(), own))
}

/// Where facts about withdrawals stand: the beginnings of keys such as `r/ID/w/FACT/over`.
fn roots(contents: &Contents<'_>, field: &str) -> BTreeSet<String> {
    let root = |key: &str| {
        let fact = key.strip_suffix(field)?.strip_suffix('/')?;
        let (root, _) = fact.rsplit_once('/')?;
        (root == HOUSEHOLD || root.ends_with("/w")).then(|| root.to_owned())
    };
    contents.keys().filter_map(root).collect()
}

/// The visits and notes that some withdrawals of a household name.
fn seen<'f>(contents: &Contents<'_>, root: &str, facts: impl Iterator<Item = &'f ItemId>) -> Cell {
    let mut named = BTreeSet::new();
    for fact in facts {
        if let Some(Value::Bytes(bytes)) = contents.value(&format!("{root}/{fact}/seen")) {
            named.extend(ids_of(bytes));
        }
    }
    if named.is_empty() { Cell::Null } else { cell(Some(&joined(&named))) }
}

/// Whether a key is of a resident of whom only name and relation stand in the open.
fn is_of_concealed(contents: &Contents<'_>, key: &str) -> bool {
    let resident = key.strip_prefix("r/").and_then(|rest| rest.split('/').next()?.parse().ok());
    resident.is_some_and(|resident| contents.is_concealed(resident))
}
