//! The rows of a year's visits and notes.

use crate::projection::{Row, Table};
use crate::rows::{Contents, cell, cells};
use crate::withdrawal;

/// The step that makes the kind's tables.
pub(crate) const SQL: &str = include_str!("projection.sql");

pub(super) static VISIT: Table = Table {
    name: "visit",
    columns: &["household", "at", "purpose", "note", "visitor", "time", "actor"],
};

pub(super) static NOTE: Table =
    Table { name: "note", columns: &["household", "text", "at", "time", "actor"] };

pub(super) fn rows(contents: &Contents<'_>, rows: &mut Vec<Row>) {
    let Some(of) = contents.value("of") else { return };
    withdrawal::of_visits(contents, rows);
    let tables: [(&'static Table, &str, &[&str]); 2] = [
        (&NOTE, "o", &["text", "at", "time"]),
        (&VISIT, "v", &["at", "purpose", "note", "by", "time"]),
    ];
    for (table, letter, fields) in tables {
        for (id, item) in contents.items(letter) {
            if item.contains_key("at") && (letter == "v" || item.contains_key("text")) {
                let mut own = vec![cell(Some(of))];
                own.extend(cells(&item, fields));
                own.push(contents.author_cell(&format!("{letter}/{id}/time")));
                rows.push(contents.row(table, id.as_bytes(), own));
            }
        }
    }
}
