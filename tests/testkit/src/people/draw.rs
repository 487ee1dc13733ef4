//! Drawing ages, percentages and characters.

use crate::rng::Rng;

/// A number below `bound`; 0 if `bound` is 0.
pub(super) fn below(rng: &mut Rng, bound: u32) -> u32 {
    u32::try_from(rng.below(u64::from(bound))).unwrap_or(0)
}

/// A number from `low` to `high`, both included.
pub(super) fn between(rng: &mut Rng, low: u32, high: u32) -> u32 {
    low + below(rng, high.saturating_sub(low) + 1)
}

/// True in so many cases of a hundred.
pub(super) fn percent(rng: &mut Rng, cases: u64) -> bool {
    rng.chance(cases, 100)
}

/// One character of a text, or a space if there is none.
pub(super) fn character(rng: &mut Rng, text: &str) -> char {
    let at = rng.index(text.chars().count());
    text.chars().nth(at).unwrap_or(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_between_two_reaches_both_ends_and_no_further() {
        let mut rng = Rng::new(1411);
        let seen: std::collections::BTreeSet<u32> =
            (0..1_000).map(|_| between(&mut rng, 3, 7)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [3, 4, 5, 6, 7]);
    }
}
