//! The normal form of days: `YYYY-MM-DD`.
//!
//! A day may be said as people do who know which day it is: 昨天, 11月20日. It is counted from the city's
//! day, and a day without a year is the last one of that name: whoever typed one that is of last year is told
//! so. Of a date of birth nobody guesses the year: a
//! wrong one would make a child of somebody.

use crate::day::Day;

use super::characters::{half_width, is_hyphen, is_invisible};

/// What people call today and the days before it, the nearest first.
const NEAR: [&[&str]; 4] =
    [&["今天", "今日", "today"], &["昨天", "昨日", "yesterday"], &["前天", "前日"], &["大前天"]];

/// What people call the days after today, on which nothing was yet.
const TO_COME: [&str; 8] = [
    "明天",
    "明日",
    "tomorrow",
    "后天",
    "后日",
    "day after tomorrow",
    "the day after tomorrow",
    "大后天",
];

/// The day, as somebody says it on the day `today`; what cannot be read as one is only made half as wide.
pub(super) fn day(typed: &str, today: Option<Day>) -> String {
    let seen = seen(typed);
    let near = || today.and_then(|today| near(&seen, today).or_else(|| without_year(&seen, today)));
    written_out(&seen).or_else(|| near().map(|day| day.to_string())).unwrap_or(seen)
}

/// The same of a day that is said with its year.
pub(super) fn of_a_year(typed: &str) -> String {
    day(typed, None)
}

/// Whether somebody calls a day that is still to come by how far off it is.
pub(crate) fn is_to_come(seen: &str) -> bool {
    TO_COME.contains(&seen.to_ascii_lowercase().as_str())
}

/// The day that is meant without its year, if that is last year's.
pub(super) fn of_last_year(typed: &str, today: Day) -> Option<Day> {
    without_year(&seen(typed), today).filter(|day| day.year() < today.year())
}

/// Whether a text may become what people call a near day, or a day of the calendar, when they type on.
pub(super) fn may_become_a_day(seen: &str) -> bool {
    let begins = NEAR.into_iter().flatten().any(|called| called.starts_with(seen));
    begins || seen.chars().count() < 10 && seen.chars().all(|c| c.is_ascii_digit() || is_between(c))
}

fn seen(typed: &str) -> String {
    let seen: String = typed.chars().filter(|c| !is_invisible(*c)).map(half_width).collect();
    seen.trim().to_owned()
}

fn is_between(c: char) -> bool {
    is_hyphen(c) || matches!(c, '/' | '.' | ' ' | '年' | '月' | '日' | '号')
}

fn parts(seen: &str) -> Vec<&str> {
    seen.split(is_between).filter(|part| !part.is_empty()).collect()
}

fn number(part: &str, length_max: usize) -> Option<u16> {
    let is_one = part.len() <= length_max && part.bytes().all(|byte| byte.is_ascii_digit());
    is_one.then(|| part.parse().ok()).flatten()
}

/// Year, month and day in this order, with signs or 年月日 between them, or as eight digits.
fn written_out(seen: &str) -> Option<String> {
    let [year, month, day] = match *parts(seen) {
        [whole] if whole.len() == 8 => [whole.get(..4)?, whole.get(4..6)?, whole.get(6..)?],
        [year, month, day] => [year, month, day],
        _ => return None,
    };
    let is_whole_year = year.len() == 4;
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    is_whole_year.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// A day that people call by how long ago it was.
fn near(seen: &str, today: Day) -> Option<Day> {
    let called = seen.to_ascii_lowercase();
    let ago = NEAR.into_iter().position(|names| names.contains(&called.as_str()))?;
    std::iter::successors(Some(today), |day| day.day_before()).nth(ago)
}

/// Month and day, in this order: the last one up to today, which is not longer ago than a year.
fn without_year(seen: &str, today: Day) -> Option<Day> {
    let [month, day] = *parts(seen) else { return None };
    let [month, day] = [month, day].map(|part| number(part, 2).and_then(|n| u8::try_from(n).ok()));
    let (month, day) = (month?, day?);
    let years = [today.year(), today.year().saturating_sub(1)];
    years.into_iter().filter_map(|year| Day::new(year, month, day)).find(|day| *day <= today)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(today: &str, typed: &str) -> String {
        day(typed, Day::parse(today))
    }

    #[test]
    fn a_day_has_one_form_however_it_is_typed() {
        for typed in [
            "1962-05-05",
            "1962-5-5",
            "1962/5/5",
            "1962.05.05",
            "1962年5月5日",
            "１９６２－０５－０５",
            "19620505",
            " 1962 5 5 ",
            "1962年5月5号",
        ] {
            assert_eq!(on("2026-11-26", typed), "1962-05-05", "{typed}");
            assert_eq!(of_a_year(typed), "1962-05-05", "{typed}");
        }
        for none in ["62-5-5", "5/5/1962", "1962-5", "五月五日", "1962-5-5-5", "1962050", ""] {
            assert_eq!(on("2026-11-26", none), none);
        }
    }

    #[test]
    fn a_near_day_is_counted_from_today() {
        for (typed, day) in [
            ("今天", "2026-03-01"),
            (" today ", "2026-03-01"),
            ("昨天", "2026-02-28"),
            ("Yesterday", "2026-02-28"),
            ("前天", "2026-02-27"),
            ("大前天", "2026-02-26"),
        ] {
            assert_eq!(on("2026-03-01", typed), day, "{typed}");
            assert_eq!(of_a_year(typed), typed.trim(), "{typed}");
        }
        assert_eq!(on("2026-01-01", "昨天"), "2025-12-31");
        assert_eq!(on("2024-03-01", "昨日"), "2024-02-29");
        assert_eq!(on("1850-01-01", "昨天"), "昨天");
    }

    #[test]
    fn a_day_that_is_still_to_come_is_known_by_what_people_call_it() {
        for typed in ["明天", " 后天", "大后天", "Tomorrow", "the day after tomorrow"] {
            assert!(is_to_come(&on("2026-11-26", typed)), "{typed}");
        }
        for typed in ["今天", "前天", "大前天", "明", "2026-11-27", ""] {
            assert!(!is_to_come(&on("2026-11-26", typed)), "{typed}");
        }
    }

    #[test]
    fn a_day_without_a_year_that_has_not_come_this_year_is_of_last_year() {
        let on = |typed: &str, today: &str| of_last_year(typed, Day::parse(today).unwrap());
        for (typed, today, day) in [
            ("11-27", "2026-11-26", Some("2025-11-27")),
            ("12月1日", "2026-11-26", Some("2025-12-01")),
            ("12-31", "2026-01-01", Some("2025-12-31")),
            ("11-26", "2026-11-26", None),
            ("2025-11-27", "2026-11-26", None),
            ("昨天", "2026-01-01", None),
            ("2-29", "2026-11-26", None),
        ] {
            assert_eq!(on(typed, today), day.and_then(Day::parse), "{typed} on {today}");
        }
    }

    #[test]
    fn a_day_without_a_year_is_the_last_one_of_that_name() {
        for (typed, day) in [
            ("11月20日", "2026-11-20"),
            ("11-20", "2026-11-20"),
            ("１１／２０", "2026-11-20"),
            ("11.26", "2026-11-26"),
            ("1月2号", "2026-01-02"),
            ("11-27", "2025-11-27"),
            ("12-31", "2025-12-31"),
        ] {
            assert_eq!(on("2026-11-26", typed), day, "{typed}");
            assert_eq!(of_a_year(typed), seen(typed), "{typed}");
        }
        assert_eq!(on("2024-03-01", "2-29"), "2024-02-29");
        for none in ["2-29", "13-1", "11-31", "0-1", "11月", "120"] {
            assert_eq!(on("2026-11-26", none), none);
        }
    }
}
