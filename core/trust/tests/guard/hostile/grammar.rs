//! Changes that do what documents here never hold.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ObjType, ROOT, ReadDoc, ScalarValue};
use keting_model::Document;

use super::texts::{insert, text_craft, text_of};
use super::{Hostile, raw_value};
use crate::story::{CAROL, TEXT, stamp};
use keting_testkit::craft::{Craft, RawKey, RawOp, put};

pub fn outside_the_grammar(known: &Document, craft: &Craft) -> Hostile {
    let object = |key: &'static str, kind: ObjType| {
        by_automerge(known, move |t| {
            t.put_object(ROOT, key, kind).unwrap();
        })
    };
    let scalar =
        |value: ScalarValue| by_automerge(known, move |t| t.put(ROOT, "rent_fen", value).unwrap());
    let text = known.automerge().get(ROOT, TEXT).unwrap().unwrap().1;
    let inserted =
        |value: &str| text_craft(known, &[insert(text_of(known).0, RawKey::Head, value)]);
    let action = |action: u64| RawOp { action, value: (0, Vec::new()), ..put("new", "", &[]) };
    vec![
        ("map", object("new", ObjType::Map), "grammar"),
        ("list", object("new", ObjType::List), "grammar"),
        ("table", craft.clone().with_ops(&[action(6)]).bytes(), "grammar"),
        ("action-unknown", craft.clone().with_ops(&[action(8)]).bytes(), "grammar"),
        ("counter", scalar(ScalarValue::counter(1)), "grammar"),
        ("unsigned-integer", scalar(ScalarValue::Uint(1)), "grammar"),
        ("float", scalar(ScalarValue::F64(1.5)), "grammar"),
        ("timestamp", scalar(ScalarValue::Timestamp(1)), "grammar"),
        ("scalar-of-a-newer-version", raw_value(craft, 12, &[1, 2]), "grammar"),
        (
            "increment",
            craft
                .clone()
                .with_ops(&[RawOp { action: 5, value: (4, vec![1]), ..put("phone", "", &[]) }])
                .bytes(),
            "grammar",
        ),
        ("delete-key", by_automerge(known, |t| t.delete(ROOT, "address").unwrap()), "grammar"),
        ("delete-key-that-is-not-there", craft.clone().with_ops(&[action(3)]).bytes(), "grammar"),
        (
            "mark",
            {
                let text = text.clone();
                by_automerge(known, move |t| {
                    let mark = automerge::marks::Mark::new("bold".to_owned(), true, 0, 2);
                    t.mark(&text, mark, automerge::marks::ExpandMark::Both).unwrap();
                })
            },
            "grammar",
        ),
        (
            "mark-without-columns",
            text_craft(
                known,
                &[RawOp { action: 7, ..insert(text_of(known).0, RawKey::Head, "x") }],
            ),
            "grammar",
        ),
        ("two-characters-at-once", inserted("ab"), "grammar"),
        ("no-character", inserted(""), "grammar"),
        (
            "number-in-a-text",
            text_craft(
                known,
                &[RawOp { value: (4, vec![1]), ..insert(text_of(known).0, RawKey::Head, "") }],
            ),
            "grammar",
        ),
        (
            "map-in-a-text",
            text_craft(
                known,
                &[RawOp {
                    action: 0,
                    value: (0, Vec::new()),
                    ..insert(text_of(known).0, RawKey::Head, "")
                }],
            ),
            "grammar",
        ),
        (
            "character-overwritten",
            {
                let (_, characters) = text_of(known);
                text_craft(
                    known,
                    &[RawOp {
                        insert: false,
                        ..insert(
                            text_of(known).0,
                            RawKey::After(characters[0].0, characters[0].1),
                            "x",
                        )
                    }],
                )
            },
            "grammar",
        ),
        (
            "key-in-a-text",
            text_craft(
                known,
                &[RawOp {
                    insert: false,
                    ..insert(text_of(known).0, RawKey::Text("k".to_owned()), "x")
                }],
            ),
            "grammar",
        ),
        (
            "insert-in-the-root",
            craft.clone().with_ops(&[RawOp { insert: true, ..put("phone", "x", &[]) }]).bytes(),
            "grammar",
        ),
        (
            "text-made-with-a-value",
            craft.clone().with_ops(&[RawOp { action: 4, ..put("new", "x", &[]) }]).bytes(),
            "grammar",
        ),
        (
            "delete-at-the-beginning",
            text_craft(
                known,
                &[RawOp {
                    insert: false,
                    action: 3,
                    value: (0, Vec::new()),
                    ..insert(text_of(known).0, RawKey::Head, "")
                }],
            ),
            "grammar",
        ),
    ]
}

/// A change made with Automerge's own interface, for what ours cannot write.
fn by_automerge(
    document: &Document,
    work: impl FnOnce(&mut automerge::transaction::Transaction<'_>),
) -> Vec<u8> {
    let mut inner = document.automerge().clone();
    inner.set_actor(automerge::ActorId::from(&CAROL[..]));
    let mut transaction = inner.transaction();
    work(&mut transaction);
    let stamp = stamp(CAROL, 9);
    let options =
        CommitOptions::default().with_message(stamp.message()).with_time(stamp.time.bits() as i64);
    let (hash, _) = transaction.commit_with(options);
    inner.get_change_by_hash(&hash.unwrap()).unwrap().raw_bytes().to_vec()
}
