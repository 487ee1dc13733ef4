//! The normal form of days: `YYYY-MM-DD`.

use super::characters::{half_width, is_hyphen, is_invisible};

/// The day; what cannot be read as one is only made half as wide.
pub(super) fn day(typed: &str) -> String {
    let seen: String = typed.chars().filter(|c| !is_invisible(*c)).map(half_width).collect();
    let seen = seen.trim();
    read(seen).unwrap_or_else(|| seen.to_owned())
}

/// Year, month and day in this order, with signs or 年月日 between them, or as eight digits.
fn read(typed: &str) -> Option<String> {
    let is_between =
        |c: char| is_hyphen(c) || matches!(c, '/' | '.' | ' ' | '年' | '月' | '日' | '号');
    let parts: Vec<&str> = typed.split(is_between).filter(|part| !part.is_empty()).collect();
    let [year, month, day] = match *parts {
        [whole] if whole.len() == 8 => [whole.get(..4)?, whole.get(4..6)?, whole.get(6..)?],
        [year, month, day] => [year, month, day],
        _ => return None,
    };
    let number = |part: &str, length_max: usize| {
        let is_one = part.len() <= length_max && part.bytes().all(|byte| byte.is_ascii_digit());
        is_one.then(|| part.parse::<u16>().ok()).flatten()
    };
    let is_whole_year = year.len() == 4;
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    is_whole_year.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(day(typed), "1962-05-05", "{typed}");
        }
        for none in ["62-5-5", "5/5/1962", "1962-5", "五月五日", "1962-5-5-5", "1962050", ""] {
            assert_eq!(day(none), none);
        }
    }
}
