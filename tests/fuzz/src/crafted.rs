//! Changes made by hand: honest work of one of three people, twisted in up to four places.
//!
//! Unlike mutated bytes these get past the scan: their columns decode, their checksums are right,
//! their actors and operations exist. What is wrong with them only the grammar and the replay see.

use arbitrary::{Arbitrary, Result, Unstructured};
use keting_model::{ActorId, CityTime, CommandId, Document, HybridTime, Op, Stamp, Value};
use keting_testkit::craft::{Craft, RawKey, RawOp};
use keting_trust::guard::GuardError;

use crate::change::{assert_same, let_in};
use crate::seeds::{ACTORS, story};

const KEYS: [&str; 6] =
    ["address", "phone", "tenure", "rent_fen", "note", "o/a1a1a1a1a1a1a1a1/text"];
const TEXT: &str = KEYS[5];
/// As many operations as there are in the story, and some that are not.
const OP_NUMBER_MAX: i64 = 70;

/// Feeds the guard one change, on everything that a replica may know.
pub fn change(bytes: &[u8]) -> bool {
    try_change(&mut Unstructured::new(bytes)).unwrap_or(false)
}

fn try_change(u: &mut Unstructured<'_>) -> Result<bool> {
    let story = story();
    let seen = u.choose_index(story.len())?;
    let (author, _) = &story[seen];
    let Some(honest) = honest(u, author)? else { return Ok(false) };
    let mut craft = Craft::parse(&honest);
    for _ in 0..u.int_in_range(0..=4_u8)? {
        twist(u, &mut craft)?;
    }
    let crafted = craft.bytes();

    let verdict = let_in(author, &crafted);
    assert!(verdict.is_ok() || crafted != honest, "honest work is let in");
    // Whoever knows more comes to the same verdict, and to the same document in any order.
    let (known, _) = &story[story.len() - 1];
    let of_all = let_in(known, &crafted);
    if !waits_for_the_log(&verdict) && !waits_for_the_log(&of_all) {
        assert_eq!(verdict.is_ok(), of_all.is_ok(), "all replicas reach the same verdict");
    }
    if verdict.is_ok() && of_all.is_ok() {
        let mut late = known.clone();
        late.apply(&crafted).unwrap();
        let mut early = author.clone();
        early.apply(&crafted).unwrap();
        for (_, change) in &story[seen..story.len() - 1] {
            early.apply(change).unwrap();
        }
        assert_same(&early, &late);
    }
    Ok(verdict.is_ok())
}

/// Whether a verdict is not about the change but about what is here: something it builds on is
/// missing, or the other change under its number is. The log's order decides those.
fn waits_for_the_log(verdict: &std::result::Result<(), GuardError>) -> bool {
    matches!(verdict, Err(GuardError::MissingDependency | GuardError::Fork))
}

/// One honest change on what its author saw, if it would change anything.
fn honest(u: &mut Unstructured<'_>, seen: &Document) -> Result<Option<Vec<u8>>> {
    // Somebody new: an actor of the story may have gone on elsewhere under the next number.
    let actor = [u.int_in_range(0xd0..=0xd3)?; 10];
    let stamp = Stamp {
        actor: ActorId::new(actor),
        time: HybridTime::new(1_780_000_000_000, 0),
        city: CityTime::new(1_780_000_000_000),
        command: CommandId::new([u.arbitrary()?; 8]),
    };
    let mut ops = Vec::new();
    for _ in 0..u.int_in_range(1..=5_u8)? {
        ops.push(op(u, seen)?);
    }
    Ok(seen.clone().author(&stamp, &ops).ok().map(|authored| authored.bytes))
}

fn op(u: &mut Unstructured<'_>, seen: &Document) -> Result<Op> {
    let key = (*u.choose(&KEYS[..5])?).to_owned();
    let text = seen.text(TEXT);
    if seen.values(&key).len() > 1 {
        return Ok(Op::Settle { key, value: Value::Text(words(u)?) });
    }
    Ok(match (u.int_in_range(0..=5_u8)?, text) {
        (0, Some(text)) => {
            let length = text.chars().count();
            let at = u.int_in_range(0..=length)?;
            let delete = u.int_in_range(0..=length - at)?;
            Op::Splice { key: TEXT.to_owned(), at, delete, insert: words(u)? }
        }
        (1, _) => Op::Put { key, value: Value::Int(u.arbitrary()?) },
        (2, _) => Op::Put { key, value: Value::Bool(u.arbitrary()?) },
        (3, _) => Op::Put { key, value: Value::Null },
        (4, _) => Op::Put { key, value: Value::Bytes(Vec::arbitrary(u)?) },
        _ => Op::Put { key, value: Value::Text(words(u)?) },
    })
}

fn words(u: &mut Unstructured<'_>) -> Result<String> {
    const WORDS: [&str; 4] = ["", "好", "13800000001", "👵🏻"];
    Ok((*u.choose(&WORDS)?).to_owned())
}

/// Changes one thing about a change.
fn twist(u: &mut Unstructured<'_>, craft: &mut Craft) -> Result<()> {
    match u.int_in_range(0..=11_u8)? {
        0 => {
            let story = story();
            let at = u.choose_index(story.len())?;
            craft.deps = story[at].0.heads().iter().map(|hash| hash.0).collect();
        }
        1 => craft.deps.reverse(),
        2 => craft.deps.push(u.arbitrary()?),
        3 => craft.actor = u.choose(&ACTORS)?.to_vec(),
        4 => craft.seq = u.int_in_range(0..=4)?,
        5 => craft.start_op = u.int_in_range(0..=80)?,
        6 => craft.message = Vec::arbitrary(u)?,
        7 => craft.others = others(u)?,
        8 => craft.extra = Vec::arbitrary(u)?,
        9 => damage_column(u, craft)?,
        10 => {
            let (deleted, put) = (raw_op(u)?, raw_op(u)?);
            let delete = RawOp { action: 3, value: (0, Vec::new()), ..at_a_key(u, deleted)? };
            let put = RawOp { action: 1, ..at_a_key(u, put)? };
            *craft = craft.clone().with_ops(&[delete, put]);
        }
        _ => {
            let mut ops = Vec::new();
            for _ in 0..u.int_in_range(1..=4_u8)? {
                ops.push(raw_op(u)?);
            }
            *craft = craft.clone().with_ops(&ops);
        }
    }
    Ok(())
}

fn others(u: &mut Unstructured<'_>) -> Result<Vec<Vec<u8>>> {
    let mut others = Vec::new();
    for _ in 0..u.int_in_range(0..=3_u8)? {
        others.push(u.choose(&ACTORS)?.to_vec());
    }
    Ok(others)
}

fn damage_column(u: &mut Unstructured<'_>, craft: &mut Craft) -> Result<()> {
    if craft.columns.is_empty() {
        return Ok(());
    }
    let column = u.choose_index(craft.columns.len())?;
    let bytes = &mut craft.columns[column].1;
    if bytes.is_empty() {
        return Ok(());
    }
    let at = u.choose_index(bytes.len())?;
    bytes[at] = u.arbitrary()?;
    Ok(())
}

fn raw_op(u: &mut Unstructured<'_>) -> Result<RawOp> {
    let mut preds = Vec::new();
    for _ in 0..u.int_in_range(0..=2_u8)? {
        preds.push(place(u)?);
    }
    let object = if u.ratio(1, 3)? {
        let (actor, number) = place(u)?;
        Some((actor, number.unsigned_abs()))
    } else {
        None
    };
    let key = match u.int_in_range(0..=3_u8)? {
        0 => RawKey::Head,
        1 => {
            let (actor, number) = place(u)?;
            RawKey::After(actor, number)
        }
        _ => RawKey::Text((*u.choose(&KEYS)?).to_owned()),
    };
    Ok(RawOp {
        object,
        key,
        insert: u.arbitrary()?,
        action: u.int_in_range(0..=8)?,
        value: (u.int_in_range(0..=10)?, words(u)?.into_bytes()),
        preds,
    })
}

/// The same operation under a root key, which is more often than by chance one that is in conflict.
fn at_a_key(u: &mut Unstructured<'_>, op: RawOp) -> Result<RawOp> {
    let key = if u.ratio(1, 2)? { "phone" } else { *u.choose(&KEYS)? };
    Ok(RawOp { object: None, key: RawKey::Text(key.to_owned()), insert: false, ..op })
}

/// An operation that may exist: an actor by index, and a number.
fn place(u: &mut Unstructured<'_>) -> Result<(u64, i64)> {
    Ok((u.int_in_range(0..=4)?, u.int_in_range(-1..=OP_NUMBER_MAX)?))
}
