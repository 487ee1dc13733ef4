//! The rows of a household: itself, its residents and its needs.

use crate::fact::fold;
use crate::projection::{Cell, Row, Table};
use crate::rows::{Contents, Item, cell, cells, tags};
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
        "status_rank",
        "status_time",
        "status_reason",
        "status_at",
    ],
};

pub(super) static NEED: Table =
    Table { name: "need", columns: &["text", "time", "status", "status_time", "note"] };

pub(super) fn rows(contents: &Contents, rows: &mut Vec<Row>) {
    if contents.value("home").is_some() {
        let keys = ["home", "address", "address_code", "tenure"];
        let own = keys.iter().map(|key| cell(contents.value(key))).collect();
        rows.push(contents.row(&HOUSEHOLD, &[], own));
    }
    for (need, item) in contents.items("n") {
        let mut own = cells(&item, &["text", "time"]);
        let fact = fold(&item);
        own.push(match &fact {
            Some(fact) => fact.cell("status"),
            None => Cell::Text(words::OPEN.to_owned()),
        });
        own.push(fact.as_ref().map_or(Cell::Null, |fact| Cell::Int(fact.time)));
        own.push(fact.as_ref().map_or(Cell::Null, |fact| fact.cell("note")));
        if item.contains_key("text") {
            rows.push(contents.row(&NEED, need.as_bytes(), own));
        }
    }
    for (resident, item) in contents.items("r") {
        if item.contains_key("name") {
            let mut own = cells(&item, &["name", "relation", "phone", "bond"]);
            own.push(tags(&item));
            own.extend(status_cells(&item));
            rows.push(contents.row(&RESIDENT, resident.as_bytes(), own));
        }
    }
}

/// `status`, `status_rank`, `status_time`, `status_reason`, `status_at`; all null where no fact says
/// anything.
pub(crate) fn status_cells(item: &Item<'_>) -> [Cell; 5] {
    match fold(item) {
        Some(fact) => [
            fact.cell("status"),
            Cell::Int(fact.rank),
            Cell::Int(fact.time),
            fact.cell("reason"),
            fact.cell("at"),
        ],
        None => [const { Cell::Null }; 5],
    }
}
