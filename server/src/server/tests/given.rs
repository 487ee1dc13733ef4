//! What a device is given: no more than its grants cover, and all of it as soon as they do.

use super::*;

#[test]
fn a_device_whose_grants_are_over_is_refused_for_now_and_its_work_goes_when_there_is_a_grant() {
    let mut world = World::with(Some(1_000));
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    world.hang_up(&mut alice);
    let number = world.number();
    world.set_clock(YEAR_MS + 1_000);
    world.call(&mut alice);
    let region = world.region(HEAD_REGION);
    let (_, late) = alice.person().add_household(region);
    alice.queue(late);
    world.run(&mut [&mut alice], None);
    assert_eq!((alice.closed.as_deref(), alice.answers.len()), (Some("grant_ended"), 0));
    assert_eq!(world.number(), number, "nothing is numbered");

    world.hang_up(&mut alice);
    SqliteStoreBeside::new(&world).grant_at(&world, &alice.signer, HEAD_REGION, world.unix_ms);
    world.call(&mut alice);
    world.settle(&mut [&mut alice]);
    assert!(matches!(alice.answers[0].outcome, Outcome::Admitted { .. }));
}

#[test]
fn a_device_whose_grants_end_while_it_is_connected_gets_no_word_beyond_what_it_was_given() {
    let mut world = World::with(Some(1_000));
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let mut bob = world.enrol("micro_grid_head", HEAD_REGION, 2);
    world.server.config.renew_within_ms = None;
    for device in [&mut alice, &mut bob] {
        world.hang_up(device);
    }
    world.set_clock(YEAR_MS - 1_000);
    for device in [&mut alice, &mut bob] {
        world.call(device);
    }
    world.settle(&mut [&mut alice, &mut bob]);
    let cursor = alice.cursor;
    world.unix_ms += 1_000;
    let region = world.region(HEAD_REGION);
    let (_, late) = alice.person().add_household(region);
    alice.queue(late);
    world.run(&mut [&mut alice], None);
    assert_eq!(alice.answers[0].outcome, Outcome::Refused { code: "grant_ended".into() });
    assert_eq!(alice.closed, None);

    SqliteStoreBeside::new(&world).grant_at(&world, &bob.signer, HEAD_REGION, world.unix_ms);
    world.now_ms += 1_000;
    world.run(&mut [&mut alice, &mut bob], None);
    assert_eq!((alice.closed.as_deref(), bob.closed.as_deref()), (Some("grant_ended"), None));
    assert_eq!(alice.cursor, cursor);
}

#[test]
fn a_device_that_is_given_more_gets_what_its_cursor_had_passed_over() {
    let mut world = World::with(Some(1_000));
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let mut bob = world.enrol("micro_grid_head", OTHER_REGION, 2);
    let region = world.region(OTHER_REGION);
    let (household, commit) = bob.person().add_household(region);
    bob.queue(commit);
    world.settle(&mut [&mut alice, &mut bob]);
    assert!(!alice.documents().contains(&household));
    // The same once more is not more.
    let mut other = SqliteStoreBeside::new(&world);
    other.grant(&world, &alice.signer, HEAD_REGION);
    world.now_ms += 1_000;
    world.settle(&mut [&mut alice, &mut bob]);
    assert_eq!(alice.closed, None);
    other.grant(&world, &alice.signer, OTHER_REGION);
    world.now_ms += 1_000;
    world.run(&mut [&mut alice, &mut bob], None);
    assert_eq!(alice.closed.as_deref(), Some("audience_changed"));
    world.hang_up(&mut alice);
    world.call(&mut alice);
    world.settle(&mut [&mut alice, &mut bob]);
    assert!(alice.documents().contains(&household));
    world.verify();
}
