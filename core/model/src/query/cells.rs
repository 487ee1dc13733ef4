//! Taking typed values out of a row of cells. A cell that is missing or of another type counts as
//! null: the tables are strict, so that happens only to a row of a newer version.

use crate::id::{DocumentId, ItemId};
use crate::projection::Cell;

/// The text in a column.
pub(crate) fn text(row: &[Cell], column: usize) -> Option<String> {
    match row.get(column) {
        Some(Cell::Text(text)) => Some(text.clone()),
        Some(Cell::Null | Cell::Int(_) | Cell::Blob(_)) | None => None,
    }
}

/// The integer in a column.
pub(crate) fn int(row: &[Cell], column: usize) -> Option<i64> {
    match row.get(column) {
        Some(Cell::Int(number)) => Some(*number),
        Some(Cell::Null | Cell::Text(_) | Cell::Blob(_)) | None => None,
    }
}

/// The bytes in a column.
pub(crate) fn blob(row: &[Cell], column: usize) -> Option<&[u8]> {
    match row.get(column) {
        Some(Cell::Blob(bytes)) => Some(bytes),
        Some(Cell::Null | Cell::Int(_) | Cell::Text(_)) | None => None,
    }
}

/// The document id in a column.
pub(crate) fn document(row: &[Cell], column: usize) -> Option<DocumentId> {
    DocumentId::from_slice(blob(row, column)?).ok()
}

/// The item id in a column.
pub(crate) fn item(row: &[Cell], column: usize) -> Option<ItemId> {
    ItemId::from_slice(blob(row, column)?).ok()
}
