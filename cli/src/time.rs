//! Moments as people read them, in the city's zone. JSON keeps milliseconds.

use keting::CityTime;

/// A moment in milliseconds since the Unix epoch as `2026-11-25 09:30`, as people in the city count
/// it: the same text whatever the time zone of the machine.
pub fn city_minute(unix_ms: u64) -> String {
    let second = CityTime::new(unix_ms).to_string();
    let minute = second.get(.."2026-11-25T09:30".len()).unwrap_or(&second);
    minute.replace('T', " ")
}

/// What is said of a device whose last grant ends soon, or has ended.
pub fn grant_ends_soon(expires_at_ms: u64) -> String {
    let until = city_minute(expires_at_ms);
    format!(
        "授权即将到期，请联系社区或镇里的系统管理员续期 the grant ends soon, ask the operator to renew it: {until}"
    )
}

/// What is said of a device whose clock is off, ahead if positive.
pub fn clock_off(off_ms: i64) -> String {
    let off_by = off_by(off_ms);
    format!("本机时钟不准，日期仍按全市时间记 this device's clock is off: {off_by}")
}

/// By how much a clock is off, ahead if positive: `快 3 天 2 小时 ahead by 3 d 2 h`. Two units are
/// enough to see what is wrong.
pub fn off_by(off_ms: i64) -> String {
    const UNITS: [(u64, &str, &str); 3] =
        [(24 * 60, "天", "d"), (60, "小时", "h"), (1, "分钟", "min")];
    let (chinese, english) = if off_ms < 0 { ("慢", "behind by") } else { ("快", "ahead by") };
    let mut minutes = off_ms.unsigned_abs() / (60 * 1000);
    let mut words = [chinese.to_owned(), english.to_owned()];
    let mut units_left = 2;
    for (unit, of_chinese, of_english) in UNITS {
        let count = minutes / unit;
        minutes %= unit;
        if count > 0 && units_left > 0 {
            words[0].push_str(&format!(" {count} {of_chinese}"));
            words[1].push_str(&format!(" {count} {of_english}"));
            units_left -= 1;
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_day_and_a_minute_of_the_city() {
        for (unix_ms, text) in [
            (0, "1970-01-01 08:00"),
            (951_782_399_999, "2000-02-29 07:59"),
            (951_840_000_000, "2000-03-01 00:00"),
            (1_795_570_200_000, "2026-11-25 09:30"),
        ] {
            assert_eq!(city_minute(unix_ms), text);
        }
    }

    #[test]
    fn how_far_a_clock_is_off_is_said_in_its_two_largest_units() {
        for (off_ms, text) in [
            (360_000, "快 6 分钟 ahead by 6 min"),
            (-(23 * 60 + 5) * 60_000, "慢 23 小时 5 分钟 behind by 23 h 5 min"),
            (3_653 * 24 * 60 * 60_000 + 61 * 60_000, "快 3653 天 1 小时 ahead by 3653 d 1 h"),
        ] {
            assert_eq!(off_by(off_ms), text);
        }
    }
}
