//! Projection rows: what screens read. Rows are derived from one document at a time and can be
//! rebuilt from it at any moment.

use crate::id::DocumentId;

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
