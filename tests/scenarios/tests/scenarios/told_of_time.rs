//! What people are told of the time: that a day may not have come, that today is not certain, and that
//! the clock of their phone is off.

use keting::commands::VisitsCommand;
use keting::parts::{SyncNews, replica_of};
use keting::{
    Command, DocumentId, EngineError, Environment as _, Fields, ItemId, SystemEnvironment, Warning,
};
use keting_scenarios::city::{City, MICRO_GRID};
use keting_scenarios::clock::PhoneClock;
use keting_scenarios::device::Device;
use keting_scenarios::phone::Phone;
use keting_testkit::people::{Registry, Sex};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
const TEN_YEARS_MS: u64 = 3_653 * DAY_MS;

/// A head of a micro-grid with one household, whose phone then starts in 1970.
fn started_in_1970(city: &City, clock: &PhoneClock) -> (Phone, DocumentId) {
    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let phone = Phone::with_clock(city.directory(), &invitation, clock);
    phone.sync();
    let household = phone.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    phone.sync();
    clock.restart();
    clock.set_off_by(-6 * TEN_YEARS_MS.cast_signed());
    (phone.reopened_with(clock), household)
}

/// The day so many days after the phone's today.
fn in_days(phone: &Phone, days: u64) -> String {
    phone.keting.now().plus_ms(days * DAY_MS).day().to_string()
}

/// What is said of a visit on a day, and which visit it is.
fn visit(
    phone: &Phone,
    household: DocumentId,
    at: &str,
) -> (ItemId, Result<Vec<Warning>, EngineError>) {
    let (visit, time) = (phone.keting.new_item(), phone.keting.now());
    let fields = Fields::new().with("at", at).with("purpose", "上门看望");
    let add = VisitsCommand::AddVisit { household, visit, fields, time };
    let executed = phone.keting.execute(&Command::Visits(add));
    (visit, executed.map(|executed| executed.warnings))
}

#[test]
fn a_day_that_may_not_have_come_is_kept_with_a_warning_while_today_is_not_certain() {
    let city = City::start();
    let clock = PhoneClock::default();
    let (phone, household) = started_in_1970(&city, &clock);
    let (today, soon) = (in_days(&phone, 0), in_days(&phone, 30));
    let (last, beyond) = (in_days(&phone, 400), in_days(&phone, 401));

    assert_eq!(visit(&phone, household, &today).1.unwrap(), []);
    let mut kept = Vec::new();
    for day in [&soon, &last] {
        let (id, warnings) = visit(&phone, household, day);
        let said: Vec<_> = warnings.unwrap().into_iter().map(|w| (w.code(), w.field())).collect();
        assert_eq!(said, [("day_uncertain", "at")], "{day}");
        kept.push(id);
    }
    assert_eq!(visit(&phone, household, &beyond).1.unwrap_err().code(), "in_the_future");

    // The server takes them as they are, and from then on today is certain.
    phone.sync();
    let visits = phone.keting.household(&household).unwrap().unwrap().visits.unwrap();
    assert!(kept.iter().all(|id| visits.iter().any(|visit| visit.id == *id)));
    let status = phone.keting.status().unwrap();
    assert_eq!((status.held, status.waiting), (0, 0));
    assert_eq!(visit(&phone, household, &soon).1.unwrap_err().code(), "in_the_future");
    assert_eq!(visit(&phone, household, &today).1.unwrap(), []);
}

#[test]
fn a_warning_names_every_field_and_the_id_number_too() {
    let city = City::start();
    let clock = PhoneClock::default();
    let (phone, household) = started_in_1970(&city, &clock);
    let born = in_days(&phone, 30);
    let part = |at: std::ops::Range<usize>| born[at].parse().unwrap();
    let id_number = Registry::default().id_number((part(0..4), part(5..7), part(8..10)), Sex::Male);
    let fields = Fields::new()
        .with("name", "李小一")
        .with("relation", "child")
        .with("birth_date", born.as_str())
        .with("id_number", id_number.as_str());
    let (resident, time) = (phone.resident(fields), phone.keting.now());
    let add = keting::commands::HouseholdCommand::AddResident { household, resident, time };
    let warnings = phone.keting.execute(&Command::Household(add)).unwrap().warnings;
    let mut fields: Vec<_> = warnings.into_iter().map(Warning::field).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["birth_date", "id_number"]);
}

#[test]
fn the_command_keeps_the_edit_says_the_warning_on_standard_error_and_ends_well() {
    let city = City::start();
    let clock = PhoneClock::off_by(TEN_YEARS_MS.cast_signed());
    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let phone = Phone::with_clock(city.directory(), &invitation, &clock);
    phone.sync();
    let household = phone.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一").to_string();
    let soon = in_days(&phone, 30);
    // To the command this is another start of the machine, and its clock is ten years behind.
    let device = Device::at(phone.directory().to_owned());
    drop(phone);
    let status = device.json(&["status"]);
    assert_eq!((&status["time_uncertain"], &status["clock_off_ms"]), (&true.into(), &().into()));

    let visit = ["household", "visit", &household, "--purpose", "上门看望", "--at", &soon];
    let ended = device.run(&visit).done();
    assert_eq!(ended.refusal(), (0, "day_uncertain"), "{}", ended.err);
    assert!(ended.err.contains("日期 at"), "{}", ended.err);
    let id = ended.line();
    let shown = device.json(&["household", "show", &household]);
    assert_eq!(
        (&shown["visits"][0]["id"], &shown["visits"][0]["at"]),
        (&id.into(), &soon.clone().into())
    );

    device.run(&["sync"]).done();
    assert_eq!(device.json(&["status"])["time_uncertain"], false);
    assert_eq!(device.run(&visit).refusal(), (1, "in_the_future"));
}

#[test]
fn the_status_for_machines_says_by_how_much_the_clock_is_off_and_what_time_it_is() {
    let city = City::start();
    let phone = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let device = Device::at(phone.directory().to_owned());
    // As if a server had told the time ten years and some minutes ago: the machine's clock is then so
    // much ahead.
    let told_ms = SystemEnvironment.unix_ms() - TEN_YEARS_MS - 5 * 60 * 1000;
    replica_of(&phone.keting).note_welcome(told_ms, 0).unwrap();
    drop(phone);
    let status = device.json(&["status"]);
    let off_ms = status["clock_off_ms"].as_u64().unwrap();
    assert!(off_ms.abs_diff(TEN_YEARS_MS) < DAY_MS, "{off_ms}");
    assert!(status["city_time_ms"].as_u64().unwrap().abs_diff(told_ms) < DAY_MS, "{status}");
    assert!(device.run(&["status"]).done().out.contains("ahead by 3653 d"));
    // The next sync puts it right, and has nothing to complain of.
    assert_eq!(device.json(&["sync"])["clock_off_ms"], serde_json::Value::Null);
    assert_eq!(device.json(&["status"])["clock_off_ms"], serde_json::Value::Null);
}

#[test]
fn a_phone_that_hears_its_grant_is_over_goes_on_entering_and_says_that_it_is_to_be_renewed() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    assert!(!alice.keting.status().unwrap().grant_ends_soon);
    let told_ms = alice.keting.status().unwrap().grant_expires_at_ms.unwrap() + DAY_MS;
    replica_of(&alice.keting).note_welcome(told_ms, 0).unwrap();
    alice.add_household(MICRO_GRID, "一号", "李一");
    let status = alice.keting.status().unwrap();
    assert!(status.grant_ends_soon && status.waiting == 1, "{status:?}");
    // The server thinks otherwise of the time.
    alice.sync();
    let status = alice.keting.status().unwrap();
    assert!(!status.grant_ends_soon && status.waiting == 0, "{status:?}");
}

#[test]
fn the_news_of_a_sync_says_once_that_the_clock_is_off() {
    let city = City::start();
    let clock = PhoneClock::off_by(TEN_YEARS_MS.cast_signed());
    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let phone = Phone::with_clock(city.directory(), &invitation, &clock);
    let said = |phone: &Phone| {
        let mut said = Vec::new();
        phone.keting.sync(&mut |news| said.push(news)).unwrap();
        said.retain(|news| matches!(news, SyncNews::ClockOff { .. }));
        said
    };
    for sync in ["at enrolment", "later"] {
        let said = said(&phone);
        let [SyncNews::ClockOff { off_ms }] = said.as_slice() else { panic!("{sync}: {said:?}") };
        assert!(off_ms.unsigned_abs().abs_diff(TEN_YEARS_MS) < DAY_MS, "{off_ms}");
    }
    let syncing = phone.keting.start_sync().unwrap();
    assert!(syncing.news().any(|news| matches!(news, SyncNews::ClockOff { off_ms } if off_ms > 0)));
    syncing.stop().unwrap();
    clock.set_off_by(0);
    assert_eq!(said(&phone), []);
}
