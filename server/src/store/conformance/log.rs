//! The log: gapless numbers, one chain, and views that stay as they were.

use keting_trust::{ChainHash, Digest, RecordKind};

use super::samples::{LOG, append, begin_log, check_log, good, part};
use crate::store::{ServerStore, StoreError};

pub(super) fn an_empty_store_has_no_head(store: &mut dyn ServerStore) {
    assert_eq!(good(good(store.snapshot()).head()), None);
    let mut transaction = good(store.begin());
    let refused = transaction.append(RecordKind::Grant, b"record");
    assert!(matches!(refused, Err(StoreError::Empty)), "{refused:?}");
}

pub(super) fn numbers_are_gapless_and_the_chain_is_that_of_the_records(
    store: &mut dyn ServerStore,
) {
    begin_log(store);
    let mut chain = ChainHash::genesis(&LOG, 0);
    for number in 1..=5_u64 {
        let mut transaction = good(store.begin());
        let cursor = good(transaction.append(RecordKind::Commit, &number.to_be_bytes()));
        good(transaction.commit());
        chain = chain.next(number, RecordKind::Commit, &Digest::of(&number.to_be_bytes()));
        assert_eq!((cursor.number, cursor.chain), (number, chain));
    }
    check_log(store, 5);
}

pub(super) fn what_was_not_committed_leaves_no_trace(store: &mut dyn ServerStore) {
    begin_log(store);
    {
        let mut transaction = good(store.begin());
        good(transaction.append(RecordKind::Commit, b"lost"));
        good(transaction.put_part(1, &part(1, 1, 1)));
        good(transaction.set_meta("key", b"value"));
    }
    check_log(store, 0);
    let read = good(store.snapshot());
    assert_eq!(good(read.meta("key")), None);
    assert_eq!(good(read.parts(1)), []);
}

/// A view shows the store as it was when it was opened, whatever `other` commits meanwhile, and also
/// what it never asked before.
pub(super) fn a_view_does_not_see_what_is_committed_after_it_was_opened(
    store: &mut dyn ServerStore,
    other: &mut dyn ServerStore,
) {
    begin_log(store);
    append(store, b"one");
    let view = good(store.snapshot());
    append(other, b"two");
    let mut transaction = good(other.begin());
    good(transaction.set_meta("key", b"value"));
    good(transaction.commit());

    assert_eq!(good(view.entries(0, 9)).len(), 1);
    assert_eq!(good(view.head()).map(|head| head.number), Some(1));
    assert_eq!(good(view.meta("key")), None);
    assert_eq!(good(good(other.snapshot()).entries(0, 9)).len(), 2);
    drop(view);
    let view = good(store.snapshot());
    assert_eq!(good(view.entries(0, 9)).len(), 2);
    assert_eq!(good(view.meta("key")), Some(b"value".to_vec()));
}
