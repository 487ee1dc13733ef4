use proptest::prelude::*;

use super::*;

const HOUR_MS: u64 = 60 * 60 * 1000;
const DAY_MS: u64 = 24 * HOUR_MS;
const TEN_YEARS_MS: u64 = 3_653 * DAY_MS;
/// A day of 2026.
const NOW_MS: u64 = 1_790_000_000_000;

fn reading(wall_ms: u64, boot: u8, elapsed_ms: u64) -> Reading {
    Reading { wall_ms, boot: Boot { id: Some([boot; 16]), elapsed_ms } }
}

/// A device whose wall clock was `off` while it heard the server, one hour after its first start.
fn heard(wall_ms: u64) -> CityClock {
    CityClock::heard(NOW_MS, &reading(wall_ms, 1, HOUR_MS))
}

#[test]
fn in_the_same_start_the_boot_clock_counts_on_whatever_the_wall_clock_shows() {
    for wall_ms in [0, NOW_MS, NOW_MS + TEN_YEARS_MS, u64::MAX] {
        let later = reading(wall_ms, 1, 3 * HOUR_MS);
        let right = CityTime::new(NOW_MS + 2 * HOUR_MS);
        assert_eq!(heard(NOW_MS).now(&later), right);
        assert_eq!(CityClock::resume(heard(NOW_MS).kept(), &later).now(&later), right);
    }
}

#[test]
fn after_another_start_a_wall_clock_that_is_as_wrong_as_it_was_is_put_right() {
    for wall_ms in [NOW_MS + TEN_YEARS_MS, NOW_MS + 23 * HOUR_MS, NOW_MS] {
        let later = reading(wall_ms + DAY_MS, 2, 0);
        let time = CityClock::resume(heard(wall_ms).kept(), &later).now(&later);
        assert_eq!(time, CityTime::new(NOW_MS + DAY_MS).uncertain(), "{wall_ms}");
    }
}

#[test]
fn after_another_start_a_wall_clock_that_was_put_right_meanwhile_is_right() {
    for wall_ms in [NOW_MS + TEN_YEARS_MS, NOW_MS - TEN_YEARS_MS] {
        let later = reading(NOW_MS + DAY_MS, 2, 0);
        let time = CityClock::resume(heard(wall_ms).kept(), &later).now(&later);
        assert_eq!(time, CityTime::new(NOW_MS + DAY_MS).uncertain(), "{wall_ms}");
    }
}

#[test]
fn a_wall_clock_at_1970_counts_from_the_floor_until_it_is_put_right() {
    let start = reading(0, 2, 0);
    let clock = CityClock::resume(heard(NOW_MS).kept(), &start);
    let an_hour_on = reading(HOUR_MS, 2, HOUR_MS);
    assert_eq!(clock.now(&an_hour_on), CityTime::new(NOW_MS + HOUR_MS).uncertain());
    let put_right = reading(NOW_MS + 3 * DAY_MS, 2, 2 * HOUR_MS);
    assert_eq!(clock.now(&put_right), CityTime::new(NOW_MS + 3 * DAY_MS).uncertain());
    // A record was dated by it, so it is not believed again when it is set back.
    let set_back = reading(0, 2, 3 * HOUR_MS);
    let dated = clock.given_out(&put_right);
    assert_eq!(dated.now(&set_back), CityTime::new(NOW_MS + 3 * DAY_MS + HOUR_MS).uncertain());
}

#[test]
fn a_wall_clock_that_jumps_after_a_record_was_dated_moves_nothing_in_the_same_start() {
    let start = reading(NOW_MS + DAY_MS, 2, 0);
    let dated = CityClock::resume(heard(NOW_MS).kept(), &start).given_out(&start);
    let right = CityTime::new(NOW_MS + DAY_MS + HOUR_MS).uncertain();
    for wall_ms in [0, NOW_MS + TEN_YEARS_MS] {
        let jumped = reading(wall_ms, 2, HOUR_MS);
        assert_eq!(dated.now(&jumped), right);
        assert_eq!(CityClock::resume(dated.kept(), &jumped).now(&jumped), right);
    }
}

#[test]
fn the_server_is_followed_downwards_too() {
    let wrong = CityClock::heard(NOW_MS + TEN_YEARS_MS, &reading(NOW_MS, 1, 0));
    let wrong = wrong.given_out(&reading(NOW_MS, 1, 0));
    let right = CityClock::heard(NOW_MS, &reading(NOW_MS, 1, HOUR_MS));
    let now = reading(NOW_MS, 1, HOUR_MS);
    assert_eq!(wrong.now(&now), CityTime::new(NOW_MS + TEN_YEARS_MS + HOUR_MS));
    assert_eq!(right.now(&now), CityTime::new(NOW_MS));
    assert_eq!(CityClock::resume(right.kept(), &now).now(&now), CityTime::new(NOW_MS));
}

#[test]
fn where_starts_have_no_name_every_opening_of_the_file_is_another() {
    let unnamed = |wall_ms, elapsed_ms| Reading { wall_ms, boot: Boot { id: None, elapsed_ms } };
    let clock = CityClock::heard(NOW_MS, &unnamed(NOW_MS, 5));
    assert_eq!(clock.now(&unnamed(0, 6)), CityTime::new(NOW_MS + 1));
    let later = unnamed(NOW_MS + DAY_MS, 6);
    let resumed = CityClock::resume(clock.kept(), &later);
    assert_eq!(resumed.now(&later), CityTime::new(NOW_MS + DAY_MS).uncertain());
}

#[test]
fn a_clock_that_is_more_than_five_minutes_off_is_called_off_while_the_city_s_time_is_certain() {
    let minute_ms = 60 * 1000;
    let off = |wall_ms| heard(NOW_MS).off_ms(&reading(wall_ms, 1, HOUR_MS));
    assert_eq!(off(NOW_MS + 5 * minute_ms), None);
    assert_eq!(off(NOW_MS + 5 * minute_ms + 1), Some(300_001));
    assert_eq!(off(NOW_MS - HOUR_MS), Some(-3_600_000));
    let restarted = reading(NOW_MS + TEN_YEARS_MS, 2, 0);
    assert_eq!(CityClock::resume(heard(NOW_MS).kept(), &restarted).off_ms(&restarted), None);
}

/// What may befall a device.
#[derive(Debug, Clone)]
enum Happens {
    Passes { ms: u64 },
    WallIsSet { to_ms: u64 },
    Reopened,
    Restarted,
    Heard,
    Edits,
}

fn happenings() -> impl Strategy<Value = Vec<Happens>> {
    let one = prop_oneof![
        (0..30 * DAY_MS).prop_map(|ms| Happens::Passes { ms }),
        (0..NOW_MS * 2).prop_map(|to_ms| Happens::WallIsSet { to_ms }),
        Just(Happens::Reopened),
        Just(Happens::Restarted),
        Just(Happens::Heard),
        Just(Happens::Edits),
    ];
    proptest::collection::vec(one, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn since_the_server_was_heard_in_one_start_the_time_is_right_and_dates_never_go_back(
        steps in happenings(),
    ) {
        let (mut true_ms, mut off_ms, mut boot, mut since_boot_ms) = (NOW_MS, 0_i64, 1, 0);
        let mut clock = CityClock::resume(Kept::default(), &reading(true_ms, boot, 0));
        let (mut is_sure, mut last_ms) = (false, 0);
        for step in steps {
            if let Happens::Passes { ms } = step {
                (true_ms, since_boot_ms) = (true_ms + ms, since_boot_ms + ms);
            }
            if let Happens::WallIsSet { to_ms } = step {
                off_ms = to_ms.cast_signed() - true_ms.cast_signed();
            }
            if let Happens::Restarted = step {
                (boot, since_boot_ms, is_sure) = (boot + 1, 0, false);
            }
            let wall_ms = true_ms.saturating_add_signed(off_ms);
            let now = reading(wall_ms, boot, since_boot_ms);
            match step {
                Happens::Reopened | Happens::Restarted => {
                    clock = CityClock::resume(clock.kept(), &now);
                }
                Happens::Heard => {
                    clock = CityClock::heard(true_ms, &now);
                    (is_sure, last_ms) = (true, true_ms);
                }
                Happens::Edits => {
                    let time = clock.now(&now);
                    prop_assert!(time.unix_ms() >= last_ms, "went back");
                    last_ms = time.unix_ms();
                    clock = clock.given_out(&now);
                }
                Happens::Passes { .. } | Happens::WallIsSet { .. } => {}
            }
            prop_assert_eq!(clock.now(&now).is_uncertain(), !is_sure);
            if is_sure {
                prop_assert_eq!(clock.now(&now), CityTime::new(true_ms));
            }
        }
    }
}
