//! Changes of the right form that say what is not so.

use keting_model::Document;

use super::{Hostile, authored};
use crate::story::{ALICE, BOB, put_op, valid};
use keting_testkit::craft::{Craft, put};

pub fn lies(known: &Document, craft: &Craft) -> Hostile {
    let story = valid();
    let with = |change: &dyn Fn(&mut Craft)| {
        let mut craft = craft.clone();
        change(&mut craft);
        craft.bytes()
    };
    let first = Craft::parse(&story[0].1);
    // Made on the first two changes only, it replaces what Bob wrote beside it, which it must not
    // have seen.
    let foreign = {
        let second = dep_of(&story[1].1);
        let bob = Craft::parse(&story[2].1);
        let op = put("phone", "13800000009", &[(1, bob.start_op as i64)]);
        Craft {
            deps: vec![second],
            others: vec![BOB.to_vec()],
            start_op: bob.start_op,
            seq: 1,
            actor: vec![0xd0; 10],
            ..craft.clone()
        }
        .with_ops(&[op])
        .bytes()
    };
    let unseen_value_kept = Craft { others: Vec::new(), ..craft.clone() }
        .with_ops(&[put("phone", "13800000009", &[])])
        .bytes();
    let old_value = Craft { others: vec![ALICE.to_vec()], ..craft.clone() }
        .with_ops(&[put("phone", "13800000009", &[(1, 8)])])
        .bytes();
    let other_key = Craft { others: vec![ALICE.to_vec()], ..craft.clone() }
        .with_ops(&[put("phone", "13800000009", &[(1, 1)])])
        .bytes();
    let itself = Craft { others: Vec::new(), ..craft.clone() }
        .with_ops(&[put("phone", "13800000009", &[(0, craft.start_op as i64)])])
        .bytes();
    let fork_at_heads = authored_again(known, ALICE, 2, craft);
    let fork_below = authored(
        &known.at(&[keting_model::ChangeHash(dep_of(&story[0].1))]).unwrap(),
        ALICE,
        8,
        &[put_op("phone", "1")],
    );
    vec![
        ("predecessor-unseen-by-its-author", foreign, "replay_differs"),
        ("predecessor-missing", unseen_value_kept, "replay_differs"),
        ("predecessor-long-replaced", old_value, "replay_differs"),
        ("predecessor-under-another-key", other_key, "replay_differs"),
        ("predecessor-itself", itself, "replay_differs"),
        (
            "predecessor-not-there",
            craft.clone().with_column(0x73, &[0x7f, 0xe8, 7]).bytes(),
            "replay_differs",
        ),
        (
            "predecessor-negative",
            craft.clone().with_column(0x73, &[0x7f, 0x40]).bytes(),
            "replay_differs",
        ),
        ("first-operation-one-too-high", with(&|c| c.start_op += 1), "replay_differs"),
        ("first-operation-one-too-low", with(&|c| c.start_op -= 1), "replay_differs"),
        ("sequence-skipped", with(&|c| c.seq += 1), "replay_differs"),
        ("actor-that-is-not-needed", with(&|c| c.others.push(vec![0xfe; 10])), "replay_differs"),
        (
            "dependency-that-is-not-needed",
            with(&|c| {
                c.deps.push(dep_of(&story[0].1));
                c.deps.sort();
            }),
            "replay_differs",
        ),
        ("dependency-not-here", with(&|c| c.deps = vec![[0xdd; 32]]), "missing_dependency"),
        (
            "dependency-itself-not-here",
            with(&|c| {
                c.deps.push([0xdd; 32]);
                c.deps.sort();
            }),
            "missing_dependency",
        ),
        ("no-dependency", with(&|c| c.deps.clear()), "replay_differs"),
        (
            "own-first-change-again-with-other-bytes",
            Craft { time: first.time + 1, ..first }.bytes(),
            "fork",
        ),
        ("number-used-before-at-the-heads", fork_at_heads, "fork"),
        ("number-used-before-below-the-heads", fork_below, "fork"),
        (
            "put-that-changes-nothing",
            craft.clone().with_ops(&[put("address", "长安镇褚石村 12 号", &[])]).bytes(),
            "replay_differs",
        ),
        (
            "runs-not-joined",
            craft
                .clone()
                .with_ops(&[put("a", "1", &[]), put("b", "2", &[])])
                .with_column(0x42, &[0x7f, 1, 0x7f, 1])
                .bytes(),
            "replay_differs",
        ),
        (
            "literals-not-joined",
            craft
                .clone()
                .with_ops(&[put("a", "1", &[]), put("b", "2", &[])])
                .with_column(0x42, &[0x7e, 1, 1])
                .bytes(),
            "replay_differs",
        ),
        ("run-of-one", craft.clone().with_column(0x42, &[1, 1]).bytes(), "replay_differs"),
        (
            "nulls-written-out",
            craft.clone().with_column(0x01, &[0, 1]).with_column(0x02, &[0, 1]).bytes(),
            "replay_differs",
        ),
    ]
}

/// A change under a number its actor has used, on top of everything.
fn authored_again(known: &Document, actor: [u8; 10], seq: u64, craft: &Craft) -> Vec<u8> {
    let honest = authored(known, actor, 9, &[put_op("phone", "13800000009")]);
    assert_ne!(Craft::parse(&honest).seq, craft.seq);
    Craft { seq, ..Craft::parse(&honest) }.bytes()
}

pub fn dep_of(change: &[u8]) -> [u8; 32] {
    keting_trust::guard::scan(change).unwrap().hash().0
}
