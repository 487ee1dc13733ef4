//! Input as people type it.
//!
//! A person types a number with blanks, in full width, with a country's code before it; a messenger
//! puts marks between the characters that nobody sees; of a dot in a name there are ten sorts. All of
//! that is one and the same value, and a document holds one form of it: else two people who mean the
//! same would be asked which of two equal values is right.
//!
//! [`check`] brings a text to that form and says whether the field takes it. An app asks it while
//! somebody types; planning a command does the same once more, whoever gives it. The rule that changes
//! of others are judged by takes every normal form, and does not ask for it: the forms follow the tables
//! of Unicode, which grow, and a verdict must be the same in every version.

mod characters;
mod commands;
mod day;
mod field;
mod form;
mod id_number;
mod pasted;
mod phone;
mod shown;
mod sought;
mod text;

use crate::check::{Holds, InvalidValue, birth_date_of, sex_of};
use crate::city_time::CityTime;
use crate::day::Day;
use crate::value::Value;
use crate::words;

pub(crate) use characters::half_width;
pub(crate) use day::is_to_come;
pub use field::{Field, Takes};
pub use id_number::of_fifteen;
pub use pasted::pasted;
pub use shown::{Choice, FieldWords, field_words};

pub(crate) use form::word;
pub(crate) use id_number::check_digit;
pub(crate) use phone::is_phone;
pub(crate) use sought::folded;

/// What a field takes, brought to one form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What stands in the document if it is saved; empty for a field that is left empty or cleared.
    pub value: String,
    /// What else it tells: an identity number the day of birth and the sex.
    pub fills: Vec<(Field, String)>,
    /// The day is later than today, as far as the device knows, which is uncertain of the time. It is
    /// kept all the same.
    pub is_uncertain_day: bool,
    /// The day was typed without its year, and has not come yet this year: it is taken as last year's.
    pub is_of_last_year: bool,
    /// What was typed is more than the word `other`, and that is all that is kept of it.
    pub is_kept_as_other: bool,
}

/// Says what a field does not take, and never what was typed. Not retryable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the field {} is not valid: {rule}", .field.name())]
pub struct Refused {
    /// The field.
    pub field: Field,
    /// The rule that is broken.
    pub rule: InvalidValue,
    /// What is allowed.
    pub allowed: Takes,
    /// Whether it may become right when somebody types on.
    pub is_unfinished: bool,
}

/// Brings what somebody typed to the field's one form, and says whether the field takes it. `now` is the
/// city's time: days lie between 1850 and its day, and are counted from it where people do so (昨天).
///
/// # Errors
/// When the field does not take it.
///
/// # Example
/// ```
/// use keting_model::input::{Field, check};
/// use keting_model::{CityTime, InvalidValue};
///
/// let now = CityTime::new(1_795_000_000_000);
/// assert_eq!(check(Field::Phone, "+86 138-1234-5678", now)?.value, "13812345678");
/// let refused = check(Field::BirthDate, "2062年5月5日", now).unwrap_err();
/// assert_eq!(refused.rule, InvalidValue::InTheFuture);
/// # Ok::<_, keting_model::input::Refused>(())
/// ```
pub fn check(field: Field, typed: &str, now: CityTime) -> Result<Checked, Refused> {
    let holds = field.holds();
    let value = holds.in_normal_form(typed, Some(now.day()));
    let checked = match Value::from(value.as_str()) {
        _ if value.is_empty() && field.may_be_empty() => return Ok(Checked::empty()),
        _ if value.is_empty() => Err(InvalidValue::Empty),
        typed => holds
            .check(&typed)
            .and_then(|()| holds.check_typed(&typed))
            .and_then(|()| holds.check_day(&typed, now)),
    };
    let is_uncertain_day = holds.day_in(&value).is_some_and(|day| day > now.day());
    match checked {
        Ok(()) => Ok(Checked {
            fills: told_by(field, &value),
            is_uncertain_day,
            is_of_last_year: of_last_year(field, typed, now).is_some(),
            is_kept_as_other: is_kept_as_other(&value, typed),
            value,
        }),
        Err(rule) => {
            let allowed = field.takes();
            Err(Refused { field, rule, allowed, is_unfinished: may_become_right(allowed, &value) })
        }
    }
}

impl Checked {
    const fn empty() -> Self {
        Self {
            value: String::new(),
            fills: Vec::new(),
            is_uncertain_day: false,
            is_of_last_year: false,
            is_kept_as_other: false,
        }
    }
}

/// The day that a field takes as last year's, if it was typed without a year.
fn of_last_year(field: Field, typed: &str, now: CityTime) -> Option<Day> {
    (field.holds() == Holds::Day).then(|| day::of_last_year(typed, now.day())).flatten()
}

/// Whether a value is `other` for what somebody typed, which was more than that.
fn is_kept_as_other(value: &str, typed: &str) -> bool {
    value == words::OTHER && !form::is_the_word(words::OTHER, typed)
}

/// Whether a value that is not taken is the beginning of one that may be.
fn may_become_right(takes: Takes, value: &str) -> bool {
    let digits = |value: &str| value.bytes().all(|byte| byte.is_ascii_digit());
    match takes {
        _ if value.is_empty() => true,
        Takes::Words(words) => form::begins_a_word(words, value),
        Takes::Day => day::may_become_a_day(value),
        Takes::Phone => value.len() < 11 && digits(&value.replace(['-', ' '], "")),
        Takes::IdNumber => value.len() < 18 && digits(value),
        Takes::Code => value.len() < 6 && digits(value),
        Takes::Name { chars_max } => {
            value.chars().count() < chars_max && !value.contains(char::is_alphabetic)
        }
        Takes::Line { .. } | Takes::Lines { .. } => false,
    }
}

/// What a value tells of other fields.
fn told_by(field: Field, value: &str) -> Vec<(Field, String)> {
    let born = (field == Field::IdNumber).then(|| birth_date_of(value)).flatten();
    let (Some(born), Some(sex)) = (born, sex_of(value)) else { return Vec::new() };
    vec![(Field::BirthDate, born.to_string()), (Field::Sex, sex.to_owned())]
}

#[cfg(test)]
mod tests;
