//! What the server does while it does not trust its own clock.

use super::*;
use crate::clock_watch::Suspicion;
use crate::inviting::InviteError;
use crate::store::ServerStore;

const AHEAD_MS: u64 = 800 * 24 * 60 * 60 * 1000;

#[test]
fn while_the_clock_is_suspect_nobody_is_served_and_afterwards_everything_goes_by_itself() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let invitation = world.invite("micro_grid_head", HEAD_REGION);
    let (region, number) = (world.region(HEAD_REGION), world.number());
    let (_, commit) = alice.person().add_household(region);
    world.unix_ms += AHEAD_MS;
    alice.queue(commit);
    world.run(&mut [&mut alice], None);
    assert_eq!((alice.closed.as_deref(), alice.answers.len()), (Some("clock_suspect"), 0));

    // Put right, it is suspect all the same.
    world.unix_ms -= AHEAD_MS;
    world.hang_up(&mut alice);
    world.call(&mut alice);
    let mut bob = world.device(2, Some(&invitation));
    world.call(&mut bob);
    alice.closed = None;
    world.run(&mut [&mut alice, &mut bob], None);
    let clock_suspect = Some("clock_suspect");
    assert_eq!((alice.closed.as_deref(), bob.closed.as_deref()), (clock_suspect, clock_suspect));
    let request = InviteRequest {
        name: "王五".into(),
        role: "steward".into(),
        region_code: Some(HEAD_REGION.into()),
        days: None,
        grant_days: None,
    };
    let refused = world.server.invite(&request, world.unix_ms);
    assert!(matches!(refused, Err(InviteError::ClockSuspect)), "{refused:?}");
    assert_eq!(world.number(), number, "nothing is numbered");

    world.set_clock(0);
    for device in [&mut alice, &mut bob] {
        world.hang_up(device);
        device.closed = None;
        world.call(device);
    }
    world.settle(&mut [&mut alice, &mut bob]);
    assert!(matches!(alice.answers[0].outcome, Outcome::Admitted { .. }));
    assert_eq!((alice.closed, bob.closed), (None, None));
}

#[test]
fn what_waited_when_the_clock_became_suspect_is_judged_by_the_time_that_was_confirmed() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let number = world.number();
    let region = world.region(HEAD_REGION);
    let (_, commit) = alice.person().add_household(region);
    world.server.admit_through(Box::new(Nobody));
    alice.queue(commit.clone());
    world.run(&mut [&mut alice], None);
    let (_, second) = alice.person().add_household(region);
    alice.queue(second);
    world.run(&mut [&mut alice], None);
    world.unix_ms += AHEAD_MS;
    world.run(&mut [&mut alice], None);
    assert_eq!(alice.closed.as_deref(), Some("clock_suspect"));
    assert!(world.server.is_admitting(), "one is being judged by the time that was trusted");
    let answers = vec![vec![crate::admission::Outcome::Refused { code: "quota_exceeded" }]];
    let judged = crate::admission::Batch {
        answers,
        repeated: 0,
        rechecked: false,
        spent: keting_trust::guard::Spent::default(),
        open_documents_bytes: 0,
        head: world.server.head,
    };
    world.server.handle_admitted(Ok(judged), world.now_ms);
    assert!(!world.server.is_admitting(), "nothing is begun by a time that is not");
    world.unix_ms -= AHEAD_MS;
    world.set_clock(0);
    assert!(world.server.is_admitting());
    assert_eq!(world.number(), number);
}

#[test]
fn a_server_that_starts_anew_remembers_that_its_clock_is_suspect_and_when_it_last_ran() {
    let mut world = World::new();
    world.server.step(world.now_ms, world.unix_ms);
    assert_eq!(start(&world, 0), None);
    assert_eq!(start(&world, -601_000), Some(Suspicion::Behind));
    world.unix_ms += 31 * 24 * 60 * 60 * 1000;
    assert_eq!(start(&world, 0), Some(Suspicion::Unconfirmed), "the last one found it behind");
    let mut store = SqliteStoreBeside::new(&world).store;
    let mut transaction = store.begin().unwrap();
    transaction.set_meta("clock_is_suspect", &[0]).unwrap();
    transaction.commit().unwrap();
    assert_eq!(start(&world, 0), Some(Suspicion::FarAhead));
}

/// What another start of the server says of its clock, which is so far off the world's.
fn start(world: &World, off_ms: i64) -> Option<Suspicion> {
    let store = SqliteStoreBeside::new(world).store;
    let config = world.server.config.clone();
    let mut server = Server::open(Box::new(store), config, Box::new(Seeded(8))).unwrap();
    server.step(0, world.unix_ms.saturating_add_signed(off_ms));
    server.clock_suspicion()
}

/// Begins with what it is given and never ends.
struct Nobody;

impl Admitter for Nobody {
    fn begin(&mut self, _: Group) {}
}
