//! When a document of a household was last changed.

use crate::document::Document;
use crate::id::DocumentId;
use crate::kind::DocumentKind;
use crate::projection::{Cell, Row, Table};

pub(crate) static LAST_CHANGE: Table =
    Table { name: "last_change", columns: &["household", "time"] };

/// The row of a document about a household; none of a region.
pub(crate) fn last_change(document: &Document, about: DocumentId) -> Option<Row> {
    let time = document.last_changed()?;
    if about.kind() != Some(DocumentKind::Household) {
        return None;
    }
    let time = i64::try_from(time.unix_ms()).unwrap_or(i64::MAX);
    let cells = vec![Cell::Blob(about.as_bytes().to_vec()), Cell::Int(time)];
    Some(Row { table: &LAST_CHANGE, document: document.id(), item: Vec::new(), cells })
}
