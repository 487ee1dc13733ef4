//! Days of the calendar, written `YYYY-MM-DD`, and ages counted in them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::check::InvalidValue;

/// A day of the calendar in the years 1850 to 2199: nobody alive was born earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

/// The first year of a [`Day`].
pub(crate) const YEAR_MIN: u16 = 1850;
/// The last.
pub(crate) const YEAR_MAX: u16 = 2199;

/// Below this age in full years everything but name and relation is private.
pub const CHILD_AGE_YEARS_BELOW: u16 = 14;

impl Day {
    /// A day, if it is one.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let real = (YEAR_MIN..=YEAR_MAX).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day);
        real.then_some(Self { year, month, day })
    }

    /// Reads a day written `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
            return None;
        }
        Self::from_digits(bytes.get(..4)?, bytes.get(5..7)?, bytes.get(8..)?)
    }

    /// Reads a day written `YYYYMMDD`, as it stands in an identity number.
    pub fn parse_compact(digits: &[u8]) -> Option<Self> {
        if digits.len() != 8 {
            return None;
        }
        Self::from_digits(digits.get(..4)?, digits.get(4..6)?, digits.get(6..)?)
    }

    /// The day so many days after 1970-01-01, or the last of 2199 if that is earlier.
    pub(crate) fn of_days_since_1970(days: u64) -> Self {
        let (mut year, mut left) = (1970_u16, days);
        while year < YEAR_MAX && left >= days_in_year(year) {
            left -= days_in_year(year);
            year += 1;
        }
        let mut month = 1;
        while month < 12 && left >= u64::from(days_in(year, month)) {
            left -= u64::from(days_in(year, month));
            month += 1;
        }
        let day = u8::try_from(left + 1).unwrap_or(u8::MAX).min(days_in(year, month));
        Self { year, month, day }
    }

    /// The day before it, if that is one.
    pub fn day_before(self) -> Option<Self> {
        let Self { year, month, day } = self;
        match (month, day) {
            (1, 1) => Self::new(year - 1, 12, 31),
            (_, 1) => Self::new(year, month - 1, days_in(year, month - 1)),
            _ => Self::new(year, month, day - 1),
        }
    }

    /// The year.
    pub fn year(self) -> u16 {
        self.year
    }

    /// Whether somebody born on this day is a child on the day `today`.
    pub fn is_of_a_child_on(self, today: Self) -> bool {
        !self.is_years_before(CHILD_AGE_YEARS_BELOW, today)
    }

    /// Whether somebody born on this day has lived so many full years on the day `today`.
    pub(crate) fn is_years_before(self, years: u16, today: Self) -> bool {
        let birthday = (self.year.saturating_add(years), self.month, self.day);
        (today.year, today.month, today.day) >= birthday
    }

    fn from_digits(year: &[u8], month: &[u8], day: &[u8]) -> Option<Self> {
        let month = u8::try_from(number(month)?).ok()?;
        let day = u8::try_from(number(day)?).ok()?;
        Self::new(number(year)?, month, day)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Day {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Self::parse(text).ok_or(InvalidValue::NotADate)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0_u16, |sum, digit| {
        let digit = digit.is_ascii_digit().then(|| u16::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

fn days_in_year(year: u16) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_days_in_the_right_form_are_read() {
        assert_eq!(Day::parse("2024-02-29").map(|d| d.to_string()), Some("2024-02-29".into()));
        for wrong in [
            "2023-02-29",
            "1900-02-29",
            "1849-12-31",
            "2200-01-01",
            "2024-13-01",
            "2024-1-01",
            "2024-00-10",
            "",
            "2024/01/01",
        ] {
            assert_eq!(Day::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_child_is_one_until_the_day_before_the_fourteenth_birthday() {
        let born = Day::parse("2012-05-20").unwrap();
        assert!(born.is_of_a_child_on(Day::parse("2026-05-19").unwrap()));
        assert!(!born.is_of_a_child_on(Day::parse("2026-05-20").unwrap()));
    }
}
