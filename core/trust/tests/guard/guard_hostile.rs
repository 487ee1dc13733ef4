//! Honest changes tampered with.

use keting_trust::guard::{GuardError, scan, survives_save};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::guard_honest::{Written, history, play};
use crate::{let_in, story};
use keting_testkit::craft::{Craft, chunk};

/// What is done to the bytes of a change; a right checksum and length are put on afterwards.
#[derive(Debug, Clone)]
enum Tampering {
    Flip {
        at: usize,
        bit: u8,
    },
    Set {
        at: usize,
        byte: u8,
    },
    Insert {
        at: usize,
        byte: u8,
    },
    Remove {
        at: usize,
    },
    Move {
        from: usize,
        to: usize,
        length: usize,
    },
    /// The same in one column, so that the header still fits.
    InColumn {
        column: usize,
        at: usize,
        byte: u8,
        length: usize,
    },
    StartOp {
        by: i64,
    },
    Seq {
        by: i64,
    },
    DropDep {
        dep: usize,
    },
    DropActor {
        actor: usize,
    },
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let at = any::<usize>();
    prop_oneof![
        1 => (at, 0..8_u8).prop_map(|(at, bit)| Tampering::Flip { at, bit }),
        1 => (at, any::<u8>()).prop_map(|(at, byte)| Tampering::Set { at, byte }),
        1 => (at, any::<u8>()).prop_map(|(at, byte)| Tampering::Insert { at, byte }),
        1 => at.prop_map(|at| Tampering::Remove { at }),
        1 => (at, at, 1..9_usize).prop_map(|(from, to, length)| Tampering::Move { from, to, length }),
        4 => (at, at, any::<u8>(), 0..3_usize).prop_map(|(column, at, byte, length)| {
            Tampering::InColumn { column, at, byte, length }
        }),
        1 => (-2..3_i64).prop_map(|by| Tampering::StartOp { by }),
        1 => (-2..3_i64).prop_map(|by| Tampering::Seq { by }),
        1 => at.prop_map(|dep| Tampering::DropDep { dep }),
        1 => at.prop_map(|actor| Tampering::DropActor { actor }),
    ]
}

fn tamper(bytes: &[u8], how: &[Tampering]) -> Vec<u8> {
    let mut craft = Craft::parse(bytes);
    for how in how {
        match how {
            Tampering::InColumn { column, at, byte, length } => {
                let count = craft.columns.len();
                let (_, column) = &mut craft.columns[column % count];
                let at = at % (column.len() + 1);
                let end = (at + length).min(column.len());
                // With length 0 a byte is added, with 1 replaced, with 2 one goes.
                column.splice(at..end, [*byte]);
            }
            Tampering::StartOp { by } => craft.start_op = craft.start_op.wrapping_add_signed(*by),
            Tampering::Seq { by } => craft.seq = craft.seq.wrapping_add_signed(*by),
            Tampering::DropDep { dep } if !craft.deps.is_empty() => {
                craft.deps.remove(dep % craft.deps.len());
            }
            Tampering::DropActor { actor } if !craft.others.is_empty() => {
                craft.others.remove(actor % craft.others.len());
            }
            _ => {}
        }
    }
    let mut body = craft.body();
    for how in how {
        let length = body.len().max(1);
        match how {
            Tampering::Flip { at, bit } => body[at % length] ^= 1 << bit,
            Tampering::Set { at, byte } => body[at % length] = *byte,
            Tampering::Insert { at, byte } => body.insert(at % length, *byte),
            Tampering::Remove { at } => {
                body.remove(at % length);
            }
            Tampering::Move { from, to, length: taken } => {
                let from = from % length;
                let end = (from + taken).min(body.len());
                let moved: Vec<_> = body.drain(from..end).collect();
                let to = to % (body.len() + 1);
                body.splice(to..to, moved);
            }
            _ => {}
        }
    }
    chunk(1, &body)
}

/// Shows bytes to the guard; if it lets them in, somebody could have written them honestly.
fn judge(written: &Written, bytes: &[u8]) -> bool {
    match let_in(&written.known, bytes) {
        Ok(checked) => {
            let scanned = scan(bytes).unwrap();
            let mut before = written.known.at(scanned.deps()).unwrap();
            assert_eq!(before.author(scanned.stamp(), &checked.ops).unwrap().bytes, bytes);
            assert!(survives_save(&checked.document));
            true
        }
        Err(GuardError::ReplayDiffers(why)) => {
            assert_ne!(why, "automerge gives up on it");
            false
        }
        Err(_) => false,
    }
}

proptest! {
    #![proptest_config(Config { cases: 24, failure_persistence: None, ..Config::default() })]

    #[test]
    fn what_was_tampered_with_is_refused_or_is_what_somebody_could_have_written(
        steps in history(),
        tamperings in prop::collection::vec(prop::collection::vec(tampering(), 1..4), 40),
    ) {
        let mut tamperings = tamperings.iter().cycle();
        play(&steps, |written| {
            for how in tamperings.by_ref().take(12) {
                judge(written, &tamper(&written.bytes, how));
            }
        });
    }
}

#[test]
fn most_tampering_is_refused() {
    let known = story::known();
    let ops = [story::put_op("phone", "13800000009")];
    let honest = known.clone().author(&story::stamp(story::CAROL, 9), &ops).unwrap();
    let written = Written { before: known.clone(), known, bytes: honest.bytes.clone() };
    let body = Craft::parse(&honest.bytes).body();
    let mut let_in = Vec::new();
    for at in 0..body.len() {
        for bit in 0..8 {
            let mut body = body.clone();
            body[at] ^= 1 << bit;
            if judge(&written, &chunk(1, &body)) {
                let_in.push(at);
            }
        }
    }
    // Times, command id, key and value may be anything; nothing else may.
    let free = 7 + 16 + 1 + 13 + "phone".len() + "13800000009".len();
    let_in.dedup();
    assert!(!let_in.is_empty() && let_in.len() <= free, "{let_in:?}");
}
