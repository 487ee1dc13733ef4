//! Grants that will soon be over, and the devices that have them.

use keting_trust::{Grant, SignedGrant};

use super::*;
use crate::renewal::{RenewRequest, days_ms, renew_if_due};
use crate::store::ServerRead;

/// The grants of a device, as the log has them.
fn grants_of(world: &mut World, device: &Device) -> Vec<Grant> {
    let id = device.signer.public_key().device_id();
    let read = world.server.store().snapshot().unwrap();
    let grants = read.grants_of(&id).unwrap().into_iter();
    grants.map(|stored| SignedGrant::read_stored(&stored.bytes).unwrap().grant).collect()
}

fn come_again(world: &mut World, device: &mut Device) {
    world.hang_up(device);
    world.call(device);
}

#[test]
fn the_grant_of_a_device_that_comes_in_its_last_sixty_days_is_given_once_more_for_as_long() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    world.set_clock(days_ms(304));
    come_again(&mut world, &mut alice);
    world.settle(&mut [&mut alice]);
    assert_eq!(grants_of(&mut world, &alice).len(), 1, "it is early");

    world.set_clock(days_ms(1));
    for _ in 0..2 {
        come_again(&mut world, &mut alice);
        world.settle(&mut [&mut alice]);
    }
    let [given, renewed] = &grants_of(&mut world, &alice)[..] else { panic!() };
    let same = |grant: &Grant| Grant {
        id: [0; 16],
        issued_at_ms: world.unix_ms,
        expires_at_ms: world.unix_ms + days_ms(365),
        ..grant.clone()
    };
    assert_eq!(Grant { id: [0; 16], ..renewed.clone() }, same(given));
    assert_eq!(alice.closed, None, "nothing that it is given has changed");
    let is_renewed = |entry: &Entry| {
        SignedGrant::read_stored(&entry.record).is_ok_and(|signed| signed.grant == *renewed)
    };
    assert!(alice.entries.values().any(is_renewed), "the log brings it");

    // It goes on when the first one is over.
    world.set_clock(days_ms(100));
    come_again(&mut world, &mut alice);
    let region = world.region(HEAD_REGION);
    let (_, commit) = alice.person().add_household(region);
    alice.queue(commit);
    world.settle(&mut [&mut alice]);
    assert!(matches!(alice.answers[0].outcome, Outcome::Admitted { .. }));
    world.verify();
}

#[test]
fn a_grant_that_is_over_is_not_renewed_and_none_if_the_operator_does_that() {
    for (renews, days) in [(true, 366), (false, 310)] {
        let mut world = World::new();
        if !renews {
            world.server.config.renew_within_ms = None;
        }
        let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
        world.set_clock(days_ms(days));
        come_again(&mut world, &mut alice);
        world.run(&mut [&mut alice], None);
        assert_eq!(grants_of(&mut world, &alice).len(), 1);
    }
}

#[test]
fn what_the_operator_narrowed_is_not_widened_again() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let id = alice.signer.public_key().device_id();
    world.set_clock(days_ms(200));
    let request =
        RenewRequest { device: id.to_string(), days: Some(365), region_codes: vec![UNIT.into()] };
    world.server.renew_grants(&request, world.now_ms, world.unix_ms).unwrap();
    world.set_clock(days_ms(110));
    come_again(&mut world, &mut alice);
    world.settle(&mut [&mut alice]);
    let grants = grants_of(&mut world, &alice);
    assert_eq!(grants.len(), 2, "the wide one ends in 55 days and is left to end");
    world.set_clock(days_ms(210));
    come_again(&mut world, &mut alice);
    world.settle(&mut [&mut alice]);
    let grants = grants_of(&mut world, &alice);
    assert_eq!((grants.len(), &grants[2].regions), (3, &vec![world.region(UNIT)]));
}

#[test]
fn what_was_narrowed_stays_so_when_the_narrower_grant_is_over_and_when_the_operator_renews() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let id = alice.signer.public_key().device_id();
    let renew = |world: &mut World, days, region: Option<&str>| {
        let region_codes = region.into_iter().map(str::to_owned).collect();
        let request = RenewRequest { device: id.to_string(), days: Some(days), region_codes };
        world.server.renew_grants(&request, world.now_ms, world.unix_ms).unwrap();
    };
    world.set_clock(days_ms(200));
    renew(&mut world, 5, Some(UNIT));
    world.set_clock(days_ms(110));
    come_again(&mut world, &mut alice);
    world.settle(&mut [&mut alice]);
    assert_eq!(grants_of(&mut world, &alice).len(), 2, "the wide one is left to end");
    renew(&mut world, 30, None);
    let grants = grants_of(&mut world, &alice);
    assert_eq!((grants.len(), &grants[2].regions), (3, &vec![world.region(UNIT)]));
    // By its region the operator may give the whole again.
    renew(&mut world, 30, Some(HEAD_REGION));
    let grants = grants_of(&mut world, &alice);
    assert_eq!((grants.len(), &grants[3].regions), (4, &vec![world.region(HEAD_REGION)]));
}

#[test]
fn what_was_narrowed_stays_so_though_the_clock_was_ahead_when_the_wider_was_given() {
    let mut world = World::new();
    world.set_clock(days_ms(3));
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let device = alice.signer.public_key().device_id().to_string();
    world.unix_ms -= days_ms(3);
    world.set_clock(0);
    let request = RenewRequest { device, days: Some(400), region_codes: vec![UNIT.into()] };
    world.server.renew_grants(&request, world.now_ms, world.unix_ms).unwrap();
    world.set_clock(days_ms(320));
    come_again(&mut world, &mut alice);
    world.settle(&mut [&mut alice]);
    assert_eq!(grants_of(&mut world, &alice).len(), 2, "the wide one is left to end");
}

#[test]
fn of_two_renewals_at_once_one_is_made_and_none_goes_beyond_the_issuing_key() {
    let mut world = World::new();
    let alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let device = alice.signer.public_key().device_id();
    let mut beside = SqliteStoreBeside::new(&world);
    let mut renew = |world: &World, now_ms| {
        let (store, mut random) = (&mut beside.store, Seeded(now_ms));
        let city = world.server.city();
        renew_if_due(store, city, &device, days_ms(60), &mut random, now_ms).unwrap().is_some()
    };
    let now_ms = NOW_MS + days_ms(310);
    assert_eq!([renew(&world, now_ms), renew(&world, now_ms)], [true, false]);
    // Three years after the city was made its issuing key is over.
    let [second, third] = [NOW_MS + days_ms(660), NOW_MS + days_ms(1_010)];
    assert_eq!([renew(&world, second), renew(&world, third)], [true, true]);
    assert!(!renew(&world, third + days_ms(60)), "there is nothing beyond");
    let ends: Vec<u64> =
        grants_of(&mut world, &alice).iter().map(|grant| grant.expires_at_ms).collect();
    assert_eq!(ends.last(), Some(&(NOW_MS - 1_000 + days_ms(3 * 365))));
    assert_eq!(ends.len(), 4);
}

#[test]
fn a_grant_that_was_given_for_a_day_is_not_given_anew_at_every_contact() {
    let mut world = World::new();
    let request = InviteRequest {
        name: "王五".into(),
        role: "micro_grid_head".into(),
        region_code: Some(HEAD_REGION.into()),
        days: None,
        grant_days: Some(1),
    };
    let invitation = world.server.invite(&request, NOW_MS).unwrap().parse().unwrap();
    let mut alice = world.device(1, Some(&invitation));
    world.call(&mut alice);
    world.settle(&mut [&mut alice]);
    alice.purpose = resume(1, None, None);
    for (hours, grants) in [(11, 1), (1, 2), (1, 2), (11, 3)] {
        world.set_clock(hours * 60 * 60 * 1000);
        come_again(&mut world, &mut alice);
        world.settle(&mut [&mut alice]);
        assert_eq!(grants_of(&mut world, &alice).len(), grants, "{hours}");
    }
}

#[test]
fn who_has_not_read_as_far_as_the_issuing_keys_grant_is_shown_it_and_nobody_else() {
    let mut world = World::new();
    let digest = world.server.city().issuing_grant;
    let issuing = world.server.store().snapshot().unwrap().grant(&digest).unwrap().unwrap();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let cursor = alice.cursor.unwrap();
    assert_eq!(alice.issuing_grant, None, "what enrols her brings it");
    let [just_before, just_behind] = [issuing.number - 1, issuing.number]
        .map(|number| cursor_at(&*world.server.store().snapshot().unwrap(), number));
    let shown = Some(issuing.bytes);
    for (cursor, expected) in [
        (None, &shown),
        (Some(just_before), &shown),
        (Some(just_behind), &None),
        (Some(cursor), &None),
    ] {
        alice.cursor = cursor;
        come_again(&mut world, &mut alice);
        world.settle(&mut [&mut alice]);
        assert_eq!(&alice.issuing_grant, expected, "from {cursor:?}");
    }
}

fn cursor_at(read: &dyn ServerRead, number: u64) -> Cursor {
    let head = read.head().unwrap().unwrap();
    crate::audience::cursor_at(read, &head, number).unwrap()
}
