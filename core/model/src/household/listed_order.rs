//! The order in which households are listed.

use std::cmp::Ordering;

use super::HouseholdView;

/// By region code, address and id.
pub(super) fn in_listed_order(a: &HouseholdView, b: &HouseholdView) -> Ordering {
    let by_address = || by_numbers(&a.address, &b.address);
    a.region.cmp(&b.region).then_with(by_address).then_with(|| a.id.cmp(&b.id))
}

/// As people order house numbers: digits in a row count as the number they are, so that 9幢 comes before
/// 10幢. Nearly all addresses of a list part at their last digits, so what both begin with is only skipped.
fn by_numbers(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let skipped = a.get(..same).unwrap_or_default();
    // A number that both have begun is compared whole.
    let from = skipped.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |at| at + 1);
    let (a, b) = (a.get(from..).unwrap_or_default(), b.get(from..).unwrap_or_default());
    match (number(a), number(b)) {
        (Some(one), Some(other)) => one.cmp(&other).then_with(|| a.cmp(b)),
        _ => a.cmp(b),
    }
}

/// The number that a text begins with, if it begins with one: how many digits it has, and which.
fn number(text: &[u8]) -> Option<(usize, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let digits = text.get(..end).filter(|digits| !digits.is_empty())?;
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    let digits = digits.get(zeros..)?;
    Some((digits.len(), digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_addresses_count_as_numbers_and_all_else_as_it_is_written() {
        let in_order = [
            "",
            "2",
            "007",
            "7",
            "7号",
            "10",
            "12",
            "100",
            "号",
            "望潮苑2幢101室",
            "望潮苑9幢2单元",
            "望潮苑10幢1单元",
            "望潮苑10幢12单元",
            "望潮苑幢",
        ];
        for (at, one) in in_order.iter().enumerate() {
            for (other_at, other) in in_order.iter().enumerate() {
                assert_eq!(by_numbers(one, other), at.cmp(&other_at), "{one} {other}");
            }
        }
    }
}
