//! Changes that delete a root key and are no settle, or one that hides what it does.

use keting_model::{ChangeHash, Document};

use super::Hostile;
use super::lies::dep_of;
use crate::story::{ALICE, BOB, TEXT, valid};
use keting_testkit::craft::{Craft, RawOp, put};

pub fn that_are_none(known: &Document, craft: &Craft) -> Hostile {
    let story = valid();
    let number = |at: usize| Craft::parse(&story[at].1).start_op as i64;
    // Somebody who saw what Bob and Alice wrote at the same time, as Bob did when he settled it.
    let honest = Craft {
        actor: vec![0xd0; 10],
        seq: 1,
        others: vec![ALICE.to_vec(), BOB.to_vec()],
        ..Craft::parse(&story[4].1)
    };
    let seen =
        known.at(&honest.deps.iter().map(|dep| ChangeHash(*dep)).collect::<Vec<_>>()).unwrap();
    assert_eq!(seen.values("phone").len(), 2);
    let (of_alice, of_bob) = ((1, number(3)), (2, number(2)));
    let own = |place: i64| (0, honest.start_op as i64 + place);
    let address = (1, number(0));
    let with = |ops: &[RawOp]| honest.clone().with_ops(ops).bytes();
    let both = delete("phone", &[of_alice, of_bob]);
    let after = put("phone", "1", &[]);
    let text = Craft { others: vec![ALICE.to_vec()], ..craft.clone() };
    let made = (1, Craft::parse(&story[1].1).start_op as i64);
    assert_eq!(dep_of(&story[0].1), Craft::parse(&story[1].1).deps[0]);
    vec![
        ("settle-that-only-deletes", with(std::slice::from_ref(&both)), "grammar"),
        ("settle-that-puts-another-key", with(&[both.clone(), put("tenure", "1", &[])]), "grammar"),
        (
            "settle-that-puts-before-it-deletes",
            with(&[put("phone", "1", &[of_alice, of_bob]), delete("phone", &[own(0)])]),
            "grammar",
        ),
        (
            "settle-with-another-key-between",
            with(&[both.clone(), put("address", "x", &[address]), after.clone()]),
            "grammar",
        ),
        (
            "settle-that-deletes-twice",
            with(&[both.clone(), both.clone(), after.clone()]),
            "grammar",
        ),
        (
            "settle-where-nothing-stands",
            with(&[delete("new", &[]), put("new", "x", &[])]),
            "replay_differs",
        ),
        (
            "settle-of-a-text",
            text.with_ops(&[delete(TEXT, &[made]), put(TEXT, "x", &[])]).bytes(),
            "grammar",
        ),
        (
            "settle-that-leaves-one-value-standing",
            with(&[delete("phone", &[of_alice]), after.clone()]),
            "replay_differs",
        ),
        (
            "settle-that-names-its-values-twice",
            with(&[both, put("phone", "1", &[of_alice, of_bob])]),
            "replay_differs",
        ),
    ]
}

fn delete(key: &str, preds: &[(u64, i64)]) -> RawOp {
    RawOp { action: 3, value: (0, Vec::new()), ..put(key, "", preds) }
}
