//! An edit as its author finds it again: what was done, whose and where, and what was entered.

use std::fmt::Display;

use keting::views::{AboutView, ItemNamed, RegionNamed};
use keting::{Command, Value};
use serde_json::{Map, Value as Json, json};

use crate::columns::shortened;
use crate::commands::known::Known;
use crate::commands::words::{
    command_words, field_name, region_field_name, value_words, word_name,
};

use crate::device::{DIGITS_MIN, digits_of};

/// How wide the text in a list is at most: all of it stands where one edit is shown.
const TEXT_WIDE_MAX: usize = 36;
/// How wide a place in a list is at most.
const PLACE_WIDE_MAX: usize = 52;

/// What was done, in Chinese and English; what a newer version did has no name here.
pub fn what(command: Option<&Command>) -> (&str, &str) {
    match command {
        Some(command) => command_words(command.name()),
        None => ("新版应用的操作", "done with a newer app"),
    }
}

/// The headings of [`cells`].
pub const HEADINGS: [&str; 4] =
    ["操作 what", "户和人 household", "区域 region", "填写 entered text"];

/// What was done, whose, where, and the beginning of what was entered, for a line of a list.
pub fn cells(command: Option<&Command>, about: &AboutView) -> [String; 4] {
    let done = match command {
        Some(command) => format!("{} {}", what(Some(command)).0, command.name()),
        None => what(None).0.to_owned(),
    };
    let household = about.household.as_ref();
    let household = household.map(|one| one.address.clone().unwrap_or_else(|| short(&one.id)));
    let whose: Vec<_> = household.into_iter().chain(item(command, about)).collect();
    let region = about.region.as_ref().map(region_name).unwrap_or_default();
    let text = command.map(|command| text(command, about)).unwrap_or_default();
    [
        done,
        shortened(&whose.join(" "), PLACE_WIDE_MAX),
        shortened(&region, PLACE_WIDE_MAX),
        shortened(&text, TEXT_WIDE_MAX),
    ]
}

/// Whose and where, and all that was entered, for whoever has it before them to enter it again.
pub fn place(command: Option<&Command>, about: &AboutView) -> Known {
    let mut known = Known::default();
    known.add("区域 region", about.region.as_ref().map(region_name));
    known.add("上级区域 parent", about.parent.as_ref().map(region_name));
    if let Some(household) = &about.household {
        let address = household.address.clone().unwrap_or_else(not_shown);
        known.add("户 household", Some(format!("{address}（{}）", household.id)));
    }
    if let Some(item) = about.item.as_ref().filter(|_| !adds(command)) {
        let (label, id, called) = labelled(item);
        known.add(label, Some(format!("{}（{id}）", called.unwrap_or_else(not_shown))));
    }
    known
}

/// Every field that was entered, of each resident apart.
pub fn fields(command: &Command) -> Vec<Known> {
    let is_of_a_region = matches!(command, Command::Region(_));
    let told = |entered: Vec<(String, Value)>| {
        let mut known = Known::default();
        for (name, value) in entered {
            let (label, text) = field(&name, &value, is_of_a_region);
            known.add(&label, Some(text));
        }
        known
    };
    let residents = command.residents_entered().into_iter().map(|(_, entered)| entered);
    let all = std::iter::once(command.entered()).chain(residents).map(told);
    all.filter(|known| !known.is_empty()).collect()
}

/// The same for machines.
pub fn to_json(command: Option<&Command>, about: &AboutView) -> Map<String, Json> {
    let (zh, en) = what(command);
    let documents = command.map(Command::documents).unwrap_or_default();
    let residents = command.map(Command::residents_entered).unwrap_or_default();
    let residents = residents
        .into_iter()
        .map(|(id, entered)| json!({ "id": id.to_string(), "fields": fields_json(entered) }));
    let mut all = Map::new();
    all.insert("command".to_owned(), json!(command.map(Command::name)));
    all.insert("what".to_owned(), json!({ "zh": zh, "en": en }));
    if let Json::Object(about) = json!(about) {
        all.extend(about);
    }
    let documents: Vec<_> = documents.iter().map(ToString::to_string).collect();
    all.insert("documents".to_owned(), json!(documents));
    all.insert("fields".to_owned(), fields_json(command.map(Command::entered).unwrap_or_default()));
    let residents: Vec<_> = residents.collect();
    if !residents.is_empty() {
        all.insert("residents".to_owned(), json!(residents));
    }
    all
}

fn fields_json(entered: Vec<(String, Value)>) -> Json {
    let field = |(name, value): (String, Value)| json!({"name": name, "value": value.to_string()});
    entered.into_iter().map(field).collect()
}

/// What was entered, without what says whose it is: that stands beside it.
fn text(command: &Command, about: &AboutView) -> String {
    let household = about.household.as_ref().and_then(|one| one.address.as_deref());
    let region = about.region.iter().flat_map(|one| [one.name.as_deref(), one.code.as_deref()]);
    let resident = match &about.item {
        Some(ItemNamed::Resident { name, .. }) => name.as_deref(),
        Some(ItemNamed::Need { .. } | ItemNamed::Visit { .. } | ItemNamed::Note { .. }) | None => {
            None
        }
    };
    let stands_beside: Vec<_> = region.chain([household, resident]).flatten().collect();
    let entered = command.entered().into_iter();
    let rest = entered.filter(|(_, value)| !stands_beside.contains(&value.to_string().as_str()));
    let said = |(name, value): (String, Value)| {
        let (label, text) = field(&name, &value, false);
        if value.to_string().is_empty() { format!("{label} {text}") } else { text }
    };
    let mut all: Vec<_> = rest.map(said).collect();
    let residents = command.residents_entered().into_iter().flat_map(|(_, entered)| entered);
    all.extend(residents.filter(|(name, _)| name == "name").map(|(_, name)| name.to_string()));
    all.join("，")
}

/// What a field is called, and its value in words.
fn field(name: &str, value: &Value, is_of_a_region: bool) -> (String, String) {
    if let Some(tag) = name.strip_prefix("t/") {
        let word = word_name(tag);
        let text = match value {
            Value::Bool(true) => word,
            _ => format!("去掉 without {word}"),
        };
        return (field_name("care_tags"), text);
    }
    let label = if is_of_a_region { region_field_name(name) } else { field_name(name) };
    (label, value_words(name, &value.to_string()))
}

/// What an edit is about in a household; of what it adds only whom: the rest is told in full.
fn item(command: Option<&Command>, about: &AboutView) -> Option<String> {
    let item = about.item.as_ref()?;
    let (label, id, called) = labelled(item);
    let called = called.unwrap_or_else(|| short(&id));
    if matches!(item, ItemNamed::Resident { .. }) {
        return Some(called);
    }
    (!adds(command)).then(|| format!("{label} {called}"))
}

/// Whether an edit adds what it is about, so that all that is known of it was entered.
fn adds(command: Option<&Command>) -> bool {
    command.is_some_and(|command| command.name().ends_with(".add"))
}

/// What it is, its id, and what it is called.
fn labelled(item: &ItemNamed) -> (&'static str, String, Option<String>) {
    let both = |at: &Option<String>, what: &Option<String>| {
        let all: Vec<_> = at.iter().chain(what).cloned().collect();
        Some(all.join(" ")).filter(|text| !text.is_empty())
    };
    match item {
        ItemNamed::Resident { id, name } => ("居民 resident", id.to_string(), name.clone()),
        ItemNamed::Need { id, text } => ("需求 need", id.to_string(), text.clone()),
        ItemNamed::Visit { id, at, purpose } => ("走访 visit", id.to_string(), both(at, purpose)),
        ItemNamed::Note { id, at, text } => ("记录 note", id.to_string(), both(at, text)),
    }
}

/// A region by its name with its code beside it.
fn region_name(region: &RegionNamed) -> String {
    let all: Vec<_> = region.name.iter().chain(&region.code).cloned().collect();
    if all.is_empty() { short(&region.id) } else { all.join(" ") }
}

fn short(id: &impl Display) -> String {
    digits_of(id, DIGITS_MIN)
}

fn not_shown() -> String {
    "这里看不到 not shown to you here".to_owned()
}
