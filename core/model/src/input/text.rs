//! The normal forms of texts. Composed characters ([NFC]) stand for decomposed ones, blanks at the ends
//! go, and so does whatever nobody sees.
//!
//! [NFC]: https://www.unicode.org/reports/tr15/

use unicode_normalization::UnicodeNormalization;

use super::characters::{
    half_width_word, is_blank, is_han, is_hyphen, is_invisible, is_joiner, is_middle_dot,
};

/// The sign between the parts of a name: U+00B7.
const MIDDLE_DOT: char = '\u{b7}';

/// A text of one line: line ends and tabs are blanks, several blanks are one, letters and digits are
/// of half width.
pub(super) fn line(typed: &str) -> String {
    let seen = typed.nfc().filter(|c| !is_invisible(*c));
    let seen = seen.map(|c| if is_line_end(c) { ' ' } else { half_width_word(c) });
    let mut line = String::with_capacity(typed.len());
    for c in seen {
        match c {
            c if is_blank(c) && (line.is_empty() || line.ends_with(' ')) => {}
            c if is_blank(c) => line.push(' '),
            c => line.push(c),
        }
    }
    composed(line)
}

/// A text of several lines: every line ends with U+000A, tabs are blanks. Joiners stay, of which emoji
/// are made.
pub(super) fn prose(typed: &str) -> String {
    let mut prose = String::with_capacity(typed.len());
    let mut after_return = false;
    for c in typed.nfc().filter(|c| is_joiner(*c) || !is_invisible(*c)) {
        match c {
            '\n' if after_return => {}
            c if is_line_end(c) => prose.push('\n'),
            c if is_blank(c) => prose.push(' '),
            c => prose.push(c),
        }
        after_return = c == '\r';
    }
    composed(prose)
}

/// An address: a line without blanks beside Chinese characters. 望潮苑 1幢 and 望潮苑1幢 are one.
pub(super) fn address(typed: &str) -> String {
    let line = line(typed);
    let mut address = String::with_capacity(line.len());
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        let beside = [address.chars().next_back(), rest.peek().copied()];
        if c != ' ' || !beside.into_iter().flatten().any(is_han) {
            address.push(c);
        }
    }
    composed(address)
}

/// The name of a person: a line with one sort of middle dot and no blanks around it, and none between
/// Chinese characters.
pub(super) fn name(typed: &str) -> String {
    let line = line(typed);
    let mut name = String::with_capacity(line.len());
    let mut rest = line.chars().map(|c| if is_middle_dot(c) { MIDDLE_DOT } else { c }).peekable();
    while let Some(c) = rest.next() {
        let (before, after) = (name.chars().next_back(), rest.peek().copied());
        let is_dot = |c: Option<char>| c == Some(MIDDLE_DOT);
        let between_han = before.is_some_and(is_han) && after.is_some_and(is_han);
        match c {
            ' ' if is_dot(before) || is_dot(after) || between_han => {}
            '.' if between_han => name.push(MIDDLE_DOT),
            c => name.push(c),
        }
    }
    composed(name)
}

/// Digits, or what is typed for them: of half width, without blanks, hyphens and invisible characters.
pub(super) fn digits(typed: &str) -> String {
    let seen = typed.chars().filter(|c| !is_invisible(*c) && !is_blank(*c) && !is_line_end(*c));
    seen.filter(|c| !is_hyphen(*c)).map(half_width_word).collect()
}

/// Taking a character away may bring two together that compose; and blanks at the ends go.
fn composed(text: String) -> String {
    let is_end = |c: char| c.is_whitespace();
    text.trim_matches(is_end).nfc().collect()
}

/// Whether a character ends a line.
fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}
