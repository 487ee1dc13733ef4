//! A document's contents in order, for making rows of them.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::document::Document;
use crate::household::{is_concealed, moves};
use crate::id::{ActorId, DocumentId, ItemId};
use crate::projection::{Cell, Row, Table};
use crate::query::blob;
use crate::said::{Entry, Said};
use crate::value::Value;

/// Every value a document shows, read once.
pub(crate) struct Contents<'a> {
    document: &'a Document,
    shown: BTreeMap<String, Shown>,
}

/// What a document shows under a key.
struct Shown {
    value: Value,
    /// Who put it.
    actor: Option<ActorId>,
    /// Whether several values stand there, which may be equal.
    several: bool,
}

/// The fields of one item by the ends of their keys.
pub(crate) type Item<'a> = BTreeMap<&'a str, &'a Value>;

impl<'a> Contents<'a> {
    /// Reads a document.
    pub(crate) fn of(document: &'a Document) -> Self {
        let shown = document.entries().map(|entry| {
            let Entry { key, mut value, actor, several } = entry;
            // Where it moved away for one and stands for another, it stands.
            if several && value == Value::Null && moves(&key) {
                let said = document.values(&key).into_iter().find(|value| *value != Value::Null);
                value = said.unwrap_or(Value::Null);
            }
            (key, Shown { value, actor, several })
        });
        Self { document, shown: shown.collect() }
    }

    /// The document's id.
    pub(crate) fn document(&self) -> DocumentId {
        self.document.id()
    }

    /// What people said under a key, the value that is shown first.
    pub(crate) fn said(&self, key: &str) -> Vec<Said> {
        self.document.said(key)
    }

    /// Whether nothing but name and relation of a resident may be read in the open.
    pub(crate) fn is_concealed(&self, resident: ItemId) -> bool {
        is_concealed(self.document, resident)
    }

    /// The value under a key.
    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        self.shown.get(key).map(|shown| &shown.value)
    }

    /// Who put the value that is shown under a key.
    pub(crate) fn author(&self, key: &str) -> Option<ActorId> {
        self.shown.get(key).and_then(|shown| shown.actor)
    }

    /// Who put it, as a cell.
    pub(crate) fn author_cell(&self, key: &str) -> Cell {
        self.author(key).map_or(Cell::Null, |actor| Cell::Blob(actor.as_bytes().to_vec()))
    }

    /// The keys under which several values stand, which may be equal.
    pub(crate) fn several(&self) -> impl Iterator<Item = &str> {
        self.shown.iter().filter(|(_, shown)| shown.several).map(|(key, _)| key.as_str())
    }

    /// The items of a letter, in order of their ids.
    pub(crate) fn items(&self, letter: &str) -> BTreeMap<ItemId, Item<'_>> {
        let start = format!("{letter}/");
        let mut items: BTreeMap<ItemId, Item<'_>> = BTreeMap::new();
        for (key, shown) in self.shown.range(start.clone()..) {
            let Some(rest) = key.strip_prefix(&start) else { break };
            let Some((item, field)) = rest.split_once('/') else { continue };
            let Ok(item) = item.parse() else { continue };
            items.entry(item).or_default().insert(field, &shown.value);
        }
        items
    }

    /// Every key, in order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.shown.keys().map(String::as_str)
    }

    /// What people said under a key who had not received the values that are shown under `marks`, nor
    /// those that came before them.
    pub(crate) fn said_beside(&self, key: &str, marks: &[String]) -> Vec<Said> {
        self.document.said_beside(key, marks)
    }

    /// What is shown under the keys that begin with `root` and a slash, by the ends of these keys.
    pub(crate) fn below(&self, root: &str) -> impl Iterator<Item = (&str, &Value)> {
        let start = format!("{root}/");
        let from = self.shown.range(start.clone()..);
        from.map_while(move |(key, shown)| Some((key.strip_prefix(&start)?, &shown.value)))
    }

    /// A row of this document about an item, or about the document itself when `item` is empty.
    pub(crate) fn row(&self, table: &'static Table, item: &[u8], cells: Vec<Cell>) -> Row {
        Row { table, document: self.document(), item: item.to_vec(), cells }
    }
}

/// A value as a cell; what is cleared or missing is null.
pub(crate) fn cell(value: Option<&Value>) -> Cell {
    match value {
        None | Some(Value::Null) => Cell::Null,
        Some(Value::Bool(flag)) => Cell::Int(i64::from(*flag)),
        Some(Value::Int(number)) => Cell::Int(*number),
        Some(Value::Text(text)) if text.is_empty() => Cell::Null,
        Some(Value::Text(text)) => Cell::Text(text.clone()),
        Some(Value::Bytes(bytes)) => Cell::Blob(bytes.clone()),
    }
}

/// A list as a column of CBOR; null if there is nothing in it.
pub(crate) fn cbor_cell<T: Encode<()>>(list: &[T]) -> Cell {
    if list.is_empty() {
        return Cell::Null;
    }
    let mut bytes = Vec::new();
    // A Vec takes every write, so this cannot fail.
    let _ = minicbor::encode(list, &mut bytes);
    Cell::Blob(bytes)
}

/// Reads what [`cbor_cell`] wrote.
pub(crate) fn cbor_in<T: for<'b> Decode<'b, ()>>(row: &[Cell], column: usize) -> Vec<T> {
    blob(row, column).and_then(|bytes| minicbor::decode(bytes).ok()).unwrap_or_default()
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
