//! Edits that the server holds: what was entered and when, why, and what to do. They stand in no other
//! list, so whoever entered them finds all of it here.

use keting::error::known;
use keting::views::HeldView;
use keting::{Command, Keting};
use serde_json::{Value, json};

use crate::arguments::Held;
use crate::commands::words::{command_words, field_name, region_field_name};
use crate::device::open;
use crate::exit::Failure;
use crate::output;
use crate::time::city_minute;

/// Lists held edits, or shows one.
///
/// # Errors
/// When there is none of that id, or the device cannot be opened.
pub fn run(verb: &Held) -> Result<(), Failure> {
    match verb {
        Held::List(reading) => {
            let held = open(&reading.data)?.held()?;
            if reading.json {
                return output::json(&held.iter().map(to_json).collect::<Vec<_>>());
            }
            let rows: Vec<_> = held.iter().map(row).collect();
            output::table(&["编号 id", "操作 what", "录入 entered", "原因 why"], &rows)?;
            say_what_to_do(&held)
        }
        Held::Show { id, reading } => {
            let one = open(&reading.data)?.held_named(id)?;
            if reading.json { output::json(&to_json(&one)) } else { show(&one) }
        }
    }
}

/// Says below a list how many edits are held that it does not show.
///
/// # Errors
/// When the device cannot be read, or standard output is closed.
pub fn mention(keting: &Keting) -> Result<(), Failure> {
    match keting.held_count()? {
        0 => Ok(()),
        count => output::line(format!(
            "待处理 held: {count}（不在上面，用 keting held list 查看 not shown here, see keting held list）"
        )),
    }
}

fn show(held: &HeldView) -> Result<(), Failure> {
    let (chinese, english) = what(held);
    let entered_at = city_minute(held.entered_at_ms);
    output::line(format!("{chinese} {english}  （录入 entered {entered_at}）"))?;
    let is_of_a_region = matches!(held.command, Some(Command::Region(_)));
    let called = if is_of_a_region { region_field_name } else { field_name };
    for (name, value) in entered(held) {
        output::line(format!("  {}: {value}", called(&name)))?;
    }
    say_what_to_do(std::slice::from_ref(held))
}

fn row(held: &HeldView) -> Vec<String> {
    let (chinese, english) = what(held);
    let first: Vec<_> = entered(held).into_iter().take(2).map(|(_, value)| value).collect();
    let text = format!("{chinese} {english}: {}", first.join(" "));
    vec![held.id.to_string(), text, city_minute(held.entered_at_ms), held.code.clone()]
}

/// Says once for each code what it means.
fn say_what_to_do(held: &[HeldView]) -> Result<(), Failure> {
    let mut codes: Vec<_> = held.iter().map(|held| held.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    for known in codes.into_iter().filter_map(known) {
        output::line(format!("{}: {} {}", known.code, known.zh, known.en))?;
    }
    Ok(())
}

fn to_json(held: &HeldView) -> Value {
    let (chinese, english) = what(held);
    let fields =
        entered(held).into_iter().map(|(name, value)| json!({"name": name, "value": value}));
    let why = known(&held.code);
    json!({
        "id": held.id.to_string(),
        "command": held.command.as_ref().map(|command| command.name()),
        "what": { "zh": chinese, "en": english },
        "documents": documents(held),
        "fields": fields.collect::<Vec<_>>(),
        "entered_at_ms": held.entered_at_ms,
        "code": held.code,
        "why": why.map(|why| json!({ "zh": why.zh, "en": why.en })),
    })
}

fn documents(held: &HeldView) -> Vec<String> {
    let command = held.command.as_ref();
    let documents = command.map(|command| command.documents()).unwrap_or_default();
    documents.iter().map(ToString::to_string).collect()
}

/// What was done; one of a newer version has no name here.
fn what(held: &HeldView) -> (&str, &str) {
    match &held.command {
        Some(command) => command_words(command.name()),
        None => ("新版应用的操作", "done with a newer app"),
    }
}

fn entered(held: &HeldView) -> Vec<(String, String)> {
    let command = held.command.as_ref();
    let entered = command.map(|command| command.entered()).unwrap_or_default();
    entered.into_iter().map(|(name, value)| (name, value.to_string())).collect()
}
