//! What is written, and what is not.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Home, MARKER, ages, change, commit, edit, household, person};
use keting_model::{Cell, ChangeHash, RowChange};
use keting_store::{OutboxCounts, OutboxState, Placed, StoreError, StoredRecord, UnreadEntry};

#[test]
fn an_edit_is_there_after_the_file_is_closed_and_opened_again() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    let row = store.write(|t| edit(t, household(1), 1)).unwrap();
    let written =
        store.write(|t| t.set_meta("cursor", b"17")).map(|()| store.document(&household(1)));
    let written = written.unwrap().unwrap().unwrap();
    drop(store);

    let store = home.open().unwrap();
    assert_eq!(store.document(&household(1)).unwrap(), Some(written.clone()));
    assert_eq!(written.heads, [ChangeHash([1; 32])]);
    assert_eq!(written.changes_after, [change(row, 1).bytes]);
    assert_eq!(store.commit(row).unwrap(), Some(commit(1)));
    assert_eq!(store.changes_of(&household(1)).unwrap(), [change(row, 1)]);
    assert_eq!(store.outbox_to_send(None, 9, 0).unwrap(), [row]);
    assert_eq!(store.meta("cursor").unwrap().as_deref(), Some(&b"17"[..]));
    assert_eq!(ages(&store), [1]);
    store.check().unwrap();
}

#[test]
fn an_edit_is_there_when_the_process_never_closed_the_file() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    store.write(|t| edit(t, household(1), 1)).unwrap();
    // The files as a power cut would leave them, opened elsewhere.
    let other = Home::new();
    for (name, bytes) in home.files() {
        std::fs::write(other.directory.path().join(name), bytes).unwrap();
    }
    assert_eq!(ages(&other.open().unwrap()), [1]);
}

#[test]
fn an_unread_entry_keeps_every_part_that_came_for_it_one_by_one() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    let entry = |number, part: u8| UnreadEntry {
        number,
        kind: 1,
        record: b"signed".to_vec(),
        parts: vec![part],
        code: String::new(),
    };
    let came = [entry(7, 1), entry(7, 2), entry(8, 1), entry(7, 2), entry(9, 1)];
    store
        .write(|t| {
            came.iter().try_for_each(|entry| t.put_unread(entry, &[household(entry.parts[0])]))
        })
        .unwrap();
    assert_eq!(store.unread_count().unwrap(), 3);
    let first = store.unread_after(0, 1).unwrap();
    assert_eq!(first, [entry(7, 1), entry(7, 2)]);
    assert_eq!(store.unread_after(7, 2).unwrap(), [entry(8, 1), entry(9, 1)]);
    assert!(store.has_unread(&household(2)).unwrap());
}

#[test]
fn a_transaction_that_fails_leaves_nothing() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    let failed: Result<(), _> = store.write(|t| {
        edit(t, household(1), 1)?;
        t.set_meta("cursor", b"1")?;
        Err(StoreError::DiskFull)
    });
    assert_eq!(failed, Err(StoreError::DiskFull));
    assert_eq!(store.document(&household(1)).unwrap(), None);
    assert_eq!(store.commits_after(None, 9).unwrap(), []);
    assert_eq!(store.outbox_counts().unwrap(), OutboxCounts::default());
    assert_eq!(store.meta("cursor").unwrap(), None);
    assert_eq!(ages(&store), [0_i64; 0]);
    store.write(|t| edit(t, household(1), 1)).unwrap();
}

#[test]
fn a_panic_in_a_transaction_leaves_nothing() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.write(|t| {
            edit(t, household(1), 1)?;
            panic!("on purpose");
            #[allow(unreachable_code)]
            Ok(())
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(store.document(&household(1)).unwrap(), None);
    store.write(|t| edit(t, household(1), 1)).unwrap();
}

#[test]
fn a_full_disk_is_disk_full_and_what_was_written_before_stays() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    store.write(|t| edit(t, household(1), 1)).unwrap();
    let pages = store.sizes().unwrap().total_bytes / 4096;
    // SQLite refuses to grow the file just as a full disk would make it.
    store.query(&format!("PRAGMA max_page_count = {pages}"), &[], &mut |_| {}).unwrap();
    let big = vec![0; 1 << 20];
    assert_eq!(store.write(|t| t.set_meta("big", &big)), Err(StoreError::DiskFull));
    store.query("PRAGMA max_page_count = 1000000", &[], &mut |_| {}).unwrap();
    assert_eq!(ages(&store), [1]);
    store.write(|t| t.set_meta("big", &big)).unwrap();
}

#[test]
fn a_second_change_with_one_actor_and_sequence_number_is_a_fork() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    let row = store.write(|t| edit(t, household(1), 1)).unwrap();
    let before = store.document(&household(1)).unwrap();
    let mut other = change(row, 1);
    other.hash = ChangeHash([77; 32]);
    let placed = store.write(|t| t.put_document_change(&household(1), &other, &[other.hash]));
    assert_eq!(placed, Err(StoreError::Fork));
    assert_eq!(StoreError::Fork.code(), "fork");

    // A transaction may go on after it, and the refused change left no trace in it.
    store
        .write(|t| {
            assert_eq!(
                t.put_document_change(&household(1), &other, &[other.hash]),
                Err(StoreError::Fork)
            );
            t.set_meta("forked", b"1")
        })
        .unwrap();
    assert_eq!(store.document(&household(1)).unwrap(), before);
    assert!(store.meta("forked").unwrap().is_some());
    // In another document the numbers are free.
    store.write(|t| t.put_document_change(&household(2), &other, &[other.hash])).unwrap();
}

#[test]
fn the_same_change_twice_is_stored_once() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    let row = store.write(|t| edit(t, household(1), 1)).unwrap();
    let same = change(row, 1);
    let placed = store.write(|t| t.put_document_change(&household(1), &same, &[same.hash]));
    assert_eq!(placed, Ok(Placed::AlreadyHere));
    assert_eq!(store.document(&household(1)).unwrap().unwrap().change_count, 1);
}

#[test]
fn a_commit_is_taken_once_gets_its_number_later_and_never_other_bytes() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    let row = store.write(|t| t.put_commit(&commit(1))).unwrap();
    let mut numbered = commit(1);
    numbered.number = Some(41);
    assert_eq!(store.write(|t| t.put_commit(&numbered)), Ok(row));
    assert_eq!(store.commit_of(&[1; 16], &numbered.command).unwrap(), Some((row, numbered)));
    let mut forged = commit(1);
    forged.bytes.push(0);
    assert_eq!(store.write(|t| t.put_commit(&forged)), Err(StoreError::OtherCommit));
    forged = commit(2);
    forged.number = Some(u64::MAX);
    assert_eq!(store.write(|t| t.put_commit(&forged)), Err(StoreError::OutOfRange));
}

#[test]
fn a_document_loads_from_its_snapshot_and_the_changes_after_it() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    let document = household(1);
    for seq in 1..=70 {
        // A neighbour's changes in between must not show up.
        store
            .write(|t| {
                let row = t.put_commit(&commit(seq))?;
                let change = change(row, seq);
                t.put_document_change(&household(2), &change, &[change.hash])?;
                let placed = t.put_document_change(&document, &change, &[change.hash])?;
                assert_eq!(placed, Placed::New);
                if seq == 64 {
                    t.put_snapshot(&document, b"compacted", &[change.hash])?;
                }
                Ok(())
            })
            .unwrap();
    }
    let stored = store.document(&document).unwrap().unwrap();
    assert_eq!(stored.snapshot.as_deref(), Some(&b"compacted"[..]));
    let expected: Vec<_> =
        (65..=70).map(|seq| format!("change {seq} {MARKER}").into_bytes()).collect();
    assert_eq!(stored.changes_after, expected);
    assert_eq!(stored.heads, [ChangeHash([70; 32])]);
    assert_eq!(store.changes_of(&document).unwrap().len(), 70);
    assert_eq!(store.document(&household(2)).unwrap().unwrap().changes_after.len(), 70);
    assert_eq!(store.documents_after(Some(&document), 9).unwrap(), [household(2)]);
}

#[test]
fn projection_rows_are_put_changed_and_deleted_by_their_definition() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    let put = |item, age| RowChange::Put(person(household(1), item, age));
    store.write(|t| t.put_row_changes(&[put(1, 30), put(2, 40), put(1, 31)])).unwrap();
    assert_eq!(ages(&store), [31, 40]);
    let gone =
        RowChange::Delete { table: &common::PEOPLE, document: household(1), item: vec![1; 8] };
    store.write(|t| t.put_row_changes(&[gone, put(3, 50)])).unwrap();
    assert_eq!(ages(&store), [40, 50]);

    let mut short = person(household(1), 4, 1);
    short.cells.pop();
    let refused = store.write(|t| t.put_row_changes(&[RowChange::Put(short)]));
    assert_eq!(refused, Err(StoreError::Statement { extended_code: 0 }));
    let mut wrong = person(household(1), 4, 1);
    wrong.cells[0] = Cell::Null;
    let refused = store.write(|t| t.put_row_changes(&[RowChange::Put(wrong)]));
    assert!(matches!(refused, Err(StoreError::Statement { .. })), "{refused:?}");
}

#[test]
fn a_query_gives_every_type_of_cell_and_none_of_the_row_before() {
    let home = Home::new();
    let store = home.open().unwrap();
    let mut rows = Vec::new();
    let sql = "VALUES (?1, x'0102', 5), ('longer text', NULL, NULL), ('b', x'', 'x')";
    store.query(sql, &[Cell::Text("a".into())], &mut |cells| rows.push(cells.to_vec())).unwrap();
    let text = |text: &str| Cell::Text(text.into());
    assert_eq!(
        rows,
        [
            vec![text("a"), Cell::Blob(vec![1, 2]), Cell::Int(5)],
            vec![text("longer text"), Cell::Null, Cell::Null],
            vec![text("b"), Cell::Blob(vec![]), text("x")],
        ]
    );
}

#[test]
fn work_goes_from_queued_to_sent_to_acknowledged_or_held_and_what_was_refused_goes_again() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    let rows: Vec<_> =
        (1..=5).map(|seq| store.write(|t| edit(t, household(seq), seq)).unwrap()).collect();
    let refused = OutboxState::Refused { code: "quota_exceeded".into() };
    let held = OutboxState::Held { code: "expired".into() };
    store
        .write(|t| {
            t.set_outbox_state(rows[0], &OutboxState::Acknowledged)?;
            t.set_commit_number(rows[0], 9)?;
            t.set_outbox_state(rows[1], &held)?;
            t.set_outbox_state(rows[2], &OutboxState::Sent)?;
            t.set_outbox_state(rows[3], &refused)
        })
        .unwrap();
    let counts = OutboxCounts { queued: 1, sent: 1, refused: 1, held: 1 };
    assert_eq!(store.outbox_counts().unwrap(), counts);
    assert_eq!(store.outbox_to_send(None, 9, u64::MAX).unwrap(), rows[2..]);
    assert_eq!(store.outbox_to_send(None, 2, u64::MAX).unwrap(), rows[2..4]);
    assert_eq!(store.outbox_to_send(None, 9, 1).unwrap(), rows[2..3]);
    assert_eq!(store.outbox_to_send(Some(rows[2]), 9, 1).unwrap(), rows[3..4]);
    let open = store.outbox_after(None, 9).unwrap();
    assert_eq!(open.iter().map(|entry| entry.commit).collect::<Vec<_>>(), rows[1..]);
    assert_eq!(open[0].state, held);
    assert_eq!(store.write(|t| t.forget_acknowledged(8)), Ok(0));
    assert!(store.outbox_entry(rows[0]).unwrap().is_some());
    assert_eq!(store.write(|t| t.forget_acknowledged(9)), Ok(1));
    assert_eq!(store.outbox_entry(rows[0]).unwrap(), None);
    assert_eq!(store.parts(rows[1]).unwrap()[0].document, household(2));
}

#[test]
fn a_record_of_an_unknown_kind_is_kept_and_gets_its_number_later() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    let mut record =
        StoredRecord { number: None, kind: 200, digest: [5; 32], bytes: b"opaque".to_vec() };
    store.write(|t| t.put_record(&record)).unwrap();
    record.number = Some(3);
    store.write(|t| t.put_record(&record)).unwrap();
    store.write(|t| t.put_record(&StoredRecord { number: None, ..record.clone() })).unwrap();
    assert_eq!(store.record(&[5; 32]).unwrap(), Some(record.clone()));
    assert_eq!(store.record_at(3).unwrap(), Some(record.clone()));
    assert_eq!(store.records_of(200).unwrap(), [record]);
}

#[test]
fn what_is_in_a_file_can_be_measured() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    store.write(|t| edit(t, household(1), 1)).unwrap();
    let sizes = store.sizes().unwrap();
    let changes = sizes.tables.iter().find(|table| table.name == "changes").unwrap();
    assert_eq!(changes.row_count, 1);
    assert!(changes.bytes >= 3 * 4096, "the table and its two indexes: {}", changes.bytes);
    let sum: u64 = sizes.tables.iter().map(|table| table.bytes).sum();
    assert_eq!(sum + sizes.free_bytes, sizes.total_bytes);
    assert_eq!(sizes.versions, [("model".to_owned(), 1), ("store".to_owned(), 1)]);
}
