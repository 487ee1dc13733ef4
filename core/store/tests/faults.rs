//! What a failing disk leaves behind: under a disk in memory that can fail and lose its power.
#![allow(clippy::unwrap_used)]

mod common;

use common::{MODEL, edit, household};
use keting_model::Cell;
use keting_store::{DatabaseKey, OpenConfig, Store, StoreError};
use keting_testkit::vfs::{Disk, Failure, Fault, Op};

struct Phone {
    disk: Disk,
    key: DatabaseKey,
}

impl Phone {
    fn new() -> Self {
        Self { disk: Disk::new(7), key: DatabaseKey::new([7; 32]) }
    }

    fn open(&self) -> Store {
        Store::open(&OpenConfig {
            path: std::path::Path::new("replica.db"),
            key: Some(&self.key),
            vfs: Some(self.disk.vfs_name()),
            owners: &[MODEL],
            full_sync: true,
        })
        .unwrap()
    }
}

#[test]
fn an_edit_that_failed_at_the_sync_does_not_come_back() {
    let phone = Phone::new();
    let mut store = phone.open();
    store.write(|t| edit(t, household(1), 1)).unwrap();
    phone.disk.inject(Fault::nth(Op::Sync, 1, Failure::Io).on("-wal"));
    let failed = store.write(|t| edit(t, household(2), 2));
    assert!(matches!(failed, Err(StoreError::Io { .. })), "{failed:?}");
    // The process ends here, without another write; the log is read anew.
    phone.disk.kill_processes();
    drop(store);
    let store = phone.open();
    assert!(store.document(&household(2)).unwrap().is_none(), "a failed edit came back");
    assert!(store.document(&household(1)).unwrap().is_some());
}

#[test]
fn a_page_that_cannot_be_read_for_once_is_read_after_connecting_anew() {
    let phone = Phone::new();
    let mut store = phone.open();
    for seq in 1..=200 {
        store.write(|t| edit(t, household(seq), seq)).unwrap();
    }
    drop(store);
    let mut store = phone.open();
    phone.disk.inject(Fault::nth(Op::Read, 1, Failure::Io));
    let everything = |store: &Store| {
        let mut count = 0;
        store.query("SELECT bytes FROM changes", &[], &mut |_: &[Cell]| count += 1).map(|()| count)
    };
    let failed = everything(&store);
    assert!(failed.is_err(), "{failed:?}");
    phone.disk.clear_faults();
    store.reconnect().unwrap();
    assert_eq!(everything(&store), Ok(200));
    store.write(|t| edit(t, household(201), 201)).unwrap();
}

#[test]
fn what_is_written_after_a_sync_that_lost_notes_outlasts_a_power_cut() {
    let phone = Phone::new();
    let mut store = phone.open();
    store.write(|t| t.set_meta("act", b"0")).unwrap();
    store.note(|t| t.set_meta("note", b"one")).unwrap();
    phone.disk.inject(Fault::nth(Op::Sync, 1, Failure::SyncForgets));
    assert!(store.write(|t| t.set_meta("act", b"1")).is_err());
    phone.disk.clear_faults();
    store.write(|t| t.set_meta("act", b"2")).unwrap();
    phone.disk.power_cut(3);
    drop(store);
    assert_eq!(phone.open().meta("act").unwrap().as_deref(), Some(&b"2"[..]));
}

#[test]
fn a_note_costs_no_sync_and_a_later_write_makes_it_safe() {
    let phone = Phone::new();
    let mut store = phone.open();
    store.write(|t| t.set_meta("act", b"0")).unwrap();
    let syncs = || phone.disk.counters().syncs;
    let before = syncs();
    store.note(|t| t.set_meta("note", b"one")).unwrap();
    assert_eq!(syncs(), before);
    store.write(|t| t.set_meta("act", b"1")).unwrap();
    assert!(syncs() > before);
    phone.disk.power_cut(3);
    drop(store);
    let mut store = phone.open();
    assert_eq!(store.meta("note").unwrap().as_deref(), Some(&b"one"[..]));
    store.note(|t| t.set_meta("note", b"two")).unwrap();
    store.write(|t| t.set_meta("act", b"2")).unwrap();
    assert_eq!(store.meta("note").unwrap().as_deref(), Some(&b"two"[..]));
}
