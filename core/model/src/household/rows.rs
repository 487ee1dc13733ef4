//! The rows of a household: itself, its residents and its needs.

use crate::conflict;
use crate::fact::{Fact, Told, current};
use crate::id::ItemId;
use crate::projection::{Cell, Row, Table};
use crate::rows::{Contents, Item, cbor_cell, cell, cells, tags};
use crate::words;

/// The step that makes the kind's tables.
pub(crate) const SQL: &str = include_str!("projection.sql");

pub(super) static HOUSEHOLD: Table =
    Table { name: "household", columns: &["region", "address", "address_code", "tenure"] };

pub(super) static RESIDENT: Table = Table {
    name: "resident",
    columns: &[
        "name",
        "relation",
        "phone",
        "bond",
        "care_tags",
        "status",
        "facts_current",
        "facts",
    ],
};

pub(super) static NEED: Table =
    Table { name: "need", columns: &["text", "time", "actor", "status", "note", "facts"] };

pub(super) fn rows(contents: &Contents, rows: &mut Vec<Row>) {
    if contents.value("home").is_some() {
        let keys = ["home", "address", "address_code", "tenure"];
        let own = keys.iter().map(|key| cell(contents.value(key))).collect();
        rows.push(contents.row(&HOUSEHOLD, &[], own));
    }
    for (need, item) in contents.items("n") {
        if item.contains_key("text") {
            let facts = current_about_need(contents, need, &item);
            let told = Told::of(&facts, words::NEED_STATUSES);
            let mut own = cells(&item, &["text", "time"]);
            own.push(contents.author_cell(&format!("n/{need}/time")));
            own.push(Cell::Text(told.status.unwrap_or_else(|| words::OPEN.to_owned())));
            own.push(told.reason.map_or(Cell::Null, Cell::Text));
            own.push(cbor_cell(&facts));
            rows.push(contents.row(&NEED, need.as_bytes(), own));
            rows.extend(conflict::row_of_facts(contents, &format!("n/{need}"), &facts));
        }
    }
    for (resident, item) in contents.items("r") {
        if item.contains_key("name") {
            let author = |fact: &ItemId| contents.author(&format!("r/{resident}/s/{fact}/over"));
            let facts = current(&item, author);
            let told = Told::of(&facts, words::STATUSES);
            let mut own = cells(&item, &["name", "relation", "phone", "bond"]);
            own.push(tags(&item));
            own.push(told.status.map_or(Cell::Null, Cell::Text));
            own.push(Cell::Int(i64::try_from(facts.len()).unwrap_or(i64::MAX)));
            own.push(cbor_cell(&facts));
            rows.push(contents.row(&RESIDENT, resident.as_bytes(), own));
            rows.extend(conflict::row_of_facts(contents, &format!("r/{resident}"), &facts));
        }
    }
}

/// The current facts about a need.
pub(super) fn current_about_need(contents: &Contents, need: ItemId, item: &Item<'_>) -> Vec<Fact> {
    current(item, |fact| contents.author(&format!("n/{need}/s/{fact}/over")))
}
