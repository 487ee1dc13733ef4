//! How long to wait before connecting again: a growing delay with jitter, so that a city's phones do
//! not all come back in the same second after the server was away.

use keting_trust::limits::{BACKOFF_MS_MAX, BACKOFF_MS_MIN};

/// The growing delay between attempts. The same seed gives the same delays.
#[derive(Debug, Clone)]
pub struct Backoff {
    jitter: Jitter,
    failures: u32,
}

impl Backoff {
    /// Starts without a failure.
    pub const fn new(seed: u64) -> Self {
        Self { jitter: Jitter::new(seed), failures: 0 }
    }

    /// How long to wait after one more failure, in milliseconds: between half and the whole of a delay
    /// that doubles each time, up to five minutes.
    pub fn next_delay_ms(&mut self) -> u64 {
        let doubled = BACKOFF_MS_MIN.saturating_mul(1 << self.failures.min(32));
        self.failures = self.failures.saturating_add(1);
        let delay_ms = doubled.min(BACKOFF_MS_MAX);
        delay_ms - self.jitter.below(delay_ms / 2 + 1)
    }

    /// Begins anew, once a session was welcomed or somebody asked for a sync now.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Numbers that look random and follow from a seed (`SplitMix64`). They decide delays, never secrets.
#[derive(Debug, Clone)]
pub(crate) struct Jitter(u64);

impl Jitter {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`, or 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).checked_rem(bound).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_up_to_its_limit_and_stays_within_its_half() {
        let mut backoff = Backoff::new(7);
        for failures in 0..40 {
            let whole_ms = (BACKOFF_MS_MIN << failures.min(20)).min(BACKOFF_MS_MAX);
            let delay_ms = backoff.next_delay_ms();
            assert!((whole_ms / 2..=whole_ms).contains(&delay_ms), "{failures}: {delay_ms}");
        }
        backoff.reset();
        assert!(backoff.next_delay_ms() <= BACKOFF_MS_MIN);
    }

    #[test]
    fn the_same_seed_gives_the_same_delays_and_another_seed_others() {
        let delays = |seed| {
            let mut backoff = Backoff::new(seed);
            [(); 10].map(|()| backoff.next_delay_ms())
        };
        assert_eq!(delays(1), delays(1));
        assert_ne!(delays(1), delays(2));
    }
}
