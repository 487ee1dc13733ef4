//! Edits that needed not be made anew after the machine was put back: said once, with what was entered.

use keting::Moot;
use serde_json::{Value, json};

use crate::commands::words::command_words;
use crate::time::city_minute;

/// A line for a person.
pub fn line(moot: &Moot) -> String {
    let (chinese, english) = command_words(moot.command.name());
    let entered: Vec<_> = moot.command.entered().into_iter().map(|(_, value)| value).collect();
    let first: Vec<_> = entered.iter().take(2).map(ToString::to_string).collect();
    let entered_at = city_minute(moot.entered_at_ms);
    format!(
        "不必重做，内容本来就在 stood there already, nothing to do: {chinese} {english} {}（录入 entered \
         {entered_at}）",
        first.join(" ")
    )
}

/// The same for machines.
pub fn to_json(moot: &Moot) -> Value {
    let (chinese, english) = command_words(moot.command.name());
    let fields = moot.command.entered().into_iter();
    let fields = fields.map(|(name, value)| json!({"name": name, "value": value.to_string()}));
    json!({
        "command": moot.command.name(),
        "what": { "zh": chinese, "en": english },
        "documents": moot.command.documents().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "fields": fields.collect::<Vec<_>>(),
        "entered_at_ms": moot.entered_at_ms,
    })
}
