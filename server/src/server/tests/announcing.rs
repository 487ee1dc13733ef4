//! What the server announces: to everybody, in the log, and to whoever is invited after it.

use keting_trust::{Announcement, RecordKind, SignedAnnouncement};

use super::*;
use crate::announcing::{AnnounceError, AnnounceRequest, Reached, announced, reached};
use crate::renewal::days_ms;

const NEW: &str = "wss://new.example:7411/v1/sync";
const OLD: &str = "wss://127.0.0.1:7411/v1/sync";

fn announce(world: &mut World, urls: &[&str]) -> Result<u64, AnnounceError> {
    let request = AnnounceRequest { urls: urls.iter().map(|url| (*url).to_owned()).collect() };
    world.server.announce(&request, world.now_ms, world.unix_ms)
}

/// The announcements that a device was given, in the log's order.
fn given(device: &Device) -> Vec<Announcement> {
    let is_one = |entry: &&Entry| entry.record_kind() == Some(RecordKind::Announcement);
    let records = device.entries.values().filter(is_one);
    records.map(|entry| SignedAnnouncement::read_stored(&entry.record).unwrap().record).collect()
}

#[test]
fn an_announcement_comes_to_every_device_whether_it_is_connected_comes_later_or_is_new() {
    let mut world = World::new();
    let mut connected = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let mut away = world.enrol("steward", UNIT, 2);
    world.hang_up(&mut away);
    assert_eq!(announce(&mut world, &[NEW, OLD, NEW]).unwrap(), 1);
    assert_eq!(announce(&mut world, &[NEW]).unwrap(), 2);
    world.settle(&mut [&mut connected]);
    world.call(&mut away);
    world.settle(&mut [&mut connected, &mut away]);
    let mut new = world.enrol("grid_worker", GRID, 3);
    world.settle(&mut [&mut new]);
    for device in [&connected, &away, &new] {
        let given = given(device);
        let serials: Vec<_> = given.iter().map(|record| record.serial).collect();
        assert_eq!(serials, [1, 2]);
        assert_eq!(
            (&given[0].urls[..], &given[1].urls[..]),
            (&[NEW, OLD].map(String::from)[..], &[NEW.to_owned()][..])
        );
        assert_eq!(given[1].keys, [Digest::new(endpoint().tls_spki_sha256)]);
    }
    world.verify();
}

#[test]
fn an_invitation_leads_to_the_address_that_the_operator_named() {
    let mut world = World::new();
    announce(&mut world, &[NEW, OLD]).unwrap();
    let invitation = world.invite("micro_grid_head", HEAD_REGION);
    assert_eq!((invitation.url.as_str(), invitation.tls_spki_sha256), (OLD, [7; 32]));
    assert_eq!(older_than(&mut world, &invitation), 0);
    assert!(!world.server.is_elsewhere().unwrap());

    // The operator serves at an address that was not announced.
    world.server.config.endpoint.url = "wss://third.example/v1/sync".to_owned();
    let invitation = world.invite("micro_grid_head", HEAD_REGION);
    assert_eq!(invitation.url, "wss://third.example/v1/sync");
    assert!(world.server.is_elsewhere().unwrap());
    assert_eq!(older_than(&mut world, &invitation), 1);
}

#[test]
fn an_invitation_leads_to_what_is_announced_first() {
    let mut world = World::new();
    // The operator named none, and serves where the machine happens to be.
    world.server.config.endpoint.is_named = false;
    announce(&mut world, &[NEW, OLD]).unwrap();
    let invitation = world.invite("micro_grid_head", HEAD_REGION);
    assert_eq!((invitation.url.as_str(), invitation.tls_spki_sha256), (NEW, [7; 32]));
    assert_eq!(older_than(&mut world, &invitation), 0);
    assert!(!world.server.is_elsewhere().unwrap());

    // And replaced the key by hand.
    world.server.config.endpoint.tls_spki_sha256 = [8; 32];
    assert!(world.server.is_elsewhere().unwrap());
    let invitation = world.invite("micro_grid_head", HEAD_REGION);
    assert_eq!((invitation.url.as_str(), invitation.tls_spki_sha256), (NEW, [8; 32]));
    assert_eq!(older_than(&mut world, &invitation), 1);
    announce(&mut world, &[NEW]).unwrap();
    let read = world.server.store().snapshot().unwrap();
    assert_eq!(announced(&*read).unwrap().unwrap().record.keys, [Digest::new([8; 32])]);
}

/// The serial up to which announcements are older than an invitation.
fn older_than(world: &mut World, invitation: &Invitation) -> u64 {
    let read = world.server.store().snapshot().unwrap();
    read.invitation(&invitation.secret.digest()).unwrap().unwrap().announced
}

#[test]
fn what_devices_could_not_use_is_not_announced_nor_anything_by_a_clock_that_is_suspect() {
    let mut world = World::new();
    world.server.step(world.now_ms, world.unix_ms);
    let number = world.number();
    let code = |refused: Result<u64, AnnounceError>| refused.unwrap_err().code();
    assert_eq!(code(announce(&mut world, &[])), "bad_url");
    assert_eq!(code(announce(&mut world, &[NEW, "wss://new.example:7411"])), "bad_url");
    let five: Vec<String> = (1..=5).map(|at| format!("wss://{at}.example/v1/sync")).collect();
    let five: Vec<&str> = five.iter().map(String::as_str).collect();
    assert_eq!(code(announce(&mut world, &five)), "too_many_addresses");
    world.unix_ms += days_ms(400);
    world.server.step(world.now_ms, world.unix_ms);
    assert_eq!(code(announce(&mut world, &[NEW])), "clock_suspect");
    assert_eq!(world.number(), number);
}

#[test]
fn who_has_an_announcement_is_counted_among_those_whose_grants_are_good() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let mut bob = world.enrol("micro_grid_head", HEAD_REGION, 2);
    world.hang_up(&mut bob);
    announce(&mut world, &[NEW]).unwrap();
    world.settle(&mut [&mut alice]);
    world.now_ms += CONFIRMATIONS_EVERY_MS;
    world.server.step(world.now_ms, world.unix_ms);
    let number = world.number();
    let count = |world: &mut World| {
        let city = crate::city::City::read(&*world.server.store().snapshot().unwrap()).unwrap();
        let read = world.server.store().snapshot().unwrap();
        reached(&*read, &city, number, NOW_MS).unwrap()
    };
    assert_eq!(count(&mut world), Reached { live: 2, told: 1 });
    let id = bob.signer.public_key().device_id().to_string();
    let end = crate::ending::EndRequest { device: id, why: "已调离".to_owned() };
    world.server.end_device(&end, world.now_ms, world.unix_ms).unwrap();
    assert_eq!(count(&mut world), Reached { live: 1, told: 1 });
}
