//! What a form asks while somebody types: the one thing meant for the thread of an app's screens.

use keting::input::{Field, InvalidValue, Refused, Takes};
use keting::words::Language;
use keting::{CityTime, EngineError};

use crate::core::Core;
use crate::failure::KetingError;
use crate::guarded;

/// What becomes of what was typed.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Checked {
    /// What is kept if it is saved; what was typed, if there is a problem.
    pub value: String,
    /// What is wrong with it.
    pub problem: Option<Problem>,
    /// What else it tells: an identity number the day of birth and the sex.
    pub fills: Vec<Filled>,
    /// The day is later than today, as far as the phone knows, which is uncertain of the time. It is kept
    /// all the same.
    pub is_uncertain_day: bool,
}

/// Why a field does not take something.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Problem {
    /// The stable code; its sentence is among the sentences.
    pub code: String,
    /// The most characters, where there are too many.
    pub limit: Option<u32>,
    /// Whether it may become right when somebody types on: a form says nothing yet.
    pub is_unfinished: bool,
}

/// A field that another one tells.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Filled {
    /// Which.
    pub field: Field,
    /// What stands in it then.
    pub value: String,
}

/// Brings what somebody typed to the field's one form, and says whether the field takes it. `now_ms` is the
/// city's time, as [`Core::now_ms`] tells it: days are counted from it.
///
/// # Errors
/// `internal`.
#[uniffi::export]
pub fn check(field: Field, typed: String, now_ms: u64) -> Result<Checked, KetingError> {
    guarded::now(|| {
        let checked = keting::input::check(field, &typed, CityTime::new(now_ms));
        Ok::<_, EngineError>(match checked {
            Ok(checked) => Checked {
                value: checked.value,
                problem: None,
                fills: checked
                    .fills
                    .into_iter()
                    .map(|(field, value)| Filled { field, value })
                    .collect(),
                is_uncertain_day: checked.is_uncertain_day,
            },
            Err(refused) => Checked {
                value: typed,
                problem: Some(refused.into()),
                fills: Vec::new(),
                is_uncertain_day: false,
            },
        })
    })
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let limit = match refused.rule {
            InvalidValue::TooLong { chars_max } => u32::try_from(chars_max).ok(),
            _ => None,
        };
        let is_unfinished = refused.is_unfinished;
        Self { code: refused.rule.code().to_owned(), limit, is_unfinished }
    }
}

#[uniffi::export]
impl Core {
    /// The city's time, whatever the phone's clock shows, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// `closed`, or why the file cannot be opened.
    pub async fn now_ms(&self) -> Result<u64, KetingError> {
        guarded::soon(async { Ok::<_, EngineError>(self.keting.now().await?.unix_ms()) }).await
    }
}

/// What a form shows of a field.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FieldWords {
    /// Which.
    pub field: Field,
    /// What it is called.
    pub label: String,
    /// How people fill it in.
    pub keyboard: Keyboard,
    /// The most characters, where there is such a bound.
    pub chars_max: Option<u32>,
    /// Whether it may be left empty.
    pub may_be_empty: bool,
    /// The words it chooses from, in the order people are shown them.
    pub choices: Vec<Choice>,
}

/// One word to choose.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Choice {
    /// The code, as views show it.
    pub code: String,
    /// What it is called.
    pub label: String,
}

/// How people fill in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Keyboard {
    /// One line of text.
    Text,
    /// Several lines of text.
    Lines,
    /// The name of a person.
    Name,
    /// One of its choices.
    Choice,
    /// A day.
    Date,
    /// A phone number.
    Phone,
    /// An identity number.
    IdNumber,
    /// Digits.
    Digits,
}

/// Every field with its words in a language. An app asks once and keeps it.
///
/// # Errors
/// `internal`.
#[uniffi::export]
pub fn field_words(language: Language) -> Result<Vec<FieldWords>, KetingError> {
    guarded::now(|| {
        let words = keting::input::field_words(language);
        Ok::<_, EngineError>(words.into_iter().map(FieldWords::from).collect())
    })
}

impl From<keting::input::FieldWords> for FieldWords {
    fn from(words: keting::input::FieldWords) -> Self {
        let (keyboard, chars_max) = match words.takes {
            Takes::Line { chars_max } => (Keyboard::Text, Some(chars_max)),
            Takes::Lines { chars_max } => (Keyboard::Lines, Some(chars_max)),
            Takes::Name { chars_max } => (Keyboard::Name, Some(chars_max)),
            Takes::Words(_) => (Keyboard::Choice, None),
            Takes::Day => (Keyboard::Date, None),
            Takes::Phone => (Keyboard::Phone, None),
            Takes::IdNumber => (Keyboard::IdNumber, None),
            Takes::Code => (Keyboard::Digits, None),
        };
        let choice = |one: keting::input::Choice| Choice {
            code: one.code.to_owned(),
            label: one.label.to_owned(),
        };
        Self {
            field: words.field,
            label: words.label.to_owned(),
            keyboard,
            chars_max: chars_max.and_then(|chars| u32::try_from(chars).ok()),
            may_be_empty: words.may_be_empty,
            choices: words.choices.into_iter().map(choice).collect(),
        }
    }
}
