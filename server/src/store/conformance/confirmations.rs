//! What devices confirm: it counts for each incarnation by itself, and nobody fills the store with it.

use keting_model::{CityId, LogId};
use keting_trust::limits::DEVICE_CONFIRMATIONS_MAX;
use keting_trust::{Confirmation, Cursor, Incarnation};

use super::samples::{device, good};
use crate::store::ServerStore;

pub(super) fn what_a_device_confirms_is_kept_within_a_bound(store: &mut dyn ServerStore) {
    let put = |store: &mut dyn ServerStore, who, incarnation, last_sequence, number| {
        let cursor = Cursor { number, ..Cursor::genesis(LogId::new([1; 16]), 3) };
        let city = CityId::new([1; 16]);
        let confirmation = Confirmation { city, cursor, incarnation, last_sequence };
        let mut transaction = good(store.begin());
        good(transaction.put_confirmation(&device(who), &confirmation));
        good(transaction.commit());
    };
    let life = |n: u64| Incarnation::new(n.to_be_bytes());
    let many = u64::from(DEVICE_CONFIRMATIONS_MAX) * 3;
    put(store, 2, life(1), 0, 7);
    // One that makes up lives, and one that makes up commits.
    for n in 1..=many {
        put(store, 1, life(n), 0, 100 + n);
        put(store, 3, life(1), n, 100 + n);
    }
    let read = good(store.snapshot());
    let confirmed = |who, incarnation, sequence| {
        good(read.confirmed_before(&device(who), 3, &incarnation, sequence))
    };
    let kept = (1..=many).filter(|n| confirmed(1, life(*n), 1) > 0).count();
    assert_eq!(kept, DEVICE_CONFIRMATIONS_MAX as usize);
    assert_eq!(confirmed(1, life(many), 1), 100 + many, "what says most stays");
    let steps = (1..=many).filter(|n| confirmed(3, life(1), n + 1) == 100 + n).count();
    assert_eq!(steps, DEVICE_CONFIRMATIONS_MAX as usize);
    assert_eq!(confirmed(2, life(1), 1), 7, "another device's are its own");
    drop(read);
    // A machine that was put back hears more, having made less: it has heard that in whatever it makes then.
    put(store, 2, life(1), 9, 20);
    put(store, 2, life(1), 4, 30);
    put(store, 2, life(1), 6, 10);
    let read = good(store.snapshot());
    let confirmed = |sequence| good(read.confirmed_before(&device(2), 3, &life(1), sequence));
    assert_eq!([1, 4, 5, 6, 7, 9, 10].map(confirmed), [7, 7, 30, 30, 30, 30, 30]);
}
