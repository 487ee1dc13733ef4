//! What changed on a device that stays connected: to people a line for each household or region, in words.

use std::collections::{BTreeMap, BTreeSet};

use keting::parts::{ChangedRow, Local};
use serde_json::{Value, json};

use crate::device::{DIGITS_MIN, digits_of};
use crate::exit::Failure;

/// What rows are about, by the table they stand in; several tables may be about one thing.
const THINGS: &[(&str, &str)] = &[
    ("region", "区域 region"),
    ("household", "户信息 household"),
    ("resident", "居民 residents"),
    ("resident_open", "居民 residents"),
    ("resident_private", "隐私信息 private"),
    ("need", "需求 needs"),
    ("visit", "走访 visits"),
    ("note", "记录 notes"),
    ("conflict", "待定 to settle"),
    ("withdrawal", "作废 withdrawn"),
];

/// Whether a row is about something that people know. Others, such as when a household was last changed, only
/// follow from what they are beside.
pub fn is_of_a_thing(row: &ChangedRow) -> bool {
    THINGS.iter().any(|(table, _)| *table == row.table)
}

/// A line for each household or region: what it is called, its id, and what changed of it.
///
/// # Errors
/// When the device cannot be read.
pub fn in_words(keting: &Local, rows: &[ChangedRow]) -> Result<Vec<String>, Failure> {
    let mut by_document: BTreeMap<_, BTreeSet<usize>> = BTreeMap::new();
    for row in rows {
        let thing = THINGS.iter().position(|(table, _)| *table == row.table);
        by_document.entry(row.document).or_default().extend(thing);
    }
    let mut by_home: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (document, things) in by_document {
        // What is hidden or has left is no news for a person.
        let Some(home) = keting.about(&document)? else { continue };
        let digits = keting.digits_naming(&home.id)?.max(DIGITS_MIN);
        let home = format!("{}（{}）", home.called, digits_of(&home.id, digits));
        by_home.entry(home).or_default().extend(things);
    }
    // When something was changed is no thing by itself.
    by_home.retain(|_, things| !things.is_empty());
    let line = |(home, things): (String, BTreeSet<usize>)| {
        let mut things: Vec<_> =
            things.into_iter().filter_map(|at| THINGS.get(at)).map(|(_, thing)| *thing).collect();
        things.dedup();
        format!("有改动 changed: {home}  {}", things.join("、"))
    };
    Ok(by_home.into_iter().map(line).collect())
}

/// A row as an object for machines.
pub fn as_json(row: &ChangedRow) -> Value {
    let item: String = row.item.iter().map(|byte| format!("{byte:02x}")).collect();
    let item = Some(item).filter(|item| !item.is_empty());
    let document = row.document.to_string();
    json!({ "event": "changed", "table": row.table, "document": document, "item": item })
}
