//! What a failing disk leaves behind: under a disk in memory that can fail and lose its power.
#![allow(clippy::unwrap_used)]

mod common;

use common::{MODEL, edit, household};
use keting_model::Cell;
use keting_store::{Access, DatabaseKey, OpenConfig, OpenError, Store, StoreError};
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
        self.try_open().unwrap()
    }

    fn try_open(&self) -> Result<Store, OpenError> {
        Store::open(&OpenConfig {
            path: std::path::Path::new("replica.db"),
            key: Some(&self.key),
            access: Access::Vfs(self.disk.vfs_name()),
            owners: &[MODEL],
            full_sync: true,
        })
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
fn no_act_that_was_acknowledged_is_lost_behind_notes_whichever_sync_drops_them() {
    // The first sync of the log fails and drops the notes before it, and then another one fails, of
    // this file: once, or again and again.
    for (file, lasts) in [("-wal", false), ("", false), ("replica.db", true)] {
        for (nth, acts) in (1..=6).flat_map(|nth| [(nth, 1), (nth, 3)]) {
            let phone = Phone::new();
            let mut store = phone.open();
            store.write(|t| t.set_meta("act", &[0])).unwrap();
            phone.disk.inject(Fault::nth(Op::Sync, 1, Failure::SyncForgets).on("-wal"));
            let second = Fault::nth(Op::Sync, nth, Failure::SyncForgets).on(file);
            phone.disk.inject(if lasts { second.lasting() } else { second });
            let mut acknowledged = 0;
            for act in 1..=acts {
                write_long_notes(&mut store);
                if store.write(|t| t.set_meta("act", &[act])).is_ok() {
                    acknowledged = act;
                }
            }
            phone.disk.power_cut(nth);
            drop(store);
            phone.disk.clear_faults();
            let told = format!("{file} {lasts} {nth} {acts}");
            let store = phone.try_open().unwrap_or_else(|error| panic!("{told}: {error}"));
            assert_eq!(store.check(), Ok(()), "{told}");
            let found = store.meta("act").unwrap().unwrap();
            assert!(found >= vec![acknowledged], "{told}: {found:?} of {acknowledged}");
        }
    }
}

/// Notes that together are longer than what a commit moves into the file.
fn write_long_notes(store: &mut Store) {
    const NOTES: u8 = 22;
    const NOTE_BYTES: usize = 200_000;
    for note in 0..NOTES {
        // It may fail, as a note may be lost.
        let _ = store.note(|t| t.set_meta("note", &vec![note; NOTE_BYTES]));
    }
}

#[test]
fn of_many_notes_in_a_row_one_is_synced_so_that_the_log_does_not_grow_for_ever() {
    let phone = Phone::new();
    let mut store = phone.open();
    store.write(|t| t.set_meta("act", b"0")).unwrap();
    let before = phone.disk.counters().syncs;
    for note in 0_u32..3_000 {
        store.note(|t| t.set_meta("note", &note.to_be_bytes())).unwrap();
    }
    let syncs = phone.disk.counters().syncs - before;
    assert!((40..200).contains(&syncs), "{syncs}");
    let log = phone.disk.read_file("replica.db-wal").map_or(0, |bytes| bytes.len());
    assert!(log < 8 << 20, "{log} bytes");
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
