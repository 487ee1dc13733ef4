//! Whether a household is one that somebody seeks.

use crate::household::HouseholdView;
use crate::input::folded;

/// The fewest digits that the end of a phone number is sought by.
const TAIL_DIGITS_MIN: usize = 3;

/// What somebody seeks.
pub(super) struct Text {
    folded: String,
    /// The same as the end of a phone number, if it may be one.
    tail: Option<String>,
}

impl Text {
    /// What was typed, unless that is nothing.
    pub(super) fn of(typed: Option<&str>) -> Option<Self> {
        let folded = folded(typed?);
        let is_of_a_number = folded.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let tail = digits(&folded);
        let tail = Some(tail).filter(|tail| is_of_a_number && tail.len() >= TAIL_DIGITS_MIN);
        (!folded.is_empty()).then_some(Self { folded, tail })
    }

    pub(super) fn into_folded(self) -> String {
        self.folded
    }

    /// Whether it is in an address or a name.
    pub(super) fn is_in(&self, text: &str) -> bool {
        folded(text).contains(&self.folded)
    }

    /// Whether a phone number ends so, with or without its extension.
    pub(super) fn ends(&self, phone: &str) -> bool {
        const EXTENSION_DIGITS_MAX: usize = 6;
        let Some(tail) = &self.tail else { return false };
        let main = phone.rsplit_once('-').filter(|(_, last)| last.len() <= EXTENSION_DIGITS_MAX);
        let ends = |number: &str| digits(number).ends_with(tail);
        ends(phone) || main.is_some_and(|(main, _)| ends(main))
    }

    /// Whether it may be the end of a phone number at all.
    pub(super) fn may_end_a_phone(&self) -> bool {
        self.tail.is_some()
    }

    /// Whether a household is one of those that are sought.
    pub(super) fn finds(&self, household: &HouseholdView) -> bool {
        self.is_in(&household.address)
            || household.residents.iter().any(|resident| {
                let phone = resident.phone.as_deref();
                self.is_in(&resident.name) || phone.is_some_and(|phone| self.ends(phone))
            })
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_number_finds_it_from_three_digits_on_and_with_or_without_its_extension() {
        let ends = |typed: &str, phone: &str| Text::of(Some(typed)).unwrap().ends(phone);
        for (typed, phone) in [
            ("001", "13800000001"),
            ("００００１", "13800000001"),
            ("138 0000-0001", "13800000001"),
            ("1234", "0573-87651234"),
            ("057387651234", "0573-87651234"),
            ("1234", "0573-87651234-802"),
            ("802", "0573-87651234-802"),
        ] {
            assert!(ends(typed, phone), "{typed} {phone}");
        }
        for (typed, phone) in
            [("01", "13800000001"), ("138", "13800000001"), ("幢001", "13800000001")]
        {
            assert!(!ends(typed, phone), "{typed} {phone}");
        }
        assert!(!ends("573", "0573-87651234") && Text::of(Some(" \u{3000}")).is_none());
    }
}
