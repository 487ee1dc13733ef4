//! The order in which addresses are listed.

/// Bytes that stand in the order in which people put addresses: digits in a row count as the number they
/// are, so that 9幢 comes before 10幢. All else is as it is written. Of two that differ only in zeros before
/// their numbers, the one without them comes first.
pub(crate) fn address_order(address: &str) -> Vec<u8> {
    let mut order = Vec::with_capacity(address.len() + 8);
    let mut rest = address.as_bytes();
    let mut has_zeros = false;
    while let Some(first) = rest.first() {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            order.push(*first);
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let (number, after) = rest.split_at_checked(digits).unwrap_or((rest, &[]));
        let zeros = number.iter().take_while(|digit| **digit == b'0').count();
        has_zeros |= zeros > 0;
        let number = number.get(zeros..).unwrap_or_default();
        // Whatever is no digit stands before or behind all of them; of numbers the longer one is larger.
        order.extend([b'0', u8::try_from(number.len()).unwrap_or(u8::MAX)]);
        order.extend(number);
        rest = after;
    }
    if has_zeros {
        order.push(0);
        order.extend(address.as_bytes());
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_addresses_count_as_numbers_and_all_else_as_it_is_written() {
        let in_order = [
            "",
            "(旧)2号",
            "2",
            "7",
            "007",
            "7号",
            "07号",
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
                let order = address_order(one).cmp(&address_order(other));
                assert_eq!(order, at.cmp(&other_at), "{one} {other}");
            }
        }
    }
}
