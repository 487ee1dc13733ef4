//! The normal form of identity numbers (GB 11643): 17 digits and the check digit, ten as a large X.

use super::text::digits;

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_DIGITS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];

/// The number without what people put between the digits.
pub(super) fn id_number(typed: &str) -> String {
    digits(typed).chars().map(|c| if is_ten(c) { 'X' } else { c }).collect()
}

/// The characters that are typed for the Roman ten: X of several alphabets, the sign of multiplication.
fn is_ten(c: char) -> bool {
    matches!(
        c,
        'x' | 'X'
            | '\u{d7}'
            | '\u{3a7}'
            | '\u{3c7}'
            | '\u{425}'
            | '\u{445}'
            | '\u{2169}'
            | '\u{2179}'
    )
}

/// The check digit of ISO 7064 MOD 11-2 behind 17 digits; none if they are not that.
pub(crate) fn check_digit(digits: &str) -> Option<char> {
    let add = |sum: u32, (digit, weight): (char, u32)| Some(sum + digit.to_digit(10)? * weight);
    let sum = digits.chars().zip(WEIGHTS).try_fold(0, add)?;
    let digit = CHECK_DIGITS.get(usize::try_from(sum % 11).ok()?)?;
    (digits.len() == WEIGHTS.len()).then_some(*digit)
}

/// The number of 18 characters that an identity card of the first generation, with a number of 15,
/// was replaced by: a suggestion, to be compared with today's card. None for what is no such number.
///
/// Until 1999 the year was written with two digits. The last three digits of those born before 1900
/// were 996 to 999.
pub fn of_fifteen(typed: &str) -> Option<String> {
    let old = id_number(typed);
    if old.len() != 15 {
        return None;
    }
    let (region, rest) = old.split_at_checked(6)?;
    let century = if matches!(rest.get(6..)?, "996" | "997" | "998" | "999") { "18" } else { "19" };
    let digits = format!("{region}{century}{rest}");
    let number = format!("{digits}{}", check_digit(&digits)?);
    crate::check::birth_date_of(&number).map(|_| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_form_however_it_is_typed() {
        for typed in [
            "11010519491231002x",
            "110105 19491231 002X",
            "110105-19491231-002X",
            "１１０１０５１９４９１２３１００２Ｘ",
            "11010519491231002×",
            "\u{feff}11010519491231002Ⅹ\r\n",
        ] {
            assert_eq!(id_number(typed), "11010519491231002X", "{typed}");
        }
    }

    #[test]
    fn an_old_number_tells_the_one_that_replaced_it() {
        assert_eq!(of_fifteen("110105 491231 002").as_deref(), Some("11010519491231002X"));
        assert_eq!(
            of_fifteen("110105991231996").as_deref().map(|new| &new[6..14]),
            Some("18991231")
        );
        for none in ["110105491331002", "11010519491231002X", "", "11010549123100X"] {
            assert_eq!(of_fifteen(none), None, "{none}");
        }
    }
}
