//! What the command prints. Results go to standard output, everything else to standard error.

use std::io::{IsTerminal, Write};

use keting::Warning;
use keting::error::{caution, known};
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

/// Prints a result that has its own line ends.
///
/// # Errors
/// When standard output is closed.
pub fn bytes(text: &[u8]) -> Result<(), Failure> {
    Ok(std::io::stdout().lock().write_all(text)?)
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
    let place = match (warning.household(), warning.day()) {
        (Some(household), _) => format!("（户 household {household}）"),
        (None, Some(day)) => format!("（{day}）"),
        (None, None) => String::new(),
    };
    let colon = in_language("：", ": ");
    note(&format!("keting: {field}{colon}{advice} [{code}]{place}"));
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
            "code": warning.code(), "field": warning.field(), "household": household,
            "day": warning.day(), "zh": zh, "en": en,
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

/// What to do about a code, in the reader's language, if it is one of this version.
pub fn advice(code: &str) -> Option<&'static str> {
    known(code).map(|known| in_language(known.zh, known.en))
}

/// Says once for each code what it means and what to do.
///
/// # Errors
/// When standard output is closed.
pub fn meanings<'c>(codes: impl IntoIterator<Item = &'c str>) -> Result<(), Failure> {
    let codes: std::collections::BTreeSet<_> = codes.into_iter().collect();
    for known in codes.into_iter().filter_map(known) {
        line(format!("{}  {} {}", known.code, known.zh, known.en))?;
    }
    Ok(())
}

/// The one of two texts that is in the reader's language.
pub fn in_language(zh: &'static str, en: &'static str) -> &'static str {
    Language::of_reader().choose(zh, en)
}

/// An option with its value as they are typed; a value that begins with a hyphen would else be taken for another
/// option.
pub fn option(name: &str, value: &str) -> String {
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!("--{name}{between}{}", shell_word(value))
}

/// A text as a shell takes it for one word, itself on one line.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else if text.contains('\n') {
        let escaped = text.replace('\\', r"\\").replace('\'', r"\'").replace('\n', r"\n");
        format!("$'{escaped}'")
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_with_blanks_or_quotes_stays_one_word_for_the_shell() {
        assert_eq!(shell_word("/data/手机1"), "/data/手机1");
        assert_eq!(shell_word("my phone's"), r"'my phone'\''s'");
        assert_eq!(shell_word("it's\n\\ so"), r"$'it\'s\n\\ so'");
        assert_eq!([option("note", "-5元"), option("note", "x")], ["--note=-5元", "--note x"]);
    }
}
