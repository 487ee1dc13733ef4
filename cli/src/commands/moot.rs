//! Edits that needed not be made anew after the machine was put back: said once, with what was entered.

use keting::Moot;
use serde_json::{Value, json};

use crate::commands::entered;
use crate::time::city_minute;

/// A line for a person.
pub fn line(moot: &Moot) -> String {
    let cells = entered::cells(Some(&moot.command), &moot.about);
    let cells: Vec<_> = cells.into_iter().filter(|cell| !cell.is_empty()).collect();
    let entered_at = city_minute(moot.entered_at_ms);
    format!(
        "不必重做，内容本来就在 stood there already, nothing to do: {}（录入 entered {entered_at}）",
        cells.join("  ")
    )
}

/// The same for machines.
pub fn to_json(moot: &Moot) -> Value {
    let mut all = entered::to_json(Some(&moot.command), &moot.about);
    all.insert("entered_at_ms".to_owned(), json!(moot.entered_at_ms));
    Value::Object(all)
}
