//! Which normal form the values of a field have.

use crate::check::Holds;
use crate::day::Day;
use crate::words;

use super::characters::{half_width, is_invisible};
use super::{day, id_number, phone, text};

impl Holds {
    /// What was typed on the city's day `today`, if that is known, in the field's one form. It is not said
    /// that the field takes it.
    pub(crate) fn in_normal_form(self, typed: &str, today: Option<Day>) -> String {
        match self {
            Self::Line(_) => text::line(typed),
            Self::Address(_) => text::address(typed),
            Self::Name(_) => text::name(typed),
            Self::Prose(_) => text::prose(typed),
            Self::Word(words) => word(words, typed),
            Self::Day => day::day(typed, today),
            Self::BirthDay => day::of_a_year(typed),
            Self::Phone => phone::phone(typed),
            Self::IdNumber => id_number::id_number(typed),
            Self::Code => text::digits(typed),
            // Nobody types these.
            Self::Flag | Self::Time | Self::Ids | Self::Year | Self::Document(_) => {
                typed.trim().to_owned()
            }
        }
    }
}

/// The word that is meant by itself, by one of its labels or by what people say for it, of any width, in
/// large or small letters, with blanks or hyphens for underscores; what is none of them in the same form.
pub(crate) fn word(words: &'static [&'static str], typed: &str) -> String {
    let typed = as_a_word(typed);
    let is_meant = |word: &&'static str| names_of(word).any(|name| as_a_word(name) == typed);
    words.iter().copied().find(is_meant).map_or(typed.clone(), str::to_owned)
}

/// Whether somebody typed a word itself, or one of its labels.
pub(super) fn is_the_word(word: &str, typed: &str) -> bool {
    let labels = words::label(word).into_iter().flat_map(|label| [label.zh, label.en]);
    std::iter::once(word).chain(labels).any(|name| as_a_word(name) == as_a_word(typed))
}

/// Whether a text in the form of a word is the beginning of one, or of something it is called.
pub(super) fn begins_a_word(words: &'static [&'static str], typed: &str) -> bool {
    words.iter().flat_map(|word| names_of(word)).any(|name| as_a_word(name).starts_with(typed))
}

/// A word, what it is called, and what people say for it.
fn names_of(word: &'static str) -> impl Iterator<Item = &'static str> {
    let label = words::label(word).into_iter().flat_map(|label| [label.zh, label.en]);
    std::iter::once(word).chain(label).chain(words::said_for(word))
}

fn as_a_word(typed: &str) -> String {
    let seen: String = typed.chars().filter(|c| !is_invisible(*c)).map(half_width).collect();
    seen.trim().to_ascii_lowercase().replace([' ', '-'], "_")
}
