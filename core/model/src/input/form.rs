//! Which normal form the values of a field have.

use crate::check::Holds;

use super::characters::{half_width, is_invisible};
use super::{day, id_number, phone, text};

impl Holds {
    /// What was typed, in the field's one form. It is not said that the field takes it.
    pub(crate) fn in_normal_form(self, typed: &str) -> String {
        match self {
            Self::Line(_) => text::line(typed),
            Self::Name(_) => text::name(typed),
            Self::Prose(_) => text::prose(typed),
            Self::Word(words) => word(words, typed),
            Self::Day => day::day(typed),
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

/// The word that is meant by itself or by its label, of any width, in large or small letters, with blanks
/// or hyphens for underscores; what is none of them in the same form.
pub(crate) fn word(words: &[&str], typed: &str) -> String {
    let seen: String = typed.chars().filter(|c| !is_invisible(*c)).map(half_width).collect();
    let typed = seen.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    let is_meant = |word: &&&str| crate::words::label(word).is_some_and(|label| label.zh == typed);
    words.iter().find(is_meant).map_or(typed.clone(), |word| (**word).to_owned())
}
