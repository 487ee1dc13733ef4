//! Live updates.

use std::time::Duration;

use keting::{Changed, Next, SyncNews};
use keting_model::Fields;
use keting_scenarios::city::{City, MICRO_GRID};
use keting_scenarios::phone::Two;

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
fn a_watch_ends_when_the_app_closes_the_replica() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let watched = alice.keting.watch(&[]);
    drop(alice);
    assert_eq!(watched.next_within(PATIENCE), Next::Closed);
}
