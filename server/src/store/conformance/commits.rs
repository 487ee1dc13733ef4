//! Where the commits of an incarnation stand, and what becomes of those of one act.

use keting_model::CommandId;
use keting_trust::{Digest, Incarnation, Part};

use super::samples::{begin_log, commit, device, document, good, hash};
use crate::store::{CommitState, ServerStore, StoreError, StoredCommit, StoredHeld};

pub(super) fn a_place_in_an_incarnation_is_known_to_be_taken(store: &mut dyn ServerStore) {
    begin_log(store);
    let mut transaction = good(store.begin());
    good(transaction.put_commit(&commit(1)));
    let third = CommandId::new([3; 8]);
    good(transaction.put_commit(&StoredCommit { command: third, act: third, ..commit(1) }));
    good(transaction.commit());
    let read = good(store.snapshot());
    let StoredCommit { device: by, incarnation, sequence, .. } = commit(1);
    assert!(good(read.is_sequence_taken(&by, &incarnation, sequence)));
    assert!(!good(read.is_sequence_taken(&by, &incarnation, sequence + 1)));
    assert!(!good(read.is_sequence_taken(&by, &Incarnation::new([9; 8]), sequence)));
    assert!(!good(read.is_sequence_taken(&device(9), &incarnation, sequence)));
    let highest = good(read.highest_sequence(&by, &incarnation));
    assert_eq!(highest, Some((sequence, commit(1).digest)));
    assert_eq!(good(read.highest_sequence(&by, &Incarnation::new([9; 8]))), None);
    assert_eq!(good(read.highest_sequence(&device(9), &incarnation)), None);
}

pub(super) fn the_highest_place_in_an_incarnation_is_known_with_its_commit(
    store: &mut dyn ServerStore,
) {
    begin_log(store);
    let place = |number: u8, sequence| StoredCommit {
        command: CommandId::new([number; 8]),
        act: CommandId::new([number; 8]),
        sequence,
        number: u64::from(number),
        digest: Digest::of(&[number]),
        ..commit(1)
    };
    let mut transaction = good(store.begin());
    for commit in [place(1, 2), place(2, 11), place(3, 11), place(4, 7)] {
        good(transaction.put_commit(&commit));
    }
    good(transaction.commit());
    let StoredCommit { device, incarnation, .. } = commit(1);
    let highest = good(good(store.snapshot()).highest_sequence(&device, &incarnation));
    assert_eq!(highest, Some((11, Digest::of(&[2]))), "the one that came first");
}

pub(super) fn of_an_act_one_commit_is_admitted_and_what_was_held_of_it_can_be_superseded(
    store: &mut dyn ServerStore,
) {
    begin_log(store);
    let of_one_act = |number: u8, state| StoredCommit {
        command: CommandId::new([number; 8]),
        state,
        ..commit(1)
    };
    let code = || CommitState::Held { code: "expired".to_owned() };
    let (held, other) = (of_one_act(2, code()), of_one_act(3, code()));
    let superseded = of_one_act(4, CommitState::Superseded { verdict: 9 });
    let kept = |commit: &StoredCommit| StoredHeld {
        device: commit.device,
        command: commit.command,
        number: 1,
        record: vec![1; 10],
        parts: vec![Part { salt: [1; 16], document: document(1), change: vec![1; 20] }],
        hashes: vec![(document(1), hash(commit.command.as_bytes()[0])), (document(1), hash(9))],
    };
    let (device, act) = (held.device, held.act);
    let mut transaction = good(store.begin());
    for commit in [&held, &other] {
        good(transaction.put_commit(commit));
        good(transaction.put_held(&kept(commit)));
    }
    good(transaction.put_commit(&superseded));
    assert_eq!(good(transaction.admitted_of_act(&device, &act)), None);
    assert_eq!(good(transaction.held_of_act(&device, &act)), [held.clone(), other.clone()]);
    good(transaction.put_commit(&commit(1)));
    assert_eq!(good(transaction.admitted_of_act(&device, &act)), Some(commit(1)));
    assert_eq!(good(transaction.supersede_held(&device, &held.command, 7)), 30);
    good(transaction.commit());

    let read = good(store.snapshot());
    assert_eq!(good(read.held_of_act(&device, &act)), [other]);
    let now = StoredCommit { state: CommitState::Superseded { verdict: 7 }, ..held };
    assert_eq!(good(read.commit_state(&device, &now.command)), Some(now));
    let is_held = |number| good(read.is_held(&document(1), &hash(number)));
    assert_eq!([2, 3, 9].map(is_held), [false, true, true], "the other one has a change in common");
    drop(read);
    let twice = good(store.begin()).put_commit(&of_one_act(5, CommitState::Admitted));
    assert!(matches!(twice, Err(StoreError::Contradiction)), "{twice:?}");
}
