//! A day is the city's day, whatever the clock of a phone shows.

use keting::commands::{HouseholdCommand, VisitsCommand};
use keting::parts::replica_of;
use keting::{CityTime, Command, DocumentId, Environment as _, Fields, SystemEnvironment};
use keting_scenarios::city::{City, GRID, MICRO_GRID, UNIT};
use keting_scenarios::clock::PhoneClock;
use keting_scenarios::phone::{Phone, Two};

const HOUR_MS: i64 = 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const TEN_YEARS_MS: i64 = 3_653 * DAY_MS;
const YEAR_MS: u64 = 365 * DAY_MS.unsigned_abs();
/// Long enough for the machine to write and exchange a few records, short enough to be the same day.
const A_WHILE_MS: u64 = 10 * 60 * 1_000;

/// A head of a micro-grid with a clock of the test's, enrolled, with one household.
fn head(city: &City, clock: &PhoneClock) -> (Phone, DocumentId) {
    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let phone = Phone::with_clock(city.directory(), &invitation, clock);
    phone.sync();
    let household = phone.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    (phone, household)
}

fn add_note(phone: &Phone, household: DocumentId, text: &str) {
    let (note, time) = (phone.keting.new_item(), phone.keting.now());
    let add = VisitsCommand::AddNote { household, note, text: text.to_owned(), time };
    phone.keting.execute(&Command::Visits(add)).unwrap();
}

/// The days of the notes, in the order of their texts.
fn days(phone: &Phone, household: DocumentId) -> Vec<String> {
    let mut notes = phone.keting.household(&household).unwrap().unwrap().notes.unwrap();
    notes.sort_by(|one, other| one.text.cmp(&other.text));
    notes.into_iter().map(|note| note.at).collect()
}

/// The right day, by this machine's clock.
fn today() -> String {
    CityTime::new(SystemEnvironment.unix_ms()).day().to_string()
}

fn is_about_now(time: CityTime) -> bool {
    time.unix_ms().abs_diff(SystemEnvironment.unix_ms()) < A_WHILE_MS
}

#[test]
fn what_a_phone_ten_years_ahead_writes_is_dated_today_before_and_after_its_clock_is_put_right() {
    let city = City::start();
    for restarts in [false, true] {
        let clock = PhoneClock::off_by(TEN_YEARS_MS);
        let (mut ahead, household) = head(&city, &clock);
        let other = city.phone("刘平杰", "grid_worker", GRID);
        let before = today();
        add_note(&ahead, household, "1");
        clock.set_off_by(0);
        if restarts {
            clock.restart();
            ahead = ahead.reopened_with(&clock);
        }
        add_note(&ahead, household, "2");
        ahead.sync();
        add_note(&ahead, household, "3");
        ahead.sync();
        other.sync();
        if before == today() {
            for phone in [&ahead, &other] {
                assert_eq!(days(phone, household), [today(), today(), today()], "{restarts}");
            }
        }
        assert!(is_about_now(ahead.keting.now()));
        ahead.assert_verified();
    }
}

#[test]
fn nobody_s_record_is_dated_by_a_colleague_whose_clock_is_a_day_fast() {
    let city = City::start();
    let (fast, household) = head(&city, &PhoneClock::off_by(23 * HOUR_MS));
    let right = city.phone("刘平杰", "grid_worker", GRID);
    let before = today();
    add_note(&fast, household, "1");
    fast.sync();
    right.sync();
    add_note(&right, household, "2");
    assert!(is_about_now(fast.keting.now()) && is_about_now(right.keting.now()));
    if before == today() {
        assert_eq!(days(&right, household), [today(), today()]);
    }
}

#[test]
fn a_child_added_by_a_phone_ten_years_ahead_is_a_child_for_everybody() {
    let city = City::start();
    let (ahead, _) = head(&city, &PhoneClock::off_by(TEN_YEARS_MS));
    let household = ahead.add_household(UNIT, "望潮苑1幢1单元102室", "李二");
    let steward = city.phone("吴阿姨", "steward", UNIT);
    let year = today()[..4].parse::<u16>().unwrap() - 6;
    let child = Fields::new()
        .with("name", "李小一")
        .with("relation", "child")
        .with("birth_date", format!("{year}-01-01").as_str())
        .with("phone", "13800000001");
    let child = ahead.add_resident(household, child);
    ahead.sync();
    steward.sync();
    let seen_by = |phone: &Phone| {
        let residents = phone.household(household).residents;
        let resident = residents.into_iter().find(|resident| resident.id == child).unwrap();
        (resident.name, resident.relation, resident.phone)
    };
    let (name, relation) = ("李小一".to_owned(), Some("child".to_owned()));
    let number = Some("13800000001".to_owned());
    assert_eq!(seen_by(&ahead), (name.clone(), relation.clone(), number));
    assert_eq!(seen_by(&steward), (name, relation, None));
}

#[test]
fn a_clock_that_jumps_while_the_app_runs_or_is_closed_moves_no_date() {
    let city = City::start();
    let clock = PhoneClock::default();
    let (mut phone, _) = head(&city, &clock);
    for off_ms in [TEN_YEARS_MS, -TEN_YEARS_MS, 23 * HOUR_MS, -60 * TEN_YEARS_MS] {
        clock.set_off_by(off_ms);
        assert!(is_about_now(phone.keting.now()), "{off_ms} while the app runs");
        phone = phone.reopened_with(&clock);
        assert!(is_about_now(phone.keting.now()), "{off_ms} between two runs");
        assert!(!phone.keting.status().unwrap().time_uncertain);
    }
}

#[test]
fn a_phone_that_starts_in_1970_dates_by_the_last_it_knew_until_it_hears_from_the_server() {
    let city = City::start();
    let clock = PhoneClock::default();
    let (phone, household) = head(&city, &clock);
    clock.restart();
    clock.set_off_by(-60 * TEN_YEARS_MS);
    let phone = phone.reopened_with(&clock);
    let before = today();
    add_note(&phone, household, "1");
    let status = phone.keting.status().unwrap();
    assert!(status.time_uncertain && phone.keting.now().is_uncertain());
    assert_eq!(status.clock_off_ms, None);
    phone.sync();
    if before == today() {
        assert_eq!(days(&phone, household), [today()]);
    }
    let status = phone.keting.status().unwrap();
    assert!(!status.time_uncertain);
    assert!(status.clock_off_ms.is_some_and(|off_ms| off_ms < -5 * TEN_YEARS_MS));
}

#[test]
fn a_year_without_a_server_is_counted_by_the_phone_itself() {
    let city = City::start();
    let clock = PhoneClock::off_by(-TEN_YEARS_MS);
    let (mut phone, _) = head(&city, &clock);
    clock.pass(YEAR_MS);
    let a_year_on = |phone: &Phone| {
        let since_ms = phone.keting.now().unix_ms() - SystemEnvironment.unix_ms();
        since_ms.abs_diff(YEAR_MS) < A_WHILE_MS
    };
    assert!(a_year_on(&phone) && !phone.keting.now().is_uncertain());
    clock.restart();
    phone = phone.reopened_with(&clock);
    assert!(a_year_on(&phone) && phone.keting.now().is_uncertain());
    // The server has not seen that year pass, and it is the server that is followed.
    phone.sync();
    assert!(is_about_now(phone.keting.now()));
}

#[test]
fn a_time_ten_years_ahead_is_given_up_at_the_next_contact_and_the_order_of_edits_is_kept() {
    let city = City::start();
    let two = Two::in_city(&city);
    let clock = PhoneClock::default();
    let (phone, household) = head(&city, &clock);
    clock.restart();
    clock.set_off_by(TEN_YEARS_MS);
    let phone = phone.reopened_with(&clock);
    // Nobody can tell it that this is wrong: it knew the right time, and the clock may have run on.
    clock.set_off_by(2 * TEN_YEARS_MS);
    let edit = |address: &str| phone.edit(household, Fields::new().with("address", address));
    edit("望潮苑1幢1单元102室").unwrap();
    assert!(phone.keting.now().is_uncertain());
    let incarnation = replica_of(&phone.keting).persisted().incarnation;
    phone.sync();
    assert!(is_about_now(phone.keting.now()));
    edit("望潮苑1幢1单元103室").unwrap();
    assert_ne!(replica_of(&phone.keting).persisted().incarnation, incarnation);
    phone.sync();
    edit("望潮苑1幢1单元104室").unwrap();
    phone.sync();
    two.bob.sync();
    for phone in [&phone, &two.bob] {
        assert_eq!(phone.household(household).address, "望潮苑1幢1单元104室");
        assert_eq!(phone.conflicts(household), []);
        assert_eq!(phone.keting.status().unwrap().held, 0);
        phone.assert_verified();
    }
}

#[test]
fn the_status_says_by_how_much_the_clock_of_a_phone_is_off_from_six_minutes_on() {
    let city = City::start();
    let clock = PhoneClock::default();
    let (phone, _) = head(&city, &clock);
    let off_ms = || phone.keting.status().unwrap().clock_off_ms;
    for off_by_ms in [0, 4 * 60 * 1_000, -4 * 60 * 1_000] {
        clock.set_off_by(off_by_ms);
        assert_eq!(off_ms(), None, "{off_by_ms}");
    }
    for off_by_ms in [6 * 60 * 1_000, -23 * HOUR_MS, TEN_YEARS_MS] {
        clock.set_off_by(off_by_ms);
        let said = off_ms().unwrap();
        assert!(said.abs_diff(off_by_ms) < 60 * 1_000, "{said} for {off_by_ms}");
    }
}

#[test]
fn whoever_lies_about_the_time_through_a_server_dates_their_own_records_and_nobody_elses() {
    // As far ahead as the liar's grant still holds there.
    for off_ms in [-TEN_YEARS_MS, 300 * DAY_MS] {
        let city = City::start();
        let Two { alice, bob, household } = Two::in_city(&city);
        let liar = city.phone("沈国强", "grid_worker", GRID);
        let steward = city.phone("吴阿姨", "steward", UNIT);
        let before = today();
        add_note(&alice, household, "1");
        let wrong_ms = SystemEnvironment.unix_ms().saturating_add_signed(off_ms);
        replica_of(&liar.keting).note_welcome(wrong_ms, 0).unwrap();
        add_note(&liar, household, "2");
        liar.sync();
        alice.sync();
        bob.sync();
        add_note(&alice, household, "3");
        add_note(&bob, household, "4");
        // Nor is it counted from that day who is a child.
        let at_unit = alice.add_household(UNIT, "望潮苑1幢1单元102室", "李二");
        let born = format!("{}-01-01", today()[..4].parse::<u16>().unwrap() - 13);
        let child = Fields::new().with("name", "李小一").with("relation", "child");
        let child = child.with("birth_date", born.as_str()).with("phone", "13800000001");
        let child = alice.add_resident(at_unit, child);
        for phone in [&alice, &bob, &alice, &liar, &steward] {
            phone.sync();
        }
        let wrong = CityTime::new(wrong_ms).day().to_string();
        for phone in [&alice, &bob, &liar] {
            if before == today() {
                assert_eq!(days(phone, household), [today(), wrong.clone(), today(), today()]);
            }
            assert!(is_about_now(phone.keting.now()));
            assert_eq!(phone.keting.status().unwrap().held, 0);
            phone.assert_verified();
        }
        let residents = steward.household(at_unit).residents;
        let seen = residents.into_iter().find(|resident| resident.id == child).unwrap();
        assert_eq!(seen.phone, None, "{off_ms}");
    }
}

#[test]
fn a_day_that_has_not_come_is_refused_on_a_phone_ten_years_ahead_too() {
    let city = City::start();
    let (ahead, household) = head(&city, &PhoneClock::off_by(TEN_YEARS_MS));
    let resident = ahead.household(household).residents[0].id;
    let edit = |born: &str| {
        let (fields, time) = (Fields::new().with("birth_date", born), ahead.keting.now());
        let edit = HouseholdCommand::EditResident { household, resident, fields, time };
        ahead.keting.execute(&Command::Household(edit)).map_err(|error| error.code().to_owned())
    };
    let next_year = today()[..4].parse::<u16>().unwrap() + 1;
    assert_eq!(edit(&format!("{next_year}-12-31")).unwrap_err(), "in_the_future");
    assert_eq!(edit("1849-12-31").unwrap_err(), "before_1850");
    edit("1962-05-05").unwrap();
}
