//! The second half of `docs/documents.md`, every field of every kind, is made from the tables of fields.
//! `KETING_BLESS=1` writes it anew.

use std::collections::BTreeSet;
use std::path::Path;

use crate::check::Holds;
use crate::day::{YEAR_MAX, YEAR_MIN};
use crate::input::{Field, Takes};
use crate::registry::KINDS;
use crate::schema::{FieldRule, Group, Made, Schema, Write};
use crate::words;

/// The heading that the tables begin with.
const HEADING: &str = "## The fields of each kind\n";

#[test]
fn the_page_of_documents_is_the_tables_of_fields() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/documents.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (prose, tables) = page.split_once(HEADING).unwrap();
    if std::env::var_os("KETING_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, format!("{prose}{HEADING}{}", made())).unwrap();
        return;
    }
    assert!(tables == made(), "docs/documents.md is not the tables: run this with KETING_BLESS=1");
}

fn made() -> String {
    let (care, health) = (names(words::OPEN_TAGS), names(words::HEALTH_TAGS));
    let tags = format!("\n`<care_tag>` is one of {care}, `<health_tag>` one of {health}.\n");
    let kinds = KINDS.iter().map(|kind| of_kind(kind.schema)).collect::<String>();
    tags + &kinds + &names_for_people()
}

/// What fields and words are called, for whoever shows them.
fn names_for_people() -> String {
    let mut page =
        "\n### Names for people\n\n| field | 中文 | English |\n|---|---|---|\n".to_owned();
    for field in Field::ALL {
        page += &format!("| `{}` | {} | {} |\n", field.name(), field.zh(), field.en());
    }
    page += "\n| word | 中文 | English |\n|---|---|---|\n";
    let mut told = BTreeSet::new();
    for field in Field::ALL {
        let Takes::Words(words) = field.takes() else { continue };
        for word in words.iter().filter(|word| told.insert(**word)) {
            let label = words::label(word).unwrap();
            page += &format!("| `{word}` | {} | {} |\n", label.zh, label.en);
        }
    }
    page
}

fn of_kind(schema: &Schema) -> String {
    let mut page = format!("\n### `{}`\n\n", schema.kind.name());
    page += "| key | holds | may change | to be written needs | by |\n|---|---|---|---|---|\n";
    for rule in schema.fields {
        let family = rule.family.map_or("–", |family| family.name());
        let (key, commands) = (rule.pattern, names(rule.commands));
        page +=
            &format!("| `{key}` | {} | {} | {family} | {commands} |\n", holds(rule), change(rule));
    }
    page += "\n";
    for group in schema.groups {
        page += &made_by(group);
    }
    page
}

fn made_by(group: &Group) -> String {
    let keys = if group.pattern.is_empty() { "" } else { &format!(" (`{}`)", group.pattern) };
    let who = match group.made {
        Made::By(commands) => format!("made by {}", names(commands)),
        Made::ByAny => "made by whichever command writes into it first".to_owned(),
    };
    let name = group.name;
    format!("- {name}{keys}: {who}, from then on with {}.\n", names(group.needs))
}

fn names(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn holds(rule: &FieldRule) -> String {
    match rule.holds {
        Holds::Line(max) => format!("a line, {max} characters"),
        Holds::Address(max) => format!("an address, {max} characters"),
        Holds::Name(max) => format!("a name, {max} characters"),
        Holds::Prose(max) => format!("text, {max} characters"),
        Holds::Word(words) => names(words),
        Holds::Flag => "true or false".to_owned(),
        Holds::Day | Holds::BirthDay => "a day that was, `YYYY-MM-DD`".to_owned(),
        Holds::Phone => "a phone number".to_owned(),
        Holds::IdNumber => "an identity number of 18 characters".to_owned(),
        Holds::Code => "digits".to_owned(),
        Holds::Time => "the commit's `city_time`, ms".to_owned(),
        Holds::Ids => "ids, ascending, joined".to_owned(),
        Holds::Year => format!("a year, {YEAR_MIN} to {YEAR_MAX}"),
        Holds::Document(kind) => format!("the id of a `{}`", kind.name()),
    }
}

fn change(rule: &FieldRule) -> &'static str {
    match rule.write {
        _ if rule.moves() && rule.write == Write::Clearable => "yes, and moves",
        Write::Once => "no",
        Write::Moved => "only moves",
        Write::Often => "yes",
        Write::Again => "yes, and may be said again",
        Write::Clearable => "yes, and be cleared",
    }
}
