//! What a value must be like: the checks behind the tables of field rules.

use crate::city_time::CityTime;
use crate::day::{Day, YEAR_MAX, YEAR_MIN};
use crate::fact::are_ids;
use crate::id::DocumentId;
use crate::input::{check_digit, is_phone, is_to_come, of_fifteen};
use crate::kind::DocumentKind;
use crate::value::Value;
use crate::words;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// One line of text of at most so many characters.
    Line(usize),
    /// An address, of at most so many characters.
    Address(usize),
    /// The name of a person, of at most so many characters.
    Name(usize),
    /// Text of several lines, of at most so many characters.
    Prose(usize),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Yes or no.
    Flag,
    /// A day, `YYYY-MM-DD`, on which something was: not later than the day it is entered.
    Day,
    /// Such a day on which somebody was born.
    BirthDay,
    /// A mobile or landline number.
    Phone,
    /// A citizen's identity number.
    IdNumber,
    /// The code of a region.
    Code,
    /// The city's time of the commit that writes it, in milliseconds.
    Time,
    /// The ids of facts, visits or notes, ascending.
    Ids,
    /// A year.
    Year,
    /// The id of a document of this kind.
    Document(DocumentKind),
}

impl Holds {
    /// Whether a person fills the field in, rather than a command.
    pub(crate) fn is_filled_in(self) -> bool {
        !matches!(self, Self::Time | Self::Ids | Self::Year | Self::Document(_))
    }

    /// Reads a value that a person typed, as it is: a yes or no as `true` or `false`. Whether it is
    /// right is [`Self::check`]'s question.
    pub(crate) fn read(self, typed: &str) -> Result<Value, InvalidValue> {
        match (self, typed.trim()) {
            (Self::Flag, "true") => Ok(Value::Bool(true)),
            (Self::Flag, "false") => Ok(Value::Bool(false)),
            (Self::Flag, _) => Err(InvalidValue::WrongType),
            (_, text) => Ok(Value::from(text)),
        }
    }

    /// Checks a value that is not cleared.
    pub(crate) fn check(self, value: &Value) -> Result<(), InvalidValue> {
        if value.as_text() == Some("") {
            return Err(InvalidValue::Empty);
        }
        match self {
            Self::Line(chars_max) | Self::Address(chars_max) | Self::Name(chars_max) => {
                check_text(text(value)?, chars_max, false)
            }
            Self::Prose(chars_max) => check_text(text(value)?, chars_max, true),
            Self::Word(allowed) => {
                holds(allowed.contains(&text(value)?), InvalidValue::UnknownWord { allowed })
            }
            Self::Flag => holds(matches!(value, Value::Bool(_)), InvalidValue::WrongType),
            Self::Day | Self::BirthDay => match Day::parse(text(value)?) {
                Some(_) => Ok(()),
                None => Err(no_day(text(value)?)),
            },
            Self::Phone => holds(is_phone(text(value)?), InvalidValue::NotAPhone),
            Self::IdNumber => match text(value)? {
                number if birth_date_of(number).is_some() => Ok(()),
                number if of_fifteen(number).is_some() => Err(InvalidValue::OldIdNumber),
                _ => Err(InvalidValue::NotAnIdNumber),
            },
            Self::Code => holds(is_code(text(value)?), InvalidValue::NotACode),
            Self::Time => holds(number(value)? >= 0, InvalidValue::OutOfRange),
            Self::Ids => {
                let bytes = value.as_bytes().ok_or(InvalidValue::WrongType)?;
                holds(are_ids(bytes), InvalidValue::NotAnId)
            }
            Self::Year => {
                let years = i64::from(YEAR_MIN)..=i64::from(YEAR_MAX);
                holds(years.contains(&number(value)?), InvalidValue::OutOfRange)
            }
            Self::Document(kind) => {
                let bytes = value.as_bytes().ok_or(InvalidValue::WrongType)?;
                let id = DocumentId::from_slice(bytes).map_err(|_| InvalidValue::NotAnId)?;
                holds(id.kind() == Some(kind), InvalidValue::NotAnId)
            }
        }
    }
}

impl Holds {
    /// Checks what a person types, in its normal form, beyond what the rule asks of everybody: it follows
    /// the tables of Unicode, which grow, and a verdict must be the same in every version.
    pub(crate) fn check_typed(self, value: &Value) -> Result<(), InvalidValue> {
        match (self, value.as_text()) {
            (Self::Name(_), Some(name)) => {
                holds(name.contains(char::is_alphabetic), InvalidValue::NoLetter)
            }
            _ => Ok(()),
        }
    }

    /// Checks that a day which a value names is not later than the day it is entered on, as far as
    /// that is known.
    pub(crate) fn check_day(self, value: &Value, entered: CityTime) -> Result<(), InvalidValue> {
        match self.day(value) {
            Some(day) if day > entered.latest_day() => Err(InvalidValue::InTheFuture),
            Some(_) | None => Ok(()),
        }
    }

    /// The day that a value names, if the field holds one on which something was.
    pub(crate) fn day(self, value: &Value) -> Option<Day> {
        value.as_text().and_then(|text| self.day_in(text))
    }

    /// The day that a text names, if the field holds one on which something was.
    pub(crate) fn day_in(self, text: &str) -> Option<Day> {
        match self {
            Self::Day | Self::BirthDay => Day::parse(text),
            Self::IdNumber => birth_date_of(text),
            _ => None,
        }
    }
}

/// The birth date inside an identity number, if the number is one: six digits of a region, eight
/// of the date, three of an order, and the check digit of ISO 7064 MOD 11-2.
pub fn birth_date_of(id_number: &str) -> Option<Day> {
    let (digits, last) = id_number.split_at_checked(17)?;
    if digits.starts_with('0') || !last.chars().eq(check_digit(digits)) {
        return None;
    }
    Day::parse_compact(digits.as_bytes().get(6..14)?)
}

/// Whether a date of birth says something else than an identity number does.
pub fn contradict(birth_date: &str, id_number: &str) -> bool {
    match (Day::parse(birth_date), birth_date_of(id_number)) {
        (Some(said), Some(born)) => said != born,
        _ => false,
    }
}

/// The sex inside an identity number, if the number is one: its 17th digit is odd for men and even for
/// women (GB 11643).
pub fn sex_of(id_number: &str) -> Option<&'static str> {
    birth_date_of(id_number)?;
    let order = id_number.as_bytes().get(16)?;
    Some(if (order - b'0').is_multiple_of(2) { "female" } else { "male" })
}

/// Whether a care tag speaks of health and lives in the private part; none for an unknown tag.
pub fn is_health_tag(tag: &str) -> Option<bool> {
    if words::OPEN_TAGS.contains(&tag) {
        Some(false)
    } else {
        words::HEALTH_TAGS.contains(&tag).then_some(true)
    }
}

/// Says what is wrong with a value. Not retryable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidValue {
    /// It is of another type: a number for a text.
    #[error("it is of the wrong type")]
    WrongType,
    /// It may not be empty or cleared.
    #[error("it may not be empty")]
    Empty,
    /// It has too many characters.
    #[error("it may have at most {chars_max} characters")]
    TooLong {
        /// The most characters it may have.
        chars_max: usize,
    },
    /// It holds control characters, or blanks at its ends.
    #[error("it holds characters that may not stand there")]
    BadCharacters,
    /// It is none of the words that the field chooses from.
    #[error("it is none of {}", allowed.join(", "))]
    UnknownWord {
        /// These words.
        allowed: &'static [&'static str],
    },
    /// A name without any letter.
    #[error("there is no letter in it")]
    NoLetter,
    /// It is not a phone number.
    #[error("it is not a phone number")]
    NotAPhone,
    /// It is not an identity number with a right date and check digit.
    #[error("it is not an identity number with a right check digit")]
    NotAnIdNumber,
    /// It is an identity number of 15 digits, as cards of the first generation had it.
    #[error("it is an identity number of 15 digits, which have been replaced by 18")]
    OldIdNumber,
    /// A date of birth is another one than the identity number says.
    #[error("it is another day than the identity number says")]
    ContradictsIdNumber,
    /// A sex is another one than the identity number says: its 17th digit is odd for men.
    #[error("it is another sex than the 17th digit of the identity number says")]
    SexContradictsIdNumber,
    /// Somebody would have died, left or come back before they were born.
    #[error("it would have been before the day of birth")]
    BeforeBirth,
    /// Somebody would have left before the day they came, or come back before the day they left.
    #[error("the day is before that of what became of them last")]
    BeforeLastStatus,
    /// It is not a day of the calendar written YYYY-MM-DD.
    #[error("it is not a date written YYYY-MM-DD")]
    NotADate,
    /// The day is later than the city's today.
    #[error("the day is later than today")]
    InTheFuture,
    /// The day is before 1850.
    #[error("the day is before 1850")]
    TooEarly,
    /// It is not a region's code.
    #[error("it is not a code of digits")]
    NotACode,
    /// It is not a number in its range.
    #[error("it is out of range")]
    OutOfRange,
    /// It is not the id of a document of the right kind.
    #[error("it is not the id of a document of the right kind")]
    NotAnId,
}

impl InvalidValue {
    /// A code that stays the same in every version.
    pub fn code(self) -> &'static str {
        match self {
            Self::WrongType => "wrong_type",
            Self::Empty => "empty",
            Self::TooLong { .. } => "too_long",
            Self::BadCharacters => "bad_characters",
            Self::UnknownWord { .. } => "unknown_word",
            Self::NoLetter => "no_letter",
            Self::NotAPhone => "not_a_phone",
            Self::NotAnIdNumber => "not_an_id_number",
            Self::OldIdNumber => "old_id_number",
            Self::ContradictsIdNumber => "contradicts_id_number",
            Self::SexContradictsIdNumber => "sex_contradicts_id_number",
            Self::BeforeBirth => "before_birth",
            Self::BeforeLastStatus => "before_last_status",
            Self::NotADate => "not_a_date",
            Self::InTheFuture => "in_the_future",
            Self::TooEarly => "before_1850",
            Self::NotACode => "not_a_code",
            Self::OutOfRange => "out_of_range",
            Self::NotAnId => "not_an_id",
        }
    }
}

fn holds(condition: bool, otherwise: InvalidValue) -> Result<(), InvalidValue> {
    if condition { Ok(()) } else { Err(otherwise) }
}

fn text(value: &Value) -> Result<&str, InvalidValue> {
    value.as_text().ok_or(InvalidValue::WrongType)
}

fn number(value: &Value) -> Result<i64, InvalidValue> {
    value.as_int().ok_or(InvalidValue::WrongType)
}

fn check_text(text: &str, chars_max: usize, lines: bool) -> Result<(), InvalidValue> {
    // Every character has at least one byte: a huge text is not counted to its end.
    if text.chars().take(chars_max + 1).count() > chars_max {
        return Err(InvalidValue::TooLong { chars_max });
    }
    let bad = |c: char| (c.is_control() && !(lines && c == '\n')) || turns_direction(c);
    holds(text.trim() == text && !text.contains(bad), InvalidValue::BadCharacters)
}

/// Characters that turn the direction of writing make a text look like another one.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What is wrong with a text that is no [`Day`]: it may be what people call a day to come, or a day of a year
/// that has none.
fn no_day(text: &str) -> InvalidValue {
    if is_to_come(text) {
        return InvalidValue::InTheFuture;
    }
    let year: Option<u16> = text.get(..4).and_then(|year| year.parse().ok());
    // 2000 was a leap year, and so has every day that another year has.
    let is_of_some_year = |rest: &str| Day::parse(&format!("2000{rest}")).is_some();
    match year.filter(|_| text.get(4..).is_some_and(is_of_some_year)) {
        Some(year) if year < YEAR_MIN => InvalidValue::TooEarly,
        Some(year) if year > YEAR_MAX => InvalidValue::InTheFuture,
        Some(_) | None => InvalidValue::NotADate,
    }
}

fn is_code(text: &str) -> bool {
    (6..=19).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_number_needs_a_right_date_and_check_digit() {
        assert_eq!(
            birth_date_of("11010519491231002X").map(|d| d.to_string()),
            Some("1949-12-31".into())
        );
        for wrong in [
            "110105194912310020",
            "11010519491231002x",
            "11010519490231002X",
            "1101051949123100",
            "01010519491231002X",
            "11010519491231002XX",
            "一1010519491231",
            "",
        ] {
            assert_eq!(birth_date_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn mobile_and_landline_numbers_are_phones() {
        for right in [
            "13812345678",
            "19900000000",
            "0573-87651234",
            "0573-87651234-802",
            "057387651234",
            "010-1234567",
            "661234",
            "95588",
            "4008123456",
            "4008123456-802",
        ] {
            assert_eq!(Holds::Phone.check(&Value::from(right)), Ok(()), "{right}");
        }
        for wrong in ["12812345678", "1381234567", "87651234", "05-87651234", "0573-876-51234", ""]
        {
            assert!(Holds::Phone.check(&Value::from(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lengths_are_counted_in_characters_and_odd_characters_are_refused() {
        let line = Holds::Line(3);
        assert_eq!(line.check(&Value::from("王小明")), Ok(()));
        let too_long = Err(InvalidValue::TooLong { chars_max: 3 });
        assert_eq!(line.check(&Value::from("欧阳小明")), too_long);
        for wrong in [" a", "a\n", "a\u{202e}", "a\u{0}b"] {
            assert_eq!(line.check(&Value::from(wrong)), Err(InvalidValue::BadCharacters));
        }
        assert_eq!(Holds::Prose(3).check(&Value::from("a\nb")), Ok(()));
        assert_eq!(line.check(&Value::Int(1)), Err(InvalidValue::WrongType));
    }
}
