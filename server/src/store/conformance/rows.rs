//! What was written comes back as it was, and once.

use keting_model::{CityId, CommandId, LogId};
use keting_trust::limits::NUMBER_MAX;
use keting_trust::{Confirmation, Cursor, Digest, Incarnation, Part};

use super::samples::{actor, begin_log, commit, device, document, good, hash, part};
use crate::store::{
    CommitState, ServerStore, StoreError, StoredCommit, StoredDocument, StoredEnd, StoredHeld,
    StoredInvitation,
};

pub(super) fn a_change_and_a_commit_are_kept_once(store: &mut dyn ServerStore) {
    begin_log(store);
    let mut transaction = good(store.begin());
    good(transaction.put_part(1, &part(1, 1, 1)));
    good(transaction.put_part(1, &part(2, 1, 2)));
    good(transaction.put_commit(&commit(1)));
    good(transaction.commit());
    let again = good(store.begin()).put_part(2, &part(1, 1, 1));
    assert!(matches!(again, Err(StoreError::Contradiction)), "{again:?}");
    let again = good(store.begin()).put_commit(&commit(1));
    assert!(matches!(again, Err(StoreError::Contradiction)), "{again:?}");
    let read = good(store.snapshot());
    assert_eq!(good(read.change_of(&document(1), &actor(1), 1)), Some(hash(1)));
    assert_eq!(good(read.change_of(&document(1), &actor(1), 2)), None);
}

pub(super) fn rows_come_back_as_they_were_written(store: &mut dyn ServerStore) {
    begin_log(store);
    let stored = StoredDocument {
        id: document(1),
        home: document(9),
        heads: vec![hash(1), hash(2)],
        change_count: 2,
        first_number: 1,
        bytes: b"snapshot".len() as u64,
    };
    let held = StoredHeld {
        device: device(1),
        command: CommandId::new([2; 8]),
        number: 1,
        record: b"record".to_vec(),
        parts: vec![Part { salt: [1; 16], document: document(1), change: b"change".to_vec() }],
        hashes: vec![(document(1), hash(7))],
    };
    let invitation = StoredInvitation {
        secret: Digest::of(b"secret"),
        name: "王五".to_owned(),
        role: "steward".to_owned(),
        region: document(9),
        grant_ms: 1_000,
        expires_at_ms: 2_000,
        generation: 3,
        announced: 4,
        tls_key: Digest::of(b"key"),
        used: None,
        cancelled_at_ms: None,
    };
    let used = StoredInvitation {
        used: Some((device(1), Digest::of(b"grant"))),
        cancelled_at_ms: Some(3),
        ..invitation.clone()
    };
    let held_commit =
        StoredCommit { state: CommitState::Held { code: "expired".to_owned() }, ..commit(2) };
    let end = |number, bound: Option<_>| StoredEnd {
        number,
        device: device(1),
        at_ms: 1_000,
        why: "调离".to_owned(),
        bound,
        is_told: bound.is_some(),
    };
    let bound = Some((Incarnation::new([3; 8]), 7));
    let mut transaction = good(store.begin());
    good(transaction.put_end(&end(2, None)));
    good(transaction.put_end(&end(1, None)));
    good(transaction.put_end(&end(1, bound)));
    let confirmation = |incarnation, last_sequence, number| Confirmation {
        city: CityId::new([1; 16]),
        cursor: Cursor { number, ..Cursor::genesis(LogId::new([1; 16]), 3) },
        incarnation: Incarnation::new([incarnation; 8]),
        last_sequence,
    };
    for (incarnation, last_sequence, number) in [(1, 2, 10), (1, 4, 30), (1, 4, 20), (2, 1, 25)] {
        let confirmation = confirmation(incarnation, last_sequence, number);
        good(transaction.put_confirmation(&device(1), &confirmation));
    }
    good(transaction.put_part(1, &part(1, 1, 1)));
    good(transaction.put_part(2, &part(1, 1, 2)));
    good(transaction.put_actor(&actor(1), &device(1)));
    good(transaction.put_actor(&actor(1), &device(1)));
    good(transaction.put_document(&stored, b"older"));
    good(transaction.put_document(&stored, b"snapshot"));
    good(transaction.put_commit(&held_commit));
    good(transaction.put_held(&held));
    good(transaction.put_invitation(&invitation));
    for (key, now_ms, is_invited) in
        [(&b"key"[..], 1_999, true), (b"key", 2_000, false), (b"other", 1_999, false)]
    {
        assert_eq!(good(transaction.is_key_invited(&Digest::of(key), now_ms)), is_invited);
    }
    good(transaction.put_invitation(&used));
    assert!(!good(transaction.is_key_invited(&Digest::of(b"key"), 1_999)));
    good(transaction.commit());

    let read = good(store.snapshot());
    assert_eq!(good(read.ends_of(&device(1))), [end(1, bound), end(2, None)]);
    assert_eq!(good(read.ends_of(&device(2))), []);
    let confirmed = |who, generation, incarnation, sequence| {
        let incarnation = Incarnation::new([incarnation; 8]);
        good(read.confirmed_before(&device(who), generation, &incarnation, sequence))
    };
    assert_eq!([2, 3, 4, 5].map(|sequence| confirmed(1, 3, 1, sequence)), [0, 10, 10, 30]);
    assert_eq!([1, 2].map(|sequence| confirmed(1, 3, 2, sequence)), [0, 25]);
    assert_eq!((confirmed(1, 3, 9, 9), confirmed(1, 4, 1, 9), confirmed(2, 3, 1, 9)), (0, 0, 0));
    let open = |who| (good(read.waiting_count(&device(who))), good(read.held_count(&device(who))));
    assert_eq!((open(1), open(2)), ((4, 0), (0, 1)));
    assert_eq!(good(read.document(&document(1))), Some(stored.clone()));
    assert_eq!(good(read.document_snapshot(&document(1))), Some(b"snapshot".to_vec()));
    assert_eq!(good(read.documents(None, 9)), vec![stored]);
    assert_eq!(good(read.documents(Some(&document(1)), 9)), vec![]);
    let parts = |after, until, limit| {
        good(read.document_parts(&document(1), after, until, limit))
            .into_iter()
            .map(|(number, part)| (number, part.seq))
            .collect::<Vec<_>>()
    };
    let whole = good(read.document_parts(&document(1), 0, 9, 9));
    assert_eq!(whole, [(1, part(1, 1, 1)), (2, part(1, 1, 2))]);
    assert_eq!(parts(1, 9, 9), [(2, 2)]);
    assert_eq!(parts(0, 1, 9), [(1, 1)]);
    assert_eq!(parts(0, 9, 1), [(1, 1)]);
    assert_eq!(good(read.device_of(&actor(1))), Some(device(1)));
    assert_eq!(good(read.device_of(&actor(2))), None);
    let found = good(read.commit_state(&held_commit.device, &held_commit.command));
    assert_eq!(found, Some(held_commit));
    assert!(good(read.is_held(&document(1), &hash(7))));
    assert!(!good(read.is_held(&document(2), &hash(7))));
    assert_eq!(good(read.invitation(&Digest::of(b"secret"))), Some(used.clone()));
    assert_eq!(good(read.invitations()), [used]);
}

pub(super) fn a_number_that_does_not_fit_is_an_error_and_not_another_number(
    store: &mut dyn ServerStore,
) {
    begin_log(store);
    let fits = StoredCommit { sequence: NUMBER_MAX, ..commit(1) };
    let mut transaction = good(store.begin());
    good(transaction.put_commit(&fits));
    let beyond = StoredCommit { sequence: NUMBER_MAX + 1, ..commit(2) };
    let refused = transaction.put_commit(&beyond);
    assert!(matches!(refused, Err(StoreError::OutOfRange)), "{refused:?}");
    good(transaction.commit());
    let found = good(good(store.snapshot()).commit_state(&fits.device, &fits.command));
    assert_eq!(found, Some(fits));
}
