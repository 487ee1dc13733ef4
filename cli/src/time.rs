//! Moments as people read them. JSON keeps milliseconds.

/// A moment in milliseconds since the Unix epoch as `2026-11-25 01:30 UTC`: the same text whatever
/// the time zone of the machine.
pub fn utc_minute(unix_ms: u64) -> String {
    const MINUTE_MS: u64 = 60 * 1000;
    const MINUTES_A_DAY: u64 = 24 * 60;
    let minutes = unix_ms / MINUTE_MS;
    let (year, month, day) = civil(minutes / MINUTES_A_DAY);
    let (hour, minute) = (minutes % MINUTES_A_DAY / 60, minutes % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

/// The year, month and day so many days after 1970-01-01. Years are counted from March, so that a
/// leap day is the last of its year, in cycles of 400 years.
fn civil(days: u64) -> (u64, u64, u64) {
    const CYCLE_DAYS: u64 = 146_097;
    const MARCH_OF_YEAR_0_TO_1970_DAYS: u64 = 719_468;
    let days = days.saturating_add(MARCH_OF_YEAR_0_TO_1970_DAYS);
    let (cycle, of_cycle) = (days / CYCLE_DAYS, days % CYCLE_DAYS);
    let year = (of_cycle - of_cycle / 1_460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
    let of_year = of_cycle - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (400 * cycle + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_day_and_a_minute_in_universal_time() {
        for (unix_ms, text) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_399_999, "2000-02-28 23:59 UTC"),
            (951_782_400_000, "2000-02-29 00:00 UTC"),
            (951_868_800_000, "2000-03-01 00:00 UTC"),
            (1_795_570_200_000, "2026-11-25 01:30 UTC"),
            (4_107_542_400_000, "2100-03-01 00:00 UTC"),
        ] {
            assert_eq!(utc_minute(unix_ms), text);
        }
    }
}
