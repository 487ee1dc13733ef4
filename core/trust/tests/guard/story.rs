//! A short honest history of one document, on which the golden files stand.

use keting_model::{
    ActorId, CityTime, CommandId, Document, DocumentId, DocumentKind, HybridTime, Op, Stamp, Value,
};

pub const ALICE: [u8; 10] = [0xa1; 10];
pub const BOB: [u8; 10] = [0xb0; 10];
pub const CAROL: [u8; 10] = [0xca; 10];

pub fn empty() -> Document {
    Document::empty(DocumentId::from_random(DocumentKind::Household, [7; 14]))
}

pub fn stamp(actor: [u8; 10], command: u8) -> Stamp {
    Stamp {
        actor: ActorId::new(actor),
        time: HybridTime::new(1_770_000_000_000, u16::from(command)),
        city: CityTime::new(1_770_000_000_000),
        command: CommandId::new([command; 8]),
    }
}

pub fn put_op(key: &str, value: impl Into<Value>) -> Op {
    Op::Put { key: key.to_owned(), value: value.into() }
}

pub fn settle_op(key: &str, value: impl Into<Value>) -> Op {
    Op::Settle { key: key.to_owned(), value: value.into() }
}

pub fn splice(key: &str, at: usize, delete: usize, insert: &str) -> Op {
    Op::Splice { key: key.to_owned(), at, delete, insert: insert.to_owned() }
}

pub fn make_text(key: &str) -> Op {
    Op::MakeText { key: key.to_owned() }
}

pub const TEXT: &str = "o/a1a1a1a1a1a1a1a1/text";

/// The honest changes: a name, each in the order in which they were made.
pub fn valid() -> Vec<(&'static str, Vec<u8>)> {
    let mut known = empty();
    let mut story: Vec<(&'static str, Vec<u8>)> = Vec::new();
    let mut add =
        |known: &mut Document, name: &'static str, seen: &Document, stamp: Stamp, ops: &[Op]| {
            let mut seen = seen.clone();
            let change = seen.author(&stamp, ops).unwrap();
            known.apply(&change.bytes).unwrap();
            story.push((name, change.bytes));
            seen
        };
    let scalars = [
        put_op("address", "长安镇褚石村 12 号"),
        put_op("tenure", Value::Null),
        put_op("shared", Value::Bool(true)),
        put_op("closed", Value::Bool(false)),
        put_op("rent_fen", i64::MAX),
        put_op("debt_fen", i64::MIN),
        put_op("home", Value::Bytes(vec![0, 1, 0xfe, 0xff])),
        put_op("phone", "13800000001"),
    ];
    let first = add(&mut known, "01-every-scalar", &empty(), stamp(ALICE, 1), &scalars);
    let ops = [make_text(TEXT), splice(TEXT, 0, 0, "今天去看了👵🏻，很好。")];
    let second = add(&mut known, "02-a-text-is-made", &first, stamp(ALICE, 2), &ops);
    let ops =
        [put_op("phone", "13800000002"), splice(TEXT, 3, 2, "拜访"), splice(TEXT, 0, 0, "昨")];
    add(&mut known, "03-bob-writes", &second, stamp(BOB, 3), &ops);
    let ops = [put_op("phone", "13800000003"), splice(TEXT, 1, 3, ""), splice(TEXT, 8, 0, "!")];
    add(&mut known, "04-alice-writes-at-the-same-time", &second, stamp(ALICE, 4), &ops);
    let seen = known.clone();
    let shown = seen.value("phone").unwrap();
    assert_eq!(seen.values("phone").len(), 2);
    let ops = [settle_op("phone", shown)];
    add(&mut known, "05-bob-settles-on-the-shown-value", &seen, stamp(BOB, 5), &ops);
    let ops = [settle_op("phone", "13800000004"), put_op("tenure", "owned")];
    add(&mut known, "06-carol-settles-on-another-at-the-same-time", &seen, stamp(CAROL, 6), &ops);
    let ops = [put_op("tenure", "let")];
    let seen = known.clone();
    add(
        &mut known,
        "07-alice-goes-on-after-others-built-on-her-change",
        &seen,
        stamp(ALICE, 7),
        &ops,
    );
    let seen = known.clone();
    assert_eq!(seen.values("phone").len(), 2, "two settled it differently");
    let ops = [put_op("shared", Value::Null), settle_op("phone", "13800000004")];
    add(&mut known, "08-carol-settles-what-two-settled-differently", &seen, stamp(CAROL, 8), &ops);
    story
}

/// The document with all honest changes.
pub fn known() -> Document {
    let mut known = empty();
    valid().iter().for_each(|(_, change)| {
        known.apply(change).unwrap();
    });
    known
}
