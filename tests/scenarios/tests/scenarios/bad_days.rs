//! Cuts, copies, restarts, and what people do with invitations.

use std::sync::Barrier;
use std::thread;

use keting::ErrorKind;
use keting::parts::Local;
use keting_model::Fields;
use keting_scenarios::city::{City, GRID, MICRO_GRID};
use keting_scenarios::link::Link;
use keting_scenarios::phone::{Phone, vault};

#[test]
fn a_first_sync_that_is_cut_again_and_again_comes_to_its_end() {
    let mut city = City::start();
    let link = Link::to(city.port());
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    for number in 0..60 {
        alice.add_household(MICRO_GRID, &format!("望潮苑1幢1单元{number}室"), "李一");
    }
    alice.sync();

    city.advertise(link.port());
    let bob = Phone::new(city.directory(), &city.invite("刘平杰", "grid_worker", GRID));
    let mut allowed_bytes = 2_000;
    loop {
        link.cut_after(allowed_bytes);
        match bob.try_sync() {
            Ok(_) => break,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Network, "{error}"),
        }
        allowed_bytes += 2_000;
    }
    assert!(link.cuts() > 3, "the link was cut {} times", link.cuts());
    assert_eq!(bob.households().len(), 60);
    bob.assert_verified();
}

#[test]
fn a_link_that_never_passes_more_than_sixteen_kilobytes_still_brings_everything_both_ways() {
    const PASSES_BYTES: u64 = 16_000;
    const TRIES_MAX: u32 = 100;
    let mut city = City::start();
    let link = Link::to(city.port());
    city.advertise(link.port());
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = Phone::new(city.directory(), &city.invite("刘平杰", "grid_worker", GRID));
    for number in 0..60 {
        alice.add_household(MICRO_GRID, &format!("望潮苑1幢1单元{number}室"), "李一");
    }

    link.cut_after(PASSES_BYTES);
    link.cut_after_up(PASSES_BYTES);
    for phone in [&alice, &bob] {
        let tries = (1..=TRIES_MAX).find(|_| phone.try_sync().is_ok());
        assert!(tries.is_some_and(|tries| tries > 1), "not through in {TRIES_MAX}: {tries:?}");
    }
    assert_eq!(alice.keting.status().unwrap().waiting, 0);
    assert_eq!(bob.households().len(), 60);
    bob.assert_verified();
}

#[test]
fn a_push_whose_answer_was_cut_off_is_admitted_once() {
    let mut city = City::start();
    let link = Link::to(city.port());
    city.advertise(link.port());
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    for number in 0..20 {
        alice.add_household(MICRO_GRID, &format!("望潮苑1幢1单元{number}室"), "李一");
        link.cut_after(1_500 + number * 37);
        let _ = alice.try_sync();
    }
    link.heal();
    alice.sync();
    let status = alice.keting.status().unwrap();
    assert_eq!((status.waiting, status.held), (0, 0));
    let bob = city.phone("刘平杰", "grid_worker", GRID);
    assert_eq!(bob.households().len(), 20);
    bob.assert_verified();
    alice.assert_verified();
}

#[test]
fn a_copied_phone_directory_of_which_both_copies_are_used_loses_nothing() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let household = alice.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    alice.sync();

    let copy = alice.copied_data();
    alice.edit(household, Fields::new().with("tenure", "rented")).unwrap();
    copy.edit(household, Fields::new().with("address_code", "990481-1-101")).unwrap();
    copy.sync();
    alice.sync();
    let alice = alice.reopened();
    alice.add_household(MICRO_GRID, "望潮苑1幢1单元102室", "王二");
    alice.sync();
    copy.add_household(MICRO_GRID, "望潮苑1幢1单元103室", "张三");
    copy.sync();
    alice.sync();

    for phone in [&alice, &copy] {
        assert_eq!(phone.households().len(), 3);
        assert_eq!(phone.keting.status().unwrap().held, 0);
        assert_eq!(phone.conflicts(household), []);
        phone.assert_verified();
    }
}

#[test]
fn a_server_that_was_stopped_and_started_again_has_everything_it_acknowledged() {
    let mut city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let household = alice.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    alice.sync();
    city.stop();
    let away = alice.try_sync().unwrap_err();
    assert_eq!((away.kind(), away.retryable()), (ErrorKind::Network, true));
    alice.edit(household, Fields::new().with("tenure", "rented")).unwrap();
    city.restart();
    alice.sync();
    let bob = city.phone("刘平杰", "grid_worker", GRID);
    assert_eq!(bob.households().len(), 1);
    bob.assert_verified();
}

#[test]
fn an_invitation_used_twice_is_refused_and_the_first_phone_stays_enrolled() {
    let city = City::start();
    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let first = Phone::new(city.directory(), &invitation);
    first.sync();
    let second = Phone::new(city.directory(), &invitation);
    assert_eq!(second.try_sync().unwrap_err().code(), "invitation_used");
    first.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    first.sync();
    first.assert_verified();
}

const TEN_YEARS_MS: i64 = 3_653 * 24 * 60 * 60 * 1_000;

#[test]
fn a_correction_of_what_a_phone_ten_years_ahead_said_counts_on_every_phone() {
    let city = City::start();
    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let ahead = Phone::with_clock_off_by(city.directory(), &invitation, TEN_YEARS_MS);
    let right = city.phone("刘平杰", "grid_worker", GRID);
    ahead.sync();
    let household = ahead.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    let resident = ahead.household(household).residents[0].id;
    let need = ahead.add_need(household, "加装电梯");
    ahead.say(household, resident, "moved_out");
    ahead.advance(household, need, "met");
    ahead.sync();
    right.sync();
    let shown = |phone: &Phone| {
        let detail = phone.detail(household);
        let status = detail.residents[0].resident.status.clone();
        (status.unwrap(), detail.needs[0].status.clone())
    };
    assert_eq!(shown(&right), ("moved_out".to_owned(), "met".to_owned()));

    right.say(household, resident, "living");
    right.advance(household, need, "open");
    right.sync();
    ahead.sync();
    for phone in [&ahead, &right] {
        assert_eq!(shown(phone), ("living".to_owned(), "open".to_owned()));
        assert_eq!(phone.keting.status().unwrap().held, 0);
        phone.assert_verified();
    }
}

#[test]
fn phones_whose_clocks_are_ten_years_off_work_like_any_other() {
    let city = City::start();
    let invite = |name| city.invite(name, "micro_grid_head", MICRO_GRID);
    let ahead = Phone::with_clock_off_by(city.directory(), &invite("陆德祥"), TEN_YEARS_MS);
    let behind = Phone::with_clock_off_by(city.directory(), &invite("沈国强"), -TEN_YEARS_MS);
    ahead.sync();
    behind.sync();

    let household = ahead.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    ahead.sync();
    behind.sync();
    behind.edit(household, Fields::new().with("address", "望潮苑1幢1单元102室")).unwrap();
    behind.sync();
    ahead.sync();
    ahead.edit(household, Fields::new().with("address", "望潮苑1幢1单元103室")).unwrap();
    ahead.sync();
    behind.sync();

    for phone in [&ahead, &behind] {
        assert_eq!(phone.household(household).address, "望潮苑1幢1单元103室");
        assert_eq!(phone.conflicts(household), []);
        let status = phone.keting.status().unwrap();
        assert_eq!((status.waiting, status.held), (0, 0));
        phone.assert_verified();
    }
}

#[test]
fn a_phone_of_one_city_is_turned_away_by_the_server_of_another() {
    let (here, elsewhere) = (City::start(), City::start());
    let mut invitation = here.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let other = elsewhere.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    invitation.url = other.url;
    let pinned = Phone::new(here.directory(), &invitation);
    assert_eq!(pinned.try_sync().unwrap_err().code(), "wrong_server_key");
    invitation.tls_spki_sha256 = other.tls_spki_sha256;
    let lured = Phone::new(here.directory(), &invitation);
    assert_eq!(lured.try_sync().unwrap_err().code(), "other_city");
}

#[test]
fn an_idle_reconnect_takes_one_round_trip_and_under_a_kilobyte() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    for number in 0..30 {
        alice.add_household(MICRO_GRID, &format!("望潮苑1幢1单元{number}室"), "李一");
    }
    alice.sync();
    let idle = alice.sync();
    assert_eq!(idle.progress.round_trips, 1);
    assert!(idle.bytes_up + idle.bytes_down < 1_024, "{idle:?}");
}

#[test]
fn a_device_that_two_make_at_once_is_made_by_one_of_them_and_opens_again() {
    let city = City::start();
    for number in 0..8 {
        let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
        let directory = city.directory().join(format!("twice{number}"));
        let at_once = Barrier::new(2);
        let make = || {
            at_once.wait();
            Local::create(&directory.join("data"), vault(&directory), &invitation).map(drop)
        };
        let (one, other) = thread::scope(|scope| {
            let one = scope.spawn(make);
            (make(), one.join().unwrap())
        });
        for made in [&one, &other] {
            assert!(made.as_ref().err().is_none_or(|error| error.code() == "replica_in_use"));
        }
        assert!(one.is_ok() || other.is_ok());
        Phone::open(directory).sync();
    }
}
