//! Hybrid time: the clock's milliseconds and a counter, so that what was known when something was
//! written always has an earlier time, even if a phone's clock is wrong.
//!
//! It is never shown and nothing is counted with it: days come from the
//! [city's time](crate::CityTime).

use minicbor::{Decode, Encode};

/// A hybrid logical time.
///
/// The upper 48 bits are milliseconds since the Unix epoch, the lower 16 count what happened
/// within one millisecond. It orders, and never decides whether a commit is admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct HybridTime(#[n(0)] u64);

impl HybridTime {
    /// How far ahead of the local clock a time from elsewhere may be and still be adopted.
    pub const ADOPT_AHEAD_MS_MAX: u64 = 24 * 60 * 60 * 1000;
    /// The latest milliseconds that fit, so that a time also fits a signed 64-bit integer.
    pub const UNIX_MS_MAX: u64 = (1 << 47) - 1;

    /// Puts a time together from milliseconds (at most [`Self::UNIX_MS_MAX`], else capped) and a
    /// counter.
    pub const fn new(unix_ms: u64, counter: u16) -> Self {
        let capped = if unix_ms > Self::UNIX_MS_MAX { Self::UNIX_MS_MAX } else { unix_ms };
        Self(capped << 16 | counter as u64)
    }

    /// The number as it stands in bytes, unless it is too large for a signed integer.
    pub const fn from_bits(bits: u64) -> Option<Self> {
        if bits >> 63 == 0 { Some(Self(bits)) } else { None }
    }

    /// The number as it stands in bytes; always less than 2⁶³.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Milliseconds since the Unix epoch.
    pub const fn unix_ms(self) -> u64 {
        self.0 >> 16
    }

    /// The next time to write with, when the clock shows `unix_ms` and `self` is the latest time
    /// known: later than both.
    #[must_use]
    pub fn tick(self, unix_ms: u64) -> Self {
        let clock = Self::new(unix_ms, 0);
        if clock > self { clock } else { Self((self.0 + 1).min(i64::MAX as u64)) }
    }

    /// The latest time known after `other` arrived from elsewhere while the clock showed
    /// `unix_ms`. A time more than a day ahead is not adopted.
    #[must_use]
    pub fn adopt(self, other: Self, unix_ms: u64) -> Self {
        let reach = unix_ms.saturating_add(Self::ADOPT_AHEAD_MS_MAX);
        if other.unix_ms() > reach { self } else { self.max(other) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_is_later_than_everything_known_even_when_the_clock_runs_back() {
        let known = HybridTime::new(1_000, 3);
        assert_eq!(known.tick(500), HybridTime::new(1_000, 4));
        assert_eq!(known.tick(2_000), HybridTime::new(2_000, 0));
    }

    #[test]
    fn a_time_more_than_a_day_ahead_is_not_adopted() {
        let known = HybridTime::new(1_000, 0);
        let far = HybridTime::new(1_000 + HybridTime::ADOPT_AHEAD_MS_MAX + 1, 0);
        let near = HybridTime::new(5_000, 0);
        assert_eq!(known.adopt(far, 1_000), known);
        assert_eq!(known.adopt(near, 1_000), near);
    }
}
