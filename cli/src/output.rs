//! What the command prints. Results go to standard output, everything else to standard error.

use std::io::{IsTerminal, Write};

use keting::error::{caution, known};
use keting::input::{Field, InvalidValue, label};
use keting::views::Candidate;
use keting::{Ambiguous, Warning};
use serde::Serialize;
use serde_json::json;

use crate::columns::aligned;
use crate::commands::words::field_name;
use crate::exit::Failure;
use crate::language::Language;

/// Prints one line of result.
///
/// # Errors
/// When standard output is closed.
pub fn line(text: impl std::fmt::Display) -> Result<(), Failure> {
    writeln!(std::io::stdout().lock(), "{text}")?;
    Ok(())
}

/// Prints a result as JSON.
///
/// # Errors
/// When standard output is closed.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(std::io::Error::from)?;
    line(text)
}

/// Says something beside the result.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Says what to look at again in what was kept, and where.
pub fn warn(warning: Warning) {
    let (code, field) = (warning.code(), field_name(warning.field()));
    let advice = caution(code).map_or("", |caution| in_language(caution.zh, caution.en));
    let place = match warning.household() {
        Some(household) => format!("（户 household {household}）"),
        None => String::new(),
    };
    note(&format!("keting: {field}: {advice} [{code}]{place}"));
}

/// Prints the id of what was saved, and what to look at again, as JSON.
///
/// # Errors
/// When standard output is closed.
pub fn saved(id: &str, warnings: &[Warning]) -> Result<(), Failure> {
    let warning = |warning: &Warning| {
        let household = warning.household().map(|household| household.to_string());
        let advice = caution(warning.code()).map(|caution| (caution.zh, caution.en));
        let (zh, en) = advice.unwrap_or_default();
        json!({
            "code": warning.code(), "field": warning.field(), "household": household, "zh": zh, "en": en,
        })
    };
    json(&json!({ "id": id, "warnings": warnings.iter().map(warning).collect::<Vec<_>>() }))
}

/// Says how long work goes on, over the same line of a terminal; nothing where nobody watches.
pub fn progress(text: &str) {
    let mut err = std::io::stderr().lock();
    if err.is_terminal() {
        let _ = write!(err, "\r\x1b[2K{text}");
        let _ = err.flush();
    }
}

/// Ends a line of progress.
pub fn progress_done() {
    progress("");
}

/// Says why it did not work: what is wrong, and what to do about it, in the reader's language.
pub fn complain(failure: &Failure) {
    failure.ambiguous().into_iter().for_each(list_candidates);
    let mut err = std::io::stderr().lock();
    let advice = match failure {
        // It says itself what to do.
        Failure::Withdrawn(_) => None,
        other => advice(other.code()),
    };
    let _ = match (failure.invalid_field(), advice) {
        (Some((field, rule)), Some(advice)) => {
            let (field, code) = (called(field), failure.code());
            let allowed = allowed_instead_of(rule).unwrap_or_default();
            writeln!(err, "keting: {field}: {advice}{allowed} [{code}]")
        }
        (None, Some(advice)) => writeln!(err, "keting: {advice} [{}] ({failure})", failure.code()),
        (_, None) => writeln!(err, "keting: {failure} [{}]", failure.code()),
    };
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
    let (code, known) = (failure.code(), known(failure.code()));
    let field = failure.invalid_field().map(|(pattern, _)| {
        Field::of_pattern(pattern).map_or_else(|| name_of(pattern), Field::name)
    });
    let mut complaint = json!({
        "code": code,
        "kind": known.map(|known| known.kind.name()),
        "retryable": failure.retryable(),
        "field": field,
        "zh": known.map(|known| known.zh),
        "en": known.map(|known| known.en),
        "detail": failure.to_string(),
    });
    if let Some(ambiguous) = failure.ambiguous() {
        let candidate = |one: &Candidate<String>| json!({ "id": one.id, "called": one.called });
        complaint["candidates"] = ambiguous.candidates.iter().map(candidate).collect();
    }
    match failure {
        Failure::Arguments { missing, .. } if !missing.is_empty() => {
            complaint["missing"] = json!(missing);
        }
        _ => {}
    }
    match failure.invalid_field() {
        Some((_, InvalidValue::UnknownWord { allowed })) => complaint["allowed"] = json!(allowed),
        Some((_, InvalidValue::TooLong { chars_max })) => complaint["chars_max"] = json!(chars_max),
        _ => {}
    }
    note(&complaint.to_string());
}

/// What to do about a code, in the reader's language, if it is one of this version.
pub fn advice(code: &str) -> Option<&'static str> {
    known(code).map(|known| in_language(known.zh, known.en))
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
    match rule {
        InvalidValue::UnknownWord { allowed } => {
            let (head, between, end) = if speaks_chinese() {
                ("可选：", "、", "。")
            } else {
                (" Choices: ", ", ", ".")
            };
            let named = |word: &&str| match label(word) {
                Some(label) if speaks_chinese() => format!("{} {word}", label.zh),
                Some(label) if label.en != *word => format!("{word} ({})", label.en),
                Some(_) | None => (*word).to_owned(),
            };
            let choices: Vec<_> = allowed.iter().map(named).collect();
            Some(format!("{head}{}{end}", choices.join(between)))
        }
        InvalidValue::TooLong { chars_max } if speaks_chinese() => {
            Some(format!("最多 {chars_max} 个字。"))
        }
        InvalidValue::TooLong { chars_max } => Some(format!(" At most {chars_max} characters.")),
        _ => None,
    }
}

pub fn in_language(zh: &'static str, en: &'static str) -> &'static str {
    Language::of_reader().choose(zh, en)
}

fn speaks_chinese() -> bool {
    Language::of_reader() == Language::Zh
}

/// Prints columns under headings.
///
/// # Errors
/// When standard output is closed.
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
    lines(&under(headings, rows))
}

/// Rows under their headings, as lines.
pub fn under(headings: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let headings: Vec<_> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    aligned(&[std::slice::from_ref(&headings), rows].concat())
}

/// Prints lines of result, many at a time.
///
/// # Errors
/// When standard output is closed.
pub fn lines(lines: &[String]) -> Result<(), Failure> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    Ok(out.flush()?)
}
