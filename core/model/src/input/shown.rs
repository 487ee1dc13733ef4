//! What a form shows of its fields: every field at once, in one language, for an app to keep.

use crate::input::{Field, Takes};
use crate::words::{Language, label};

/// A field as a form shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldWords {
    /// The field.
    pub field: Field,
    /// What it is called.
    pub label: &'static str,
    /// What it takes, and of a text how many characters at most.
    pub takes: Takes,
    /// Whether it may be left empty.
    pub may_be_empty: bool,
    /// The words it chooses from, in the order people are shown them; none of a field that is typed.
    pub choices: Vec<Choice>,
}

/// A word that a field chooses from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The word, as it stands in documents, options and JSON.
    pub code: &'static str,
    /// What it is called.
    pub label: &'static str,
}

/// Every field with its words in a language. It reads no replica.
pub fn field_words(language: Language) -> Vec<FieldWords> {
    let choice = |code: &&'static str| {
        let label = label(code).map_or(*code, |label| language.choose(label.zh, label.en));
        Choice { code, label }
    };
    let words = |field: &Field| {
        let takes = field.takes();
        let choices = match takes {
            Takes::Words(words) => words.iter().map(choice).collect(),
            _ => Vec::new(),
        };
        let label = language.choose(field.zh(), field.en());
        FieldWords { field: *field, label, takes, may_be_empty: field.may_be_empty(), choices }
    };
    Field::ALL.iter().map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_and_every_word_it_chooses_from_is_called_something_in_both_languages() {
        let [zh, en] = [Language::Zh, Language::En].map(field_words);
        assert_eq!((zh.len(), en.len()), (Field::ALL.len(), Field::ALL.len()));
        for (zh, en) in zh.iter().zip(&en) {
            assert_ne!(zh.label, en.label);
            assert_eq!(matches!(zh.takes, Takes::Words(_)), !zh.choices.is_empty());
            for (zh, en) in zh.choices.iter().zip(&en.choices) {
                assert_eq!(zh.code, en.code);
                assert!(!zh.label.is_ascii() && en.label.is_ascii(), "{zh:?} {en:?}");
            }
        }
        let tenure = zh.iter().find(|words| words.field == Field::Tenure).unwrap();
        assert!(tenure.may_be_empty && tenure.choices.iter().any(|one| one.code == "rented"));
    }
}
