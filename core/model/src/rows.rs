//! A document's contents in order, for making rows of them.

use std::collections::BTreeMap;

use crate::document::Document;
use crate::id::{DocumentId, ItemId};
use crate::projection::{Cell, Row, Table};
use crate::value::Value;

/// Every value a document shows, read once.
pub(crate) struct Contents {
    /// The document.
    pub(crate) document: DocumentId,
    shown: BTreeMap<String, Value>,
}

/// The fields of one item by the ends of their keys.
pub(crate) type Item<'a> = BTreeMap<&'a str, &'a Value>;

/// Something that became so, as one fact says; facts are never changed, only outdone by later ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Fact<'a> {
    /// When it was written down; the later one counts, the greater id at equal times.
    pub(crate) time: i64,
    id: &'a str,
    fields: BTreeMap<&'a str, &'a Value>,
}

impl Contents {
    /// Takes what a document shows.
    pub(crate) fn new(document: DocumentId, shown: BTreeMap<String, Value>) -> Self {
        Self { document, shown }
    }

    /// Reads a document.
    pub(crate) fn of(document: &Document) -> Self {
        let shown = document.entries().map(|(key, value, _)| (key, value)).collect();
        Self::new(document.id(), shown)
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
        Row { table, document: self.document, item: item.to_vec(), cells }
    }
}

/// The fact that counts among an item's, if it has any.
pub(crate) fn fold<'a>(item: &Item<'a>) -> Option<Fact<'a>> {
    let mut facts: BTreeMap<&str, Fact<'a>> = BTreeMap::new();
    for (key, value) in item.range("s/"..) {
        let Some(rest) = key.strip_prefix("s/") else { break };
        let Some((id, field)) = rest.split_once('/') else { continue };
        let fact = facts.entry(id).or_insert_with(|| Fact { id, ..Fact::default() });
        fact.fields.insert(field, value);
        if field == "time" {
            fact.time = value.as_int().unwrap_or(0);
        }
    }
    facts
        .into_values()
        .filter(|fact| fact.fields.contains_key("status"))
        .max_by_key(|fact| (fact.time, fact.id))
}

impl<'a> Fact<'a> {
    /// A field of the fact as text.
    pub(crate) fn text(&self, field: &str) -> Option<&'a str> {
        self.fields.get(field)?.as_text()
    }

    /// A field of the fact as a cell.
    pub(crate) fn cell(&self, field: &str) -> Cell {
        cell(self.fields.get(field).copied())
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
    fn the_latest_fact_counts_and_at_equal_times_the_greater_id() {
        let values = [
            ("s/a/status", Value::from("away")),
            ("s/a/time", Value::Int(5)),
            ("s/b/status", Value::from("living")),
            ("s/b/time", Value::Int(5)),
            ("s/c/status", Value::from("deceased")),
            ("s/c/time", Value::Int(4)),
            ("s/d/time", Value::Int(9)),
        ];
        let item: Item<'_> = values.iter().map(|(key, value)| (*key, value)).collect();
        assert_eq!(fold(&item).map(|fact| fact.cell("status")), Some(Cell::Text("living".into())));
        assert_eq!(fold(&Item::new()), None);
    }

    #[test]
    fn only_tags_that_are_said_to_be_so_are_listed() {
        let (yes, no) = (Value::Bool(true), Value::Bool(false));
        let item: Item<'_> =
            [("t/b", &yes), ("t/a", &yes), ("t/c", &no), ("name", &yes)].into_iter().collect();
        assert_eq!(tags(&item), Cell::Text("a,b".into()));
    }
}
