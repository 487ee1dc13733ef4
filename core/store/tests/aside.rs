//! What is taken out of documents is kept whole beside them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Home, MODEL, change, config, edit, household};
use keting_model::ChangeHash;
use keting_store::{
    Access, CommitRow, DatabaseKey, OpenConfig, OutboxCounts, OutboxState, Store, StoreError,
    salvage,
};
use keting_testkit::vfs::{Disk, Failure, Fault, Op};

#[test]
fn what_is_taken_out_leaves_its_document_and_its_snapshot_and_is_still_sent_whole() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    let [first, second] = two_edits(&mut store);
    store.write(|t| t.put_snapshot(&household(1), b"both", &[ChangeHash([2; 32])])).unwrap();
    take_out(&mut store, second, 1).unwrap();

    let document = store.document(&household(1)).unwrap().unwrap();
    assert_eq!(document.heads, [ChangeHash([1; 32])]);
    assert_eq!((document.snapshot, document.changes_after), (None, vec![change(first, 1).bytes]));
    assert_eq!(store.parts(second).unwrap()[0].bytes, change(second, 2).bytes);
    assert_eq!(store.outbox_to_send(None, 9, u64::MAX).unwrap(), [first, second]);
    let counts = OutboxCounts { queued: 1, held: 1, ..OutboxCounts::default() };
    assert_eq!(store.outbox_counts().unwrap(), counts);
    assert_eq!(store.latest_unacknowledged().unwrap(), [(household(1), first)]);
    let held = store.outbox_held().unwrap();
    assert_eq!(held.iter().map(|entry| entry.commit).collect::<Vec<_>>(), [second]);
    assert_eq!(store.to_put_back().unwrap(), []);
    store.check().unwrap();

    // What comes next takes no place that was used.
    let row = store.write(|t| edit(t, household(1), 3)).unwrap();
    let stored = store.changes_of(&household(1)).unwrap();
    assert_eq!(stored.iter().map(|change| change.commit).collect::<Vec<_>>(), [first, row]);
}

#[test]
fn a_document_of_which_nothing_remains_is_gone_and_may_come_again() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    let row = store.write(|t| edit(t, household(1), 1)).unwrap();
    store
        .write(|t| {
            t.take_out(row)?;
            t.put_remaining(&household(1), &[])
        })
        .unwrap();
    assert_eq!(store.document(&household(1)).unwrap(), None);
    assert_eq!(store.document_count().unwrap(), 0);
    assert_eq!(store.parts(row).unwrap().len(), 1);
    store.check().unwrap();

    store.write(|t| t.set_outbox_state(row, &OutboxState::Acknowledged)).unwrap();
    assert_eq!(store.to_put_back().unwrap(), [row], "what is acknowledged stands");
    let back = change(row, 1);
    store
        .write(|t| {
            t.put_document_change(&household(1), &back, &[back.hash])?;
            t.forget_aside(row)
        })
        .unwrap();
    assert_eq!(store.parts(row).unwrap().len(), 1);
    assert_eq!(store.to_put_back().unwrap(), []);
}

#[test]
fn what_was_taken_out_is_salvaged_as_what_it_is() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    let [first, second] = two_edits(&mut store);
    take_out(&mut store, second, 1).unwrap();
    drop(store);
    let path = home.path();
    let (store, report) = salvage(&config(&path, Some(&home.key)), &[]).unwrap();
    assert_eq!((report.outbox_count, report.without_parts_count), (2, 0));
    let rows: Vec<_> = store.outbox_after(None, 9).unwrap().into_iter().collect();
    assert_eq!(rows.iter().map(|entry| entry.stands).collect::<Vec<_>>(), [true, false]);
    assert_eq!(store.to_put_back().unwrap(), [rows[0].commit]);
    assert_eq!(store.parts(rows[1].commit).unwrap()[0].bytes, change(second, 2).bytes);
    assert!(first < second);
}

#[test]
fn a_power_cut_while_something_is_taken_out_leaves_the_old_state_or_the_new_one() {
    let mut outcomes = [0, 0];
    for nth in 1..=40 {
        let disk = Disk::new(nth);
        let key = DatabaseKey::new([7; 32]);
        let open = || {
            let config = OpenConfig {
                path: std::path::Path::new("replica.db"),
                key: Some(&key),
                access: Access::Vfs(disk.vfs_name()),
                owners: &[MODEL],
                full_sync: true,
            };
            Store::open(&config).unwrap()
        };
        let mut store = open();
        let [first, second] = two_edits(&mut store);
        disk.inject(Fault::nth(Op::Write, nth, Failure::PowerOff));
        let done = take_out(&mut store, second, 1);
        disk.power_cut(nth);
        disk.clear_faults();
        drop(store);
        let store = open();
        store.check().unwrap();
        let stand = store.changes_of(&household(1)).unwrap().len();
        let entry = store.outbox_entry(second).unwrap().unwrap();
        assert_eq!(entry.stands, stand == 2, "{nth}");
        assert_eq!(store.parts(second).unwrap()[0].bytes, change(second, 2).bytes, "{nth}");
        assert!(done.is_err() || !entry.stands, "{nth}: what was told is there");
        assert_eq!(store.changes_of(&household(1)).unwrap()[0].commit, first);
        outcomes[usize::from(entry.stands)] += 1;
    }
    assert!(outcomes.iter().all(|count| *count > 0), "{outcomes:?}");
}

fn two_edits(store: &mut Store) -> [CommitRow; 2] {
    [1, 2].map(|seq| store.write(|t| edit(t, household(1), seq)).unwrap())
}

fn take_out(store: &mut Store, commit: CommitRow, remaining: u8) -> Result<(), StoreError> {
    store.write(|t| {
        t.take_out(commit)?;
        t.put_remaining(&household(1), &[ChangeHash([remaining; 32])])
    })
}
