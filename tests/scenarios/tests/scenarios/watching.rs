//! Live updates.

use std::time::Duration;

use keting::ErrorKind;
use keting::parts::{Changed, Next, SyncNews};
use keting_model::Fields;
use keting_scenarios::city::{City, MICRO_GRID};
use keting_scenarios::phone::{Phone, Two};
use keting_testkit::vfs::{Disk, Failure, Fault, Op};

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_watch_on_one_phone_fires_when_a_colleague_edits_on_another() {
    let city = City::start();
    let two = Two::in_city(&city);
    let (alice, bob, household) = (&two.alice, &two.bob, two.household);

    let watched = bob.keting.watch(&["household"]);
    let staying = bob.keting.start_sync().unwrap();
    assert!(staying.news().any(|news| news == SyncNews::UpToDate));

    alice.edit(household, Fields::new().with("tenure", "rented")).unwrap();
    alice.sync();
    let Next::Changed(Changed::Rows(rows)) = watched.next_within(PATIENCE) else {
        panic!("the watch was silent")
    };
    assert!(rows.iter().any(|row| row.table == "household" && row.document == household));

    // And an edit made while connected goes up by itself.
    bob.edit(household, Fields::new().with("address_code", "990481-1-101")).unwrap();
    let seen = alice.keting.watch(&["household"]);
    let mut tries = 0;
    while alice.sync().progress.commits_received == 0 {
        tries += 1;
        assert!(tries < 1_000, "the edit never came up");
    }
    assert!(matches!(seen.next_within(PATIENCE), Next::Changed(Changed::Rows(_))));
    staying.stop().unwrap();
}

#[test]
fn nobody_hears_of_an_edit_or_of_news_that_the_disk_did_not_take() {
    let city = City::start();
    let disk = Disk::new(1);
    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let alice = Phone::on_disk(city.directory(), &invitation, &disk);
    alice.sync();
    let household = alice.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    alice.sync();
    let bob = city.phone("刘平杰", "micro_grid_head", MICRO_GRID);
    bob.edit(household, Fields::new().with("tenure", "rented")).unwrap();
    bob.sync();

    let address = Fields::new().with("address", "望潮苑1幢1单元102室");
    let watched = alice.keting.watch(&[]);
    for failure in [Failure::Io, Failure::Full] {
        disk.inject(Fault::nth(Op::Sync, 1, failure));
        let failed = alice.edit(household, address.clone()).unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::File, "{failed}");
        assert_eq!(watched.next_within(Duration::ZERO), Next::TimedOut);
        assert_eq!(alice.household(household).address, "望潮苑1幢1单元101室");
        disk.inject(Fault::nth(Op::Sync, 1, failure));
        let failed = alice.try_sync().unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::File, "{failed}");
        assert_eq!(watched.next_within(Duration::ZERO), Next::TimedOut);
        assert_eq!(alice.detail(household).tenure, None);
        disk.clear_faults();
    }
    alice.edit(household, address).unwrap();
    assert!(matches!(watched.next_within(Duration::ZERO), Next::Changed(_)));
    alice.sync();
    assert!(matches!(watched.next_within(Duration::ZERO), Next::Changed(_)));
}

#[test]
fn a_watch_ends_when_the_app_closes_the_replica() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let watched = alice.keting.watch(&[]);
    drop(alice);
    assert_eq!(watched.next_within(PATIENCE), Next::Closed);
}
