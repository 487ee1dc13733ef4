//! Why a command did not do what it was asked: for people in their language, for machines as an object.

use keting::Ambiguous;
use keting::error::known;
use keting::input::{Field, InvalidValue, label};
use keting::views::Candidate;
use serde_json::{Value, json};

use crate::columns::on_one_line;
use crate::commands::conflicts::Choice;
use crate::commands::words::field_name;
use crate::detail::{self, in_both};
use crate::exit::Failure;
use crate::language::{InBoth, Language};
use crate::output::{advice, note};

/// Says why it did not work: what is wrong, and what to do about it, in the reader's language.
pub fn complain(failure: &Failure) {
    failure.ambiguous().into_iter().for_each(list_candidates);
    if let Failure::ToSettle { choices, .. } = failure {
        list_choices(choices);
    }
    if let Failure::NotOpen { called, value } = failure {
        note(&format!("  现在是 stands now: {called}  {}", on_one_line(value)));
    }
    let invalid = failure.invalid_fields();
    for (field, rule) in &invalid {
        let (field, code) = (called(field), rule.code());
        let advice = advice(code).unwrap_or_default();
        let allowed = allowed_instead_of(*rule).unwrap_or_default();
        let colon = Language::of_reader().choose("：", ": ");
        note(&format!("keting: {field}{colon}{advice}{allowed} [{code}]"));
    }
    let advice = match failure {
        // It says itself what to do.
        Failure::Withdrawn(_) | Failure::Misused(_) => None,
        other => advice(other.code()),
    };
    let code = failure.code();
    match advice {
        _ if !invalid.is_empty() => {}
        Some(advice) => {
            let detail = detail::of(failure, Language::of_reader()).map(|detail| {
                let (open, close) = Language::of_reader().choose(("（", "）"), (" (", ")"));
                format!("{open}{detail}{close}")
            });
            note(&format!("keting: {advice} [{code}]{}", detail.unwrap_or_default()));
        }
        None => note(&format!("keting: {failure} [{code}]")),
    }
}

/// Lists what a field may be settled on, with what to type, above the complaint.
fn list_choices(choices: &[Choice]) {
    for Choice { value, entered, to_type } in choices {
        note(&format!("  {}（{entered}）", on_one_line(value)));
        if let Some(to_type) = to_type {
            note(&format!("    选用此项，请输入 to choose it, type: {to_type}"));
        }
    }
}

/// Lists what a beginning of an id may mean, above the complaint.
fn list_candidates(ambiguous: &Ambiguous) {
    let Ambiguous { count, candidates } = ambiguous;
    for Candidate { id, called } in candidates {
        note(&format!("  {id}  {}", called.lines().next().unwrap_or_default()));
    }
    let more = count.saturating_sub(candidates.len());
    if more > 0 {
        note(&format!("  （另有 {more} 个 and {more} more）"));
    }
}

/// Says the same as an object for machines.
pub fn complain_as_json(failure: &Failure) {
    note(&as_json(failure).to_string());
}

fn as_json(failure: &Failure) -> Value {
    let code = failure.code();
    let (known, said) = (known(code), what_to_do(failure));
    let fields: Vec<_> = failure
        .invalid_fields()
        .into_iter()
        .map(|(field, rule)| field_as_json(field, rule))
        .collect();
    let mut complaint = json!({
        "code": code,
        "kind": known.map(|known| known.kind.name()),
        "retryable": failure.retryable(),
        "field": fields.first().map(|first| &first["field"]),
        "zh": said.as_ref().map(|said| &said.zh),
        "en": said.as_ref().map(|said| &said.en),
        "detail": failure.to_string(),
    });
    if let Some(ambiguous) = failure.ambiguous() {
        let candidate = |one: &Candidate<String>| json!({ "id": one.id, "called": one.called });
        complaint["candidates"] = ambiguous.candidates.iter().map(candidate).collect();
    }
    match failure {
        Failure::ToSettle { choices, .. } => {
            let choice = |Choice { value, entered, to_type }: &Choice| json!({ "value": value, "entered": entered, "to_type": to_type });
            complaint["choices"] = choices.iter().map(choice).collect();
        }
        Failure::NotOpen { called, value } => {
            complaint["stands_now"] = json!({ "called": called, "value": value });
        }
        Failure::Arguments { missing, .. } if !missing.is_empty() => {
            complaint["missing"] = json!(missing);
        }
        _ => {}
    }
    for allowed in ["allowed", "chars_max"] {
        if let Some(allows) = fields.first().and_then(|first| first.get(allowed)) {
            complaint[allowed] = allows.clone();
        }
    }
    complaint["fields"] = json!(fields);
    complaint
}

/// What to do, in both languages. What the table of codes says of every command line is said of this one.
fn what_to_do(failure: &Failure) -> Option<InBoth> {
    let with_help = |what: InBoth| InBoth {
        zh: format!("{}，请加上 --help 查看用法。", what.zh.trim_end_matches('。')),
        en: format!("{}: add --help to see how it is used.", what.en.trim_end_matches('.')),
    };
    match failure {
        Failure::Misused(what) => Some(what.clone()),
        Failure::Arguments { what, .. } => Some(with_help(what.clone())),
        Failure::Usage(what) => Some(with_help(in_both(what))),
        other => known(other.code())
            .map(|known| InBoth { zh: known.zh.to_owned(), en: known.en.to_owned() }),
    }
}

/// What is wrong with one field of a form, as an object for machines.
fn field_as_json(pattern: &'static str, rule: InvalidValue) -> Value {
    let known = known(rule.code());
    let mut wrong = json!({
        "field": Field::of_pattern(pattern).map_or_else(|| name_of(pattern), Field::name),
        "code": rule.code(),
        "zh": known.map(|known| known.zh),
        "en": known.map(|known| known.en),
    });
    match rule {
        InvalidValue::UnknownWord { allowed } => wrong["allowed"] = json!(allowed),
        InvalidValue::TooLong { chars_max } => wrong["chars_max"] = json!(chars_max),
        _ => {}
    }
    wrong
}

/// What a field is called whose key has a pattern.
fn called(pattern: &'static str) -> String {
    match Field::of_pattern(pattern) {
        Some(field) => format!("{} {}", field.zh(), field.name()),
        None => field_name(name_of(pattern)),
    }
}

/// The name of a field whose key has a pattern.
fn name_of(pattern: &'static str) -> &'static str {
    pattern.rsplit('/').next().unwrap_or(pattern)
}

/// What a field takes instead of what was typed, where a list or a number says it.
fn allowed_instead_of(rule: InvalidValue) -> Option<String> {
    let language = Language::of_reader();
    match rule {
        InvalidValue::UnknownWord { allowed } => {
            let (head, between, end) =
                language.choose(("可选：", "、", "。"), (" Choices: ", ", ", "."));
            let named = |word: &&str| match label(word) {
                Some(label) if language == Language::Zh => format!("{} {word}", label.zh),
                Some(label) if label.en != *word => format!("{word} ({})", label.en),
                Some(_) | None => (*word).to_owned(),
            };
            let choices: Vec<_> = allowed.iter().map(named).collect();
            Some(format!("{head}{}{end}", choices.join(between)))
        }
        InvalidValue::TooLong { chars_max } => Some(language.choose(
            format!("最多 {chars_max} 个字。"),
            format!(" At most {chars_max} characters."),
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_told_in_both_languages_what_is_wrong_with_the_command_line_they_typed() {
        let both = |zh: &str, en: &str| InBoth { zh: zh.to_owned(), en: en.to_owned() };
        let missing = vec!["--address <ADDRESS>".to_owned()];
        let what = both("缺少 --address <地址>。", "--address <ADDRESS> is missing");
        for (failure, zh, en) in [
            (
                Failure::Arguments { what, missing },
                "缺少 --address <地址>，请加上 --help 查看用法。",
                "--address <ADDRESS> is missing: add --help to see how it is used.",
            ),
            (
                Failure::Usage("写 --text · --text, or --need".to_owned()),
                "写 --text，请加上 --help 查看用法。",
                "--text, or --need: add --help to see how it is used.",
            ),
            (Failure::Misused(both("请填 1。", "Give 1.")), "请填 1。", "Give 1."),
        ] {
            let told = as_json(&failure);
            assert_eq!([&told["code"], &told["zh"], &told["en"]], ["usage", zh, en]);
        }
    }
}
