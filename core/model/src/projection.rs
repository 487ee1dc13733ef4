//! Projection rows: what screens read. Rows are derived from one document at a time and can be
//! rebuilt from it at any moment.

use std::collections::BTreeMap;

use crate::document::Document;
use crate::home::{Home, home_of};
use crate::id::DocumentId;
use crate::registry::{KINDS, registration};
use crate::rows::Contents;
use crate::{
    author, conflict, household, household_private, household_visits, region, roster, withdrawal,
};

/// A table of projection rows.
///
/// Its first two columns are always `document BLOB` and `item BLOB`, which together are its
/// primary key.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// The table's name in SQL.
    pub name: &'static str,
    /// The columns after `document` and `item`, in the order of a row's cells.
    pub columns: &'static [&'static str],
}

/// One SQL value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// No value.
    Null,
    /// An integer; a boolean is 0 or 1.
    Int(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// One projection row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The table it stands in.
    pub table: &'static Table,
    /// The document it was derived from.
    pub document: DocumentId,
    /// What in the document it is about; empty for the document itself.
    pub item: Vec<u8>,
    /// The columns after `document` and `item`.
    pub cells: Vec<Cell>,
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowChange {
    /// The row is new or has other cells.
    Put(Row),
    /// The row is gone.
    Delete {
        /// The table it stood in.
        table: &'static Table,
        /// The document it was derived from.
        document: DocumentId,
        /// What in the document it was about.
        item: Vec<u8>,
    },
}

/// The steps that make the projection's tables, for the schema owner `model`: version and SQL.
pub const PROJECTION_MIGRATIONS: &[(u32, &str)] = &[
    (1, region::SQL),
    (2, household::SQL),
    (3, household_private::SQL),
    (4, household_visits::SQL),
    (5, conflict::SQL),
    (6, author::SQL),
    (7, withdrawal::SQL),
    (8, roster::SQL),
];

/// Every table of the projection, in the order of names.
pub fn tables() -> Vec<&'static Table> {
    let of_kinds = KINDS.iter().flat_map(|kind| kind.tables.iter().copied());
    let mut tables: Vec<&'static Table> = of_kinds
        .chain([&conflict::CONFLICT, &roster::LAST_CHANGE, &withdrawal::WITHDRAWAL])
        .collect();
    tables.sort_by_key(|table| table.name);
    tables
}

/// The rows of a document, in the order of table names and items. A document of an unknown kind,
/// or without its first change, has none.
pub fn project(document: &Document) -> Vec<Row> {
    let Some(kind) = document.id().kind().and_then(registration) else { return Vec::new() };
    let Some(home) = home_of(document) else { return Vec::new() };
    let about = match home {
        Home::Of(owner) => owner,
        Home::Itself | Home::Region(_) => document.id(),
    };
    let contents = Contents::of(document);
    let mut rows = Vec::new();
    for key in contents.several().filter(|key| !(kind.lists_itself)(&contents, key)) {
        rows.extend(conflict::row(document, about, key));
    }
    (kind.rows)(&contents, &mut rows);
    rows.extend(roster::last_change(document, about));
    rows.sort_by(|a, b| position(a).cmp(&position(b)));
    rows
}

/// What turns the rows `before` into the rows `after`, both of the same documents and in any
/// order: first the rows that go, then those that come or have other cells.
pub fn difference(before: &[Row], after: &[Row]) -> Vec<RowChange> {
    let earlier: BTreeMap<_, _> = before.iter().map(|row| (position(row), row)).collect();
    let later: BTreeMap<_, _> = after.iter().map(|row| (position(row), row)).collect();
    let gone = earlier.iter().filter(|(position, _)| !later.contains_key(position));
    let deleted = gone.map(|(_, row)| RowChange::Delete {
        table: row.table,
        document: row.document,
        item: row.item.clone(),
    });
    let changed = later.iter().filter(|(position, row)| {
        earlier.get(position).is_none_or(|earlier| earlier.cells != row.cells)
    });
    let put = changed.map(|(_, row)| RowChange::Put((*row).clone()));
    deleted.chain(put).collect()
}

fn position(row: &Row) -> (&'static str, &DocumentId, &[u8]) {
    (row.table.name, &row.document, &row.item)
}
