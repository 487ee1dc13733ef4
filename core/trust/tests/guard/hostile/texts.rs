//! Changes of a text, true ones and lies about it.

use automerge::{ROOT, ReadDoc};
use keting_model::Document;

use super::{Hostile, authored};
use crate::story::{ALICE, BOB, CAROL, TEXT, known, put_op};
use keting_testkit::craft::{Craft, RawKey, RawOp};

/// The number of the Text and its characters as (index in the actor table of [`text_craft`],
/// number).
pub fn text_of(known: &Document) -> (u64, Vec<(u64, i64)>) {
    let document = known.automerge();
    let text = document.get(ROOT, TEXT).unwrap().unwrap().1;
    let characters = document.list_range(&text, ..).map(|item| named(&item.id()));
    (named(&text).1 as u64, characters.collect())
}

fn named(id: &automerge::ObjId) -> (u64, i64) {
    match id {
        automerge::ObjId::Id(number, actor, _) if actor.to_bytes() == ALICE => (1, *number as i64),
        automerge::ObjId::Id(number, actor, _) if actor.to_bytes() == BOB => (2, *number as i64),
        other => panic!("{other} is neither Alice's nor Bob's"),
    }
}

/// A change of Carol's in the Text, where 1 is Alice and 2 is Bob.
pub fn text_craft(known: &Document, ops: &[RawOp]) -> Vec<u8> {
    let bob = |(actor, _): &(u64, i64)| *actor == 2;
    let names_bob = |op: &RawOp| matches!(op.key, RawKey::After(2, _)) || op.preds.iter().any(bob);
    let mut others = vec![ALICE.to_vec()];
    if ops.iter().any(names_bob) {
        others.push(BOB.to_vec());
    }
    carols(known, others).with_ops(ops).bytes()
}

/// What an honest change of Carol's begins with.
fn carols(known: &Document, others: Vec<Vec<u8>>) -> Craft {
    let honest = authored(known, CAROL, 9, &[put_op("phone", "1")]);
    Craft { others, ..Craft::parse(&honest) }
}

/// Changes of the text described from nothing, of which the lies are one step away.
pub fn truths_about_text() -> Vec<Vec<u8>> {
    let known = known();
    let (text, characters) = text_of(&known);
    let by_alice = *characters.iter().find(|(actor, _)| *actor == 1).unwrap();
    let by_bob = *characters.iter().find(|(actor, _)| *actor == 2).unwrap();
    let mut truths = vec![text_craft(&known, &[insert(text, RawKey::Head, "今")])];
    for (actor, number) in [by_alice, by_bob] {
        let inserted = insert(text, RawKey::After(actor, number), "👵");
        truths.push(text_craft(&known, &[inserted]));
        let deleted = delete(text, (actor, number), &[(actor, number)]);
        truths.push(text_craft(&known, &[deleted]));
    }
    truths
}

fn delete(text: u64, (actor, number): (u64, i64), preds: &[(u64, i64)]) -> RawOp {
    RawOp {
        insert: false,
        action: 3,
        value: (0, Vec::new()),
        preds: preds.to_vec(),
        ..insert(text, RawKey::After(actor, number), "")
    }
}

pub fn insert(text: u64, key: RawKey, value: &str) -> RawOp {
    RawOp {
        object: Some((1, text)),
        key,
        insert: true,
        action: 1,
        value: (6, value.as_bytes().to_vec()),
        preds: Vec::new(),
    }
}

pub fn lies_about_text(known: &Document) -> Hostile {
    let (text, characters) = text_of(known);
    // Alice deleted this character in her third change.
    let gone = (1, text as i64 + 2);
    assert!(!characters.contains(&gone));
    let seen = characters[2];
    vec![
        (
            "insert-after-a-deleted-character",
            text_craft(known, &[insert(text, RawKey::After(gone.0, gone.1), "x")]),
            "replay_differs",
        ),
        (
            "delete-a-deleted-character",
            text_craft(known, &[delete(text, gone, &[gone])]),
            "replay_differs",
        ),
        (
            "delete-without-predecessor",
            text_craft(known, &[delete(text, seen, &[])]),
            "replay_differs",
        ),
        (
            "delete-with-another-s-predecessor",
            text_craft(known, &[delete(text, seen, &[characters[3]])]),
            "replay_differs",
        ),
        (
            "delete-a-character-twice",
            text_craft(known, &[delete(text, seen, &[seen]), delete(text, seen, &[seen])]),
            "replay_differs",
        ),
        (
            "insert-after-nothing-known",
            text_craft(known, &[insert(text, RawKey::After(1, 4_000_000), "x")]),
            "replay_differs",
        ),
        (
            "insert-after-itself",
            text_craft(
                known,
                &[insert(
                    text,
                    RawKey::After(0, Craft::parse(&text_craft(known, &[])).start_op as i64),
                    "x",
                )],
            ),
            "replay_differs",
        ),
        (
            "insert-in-no-text",
            text_craft(known, &[insert(4_000_000, RawKey::Head, "x")]),
            "replay_differs",
        ),
        (
            "insert-in-a-scalar",
            text_craft(known, &[insert(1, RawKey::Head, "x")]),
            "replay_differs",
        ),
        (
            "insert-in-a-character",
            text_craft(known, &[insert(seen.1 as u64, RawKey::Head, "x")]),
            "replay_differs",
        ),
        (
            "insert-with-actors-not-needed",
            carols(known, vec![ALICE.to_vec(), BOB.to_vec()])
                .with_ops(&[insert(text, RawKey::Head, "x")])
                .bytes(),
            "replay_differs",
        ),
    ]
}
