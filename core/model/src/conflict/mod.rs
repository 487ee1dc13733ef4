//! What several people said differently: fields that hold several unequal values at once, and facts
//! that nobody replaced and that say different things. The rows of the inbox.

mod id;
mod parts;
mod view;

use crate::document::Document;
use crate::fact::{Fact, Told};
use crate::household::moves;
use crate::id::DocumentId;
use crate::projection::{Cell, Row, Table};
use crate::rows::{Contents, cbor_cell};
use crate::value::Value;
use crate::withdrawal::HOUSEHOLD;
use crate::words;

pub use id::ConflictId;
pub use view::{ConflictValue, ConflictView, conflict_counts, conflicts};
pub(crate) use view::{conflict_counts_of, count_conflicts};

/// The step that makes the table.
pub(crate) const SQL: &str = include_str!("projection.sql");

pub(crate) static CONFLICT: Table = Table { name: "conflict", columns: &["home", "said", "facts"] };

/// The row of one field, if unequal values stand under its key.
pub(crate) fn row(document: &Document, home: DocumentId, key: &str) -> Option<Row> {
    let mut said = document.said(key);
    if moves(key) {
        said.retain(|said| said.value != Value::Null);
    }
    let first = said.first()?;
    if said.iter().all(|said| said.value == first.value) {
        return None;
    }
    let cells = vec![Cell::Blob(home.as_bytes().to_vec()), cbor_cell(&said), Cell::Null];
    Some(Row { table: &CONFLICT, document: document.id(), item: key.as_bytes().to_vec(), cells })
}

/// The row of the current facts about an item of a household, `r/ID` or `n/ID`, unless they agree.
/// Where some of it is said in the private part, only the reader can find out.
pub(crate) fn row_of_facts(contents: &Contents<'_>, item: &str, facts: &[Fact]) -> Option<Row> {
    let told = Told::of(facts, words_of(item));
    let is_elsewhere = facts.iter().any(|fact| fact.said.is_none());
    if facts.len() < 2 || !(told.in_conflict || is_elsewhere) {
        return None;
    }
    let home = Cell::Blob(contents.document().as_bytes().to_vec());
    let cells = vec![home, Cell::Null, cbor_cell(facts)];
    Some(contents.row(&CONFLICT, format!("{item}/s").as_bytes(), cells))
}

/// The words of facts of which something is about an item of a household, or about itself.
fn words_of(key: &str) -> &'static [&'static str] {
    if key.rsplit('/').next() == Some(HOUSEHOLD) {
        words::WITHDRAWALS
    } else if key.starts_with("n/") {
        words::NEED_STATUSES
    } else {
        words::STATUSES
    }
}
