//! A corrupt file is set aside, and unacknowledged work comes along.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Home, MARKER, ages, change, commit, config, edit, household};
use keting_store::{
    DatabaseKey, OpenError, OutboxCounts, OutboxState, PARTS_LOST, Store, StoreError, StoredDraft,
    salvage,
};

const PAGE: usize = 4096;
const DRAFTS: u64 = 3;

#[test]
fn a_sound_outbox_of_a_corrupt_file_is_saved_and_the_file_set_aside() {
    let home = filled();
    damage(&home, &page_of(&home, "person"));
    let damaged = std::fs::read(home.path()).unwrap();

    // The file opens; the page is met by the query that needs it, and by a check.
    let store = home.open().unwrap();
    let read = store.query("SELECT age FROM person", &[], &mut |_| {});
    assert_eq!(read, Err(StoreError::Corrupt));
    drop(store);
    assert_eq!(home.open().unwrap().check(), Err(StoreError::Corrupt));

    let path = home.path();
    let (mut store, report) =
        salvage(&config(&path, Some(&home.key)), &["device", "missing"]).unwrap();
    assert_eq!(report.set_aside_as, "replica.db.corrupt-1");
    let aside = home.directory.path().join(&report.set_aside_as);
    assert_eq!(std::fs::read(aside).unwrap(), damaged);
    assert_eq!((report.meta_count, report.outbox_count), (1, 20));
    assert_eq!((report.without_parts_count, report.lost_count), (0, 0));
    assert_eq!(report.draft_count, DRAFTS);
    assert!(report.complete);
    for number in 1..=DRAFTS {
        let draft = draft(number);
        assert_eq!(store.draft(&draft.key).unwrap(), Some(draft));
    }

    store.check().unwrap();
    assert_eq!(store.document_count().unwrap(), 0);
    assert_eq!(ages(&store), [0_i64; 0]);
    assert_eq!(store.meta("device").unwrap().as_deref(), Some(&b"this one"[..]));
    assert_eq!(store.meta("cursor").unwrap(), None);
    assert_eq!(store.salvage_report().unwrap().as_ref(), Some(&report));
    assert_eq!(
        store.outbox_counts().unwrap(),
        OutboxCounts { queued: 18, sent: 1, refused: 0, held: 1 }
    );
    let entries = store.outbox_after(None, 99).unwrap();
    for (seq, entry) in (21..=40).zip(&entries) {
        assert_eq!(store.commit(entry.commit).unwrap(), Some(commit(seq)));
        assert_eq!(entry.command, format!("command {seq} {MARKER}").into_bytes());
        let parts = store.parts(entry.commit).unwrap();
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].document, household(seq));
        assert_eq!(parts[0].bytes, change(entry.commit, seq).bytes);
    }

    // The document comes again from the server, with the commit; then the saved part has served.
    let (row, seq) = (entries[0].commit, 21);
    store
        .write(|t| {
            assert_eq!(t.put_commit(&commit(seq)), Ok(row));
            let change = change(row, seq);
            t.put_document_change(&household(seq), &change, &[change.hash])?;
            assert_eq!(t.parts(row)?.len(), 1);
            Ok(())
        })
        .unwrap();
    store.write(|t| t.set_outbox_state(row, &OutboxState::Acknowledged)).unwrap();
    assert_eq!(store.parts(row).unwrap().len(), 1);
}

#[test]
fn whatever_page_is_damaged_nothing_is_lost_in_silence() {
    let sound = filled();
    let bytes = std::fs::read(sound.path()).unwrap();
    let (mut all_saved, mut some_lost) = (0, 0);
    for page in 0..bytes.len() / PAGE {
        let home = Home::new();
        std::fs::write(home.path(), &bytes).unwrap();
        damage(&home, &[page]);
        let path = home.path();
        let (store, report) = salvage(&config(&path, Some(&home.key)), &["device"]).unwrap();
        store.check().unwrap();
        let shown = store.outbox_after(None, 99).unwrap();
        assert_eq!(report.outbox_count + report.without_parts_count, shown.len() as u64);
        let code = OutboxState::Held { code: PARTS_LOST.into() };
        let without_parts = shown.iter().filter(|entry| entry.state == code).count() as u64;
        assert_eq!(report.without_parts_count, without_parts);
        for entry in shown.iter().filter(|entry| entry.state != code) {
            assert_eq!(store.parts(entry.commit).unwrap().len(), 1, "page {page}");
        }
        assert_eq!(report.draft_count, store.drafts().unwrap().len() as u64);
        assert!(report.draft_count == DRAFTS || !report.complete, "page {page}: {report:?}");
        if report.outbox_count == 20 {
            all_saved += 1;
        } else {
            some_lost += 1;
            assert!(
                !report.complete || report.without_parts_count + report.lost_count > 0,
                "page {page}: {report:?}"
            );
        }
        assert_eq!(
            std::fs::read(home.directory.path().join(report.set_aside_as)).unwrap().len(),
            bytes.len()
        );
    }
    assert!(all_saved > some_lost, "{all_saved} pages without loss, {some_lost} with");
}

#[test]
fn a_file_damaged_on_its_first_page_is_set_aside_too_and_so_is_the_next_one() {
    let home = filled();
    let path = home.path();
    for round in 1..=2 {
        damage(&home, &[0]);
        assert_eq!(home.open().unwrap_err(), OpenError::Corrupt);
        let (_, report) = salvage(&config(&path, Some(&home.key)), &["device"]).unwrap();
        assert!(!report.complete);
        let name = format!("replica.db.corrupt-{round}");
        assert_eq!(report.set_aside_as, name);
    }
    assert!(home.directory.path().join("replica.db.corrupt-1").exists());
}

#[test]
fn what_only_the_log_holds_is_saved_and_set_aside_with_it() {
    let home = filled();
    let mut store = home.open().unwrap();
    store.write(|t| edit(t, household(41), 41)).unwrap();
    // A crash, and then the damage.
    let crashed = Home::new();
    for (name, bytes) in home.files() {
        std::fs::write(crashed.directory.path().join(name), bytes).unwrap();
    }
    drop(store);
    let path = crashed.path();
    let log = std::fs::read(path.with_extension("db-wal")).unwrap();
    let (store, report) = salvage(&config(&path, Some(&crashed.key)), &[]).unwrap();
    assert_eq!(report.outbox_count, 21);
    assert_eq!(store.outbox_after(None, 99).unwrap().len(), 21);
    assert_eq!(std::fs::read(path.with_extension("db.corrupt-1-wal")).unwrap(), log);
}

#[test]
fn a_crash_between_the_renames_is_mended_by_the_next_opening() {
    let home = filled();
    damage(&home, &page_of(&home, "person"));
    let path = home.path();
    drop(salvage(&config(&path, Some(&home.key)), &[]).unwrap());
    // As it stood after the first rename: the corrupt file's log not yet renamed.
    std::fs::rename(&path, path.with_extension("db.salvaged")).unwrap();
    std::fs::write(path.with_extension("db-wal"), b"the corrupt file's").unwrap();
    let store = home.open().unwrap();
    assert_eq!(store.outbox_after(None, 99).unwrap().len(), 20);
    let log = std::fs::read(path.with_extension("db.corrupt-1-wal")).unwrap();
    assert_eq!(log, b"the corrupt file's");
    drop(store);
    assert!(!path.with_extension("db.salvaged").exists());

    // As it stood before it: the unfinished copy is made anew.
    std::fs::write(path.with_extension("db.salvaging"), b"half").unwrap();
    let (store, report) = salvage(&config(&path, Some(&home.key)), &[]).unwrap();
    assert_eq!(report.outbox_count, 20);
    assert_eq!(store.outbox_after(None, 99).unwrap().len(), 20);
}

#[test]
fn nothing_is_set_aside_for_a_wrong_key_a_missing_file_or_one_in_use() {
    let home = filled();
    let before = home.digests();
    let path = home.path();
    let wrong = DatabaseKey::new([8; 32]);
    let error = salvage(&config(&path, Some(&wrong)), &[]).map(drop).unwrap_err();
    assert_eq!(error, OpenError::WrongKey);
    let store = home.open().unwrap();
    let error = salvage(&config(&path, Some(&home.key)), &[]).map(drop).unwrap_err();
    assert_eq!(error, OpenError::ReplicaInUse);
    drop(store);
    assert_eq!(home.digests(), before);
    let missing = home.directory.path().join("missing.db");
    let error = salvage(&config(&missing, None), &[]).map(drop).unwrap_err();
    assert_eq!(error.code(), "io");
    assert!(!missing.exists());
}

/// A closed file with 40 edits: 20 acknowledged, one sent, one held, the rest queued.
fn filled() -> Home {
    let home = Home::new();
    let mut store = home.open().unwrap();
    for seq in 1..=40 {
        store
            .write(|t| {
                let row = edit(t, household(seq), seq)?;
                if seq <= 20 {
                    t.set_commit_number(row, u64::from(seq))?;
                    t.set_outbox_state(row, &OutboxState::Acknowledged)?;
                }
                let held = OutboxState::Held { code: "expired".into() };
                match seq {
                    21 => t.set_outbox_state(row, &OutboxState::Sent).map(drop),
                    22 => t.set_outbox_state(row, &held).map(drop),
                    _ => Ok(()),
                }
            })
            .unwrap();
    }
    store.write(|t| t.set_meta("device", b"this one")).unwrap();
    store.write(|t| t.set_meta("cursor", b"20")).unwrap();
    for number in 1..=DRAFTS {
        store.write(|t| t.put_draft(&draft(number))).unwrap();
    }
    drop(store);
    home
}

/// A draft that fills a page.
fn draft(number: u64) -> StoredDraft {
    StoredDraft {
        key: format!("draft {number}"),
        household: Some(household(1)),
        form: "resident".into(),
        bytes: MARKER.as_bytes().iter().copied().cycle().take(3_000).collect(),
        kept_at_ms: number,
    }
}

/// The pages of a table, counted from 0.
fn page_of(home: &Home, table: &str) -> Vec<usize> {
    let mut pages = Vec::new();
    let sql = "SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf'";
    let table = keting_model::Cell::Text(table.into());
    let store: Store = home.open().unwrap();
    store
        .query(sql, &[table], &mut |cells| {
            if let [keting_model::Cell::Int(page)] = cells {
                pages.push(usize::try_from(*page).unwrap() - 1);
            }
        })
        .unwrap();
    pages
}

fn damage(home: &Home, pages: &[usize]) {
    let mut bytes = std::fs::read(home.path()).unwrap();
    for page in pages {
        let byte = &mut bytes[page * PAGE + 1_000];
        *byte = !*byte;
    }
    std::fs::write(home.path(), bytes).unwrap();
}
