//! The normal form of phone numbers: a mobile number is its 11 digits; a landline is area code, number
//! and perhaps extension, with hyphens between them; a number of a company that begins with 400 or 800 is
//! its 10 digits, and perhaps an extension; a short number, of a hotline such as 95588 or within a
//! company's network, is its 5 or 6 digits.
//!
//! No digit is guessed or dropped but the country's code. What can be read in two ways stays as it was
//! typed.

use super::characters::{half_width, is_bracket, is_hyphen, is_invisible};

/// What people write before an extension, longer marks first.
const EXTENSION_MARKS: [&str; 9] =
    ["转分机", "分机号", "分机", "转", "extension", "ext.", "ext", "x", "#"];

/// The digits of a company's number.
const COMPANY_DIGITS: usize = 10;

/// The digits of an extension at most.
const EXTENSION_DIGITS_MAX: usize = 6;

/// The number in its normal form; what is none is only made half as wide.
pub(super) fn phone(typed: &str) -> String {
    let seen: String = typed.chars().filter(|c| !is_invisible(*c)).map(half_width).collect();
    let seen = seen.trim();
    read(seen).unwrap_or_else(|| seen.to_owned())
}

fn read(typed: &str) -> Option<String> {
    let (number, extension) = apart_from_extension(typed);
    let mut number = Groups::of(number)?;
    let national = number.drop_country_code();
    if let Some(mobile) = number.mobile() {
        return extension.is_none().then(|| mobile.to_owned());
    }
    if is_short(&number.digits) && !national && !number.plus {
        return extension.is_none().then_some(number.digits);
    }
    let extension = match extension {
        Some(typed) => Some(Groups::of(typed)?.digits),
        None => None,
    };
    if begins_as_a_company(&number.digits) && !number.plus {
        return number.company(extension.as_deref());
    }
    if national && !number.digits.starts_with('0') {
        number.put_zero_before();
    }
    number.landline(extension.as_deref())
}

/// The number, and what stands behind the mark of an extension.
fn apart_from_extension(typed: &str) -> (&str, Option<&str>) {
    let small = typed.to_ascii_lowercase();
    let apart = EXTENSION_MARKS.iter().find_map(|mark| {
        let at = small.find(mark)?;
        let extension = typed.get(at + mark.len()..)?.trim_start_matches([':', ' ']);
        Some((typed.get(..at)?, Some(extension)))
    });
    apart.unwrap_or((typed, None))
}

/// Digits in the groups in which they were typed.
struct Groups {
    digits: String,
    /// After how many digits a group ends.
    ends: Vec<usize>,
    /// Whether a plus stands before them.
    plus: bool,
}

impl Groups {
    /// None if anything stands there that does not belong to one number.
    fn of(typed: &str) -> Option<Self> {
        let mut groups = Self { digits: String::new(), ends: Vec::new(), plus: false };
        for c in typed.chars() {
            match c {
                c if c.is_ascii_digit() => groups.digits.push(c),
                '+' if groups.digits.is_empty() && !groups.plus => groups.plus = true,
                c if c == ' ' || c == '.' || is_hyphen(c) || is_bracket(c) => {
                    groups.ends.push(groups.digits.len());
                }
                _ => return None,
            }
        }
        Some(groups)
    }

    /// Drops the code of the country, and says whether it was there.
    fn drop_country_code(&mut self) -> bool {
        let rest_is_mobile = |rest: &str| is_mobile(rest);
        let length = match self.digits.as_str() {
            digits if self.plus && digits.starts_with("86") => 2,
            digits if digits.starts_with("0086") => 4,
            digits if digits.strip_prefix("86").is_some_and(rest_is_mobile) => 2,
            _ => return false,
        };
        self.digits.drain(..length);
        self.ends = self.ends.iter().filter_map(|end| end.checked_sub(length)).collect();
        self.plus = false;
        true
    }

    /// Puts the zero before an area code that is left out behind the country's.
    fn put_zero_before(&mut self) {
        self.digits.insert(0, '0');
        self.ends.iter_mut().for_each(|end| *end += 1);
    }

    /// A mobile number, perhaps with the zero that was once dialled before those of another city.
    fn mobile(&self) -> Option<&str> {
        let digits = self.digits.strip_prefix('0').unwrap_or(&self.digits);
        (is_mobile(digits) && !self.plus).then_some(digits)
    }

    /// An area code of three digits (010 and those with 02) or four, a number of seven or eight, perhaps
    /// an extension.
    fn landline(&self, extension: Option<&str>) -> Option<String> {
        let area_length = match self.digits.as_bytes() {
            [b'0', b'1', b'0', ..] | [b'0', b'2', ..] => 3,
            [b'0', b'3'..=b'9', ..] => 4,
            _ => return None,
        };
        let (area, rest) = self.digits.split_at_checked(area_length).filter(|_| !self.plus)?;
        let ends_after = |digits: usize| self.ends.contains(&(area_length + digits));
        let (number, extension) = match (extension, rest.len()) {
            (Some(extension), 7 | 8) => (rest, Some(extension)),
            (None, 7) => (rest, None),
            (None, 8) if !ends_after(7) => (rest, None),
            (None, 9..) if ends_after(7) != ends_after(8) => {
                let (number, extension) =
                    rest.split_at_checked(if ends_after(7) { 7 } else { 8 })?;
                (number, Some(extension))
            }
            _ => return None,
        };
        with_extension(format!("{area}-{number}"), extension)
    }

    /// The ten digits of a company's number, perhaps an extension.
    fn company(&self, extension: Option<&str>) -> Option<String> {
        let (number, rest) = self.digits.split_at_checked(COMPANY_DIGITS)?;
        let extension = match (extension, rest) {
            (extension, "") => extension,
            (None, rest) if self.ends.contains(&COMPANY_DIGITS) => Some(rest),
            _ => return None,
        };
        with_extension(number.to_owned(), extension)
    }
}

fn with_extension(number: String, extension: Option<&str>) -> Option<String> {
    match extension {
        Some(extension) if (1..=EXTENSION_DIGITS_MAX).contains(&extension.len()) => {
            Some(format!("{number}-{extension}"))
        }
        Some(_) => None,
        None => Some(number),
    }
}

/// Whether a text is in one of the normal forms, or the digits of a landline without hyphens.
pub(crate) fn is_phone(text: &str) -> bool {
    let is_of = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let parts: Vec<&str> = text.splitn(4, '-').collect();
    match *parts {
        [digits] if digits.starts_with('0') => is_of(digits, 10..=12),
        [digits] => is_mobile(digits) || is_short(digits) || is_company(digits),
        [number, extension] if is_company(number) => is_of(extension, 1..=EXTENSION_DIGITS_MAX),
        [area, number] => area.starts_with('0') && is_of(area, 3..=4) && is_of(number, 7..=8),
        [area, number, extension] => {
            area.starts_with('0')
                && is_of(area, 3..=4)
                && is_of(number, 7..=8)
                && is_of(extension, 1..=EXTENSION_DIGITS_MAX)
        }
        _ => false,
    }
}

fn is_mobile(digits: &str) -> bool {
    let [b'1', b'3'..=b'9', rest @ ..] = digits.as_bytes() else { return false };
    rest.len() == 9 && rest.iter().all(u8::is_ascii_digit)
}

/// The number of a company that people call from everywhere at the price of a local call, or at none.
fn is_company(digits: &str) -> bool {
    digits.len() == COMPANY_DIGITS
        && begins_as_a_company(digits)
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// No area code begins so, with or without its zero.
fn begins_as_a_company(digits: &str) -> bool {
    digits.starts_with("400") || digits.starts_with("800")
}

/// Five digits that begin neither an area code nor a mobile number that somebody is still typing, or six.
fn is_short(digits: &str) -> bool {
    let is_of_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.as_bytes() {
        [b'2'..=b'9', rest @ ..] if rest.len() == 4 => is_of_digits,
        [b'0', ..] => false,
        digits => digits.len() == 6 && is_of_digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_form_however_it_is_typed() {
        for (typed, normal) in [
            ("138 1234 5678", "13812345678"),
            ("138-1234-5678", "13812345678"),
            ("138—1234—5678", "13812345678"),
            ("+8613812345678", "13812345678"),
            ("+86 138 1234 5678", "13812345678"),
            ("(+86)138-1234-5678", "13812345678"),
            ("008613812345678", "13812345678"),
            ("86 13812345678", "13812345678"),
            ("１３８１２３４５６７８", "13812345678"),
            ("\u{202d}138 1234 5678\u{202c}", "13812345678"),
            ("013812345678", "13812345678"),
            ("(0573)87651234", "0573-87651234"),
            ("（０５７３）８７６５１２３４", "0573-87651234"),
            ("057387651234", "0573-87651234"),
            ("0573 8765 1234", "0573-87651234"),
            ("+86 573 87651234", "0573-87651234"),
            ("0086-10-87651234", "010-87651234"),
            ("02187651234", "021-87651234"),
            ("0573-8765123", "0573-8765123"),
            ("0573 87651234-802", "0573-87651234-802"),
            ("0573-87651234转802", "0573-87651234-802"),
            ("0573-8765123 分机：12", "0573-8765123-12"),
            ("0573 87651234 ext. 802", "0573-87651234-802"),
            ("0573 8765 1234 802", "0573-87651234-802"),
            (" 661234 ", "661234"),
            ("66-1234", "661234"),
            ("955 88", "95588"),
            ("６１２３４", "61234"),
            ("400-812-3456", "4008123456"),
            ("400 8123 456", "4008123456"),
            ("+86 400 812 3456", "4008123456"),
            ("800-810-8888", "8008108888"),
            ("4008-123-456 转 2", "4008123456-2"),
            ("400-812-3456-802", "4008123456-802"),
        ] {
            assert_eq!(phone(typed), normal, "{typed}");
            assert!(is_phone(normal), "{normal}");
            assert_eq!(phone(normal), normal);
        }
    }

    #[test]
    fn what_is_no_number_or_more_than_one_is_not_made_one() {
        for typed in [
            "",
            "1381234567",
            "138123456789",
            "12812345678",
            "13812345678/13912345678",
            "13812345678、661234",
            "13812345678转1",
            "87651234",
            "0573-8765123 4",
            "0573876512345802",
            "0573-87651234转",
            "+1 13812345678",
            "066123",
            "无",
            "1+3812345678",
            "13812",
            "10086",
            "05738",
            "95588转1",
            "+86 95588",
            "+95588",
            "400-812-345",
            "40081234567",
            "+400 812 3456",
            "400-812-3456-1234567",
        ] {
            assert!(!is_phone(&phone(typed)), "{typed}");
        }
    }
}
