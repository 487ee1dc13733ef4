//! A document's contents in order, for making rows of them.

use std::collections::BTreeMap;

use crate::document::Document;
use crate::id::{ActorId, DocumentId, ItemId};
use crate::projection::{Cell, Row, Table};
use crate::value::Value;

/// Every value a document shows, read once.
pub(crate) struct Contents<'d> {
    /// The document.
    document: &'d Document,
    shown: BTreeMap<String, Value>,
}

/// The fields of one item by the ends of their keys.
pub(crate) type Item<'a> = BTreeMap<&'a str, &'a Value>;

impl<'d> Contents<'d> {
    /// Takes what a document shows.
    pub(crate) fn new(document: &'d Document, shown: BTreeMap<String, Value>) -> Self {
        Self { document, shown }
    }

    /// Reads a document.
    pub(crate) fn of(document: &'d Document) -> Self {
        let shown = document.entries().map(|(key, value, _)| (key, value)).collect();
        Self::new(document, shown)
    }

    /// The document's id.
    pub(crate) fn document(&self) -> DocumentId {
        self.document.id()
    }

    /// Who wrote the value that is shown under a key.
    pub(crate) fn author(&self, key: &str) -> Option<ActorId> {
        self.document.value_author(key)
    }

    /// The value under a key.
    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        self.shown.get(key)
    }

    /// The items of a letter, in order of their ids.
    pub(crate) fn items(&self, letter: &str) -> BTreeMap<ItemId, Item<'_>> {
        let start = format!("{letter}/");
        let mut items: BTreeMap<ItemId, Item<'_>> = BTreeMap::new();
        for (key, value) in self.shown.range(start.clone()..) {
            let Some(rest) = key.strip_prefix(&start) else { break };
            let Some((item, field)) = rest.split_once('/') else { continue };
            let Ok(item) = item.parse() else { continue };
            items.entry(item).or_default().insert(field, value);
        }
        items
    }

    /// A row of this document about an item, or about the document itself when `item` is empty.
    pub(crate) fn row(&self, table: &'static Table, item: &[u8], cells: Vec<Cell>) -> Row {
        Row { table, document: self.document.id(), item: item.to_vec(), cells }
    }
}

/// A value as a cell; what is cleared or missing is null.
pub(crate) fn cell(value: Option<&Value>) -> Cell {
    match value {
        None | Some(Value::Null) => Cell::Null,
        Some(Value::Bool(flag)) => Cell::Int(i64::from(*flag)),
        Some(Value::Int(number)) => Cell::Int(*number),
        Some(Value::Text(text)) => Cell::Text(text.clone()),
        Some(Value::Bytes(bytes)) => Cell::Blob(bytes.clone()),
    }
}

/// Fields of an item as cells.
pub(crate) fn cells(item: &Item<'_>, fields: &[&str]) -> Vec<Cell> {
    fields.iter().map(|field| cell(item.get(field).copied())).collect()
}

/// The care tags an item has, sorted and parted by commas; null when none was ever said.
pub(crate) fn tags(item: &Item<'_>) -> Cell {
    let said =
        || item.range("t/"..).map_while(|(key, value)| Some((key.strip_prefix("t/")?, value)));
    let has: Vec<&str> =
        said().filter(|(_, value)| ***value == Value::Bool(true)).map(|(tag, _)| tag).collect();
    if has.is_empty() { Cell::Null } else { Cell::Text(has.join(",")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tags_that_are_said_to_be_so_are_listed() {
        let (yes, no) = (Value::Bool(true), Value::Bool(false));
        let item: Item<'_> =
            [("t/b", &yes), ("t/a", &yes), ("t/c", &no), ("name", &yes)].into_iter().collect();
        assert_eq!(tags(&item), Cell::Text("a,b".into()));
    }
}
