//! Real sessions on both sides, frames carried by hand, virtual time.

use std::collections::BTreeMap;

use keting_model::DocumentId;
use keting_sync::{
    Answer, DeviceConfig, DeviceEffect, DeviceEvent, DeviceSession, Entry, Highest, Moved,
    OutboxBatch, OutboxItem, Outcome, Persist, Persisted, device::Purpose,
};
use keting_trust::{
    Claimed, Cursor, Digest, Ed25519Signer, Heard, Incarnation, Invitation, Signed, SignedCommit,
    SignedConfirmation, SignedVerdict, Signer,
};

mod announcing;
mod beside;
mod clock;
mod device;
mod ending;
mod endings;
mod given;
mod keys;
mod meanwhile;
mod parted;
mod renewing;
mod world;

use self::beside::SqliteStoreBeside;
use self::device::{Device, resume};
use self::world::World;
use super::*;
use crate::admission::Push;
use crate::init::store_path;
use crate::inviting::{InviteRequest, invite};
use crate::testing::{
    GRID, HEAD_REGION, NOW_MS, OTHER_REGION, Person, Seeded, Town, UNIT, endpoint,
};
use crate::verify::verify;

#[test]
fn a_device_enrols_and_what_one_writes_reaches_the_other_while_both_are_connected() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let mut bob = world.enrol("micro_grid_head", HEAD_REGION, 2);
    let region = world.region(HEAD_REGION);
    let (household, commit) = alice.person().add_household(region);
    alice.queue(commit);
    world.settle(&mut [&mut alice, &mut bob]);
    assert!(matches!(alice.answers[0].outcome, Outcome::Admitted { .. }));
    assert!(bob.documents().contains(&household));
    assert_eq!(alice.session().cursor(), bob.session().cursor());
    assert_eq!(world.server.metrics().commits_admitted, 1);
    assert_eq!(world.server.metrics().log_number, alice.session().cursor().unwrap().number);
    world.verify();
}

#[test]
fn a_device_that_was_away_gets_what_concerns_it_and_an_idle_one_only_a_word() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let mut bob = world.enrol("grid_worker", OTHER_GRID, 2);
    let mut carol = world.enrol("micro_grid_head", OTHER_REGION, 3);
    world.hang_up(&mut bob);
    world.hang_up(&mut carol);
    let region = world.region(HEAD_REGION);
    for _ in 0..20 {
        let (_, commit) = alice.person().add_household(region);
        alice.queue(commit);
    }
    world.settle(&mut [&mut alice]);
    let before = carol.documents().len();
    world.call(&mut carol);
    world.settle(&mut [&mut alice, &mut carol]);
    assert_eq!(carol.documents().len(), before);
    assert_eq!(carol.session().cursor(), alice.session().cursor());
    let entries = carol.entries.len();
    world.hang_up(&mut carol);
    world.call(&mut carol);
    world.settle(&mut [&mut carol]);
    assert_eq!(carol.entries.len(), entries);
    assert!(carol.bytes_down < 1_000, "{} bytes", carol.bytes_down);
}

#[test]
fn a_first_sync_that_is_cut_again_and_again_ends_with_everything() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let region = world.region(HEAD_REGION);
    for _ in 0..30 {
        let (household, commit) = alice.person().add_household(region);
        alice.queue(commit);
        let edit = alice.person().edit_household(household, "二幢");
        alice.queue(edit);
    }
    world.settle(&mut [&mut alice]);
    world.server.sync.group_bytes = 2_000;
    let mut bob = world.enrol_and_stop_after("micro_grid_head", HEAD_REGION, 2, 3);
    let mut cuts = 0;
    while !bob.session().is_quiescent() {
        world.hang_up(&mut bob);
        bob.purpose = resume(2, None, None);
        world.call(&mut bob);
        world.run(&mut [&mut bob], Some(8));
        cuts += 1;
        assert!(cuts < 500, "it never ends");
    }
    assert!(cuts > 5, "{cuts} cuts");
    // The city's regions up and down from the micro-grid, and the households.
    assert_eq!((bob.documents().len(), bob.entries.len() >= 6 + 2 * 30), (6 + 30, true));
}

#[test]
fn an_invitation_that_another_device_used_is_refused_with_its_code() {
    let mut world = World::new();
    let invitation = world.invite("micro_grid_head", HEAD_REGION);
    let mut alice = world.device(1, Some(&invitation));
    world.call(&mut alice);
    world.settle(&mut [&mut alice]);
    let mut mallory = world.device(2, Some(&invitation));
    world.call(&mut mallory);
    world.run(&mut [&mut mallory], None);
    assert_eq!(mallory.closed.as_deref(), Some("invitation_used"));
    let mut stranger = world.device(3, None);
    world.call(&mut stranger);
    world.run(&mut [&mut stranger], None);
    assert_eq!(stranger.closed.as_deref(), Some("unknown_device"));
}

#[test]
fn a_held_commit_is_answered_and_its_verdict_comes_with_the_log() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let elsewhere = world.region(OTHER_REGION);
    let (_, commit) = alice.person().add_household(elsewhere);
    alice.queue(commit);
    world.settle(&mut [&mut alice]);
    let Outcome::Held { number, code } = &alice.answers[0].outcome else { panic!() };
    assert_eq!(code, "not_granted");
    assert!(alice.entries.contains_key(&(*number, None)));
    assert!(world.server.metrics().to_text().contains("held_total{code=\"not_granted\"} 1"));
}

#[test]
fn every_commit_is_answered_with_the_number_it_has_in_the_log() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let (region, elsewhere) = (world.region(HEAD_REGION), world.region(OTHER_REGION));
    for region in [region, elsewhere, region, region] {
        let (_, commit) = alice.person().add_household(region);
        alice.queue(commit);
    }
    world.settle(&mut [&mut alice]);
    assert_eq!(alice.answers.len(), 4);
    let issuing = world.server.city().issuing.public_key().clone();
    let read = world.server.store().snapshot().unwrap();
    for answer in &alice.answers {
        let record = read.entry(answer.outcome.number().unwrap()).unwrap().unwrap().record;
        let command = match &answer.outcome {
            Outcome::Held { .. } => {
                SignedVerdict::open(&record, &issuing).unwrap().record.commit.command
            }
            _ => SignedCommit::open(&record).unwrap().body.command,
        };
        assert_eq!(command, answer.commit.command);
    }
}

#[test]
fn frames_that_are_rubbish_close_the_connection_and_nothing_else() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    for frame in [&b""[..], b"\x00", b"\x07rubbish", &[0xff; 100], &[0; 5_000]] {
        let (binding, tls_spki_sha256) = ([1; 32], [7; 32]);
        let channel = Channel { binding, tls_spki_sha256 };
        let connection = world.server.connect(channel, world.now_ms);
        world.server.handle_frame(connection, frame, world.now_ms);
        world.server.step(world.now_ms, NOW_MS);
        while world.server.poll_transmit(connection).is_some() {}
        assert!(world.server.is_closed(connection));
        world.server.disconnect(connection);
    }
    assert_eq!(world.server.metrics().connections_open, 1);
    let region = world.region(HEAD_REGION);
    let (_, commit) = alice.person().add_household(region);
    alice.queue(commit);
    world.settle(&mut [&mut alice]);
    assert_eq!(alice.answers.len(), 1);
}

#[test]
fn a_device_is_told_the_last_commit_of_its_incarnation_that_the_log_knows_also_a_held_one() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    assert_eq!(alice.highest, None);
    let (here, elsewhere) = (world.region(HEAD_REGION), world.region(OTHER_REGION));
    for region in [here, elsewhere] {
        let (_, commit) = alice.person().add_household(region);
        alice.queue(commit);
        world.settle(&mut [&mut alice]);
        world.hang_up(&mut alice);
        world.call(&mut alice);
        world.settle(&mut [&mut alice]);
        let last = SignedCommit::open(&alice.outbox.last().unwrap().signed).unwrap();
        let expected = Highest { sequence: last.body.sequence, digest: last.digest() };
        assert_eq!(alice.highest, Some(expected));
    }
    assert!(matches!(alice.answers.last().unwrap().outcome, Outcome::Held { .. }));
}

#[test]
fn what_a_device_confirmed_is_written_down() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    world.settle(&mut [&mut alice]);
    let number = alice.session().cursor().unwrap().number;
    while let Some((at, why)) = world.server.poll_timeout() {
        world.now_ms = at;
        world.server.step(world.now_ms, NOW_MS);
        if why == "confirmations" {
            break;
        }
    }
    let device = alice.signer.public_key().device_id();
    let row = world.server.store().snapshot().unwrap().device(&device).unwrap().unwrap();
    assert_eq!(row.confirmed_number, number);
}

#[test]
fn of_an_incarnation_that_a_device_did_not_greet_as_nothing_is_kept_that_it_confirms() {
    // These devices confirm as the incarnation of zeros, whatever they say first.
    for greeted_as in [7, 0] {
        let mut world = World::new();
        let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
        world.settle(&mut [&mut alice]);
        world.hang_up(&mut alice);
        (alice.cursor, alice.purpose) = (None, device::resume(greeted_as, None, None));
        world.call(&mut alice);
        world.settle(&mut [&mut alice]);
        world.server.stop(world.now_ms, world.unix_ms);
        let (id, at) = (alice.signer.public_key().device_id(), alice.cursor.unwrap());
        let read = world.server.store().snapshot().unwrap();
        assert_eq!(read.device(&id).unwrap().unwrap().confirmed_number, at.number);
        let life = Incarnation::new([0; 8]);
        let kept = read.confirmed_before(&id, at.generation, &life, 1).unwrap();
        assert_eq!(kept, if greeted_as == 0 { at.number } else { 0 });
    }
}

#[test]
fn another_processs_entries_are_noticed_by_looking() {
    let mut world = World::with(Some(1_000));
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let mut other = SqliteStoreBeside::new(&world);
    let mut bob = other.town_person(&world);
    let region = world.region(HEAD_REGION);
    let (household, commit) = bob.add_household(region);
    other.admit(&world, bob.push(vec![commit]));
    assert!(!alice.documents().contains(&household));
    world.now_ms += 1_000;
    world.settle(&mut [&mut alice]);
    assert!(alice.documents().contains(&household));
}

const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1000;
const OTHER_GRID: &str = "99048100100102";
