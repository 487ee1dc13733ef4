//! Of the commits of one act, the one with a number stands, and the rest of them is superseded.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Home, commit, edit, household};
use keting_model::CommandId;
use keting_store::{CommitRow, OutboxCounts, OutboxState, Store, StoredCommit};

#[test]
fn work_is_superseded_by_the_numbered_commit_of_its_act_whichever_was_made_first() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    let original = store.write(|t| edit(t, household(1), 1)).unwrap();
    let beside = store.write(|t| edit(t, household(1), 2)).unwrap();
    let anew = put(&mut store, &StoredCommit { number: Some(7), ..of_the_act_of(1, 3) });
    let waits = put(&mut store, &of_the_act_of(1, 4));
    assert_eq!(superseded(&store), [(original, Some(anew))]);
    // Once the original has a number, what was made anew of it is what is superseded.
    store.write(|t| t.set_commit_number(original, 5)).unwrap();
    store.write(|t| t.set_outbox_state(original, &OutboxState::Acknowledged)).unwrap();
    assert_eq!(superseded(&store), []);
    store.write(|t| t.set_outbox_state(beside, &OutboxState::Superseded)).unwrap();
    assert_eq!(superseded(&store), [(beside, None)], "what stands for it is not here");
    assert_eq!(store.commit(waits).unwrap().unwrap().replaces, Some(CommandId::new([1; 8])));
    store.check().unwrap();
}

#[test]
fn superseded_work_is_neither_sent_nor_shown_nor_counted() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    let row = store.write(|t| edit(t, household(1), 1)).unwrap();
    store
        .write(|t| {
            t.take_out(row)?;
            t.put_remaining(&household(1), &[])?;
            t.set_outbox_state(row, &OutboxState::Superseded)
        })
        .unwrap();
    assert_eq!(store.outbox_to_send(None, 9, u64::MAX).unwrap(), []);
    assert_eq!(store.outbox_after(None, 9).unwrap(), []);
    assert_eq!(store.outbox_held().unwrap(), []);
    assert_eq!(store.outbox_counts().unwrap(), OutboxCounts::default());
    assert_eq!(store.outbox_entry(row).unwrap().unwrap().state, OutboxState::Superseded);
    store.check().unwrap();
}

fn put(store: &mut Store, commit: &StoredCommit) -> CommitRow {
    store.write(|t| t.put_commit(commit)).unwrap()
}

/// A commit of a command, which takes the place of another command's.
fn of_the_act_of(first: u8, command: u8) -> StoredCommit {
    StoredCommit { replaces: Some(CommandId::new([first; 8])), ..commit(command) }
}

fn superseded(store: &Store) -> Vec<(CommitRow, Option<CommitRow>)> {
    let found = store.outbox_superseded().unwrap().into_iter();
    found.map(|(entry, by)| (entry.commit, by)).collect()
}
