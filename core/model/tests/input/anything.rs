//! Whatever is typed: nothing of it is lost, and what is taken is taken by everybody.

use keting_model::CityTime;
use keting_model::input::{Checked, Field, Takes, check};
use proptest::prelude::*;

use crate::common;
use crate::typist::{Typist, field, likely, writes};

proptest! {
    #[test]
    fn a_normal_form_is_its_own_normal_form(field in field(), text in likely()) {
        let now = CityTime::new(common::NOW_MS);
        if let Ok(checked) = check(field, &text, now) {
            let again = check(field, &checked.value, now);
            // In its normal form a day has its year.
            prop_assert_eq!(again, Ok(Checked { is_of_last_year: false, ..checked }));
        }
    }

    /// [`Replica::run`] has the rule judge what was planned.
    #[test]
    fn what_check_takes_is_planned_written_as_it_says_and_taken_by_the_rule(field in field(), text in likely()) {
        let mut typist = Typist::new();
        let checked = check(field, &text, typist.replica.time());
        let command = typist.command(field, &text);
        let planned = typist.replica.run(&command);
        match checked {
            Ok(checked) if checked.value.is_empty() => {}
            // A region's level may not fit its place; a value may be what stands already.
            Ok(_) if field == Field::RegionLevel => {}
            Ok(checked) if checked.value == "open" => {}
            Ok(checked) => prop_assert!(writes(&planned.unwrap(), &checked.value), "{:?}", command),
            Err(refused) => prop_assert_eq!(planned.unwrap_err().code(), refused.rule.code()),
        }
    }

    #[test]
    fn no_digit_is_lost_whatever_stands_between(
        number in prop::sample::select(&[
            "13812345678", "661234", "95588", "4008123456", "4008123456-802", "0573-87651234", "010-8765123-12",
        ][..]),
        noise in prop::collection::vec("[ \u{200b}\u{3000}\u{202d}\u{a0}]{0,2}", 20),
        country in prop::sample::select(&["", "+86", "0086 ", "（+86）"][..]),
        wide in any::<bool>(),
    ) {
        let prefix = if number.len() <= 6 { "" } else { country };
        let widened = |c: char| match c {
            '0'..='9' if wide => char::from_u32(u32::from(c) - u32::from('0') + 0xff10).unwrap(),
            c => c,
        };
        let digits: String = number.chars().zip(&noise).map(|(c, noise)| format!("{noise}{}", widened(c))).collect();
        let checked = check(Field::Phone, &format!("{prefix}{digits}"), CityTime::new(common::NOW_MS));
        // Blanks between single digits may hide where an extension begins: then it is refused.
        match checked {
            Ok(checked) => prop_assert_eq!(checked.value, number),
            Err(refused) => prop_assert!(number.contains('-'), "{:?}", refused),
        }
    }

    /// Every digit stands in these numbers.
    #[test]
    fn no_digit_is_lost_in_full_width(
        (field, number) in prop::sample::select(&[
            (Field::Phone, "13025467898"),
            (Field::Phone, "0573-87651240-9"),
            (Field::Phone, "4001236789-5"),
            (Field::IdNumber, "123456197808202349"),
            (Field::IdNumber, "11010519491231002X"),
            (Field::BirthDate, "1978-05-23"),
            (Field::VisitAt, "1964-10-29"),
            (Field::RegionCode, "1234567890123456789"),
        ][..]),
        unseen in prop::collection::vec("[\u{200b}\u{feff}\u{2060}]{0,2}", 20),
    ) {
        let wide = |c: char| match c {
            '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
            c => c,
        };
        let typed: String =
            number.chars().zip(&unseen).map(|(c, unseen)| format!("{unseen}{}", wide(c))).collect();
        let checked = check(field, &typed, CityTime::new(common::NOW_MS)).unwrap();
        prop_assert_eq!(checked.value, number);
    }

    #[test]
    fn no_digit_letter_or_character_of_a_text_is_lost(field in field(), text in "[0-9０-９张三王a-zA-Z 　\u{200b}\t]{1,30}") {
        let now = CityTime::new(common::NOW_MS);
        let kept = |text: &str| -> String {
            let kept = text.chars().filter(|c| c.is_alphanumeric());
            kept.map(|c| match c {
                '０'..='９' => char::from_u32(u32::from(c) - 0xff10 + u32::from('0')).unwrap(),
                c => c,
            }).collect()
        };
        let is_word = matches!(field.takes(), Takes::Words(_));
        let holds_text = !is_word && check(field, "户主", now).is_ok();
        if let Ok(checked) = check(field, &text, now) && holds_text {
            prop_assert_eq!(kept(&checked.value), kept(&text));
        }
    }
}
