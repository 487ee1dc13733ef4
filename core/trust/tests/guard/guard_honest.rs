//! Honest histories: several people write one document, meeting now and then. Whatever they write
//! is let in, by themselves and by one who knows more than they did.

use std::borrow::Cow;
use std::collections::BTreeMap;

use keting_model::{Document, Op, Value};
use keting_trust::guard::{Forks, check_change, scan, survives_save};
use keting_trust::limits;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use crate::{let_in, story};

const WRITERS: usize = 4;
const KEYS: [&str; 4] = ["phone", "address", "r/0102030405060708/name", "n/1/s/2/status"];

/// What one of them does next.
#[derive(Debug, Clone)]
pub enum Step {
    /// Writes a change of some operations.
    Write { writer: usize, wishes: Vec<Wish> },
    /// Hears of so many changes, in the order in which they were made.
    Hear { writer: usize, changes: usize },
}

/// An operation that may have to be fitted to what is there.
#[derive(Debug, Clone)]
pub enum Wish {
    Put {
        key: usize,
        value: Value,
    },
    /// Settles on what the document shows, if several values stand there.
    Settle {
        key: usize,
    },
    MakeText,
    Splice {
        text: usize,
        at: usize,
        delete: usize,
        insert: String,
    },
}

pub fn history() -> impl Strategy<Value = Vec<Step>> {
    let words = prop::sample::select(vec![
        "",
        "a",
        "今天",
        "王秀英去看了邻居",
        "👵🏻",
        "👨‍👩‍👧",
        "e\u{301}",
        "长\u{20000}安",
        "line\nbreak\0",
    ]);
    let value = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        prop::sample::select(vec![0, 1, -1, i64::MAX, i64::MIN, 1 << 40]).prop_map(Value::Int),
        words.clone().prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(Value::Bytes),
    ];
    let key = 0..KEYS.len();
    let wish = prop_oneof![
        4 => (key.clone(), value).prop_map(|(key, value)| Wish::Put { key, value }),
        1 => key.prop_map(|key| Wish::Settle { key }),
        1 => Just(Wish::MakeText),
        6 => (any::<usize>(), any::<usize>(), 0..6_usize, words).prop_map(
            |(text, at, delete, insert)| Wish::Splice { text, at, delete, insert: insert.to_owned() }
        ),
    ];
    let writer = 0..WRITERS;
    let step = prop_oneof![
        3 => (writer.clone(), prop::collection::vec(wish, 1..6))
            .prop_map(|(writer, wishes)| Step::Write { writer, wishes }),
        1 => (writer, 1..12_usize).prop_map(|(writer, changes)| Step::Hear { writer, changes }),
    ];
    prop::collection::vec(step, 1..40)
}

/// One honest change with the document as its author saw it and as one who knows more has it.
pub struct Written {
    pub before: Document,
    pub known: Document,
    pub bytes: Vec<u8>,
}

/// Plays a history and shows each change to `look`.
pub fn play(steps: &[Step], mut look: impl FnMut(&Written)) {
    let mut documents = vec![story::empty(); WRITERS];
    let mut heard = [0; WRITERS];
    let mut log: Vec<Vec<u8>> = Vec::new();
    let mut known = story::empty();
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Hear { writer, changes } => {
                for bytes in log.iter().skip(heard[*writer]).take(*changes) {
                    documents[*writer].apply(bytes).unwrap();
                    heard[*writer] += 1;
                }
            }
            Step::Write { writer, wishes } => {
                let before = documents[*writer].clone();
                let actor = [*writer as u8 * 16 + 3; 10];
                let ops = fit(&before, *writer, number, wishes);
                let document = &mut documents[*writer];
                let Ok(change) = document.author(&story::stamp(actor, number as u8), &ops) else {
                    // Nothing changed. What was prepared may remain, so begin anew.
                    *document = before;
                    continue;
                };
                look(&Written { before, known: known.clone(), bytes: change.bytes.clone() });
                known.apply(&change.bytes).unwrap();
                log.push(change.bytes);
            }
        }
    }
    assert!(survives_save(&known));
}

fn fit(before: &Document, writer: usize, number: usize, wishes: &[Wish]) -> Vec<Op> {
    let lengths = before.keys().filter_map(|key| Some((key.clone(), before.text(&key)?)));
    let mut lengths: BTreeMap<_, _> =
        lengths.map(|(key, text)| (key, text.chars().count())).collect();
    let mut ops = Vec::new();
    for (place, wish) in wishes.iter().enumerate() {
        match wish {
            // As the rule demands it: several values are settled, and the one shown is not put again.
            Wish::Put { key, value } if before.value(KEYS[*key]).as_ref() != Some(value) => {
                ops.push(put_or_settle(before, KEYS[*key], value.clone()));
            }
            Wish::Settle { key } if before.values(KEYS[*key]).len() > 1 => {
                ops.push(story::settle_op(KEYS[*key], before.value(KEYS[*key]).unwrap()));
            }
            Wish::Put { .. } | Wish::Settle { .. } => {}
            Wish::MakeText => {
                let key = format!("o/{writer}-{number}-{place}/text");
                ops.push(story::make_text(&key));
                lengths.insert(key, 0);
            }
            Wish::Splice { text, at, delete, insert } => {
                let count = lengths.len().max(1);
                let Some((key, length)) = lengths.iter_mut().nth(text % count) else { continue };
                let at = at % (*length + 1);
                let delete = (*delete).min(*length - at);
                *length = *length - delete + insert.chars().count();
                ops.push(story::splice(key, at, delete, insert));
            }
        }
    }
    ops
}

fn put_or_settle(before: &Document, key: &str, value: Value) -> Op {
    if before.values(key).len() > 1 {
        story::settle_op(key, value)
    } else {
        story::put_op(key, value)
    }
}

/// Lets an honest change in twice and makes it again from what the guard read in it.
fn accept(written: &Written) {
    let scanned = scan(&written.bytes).unwrap();
    let own = let_in(&written.before, &written.bytes).unwrap();
    let others = let_in(&written.known, &written.bytes).unwrap();
    assert_eq!(own.ops, others.ops);
    assert_eq!((own.hash, others.hash), (scanned.hash(), scanned.hash()));
    let known = Cow::Borrowed(&written.known);
    let (before, _) = check_change(known, &scanned, &mut Forks::default()).unwrap();
    assert_eq!(before.heads(), written.before.heads());
    assert_eq!(own.document.heads(), [scanned.hash()]);
    assert!(others.document.has(&scanned.hash()));
    let again = written.before.clone().author(scanned.stamp(), &own.ops).unwrap();
    assert_eq!(again.bytes, written.bytes);
    // A second time it is the same change, not a fork.
    let known = &others.document;
    assert_eq!(let_in(known, &written.bytes).unwrap().document.heads(), known.heads());
}

proptest! {
    #![proptest_config(Config { cases: 32, failure_persistence: None, ..Config::default() })]

    #[test]
    fn whatever_honest_people_write_is_let_in(steps in history()) {
        play(&steps, accept);
    }
}

#[test]
fn a_thousand_honest_changes_are_let_in_and_most_of_them_were_not_made_at_the_heads() {
    let mut runner = TestRunner::deterministic();
    let (mut changes, mut behind) = (0, 0);
    while changes < 1_200 {
        let steps = history().new_tree(&mut runner).unwrap().current();
        play(&steps, |written| {
            accept(written);
            changes += 1;
            behind += usize::from(written.before.heads() != written.known.heads());
        });
    }
    assert!(behind > changes / 2, "{behind} of {changes}");
}

#[test]
fn what_was_typed_at_once_is_one_splice() {
    let key = "o/0000000000000001/text";
    let mut document = story::empty();
    let ops = [story::make_text(key), story::splice(key, 0, 0, "早上好，👵🏻！")];
    let change = document.author(&story::stamp(story::ALICE, 1), &ops).unwrap();
    assert_eq!(let_in(&story::empty(), &change.bytes).unwrap().ops, ops);
    let before = document.clone();
    let ops = [
        story::splice(key, 0, 2, "晚上"),
        story::splice(key, 4, 2, ""),
        story::splice(key, 1, 0, "x"),
    ];
    let change = document.author(&story::stamp(story::ALICE, 2), &ops).unwrap();
    assert_eq!(let_in(&before, &change.bytes).unwrap().ops, ops);
}

#[test]
fn a_text_grows_up_to_a_limit_and_beyond_it_only_shrinks() {
    let key = "o/0000000000000001/text";
    let mut document = story::empty();
    document.author(&story::stamp(story::ALICE, 1), &[story::make_text(key)]).unwrap();
    let block = usize::try_from(limits::CHANGE_OPS_MAX).unwrap();
    for number in 0..limits::TEXT_CODE_POINTS_MAX / block {
        let before = document.clone();
        let ops = [story::splice(key, 0, 0, &"今".repeat(block))];
        let change = document.author(&story::stamp(story::ALICE, 2 + number as u8), &ops).unwrap();
        assert!(let_in(&before, &change.bytes).is_ok(), "{number}");
    }
    let refused = |ops: &[Op]| {
        let change = document.clone().author(&story::stamp(story::ALICE, 99), ops).unwrap();
        let_in(&document, &change.bytes).map(drop).map_err(|error| error.code())
    };
    assert_eq!(refused(&[story::splice(key, 7, 0, "x")]), Err("limit"));
    assert_eq!(refused(&[story::splice(key, 7, 1, "")]), Ok(()));
    assert_eq!(refused(&[story::splice(key, 7, block, "")]), Ok(()));
    assert_eq!(refused(&[story::splice(key, 7, block + 1, "")]), Err("limit"));
}
