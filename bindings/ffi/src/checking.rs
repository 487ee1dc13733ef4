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
    /// The day was typed without its year, and has not come yet this year: it is taken as last year's. A form
    /// shows the whole day, since nobody can tell any more once it is a day.
    pub is_of_last_year: bool,
    /// What was typed is more than the word `other`, and that is all that is kept of it.
    pub is_kept_as_other: bool,
}

/// The city's time, whatever the phone's clock shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct CityNow {
    /// Milliseconds since the Unix epoch.
    pub ms: u64,
    /// Whether the phone may be behind it, as one that lay in a drawer: days to come are then taken.
    pub is_uncertain: bool,
}

impl From<CityTime> for CityNow {
    fn from(now: CityTime) -> Self {
        Self { ms: now.unix_ms(), is_uncertain: now.is_uncertain() }
    }
}

impl From<CityNow> for CityTime {
    fn from(CityNow { ms, is_uncertain }: CityNow) -> Self {
        if is_uncertain { Self::new(ms).uncertain() } else { Self::new(ms) }
    }
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

/// Brings what somebody typed to the field's one form, and says whether the field takes it. `now` is as
/// [`Core::now`] tells it: days are counted from it.
///
/// # Errors
/// `internal`.
#[uniffi::export]
pub fn check(field: Field, typed: String, now: CityNow) -> Result<Checked, KetingError> {
    guarded::now(|| {
        let checked = keting::input::check(field, &typed, now.into());
        Ok::<_, EngineError>(match checked {
            Ok(checked) => checked.into(),
            Err(refused) => Checked::refused(typed, refused),
        })
    })
}

impl From<keting::input::Checked> for Checked {
    fn from(checked: keting::input::Checked) -> Self {
        let keting::input::Checked {
            value,
            fills,
            is_uncertain_day,
            is_of_last_year,
            is_kept_as_other,
        } = checked;
        let fills = fills.into_iter().map(|(field, value)| Filled { field, value }).collect();
        Self { value, problem: None, fills, is_uncertain_day, is_of_last_year, is_kept_as_other }
    }
}

impl Checked {
    fn refused(typed: String, refused: Refused) -> Self {
        Self {
            value: typed,
            problem: Some(refused.into()),
            fills: Vec::new(),
            is_uncertain_day: false,
            is_of_last_year: false,
            is_kept_as_other: false,
        }
    }
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
    /// The city's time, whatever the phone's clock shows.
    ///
    /// # Errors
    /// `closed`, or why the file cannot be opened.
    pub async fn now(&self) -> Result<CityNow, KetingError> {
        guarded::soon(async { Ok::<_, EngineError>(self.keting.now().await?.into()) }).await
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
