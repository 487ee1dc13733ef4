//! What identifies a person who does not exist: a name, an ID number, a phone.
//!
//! ID numbers carry the region code 990481, which is assigned to nobody, and a right check digit.
//! Phones are of the form 199 0000 xxxx: eleven digits as a validator wants them, in a block that
//! reads as made up.

use std::collections::BTreeMap;

use super::draw::{character, percent};
use crate::rng::Rng;

/// The region code in every ID number, assigned to nobody.
pub const REGION_CODE: &str = "990481";

const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹沈陆褚蒋顾";
const OLD_MEN: &str = "国建福根荣金水林明德兴祥庆和贵生";
const OLD_WOMEN: &str = "秀英桂兰珍玉凤梅菊芬宝仙月香素娥";
const MIDDLE_MEN: &str = "伟军勇杰峰强斌磊超华平辉刚涛志海";
const MIDDLE_WOMEN: &str = "芳丽敏静艳娟霞燕红萍琴云洁莉慧娜";
const YOUNG_MEN: &str = "浩宇轩博睿晨泽铭子俊逸天哲航皓辰";
const YOUNG_WOMEN: &str = "欣怡雨萱梓涵诗婷佳琪思语悦彤可馨";

/// A sex as an ID number tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sex {
    /// An even seventeenth digit.
    Female,
    /// An odd seventeenth digit.
    Male,
}

impl Sex {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Female => Self::Male,
            Self::Male => Self::Female,
        }
    }
}

/// A surname.
pub fn surname(rng: &mut Rng) -> char {
    character(rng, SURNAMES)
}

/// A full name as its bearer's generation gave it.
pub fn name(rng: &mut Rng, surname: char, sex: Sex, birth_year: u32) -> String {
    let given = match (sex, birth_year) {
        (Sex::Male, ..1966) => OLD_MEN,
        (Sex::Female, ..1966) => OLD_WOMEN,
        (Sex::Male, ..1996) => MIDDLE_MEN,
        (Sex::Female, ..1996) => MIDDLE_WOMEN,
        (Sex::Male, _) => YOUNG_MEN,
        (Sex::Female, _) => YOUNG_WOMEN,
    };
    let mut name = String::from(surname);
    name.push(character(rng, given));
    if percent(rng, 75) {
        name.push(character(rng, given));
    }
    name
}

/// Gives out ID numbers and phones, none twice within a city of ordinary size.
#[derive(Debug, Default)]
pub struct Registry {
    born: BTreeMap<(u32, u32, u32, Sex), u32>,
    phones: u32,
}

impl Registry {
    /// The ID number of the next person of that sex born on that day.
    pub fn id_number(&mut self, (year, month, day): (u32, u32, u32), sex: Sex) -> String {
        let count = self.born.entry((year, month, day, sex)).or_default();
        *count += 1;
        let odd = u32::from(sex == Sex::Male);
        let sequence = (*count * 2 - odd) % 1_000;
        with_check_digit(&format!("{REGION_CODE}{year:04}{month:02}{day:02}{sequence:03}"))
    }

    /// The next phone: scattered over the block, and none twice among the first ten thousand.
    pub fn phone(&mut self) -> String {
        let number = (self.phones * 7_919 + 1_411) % 10_000;
        self.phones = (self.phones + 1) % 10_000;
        format!("1990000{number:04}")
    }
}

/// Adds the check digit of GB 11643 to the first seventeen digits of an ID number.
fn with_check_digit(digits: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECK: &str = "10X98765432";
    let sum: u32 =
        digits.chars().zip(WEIGHTS).map(|(d, weight)| d.to_digit(10).unwrap_or(0) * weight).sum();
    let at = usize::try_from(sum % 11).unwrap_or(0);
    format!("{digits}{}", CHECK.chars().nth(at).unwrap_or('0'))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// ISO 7064 MOD 11-2 read from the other side: over all eighteen digits, by powers of two.
    pub(crate) fn check_digit_is_right(id_number: &str) -> bool {
        let sum = id_number
            .chars()
            .fold(0, |sum, c| sum * 2 + if c == 'X' { 10 } else { c.to_digit(10).unwrap() });
        sum % 11 == 1
    }

    #[test]
    fn a_check_digit_is_right_and_a_changed_digit_is_noticed() {
        let mut registry = Registry::default();
        let id = registry.id_number((1958, 3, 17), Sex::Female);
        assert!(id.starts_with("99048119580317002"), "{id}");
        assert!(check_digit_is_right(&id), "{id}");
        assert!(!check_digit_is_right(&id.replace("1958", "1959")));
    }

    #[test]
    fn ten_thousand_phones_are_all_different() {
        let mut registry = Registry::default();
        let phones: std::collections::BTreeSet<String> =
            (0..10_000).map(|_| registry.phone()).collect();
        assert_eq!(phones.len(), 10_000);
    }
}
