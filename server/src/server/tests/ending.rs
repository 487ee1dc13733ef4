//! The end of a device by the operator.

use keting_trust::limits::{ENDED_WORK_MS_MAX, HAND_OVER_MS};

use super::*;
use crate::ending::{EndError, EndRequest};
use crate::granted::FindError;
use crate::renewal::{days_ms, renew_if_due};

fn end(world: &mut World, device: &str) -> Result<keting_trust::DeviceId, EndError> {
    let request = EndRequest { device: device.to_owned(), why: " 已调离本村 ".to_owned() };
    let ended = world.server.end_device(&request, world.now_ms, world.unix_ms);
    world.server.step(world.now_ms, world.unix_ms);
    ended
}

fn id_of(device: &Device) -> String {
    device.signer.public_key().device_id().to_string()
}

/// The device comes again, having made so many commits.
fn come_again(world: &mut World, device: &mut Device, last_sequence: u64) {
    world.hang_up(device);
    device.closed = None;
    let incarnation = device.person().incarnation;
    let (cursor, first_sync, heard) = (None, None, None);
    device.purpose = Purpose::Sync { cursor, first_sync, incarnation, last_sequence, heard };
    world.call(device);
}

#[test]
fn an_ended_device_hands_over_what_it_had_made_reads_nothing_more_and_is_told_why() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let mut bob = world.enrol("micro_grid_head", HEAD_REGION, 2);
    let region = world.region(HEAD_REGION);
    let (_, foreign) = bob.person().add_household(region);
    let before: Vec<_> = (0..2).map(|_| alice.person().add_household(region).1).collect();
    world.hang_up(&mut alice);
    end(&mut world, &id_of(&alice)[..5]).unwrap();
    bob.queue(foreign);
    world.settle(&mut [&mut bob]);
    let (cursor, entries) = (alice.cursor, alice.entries.len());

    come_again(&mut world, &mut alice, 2);
    // Somebody goes on writing with the phone.
    let (_, beyond) = alice.person().add_household(region);
    before.iter().cloned().chain([beyond]).for_each(|commit| alice.queue(commit));
    world.run(&mut [&mut alice], None);
    let codes: Vec<_> = alice.answers.iter().map(|answer| answer.outcome.code()).collect();
    assert_eq!(codes, [None, None, Some("grant_ended")]);
    assert_eq!(alice.closed, None);
    world.now_ms += HAND_OVER_MS;
    world.unix_ms += HAND_OVER_MS;
    world.run(&mut [&mut alice], None);
    assert_eq!(alice.closed.as_deref(), Some("device_ended"));
    assert_eq!((alice.cursor, alice.entries.len()), (cursor, entries));
    // Once it was told, coming again with more does not make more good.
    come_again(&mut world, &mut alice, 9);
    let (_, beyond) = alice.person().add_household(region);
    alice.queue(beyond);
    world.run(&mut [&mut alice], None);
    assert_eq!(alice.answers.last().unwrap().outcome.code(), Some("grant_revoked"));
    world.verify();
}

#[test]
fn what_was_made_before_a_device_heard_of_its_end_is_good_however_often_the_link_breaks_before() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    world.hang_up(&mut alice);
    end(&mut world, &id_of(&alice)).unwrap();
    let region = world.region(HEAD_REGION);
    for made in 0..3 {
        // It comes, and somebody makes one more in the session; which the link ends before it is told.
        come_again(&mut world, &mut alice, made);
        world.run(&mut [&mut alice], None);
        let (_, commit) = alice.person().add_household(region);
        alice.queue(commit);
        world.run(&mut [&mut alice], None);
        assert_eq!(alice.answers.pop().unwrap().outcome.code(), Some("grant_ended"));
        assert_eq!(alice.closed, None);
    }
    come_again(&mut world, &mut alice, 3);
    world.run(&mut [&mut alice], None);
    let outcomes = alice.answers.split_off(alice.answers.len() - 3);
    let is_good = |answer: &Answer| matches!(answer.outcome, Outcome::Admitted { .. });
    assert!(outcomes.iter().all(is_good), "{outcomes:?}");
    world.verify();
}

#[test]
fn the_bound_limits_its_own_incarnation_only_and_a_device_that_forgot_its_end_is_told_again() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let region = world.region(HEAD_REGION);
    let (_, unsent) = alice.person().add_household(region);
    world.hang_up(&mut alice);
    end(&mut world, &id_of(&alice)).unwrap();
    // Its folder was moved: it writes as another incarnation, of which it says how far it has come.
    alice.person().incarnation = Incarnation::new([9; 8]);
    alice.person().sequence = 0;
    come_again(&mut world, &mut alice, 0);
    alice.queue(unsent);
    world.run(&mut [&mut alice], None);
    assert!(matches!(alice.answers[0].outcome, Outcome::Admitted { .. }));
    world.now_ms += HAND_OVER_MS;
    world.unix_ms += HAND_OVER_MS;
    world.run(&mut [&mut alice], None);
    assert_eq!(alice.closed.as_deref(), Some("device_ended"));

    // The machine is put back to before it was told, and somebody enters more.
    alice.told_of_end = false;
    let (_, entered) = alice.person().add_household(region);
    come_again(&mut world, &mut alice, 1);
    alice.queue(entered);
    world.run(&mut [&mut alice], None);
    assert!(matches!(alice.answers.last().unwrap().outcome, Outcome::Admitted { .. }));
    world.verify();
}

#[test]
fn who_is_invited_again_after_they_were_told_gets_nothing_in_by_the_grant_that_was_ended() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    world.hang_up(&mut alice);
    end(&mut world, &id_of(&alice)).unwrap();
    come_again(&mut world, &mut alice, 0);
    world.run(&mut [&mut alice], None);
    world.now_ms += HAND_OVER_MS;
    world.unix_ms += HAND_OVER_MS;
    world.run(&mut [&mut alice], None);
    assert_eq!(alice.closed.as_deref(), Some("device_ended"));

    world.hang_up(&mut alice);
    let invitation = world.invite("micro_grid_head", OTHER_REGION);
    alice.purpose = world.device(1, Some(&invitation)).purpose;
    world.call(&mut alice);
    world.settle(&mut [&mut alice]);
    alice.told_of_end = false;
    come_again(&mut world, &mut alice, 1);
    let region = world.region(HEAD_REGION);
    let (_, commit) = alice.person().add_household(region);
    alice.queue(commit);
    world.settle(&mut [&mut alice]);
    assert_eq!(alice.answers.last().unwrap().outcome.code(), Some("grant_revoked"));
    world.verify();
}

#[test]
fn an_end_that_comes_while_the_device_pushes_ends_the_session_before_anything_is_read_for_it() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let cursor = alice.cursor;
    let region = world.region(HEAD_REGION);
    let (_, commit) = alice.person().add_household(region);
    alice.queue(commit);
    alice.perform(world.now_ms);
    end(&mut world, &id_of(&alice)).unwrap();
    world.run(&mut [&mut alice], None);
    assert_eq!((alice.closed.as_deref(), alice.cursor), (Some("grant_ended"), cursor));
    assert!(alice.answers.iter().all(|answer| answer.outcome.code() == Some("grant_ended")));
    alice.answers.clear();
    come_again(&mut world, &mut alice, 1);
    world.run(&mut [&mut alice], None);
    assert!(matches!(alice.answers[0].outcome, Outcome::Admitted { .. }));
}

#[test]
fn what_comes_more_than_ninety_days_after_the_end_is_refused_since_a_clock_may_be_wrong() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    world.hang_up(&mut alice);
    end(&mut world, &id_of(&alice)).unwrap();
    let region = world.region(HEAD_REGION);
    for (ms, code) in [(ENDED_WORK_MS_MAX, None), (1, Some("grant_ended"))] {
        world.set_clock(ms);
        let (_, commit) = alice.person().add_household(region);
        come_again(&mut world, &mut alice, 2);
        alice.queue(commit);
        world.run(&mut [&mut alice], None);
        assert_eq!(alice.answers.last().unwrap().outcome.code(), code);
    }
}

#[test]
fn a_later_invitation_stands_and_a_renewal_never_brings_back_what_was_ended() {
    let mut world = World::with(Some(1_000));
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    world.hang_up(&mut alice);
    world.set_clock(days_ms(310));
    end(&mut world, &id_of(&alice)).unwrap();
    let device = alice.signer.public_key().device_id();
    let mut beside = SqliteStoreBeside::new(&world);
    let (city, mut random) = (world.server.city(), Seeded(3));
    let (within_ms, now_ms) = (days_ms(60), world.unix_ms);
    let renewed = renew_if_due(&mut beside.store, city, &device, within_ms, &mut random, now_ms);
    assert_eq!(renewed.unwrap(), None);

    beside.grant_at(&world, &alice.signer, HEAD_REGION, world.unix_ms);
    let region = world.region(HEAD_REGION);
    come_again(&mut world, &mut alice, 0);
    let (_, commit) = alice.person().add_household(region);
    alice.queue(commit);
    world.settle(&mut [&mut alice]);
    assert!(matches!(alice.answers[0].outcome, Outcome::Admitted { .. }));
    let is_end = |entry: &Entry| entry.record_kind() == Some(keting_trust::RecordKind::Revocation);
    assert!(alice.entries.values().any(is_end), "the log brings the end too");
    world.verify();
}

#[test]
fn a_device_is_named_by_as_many_digits_as_are_needed_and_the_server_is_none() {
    let mut world = World::new();
    let devices: Vec<_> = (1..=40).map(|seed| world.enrol("steward", UNIT, seed)).collect();
    let ids: Vec<_> = devices.iter().map(id_of).collect();
    let own = world.server.city().device.public_key().device_id().to_string();
    let first_digit = ids[0][..1].to_owned();
    let several = ids.iter().filter(|id| id.starts_with(&first_digit)).count() > 1;
    let found = end(&mut world, &first_digit);
    assert_eq!(
        matches!(found, Err(EndError::Device(FindError::AmbiguousDevice))),
        several,
        "{found:?}"
    );
    for wanted in ["", "xyz", &own] {
        assert!(
            matches!(end(&mut world, wanted), Err(EndError::Device(FindError::NoSuchDevice))),
            "{wanted}"
        );
    }
    let long = EndRequest { device: ids[1].clone(), why: "一".repeat(86) };
    let refused = world.server.end_device(&long, world.now_ms, world.unix_ms);
    assert!(matches!(refused, Err(EndError::BadReason)), "{refused:?}");
    assert_eq!(end(&mut world, &ids[1].to_uppercase()).unwrap().to_string(), ids[1]);
}

#[test]
fn the_end_of_a_device_reaches_it_though_it_never_heard_that_its_invitation_was_accepted() {
    let mut world = World::new();
    let invitation = world.invite("micro_grid_head", HEAD_REGION);
    let mut unheard = world.device(1, Some(&invitation));
    world.call(&mut unheard);
    world.run(&mut [&mut unheard], None);
    world.hang_up(&mut unheard);
    end(&mut world, &id_of(&unheard)).unwrap();
    // It knows nothing of all that and presents the invitation again: it is let in as what it is by now.
    let mut alice = world.device(1, Some(&invitation));
    world.call(&mut alice);
    world.run(&mut [&mut alice], None);
    assert_eq!((alice.closed.as_deref(), alice.entries.len()), (Some("grant_ended"), 0));
    alice.purpose = resume(1, None, None);
    world.call(&mut alice);
    world.run(&mut [&mut alice], None);
    world.now_ms += HAND_OVER_MS;
    world.unix_ms += HAND_OVER_MS;
    world.run(&mut [&mut alice], None);
    assert_eq!((alice.closed.as_deref(), alice.entries.len()), (Some("device_ended"), 0));
    world.verify();
}
