//! A server that lies of how far a first sync has come: whoever believed it would go on from there, and never
//! hear of what was left out.

use keting::parts::replica_of;
use keting_scenarios::city::{City, MICRO_GRID};
use keting_scenarios::device::Device;
use keting_scenarios::liar::{CHANNEL_BINDING, Liar};
use keting_scenarios::phone::{Phone, Two};
use keting_sync::message::{EntryPosition, Progress, ServerMessage, group_of, group_of_progress};
use keting_trust::limits::NUMBER_MAX;
use keting_trust::{Cursor, DeviceId, Ed25519Signer, Signer};

#[test]
fn nobody_but_the_city_says_how_far_a_first_sync_is_and_nothing_of_it_is_left_out() {
    let city = City::start();
    let Two { alice, bob, .. } = Two::in_city(&city);
    let address = "望潮苑1幢1单元105室";
    let new = bob.add_household(MICRO_GRID, address, "王二");
    bob.sync();
    let alice = at_its_first_sync(alice);
    let (own, others) = (replica_of(&alice.keting).device(), replica_of(&bob.keting).device());
    let mut liar = Liar::of(&city);
    let head = liar.head();
    let nowhere = Cursor { number: NUMBER_MAX, ..head };
    let mallory = Ed25519Signer::from_seed([0x66; 32]);
    let issuing = liar.city.issuing.clone();
    // What the city said on another connection was true there, and the phone may have lost what came with it.
    for (at, device, binding, key) in [
        (head, own, CHANNEL_BINDING, &mallory as &dyn Signer),
        (nowhere, own, CHANNEL_BINDING, &mallory),
        (head, others, CHANNEL_BINDING, &*issuing),
        (head, own, [8; 32], &*issuing),
    ] {
        let said = progress(&liar, at, device, binding, key);
        let error = liar.say(&alice, vec![said]).unwrap_err();
        assert_eq!(error.code(), "log_not_signed");
        assert_eq!(alice.keting.status().unwrap().first_sync, None);
    }
    alice.sync();
    assert_eq!(alice.household(new).address, address);
    alice.assert_verified();
}

/// That all documents are sent, without any.
fn progress(
    liar: &Liar,
    at: Cursor,
    device: DeviceId,
    binding: [u8; 32],
    key: &dyn Signer,
) -> ServerMessage {
    let position = EntryPosition { at, phase: 3, after: vec![0xff; 17] };
    let (done, total) = (9, 9);
    let group = group_of_progress(&group_of(&[]), &device, &binding, &position, done, total);
    ServerMessage::Progress(Progress { heard: liar.heard(at, group, key), position, done, total })
}

/// A phone that has yet to be given everything.
fn at_its_first_sync(phone: Phone) -> Phone {
    let directory = phone.directory().to_owned();
    drop(phone);
    let place = "DELETE FROM meta WHERE key IN ('sync/cursor', 'sync/heard')";
    Device::at(directory.clone()).alter(place);
    Phone::open(directory)
}
