//! Devices that were given a log which is not this one any more.

use super::*;

#[test]
fn a_cursor_with_the_right_number_and_another_chain_is_of_another_log() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let mut bob = world.enrol("micro_grid_head", HEAD_REGION, 2);
    let honest = alice.cursor.unwrap();
    world.hang_up(&mut alice);
    let region = world.region(HEAD_REGION);
    let (household, commit) = bob.person().add_household(region);
    bob.queue(commit);
    world.settle(&mut [&mut bob]);
    let head = bob.cursor.unwrap();

    let chain = keting_trust::ChainHash::new([7; 32]);
    let elsewhere = keting_model::LogId::new([7; 16]);
    for lost in [
        Cursor { chain, ..honest },
        Cursor { chain, ..head },
        Cursor { chain: head.chain, ..honest },
        Cursor { number: 0, ..honest },
        Cursor { number: head.number + 1, ..head },
        Cursor { generation: honest.generation + 1, ..honest },
        Cursor { log: elsewhere, ..honest },
    ] {
        alice.cursor = Some(lost);
        world.call(&mut alice);
        world.run(&mut [&mut alice, &mut bob], None);
        assert_eq!(alice.closed, None, "{lost:?}");
        assert_eq!(alice.parted_from.take(), Some(head), "{lost:?} is taken for one of this log");
        assert!(!alice.documents().contains(&household));
        assert_eq!(alice.cursor, Some(lost));
        world.hang_up(&mut alice);
    }

    alice.cursor = Some(honest);
    world.call(&mut alice);
    world.settle(&mut [&mut alice]);
    assert_eq!(alice.parted_from, None);
    assert!(alice.documents().contains(&household));
}

#[test]
fn a_first_sync_that_was_interrupted_on_a_lost_branch_begins_anew() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let region = world.region(HEAD_REGION);
    for _ in 0..10 {
        let (_, commit) = alice.person().add_household(region);
        alice.queue(commit);
    }
    world.settle(&mut [&mut alice]);
    world.server.sync.group_bytes = 2_000;
    let mut bob = world.enrol_and_stop_after("micro_grid_head", HEAD_REGION, 2, 5);
    world.hang_up(&mut bob);
    let position = &mut bob.first_sync.as_mut().unwrap().position;
    position.at.chain = keting_trust::ChainHash::new([7; 32]);
    bob.entries.clear();
    world.call(&mut bob);
    world.settle(&mut [&mut bob, &mut alice]);
    assert_eq!(bob.closed, None);
    assert_eq!(bob.documents().len(), 6 + 10, "whole documents, from the first");
    assert_eq!(bob.cursor, alice.cursor);
}

#[test]
fn to_whom_proves_that_the_log_went_on_once_nothing_is_numbered_and_the_operator_hears_of_it() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let honest = alice.cursor.unwrap();
    world.hang_up(&mut alice);
    let lost = Cursor { number: honest.number + 5, ..honest };
    let said = |key: &Ed25519Signer, city, cursor| {
        let heard = Heard { city, cursor, at_ms: NOW_MS, group: Digest::of(b"a group") };
        Signed::sign(heard, key).unwrap().into()
    };
    let (issuing, city) = (world.server.city().issuing.clone(), world.server.city().id);
    let stranger = Ed25519Signer::from_seed([9; 32]);
    let own_key = Ed25519Signer::from_seed([1; 32]);
    let elsewhere = keting_model::CityId::new([7; 16]);
    let region = world.region(HEAD_REGION);

    // Nobody else opens anything by what they claim to have heard.
    for heard in [
        said(&stranger, city, lost),
        said(&own_key, city, lost),
        said(&issuing, elsewhere, lost),
        said(&issuing, city, honest),
    ] {
        alice.heard = Some(heard);
        world.call(&mut alice);
        world.settle(&mut [&mut alice]);
        assert_eq!((alice.parted_from, world.server.metrics().logs_diverged), (None, 0));
        world.hang_up(&mut alice);
    }

    alice.heard = Some(said(&issuing, city, lost));
    let (_, commit) = alice.person().add_household(region);
    world.call(&mut alice);
    alice.queue(commit);
    world.run(&mut [&mut alice], None);
    assert!(alice.parted_from.is_some());
    let refused = Outcome::Refused { code: "log_diverged".to_owned() };
    assert_eq!(alice.answers.last().unwrap().outcome, refused);
    assert_eq!(world.server.metrics().log_number, honest.number, "nothing is numbered");
    assert_eq!(world.server.metrics().logs_diverged, 1);
    assert_eq!(world.server.metrics().commits_refused["log_diverged"], 1);
    world.hang_up(&mut alice);

    // The server gets its log back, and the work goes in.
    alice.heard = Some(said(&issuing, city, honest));
    world.call(&mut alice);
    world.settle(&mut [&mut alice]);
    assert!(matches!(alice.answers.last().unwrap().outcome, Outcome::Admitted { .. }));
}
