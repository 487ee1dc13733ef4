//! Edits that the server holds: what was entered, whose and where, when, why, and what to do. They stand in
//! no other list, so whoever entered them finds all of it here.

use keting::Keting;
use keting::error::known;
use keting::views::HeldView;
use serde_json::{Value, json};

use crate::arguments::Held;
use crate::commands::entered::{self, cells, fields, place, what};
use crate::device::{self, open, wait};
use crate::exit::Failure;
use crate::output;
use crate::time::city_minute;

/// Says how many edits are held, and where to read why.
fn message(count: u64) -> String {
    format!(
        "{count} 项，原因见 keting held list · the server is keeping {count} back: keting held list says why"
    )
}

/// Says so where nothing went wrong all the same: what was asked for went well.
pub fn note(count: u64) {
    if count > 0 {
        output::note(&format!("待处理 held: {}", message(count)));
    }
}

/// How a command ends that exchanged edits with the server.
///
/// # Errors
/// While any is held.
pub fn none_is(count: u64) -> Result<(), Failure> {
    match count {
        0 => Ok(()),
        count => Err(Failure::Server { code: "held".to_owned(), message: message(count) }),
    }
}

/// Lists held edits, or shows one.
///
/// # Errors
/// When there is none of that id, or the device cannot be opened.
pub fn run(verb: &Held) -> Result<(), Failure> {
    match verb {
        Held::List(reading) => {
            let held = wait(open(&reading.data)?.held())?;
            if reading.json {
                return output::json(&held.iter().map(to_json).collect::<Vec<_>>());
            }
            list(&held)
        }
        Held::Show { id, reading } => {
            let one = wait(open(&reading.data)?.held_named(id.clone()))?;
            if reading.json { output::json(&to_json(&one)) } else { show(&one) }
        }
    }
}

/// Says below a list how many edits are held that it does not show.
///
/// # Errors
/// When the device cannot be read, or standard output is closed.
pub fn mention(keting: &Keting) -> Result<(), Failure> {
    match wait(keting.device())?.held {
        0 => Ok(()),
        count => output::line(format!(
            "待处理 held: {count}（不在上面，用 keting held list 查看 not shown here, see keting held list）"
        )),
    }
}

fn list(held: &[HeldView]) -> Result<(), Failure> {
    if held.is_empty() {
        return output::line("没有待处理的修改 nothing is held");
    }
    let digits = device::digits_shown(held.iter().map(|one| one.id.as_bytes().as_slice()));
    let row = |one: &HeldView| {
        let id = device::digits_of(&one.id, digits);
        let on = one.stands_on.map(|on| format!("（见 see {}）", device::digits_of(&on, digits)));
        let why = format!("{}{}", one.code, on.unwrap_or_default());
        let said = [id, city_minute(one.entered_at_ms), why];
        said.into_iter().chain(cells(one.command.as_ref(), &one.about)).collect()
    };
    let headings = ["编号 id", "录入 entered", "原因 why"];
    let headings: Vec<_> = headings.into_iter().chain(entered::HEADINGS).collect();
    output::table(&headings, &held.iter().map(row).collect::<Vec<Vec<_>>>())?;
    output::meanings(held.iter().map(|one| one.code.as_str()))
}

fn show(held: &HeldView) -> Result<(), Failure> {
    let command = held.command.as_ref();
    let (chinese, english) = what(command);
    output::line(format!("{chinese} {english}"))?;
    let mut known = place(command, &held.about);
    known.add("录入 entered", Some(city_minute(held.entered_at_ms)));
    known.add("编号 id", Some(held.id.to_string()));
    known.add("前一项 stands on", held.stands_on.map(|on| on.to_string()));
    known.print("  ", known.widest())?;
    for part in command.map(fields).unwrap_or_default() {
        output::line("")?;
        part.print("  ", part.widest())?;
    }
    output::line("")?;
    output::meanings([held.code.as_str()])
}

fn to_json(held: &HeldView) -> Value {
    let why = known(&held.code);
    let mut all = entered::to_json(held.command.as_ref(), &held.about);
    all.insert("id".to_owned(), json!(held.id.to_string()));
    all.insert("entered_at_ms".to_owned(), json!(held.entered_at_ms));
    all.insert("code".to_owned(), json!(held.code));
    all.insert("stands_on".to_owned(), json!(held.stands_on.map(|on| on.to_string())));
    all.insert("why".to_owned(), json!(why.map(|why| json!({ "zh": why.zh, "en": why.en }))));
    Value::Object(all)
}
