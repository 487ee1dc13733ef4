//! A change of the TLS key: how long the old one stays.

use keting_trust::limits::{OLD_KEY_ANNOUNCED_MS, OLD_KEY_SERVED_MS};

use super::*;
use crate::announcing::announced;
use crate::renewal::days_ms;

const OLD: [u8; 32] = [7; 32];

/// The keys that are announced, the preferred one first.
fn keys(world: &mut World) -> Vec<[u8; 32]> {
    let last = announced(&*world.server.store().snapshot().unwrap()).unwrap();
    last.map_or(Vec::new(), |last| last.record.keys.iter().map(|key| *key.as_bytes()).collect())
}

fn rotate(world: &mut World, key: u8) {
    world.server.announce_key([key; 32], world.now_ms, world.unix_ms).unwrap();
}

/// Time passes, for the server's clock too.
fn pass(world: &mut World, ms: u64) {
    world.now_ms += ms;
    world.set_clock(ms);
    world.server.step(world.now_ms, world.unix_ms);
}

/// The keys that nobody needs any more, since this was asked last.
fn gone(world: &mut World) -> BTreeSet<[u8; 32]> {
    std::iter::from_fn(|| world.server.poll_retired_key()).collect()
}

/// Enough time for confirmations to be written, and then for the server to look.
fn wait(world: &mut World) {
    for ms in [CONFIRMATIONS_EVERY_MS, 60_000] {
        world.now_ms += ms;
        world.unix_ms += ms;
        world.server.step(world.now_ms, world.unix_ms);
    }
}

fn end(world: &mut World, device: &Device) {
    let device = device.signer.public_key().device_id().to_string();
    let request = crate::ending::EndRequest { device, why: "已调离".to_owned() };
    world.server.end_device(&request, world.now_ms, world.unix_ms).unwrap();
}

#[test]
fn an_old_key_is_over_once_every_device_that_may_read_has_the_new_one() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let mut bob = world.enrol("micro_grid_head", HEAD_REGION, 2);
    let mut gone = world.enrol("steward", UNIT, 3);
    world.hang_up(&mut bob);
    world.hang_up(&mut gone);
    rotate(&mut world, 8);
    assert_eq!(keys(&mut world), [[8; 32], OLD]);
    world.settle(&mut [&mut alice]);
    end(&mut world, &gone);
    wait(&mut world);
    assert_eq!(keys(&mut world), [[8; 32], OLD]);
    world.call(&mut bob);
    world.settle(&mut [&mut alice, &mut bob]);
    wait(&mut world);
    assert_eq!(keys(&mut world), [[8; 32]]);
    assert_eq!(world.invite("steward", UNIT).tls_spki_sha256, [8; 32]);
    world.settle(&mut [&mut alice, &mut bob]);
    world.verify();
}

#[test]
fn a_key_that_is_announced_no_more_is_shown_as_long_as_somebody_may_come_who_was_not_told() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    rotate(&mut world, 8);
    world.settle(&mut [&mut alice]);
    wait(&mut world);
    assert_eq!((keys(&mut world), gone(&mut world)), (vec![[8; 32]], [OLD].into()));

    let mut ended = world.enrol("steward", UNIT, 2);
    world.hang_up(&mut ended);
    end(&mut world, &ended);
    world.hang_up(&mut alice);
    pass(&mut world, days_ms(20));
    rotate(&mut world, 9);
    world.call(&mut alice);
    world.settle(&mut [&mut alice]);
    wait(&mut world);
    assert_eq!((keys(&mut world), gone(&mut world)), (vec![[9; 32]], [].into()));
    // What it had made is good for ninety days after its end.
    pass(&mut world, OLD_KEY_SERVED_MS - days_ms(21));
    assert_eq!(gone(&mut world), [].into());
    pass(&mut world, days_ms(1));
    assert_eq!((keys(&mut world), gone(&mut world)), (vec![[9; 32]], [[8; 32]].into()));
    world.verify();
}

#[test]
fn an_old_key_stays_while_an_invitation_that_pins_it_may_be_used() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    assert_eq!(world.invite("steward", UNIT).tls_spki_sha256, OLD);
    rotate(&mut world, 8);
    assert_eq!(world.invite("steward", UNIT).tls_spki_sha256, [8; 32]);
    world.settle(&mut [&mut alice]);
    wait(&mut world);
    assert_eq!(keys(&mut world), [[8; 32], OLD]);
    world.now_ms += days_ms(7);
    world.set_clock(days_ms(7));
    wait(&mut world);
    assert_eq!(keys(&mut world), [[8; 32]]);
}

#[test]
fn of_three_keys_each_old_one_is_over_thirty_days_after_the_next_at_the_latest() {
    let mut world = World::new();
    world.enrol("micro_grid_head", HEAD_REGION, 1);
    rotate(&mut world, 8);
    pass(&mut world, days_ms(10));
    rotate(&mut world, 9);
    assert_eq!(keys(&mut world), [[9; 32], [8; 32], OLD]);
    pass(&mut world, OLD_KEY_ANNOUNCED_MS - days_ms(10) - 1);
    assert_eq!(keys(&mut world), [[9; 32], [8; 32], OLD]);
    pass(&mut world, 1);
    assert_eq!(keys(&mut world), [[9; 32], [8; 32]]);
    pass(&mut world, days_ms(10));
    assert_eq!(keys(&mut world), [[9; 32]]);
    // A device is away that has a grant.
    assert_eq!(gone(&mut world), [].into());
    pass(&mut world, OLD_KEY_SERVED_MS - days_ms(40));
    assert_eq!(gone(&mut world), [OLD].into());
    pass(&mut world, days_ms(10));
    assert_eq!(gone(&mut world), [[8; 32]].into());
    world.verify();
}

#[test]
fn a_fifth_key_waits_until_one_is_over_and_a_suspect_clock_gives_none_up() {
    let mut world = World::new();
    world.enrol("micro_grid_head", HEAD_REGION, 1);
    for key in [8, 9, 10] {
        rotate(&mut world, key);
    }
    let number = world.number();
    let refused = world.server.announce_key([11; 32], world.now_ms, world.unix_ms).unwrap_err();
    assert_eq!((refused.code(), world.number()), ("too_many_keys", number));
    assert_eq!(world.server.keys_before_another().unwrap_err().code(), "too_many_keys");
    world.now_ms += 120_000;
    world.unix_ms += days_ms(400);
    world.server.step(world.now_ms, world.unix_ms);
    assert_eq!(keys(&mut world).len(), 4);
    assert_eq!(world.server.keys_before_another().unwrap_err().code(), "clock_suspect");
    world.server.confirm_clock(world.now_ms, world.unix_ms).unwrap();
    world.server.step(world.now_ms, world.unix_ms);
    assert_eq!(keys(&mut world), [[10; 32]]);
    rotate(&mut world, 11);
}
