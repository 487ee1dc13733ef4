//! The city's time: what a record is dated by, whatever the clock of the phone shows.
//!
//! A device works it out from the last time its server told it. It stands in every commit, and all
//! that a change says of days is judged by the time of its own commit: who lies about it dates
//! nobody's records but their own. It orders nothing; that is [`HybridTime`](crate::HybridTime)'s.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::day::Day;

/// A moment as the city counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
#[cbor(array)]
pub struct CityTime {
    #[n(0)]
    unix_ms: u64,
    #[n(1)]
    uncertain: bool,
}

/// All of the country lives eight hours ahead of UTC, in summer and winter.
const ZONE_OFFSET_MS: u64 = 8 * 60 * 60 * 1000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

impl CityTime {
    /// The latest milliseconds there are, less than 2⁴⁷.
    pub const UNIX_MS_MAX: u64 = (1 << 47) - 1;

    /// A time (at most [`Self::UNIX_MS_MAX`], else capped) that the device was sure of.
    pub const fn new(unix_ms: u64) -> Self {
        let capped = if unix_ms > Self::UNIX_MS_MAX { Self::UNIX_MS_MAX } else { unix_ms };
        Self { unix_ms: capped, uncertain: false }
    }

    /// The same time, of which the device was not sure: it had started anew since it heard from the
    /// server, and its own clock could not be believed.
    #[must_use]
    pub const fn uncertain(self) -> Self {
        Self { uncertain: true, ..self }
    }

    /// The time so many milliseconds later.
    #[must_use]
    pub const fn plus_ms(self, ms: u64) -> Self {
        let Self { unix_ms, uncertain } = self;
        Self { uncertain, ..Self::new(unix_ms.saturating_add(ms)) }
    }

    /// Milliseconds since the Unix epoch.
    pub const fn unix_ms(self) -> u64 {
        self.unix_ms
    }

    /// Whether the device was not sure of it.
    pub const fn is_uncertain(self) -> bool {
        self.uncertain
    }

    /// Whether the milliseconds are in their range, as [`Self::new`] makes them; decoding does not
    /// ask.
    pub const fn is_in_range(self) -> bool {
        self.unix_ms <= Self::UNIX_MS_MAX
    }

    /// The latest day that something entered now can have been on. A device that is uncertain of the
    /// time may have lain in a drawer since it last knew it, so a year and a month more are let
    /// through there.
    pub fn latest_day(self) -> Day {
        const DRAWER_DAYS_MAX: u64 = 400;
        let later_ms = if self.uncertain { DRAWER_DAYS_MAX * DAY_MS } else { 0 };
        self.plus_ms(later_ms).day()
    }

    /// How long its day still lasts, in milliseconds.
    pub const fn day_left_ms(self) -> u64 {
        DAY_MS - self.unix_ms.saturating_add(ZONE_OFFSET_MS) % DAY_MS
    }

    /// The day it falls on, as people in the city count it.
    pub fn day(self) -> Day {
        Day::of_days_since_1970(self.unix_ms.saturating_add(ZONE_OFFSET_MS) / DAY_MS)
    }
}

/// As screens show it, in the city's zone: `2026-11-26T20:28:00+08:00`.
impl fmt::Display for CityTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.unix_ms.saturating_add(ZONE_OFFSET_MS) / 1000 % (DAY_MS / 1000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{}T{hour:02}:{minute:02}:{second:02}+08:00", self.day())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_falls_on_the_day_of_the_city_and_not_of_greenwich() {
        // 2026-03-31 16:30 UTC is half past midnight of the first of April.
        let time = CityTime::new(1_774_974_600_000);
        assert_eq!(time.day().to_string(), "2026-04-01");
        assert_eq!(time.plus_ms(time.day_left_ms() - 1).day(), time.day());
        assert_eq!(time.plus_ms(time.day_left_ms()).day().to_string(), "2026-04-02");
        assert_eq!(CityTime::new(0).day().to_string(), "1970-01-01");
        assert_eq!(CityTime::new(u64::MAX).day().to_string(), "2199-12-31");
    }

    #[test]
    fn a_time_is_shown_in_the_zone_of_the_city() {
        let time = CityTime::new(1_774_974_605_999);
        assert_eq!(time.to_string(), "2026-04-01T00:30:05+08:00");
    }

    #[test]
    fn the_latest_day_is_today_or_400_days_on_where_today_is_not_certain() {
        let time = CityTime::new(1_774_974_600_000);
        assert_eq!(time.latest_day().to_string(), "2026-04-01");
        assert_eq!(time.uncertain().latest_day().to_string(), "2027-05-06");
    }
}
