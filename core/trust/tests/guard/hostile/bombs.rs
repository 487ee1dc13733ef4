//! Changes that claim more than they hold, and chunks that are no changes.

use keting_model::Document;

use super::Hostile;
use keting_testkit::craft::{Craft, RawKey, RawOp, chunk, prefixed, signed, unsigned};

const MILLION_100: u64 = 100_000_000;

fn run_of(count: u64, value: &[u8]) -> Vec<u8> {
    let mut run = Vec::new();
    signed(&mut run, count as i64);
    run.extend(value);
    run
}

pub fn bombs(known: &Document, honest: &Craft) -> Hostile {
    let nested: Vec<_> = (0..2_000)
        .map(|depth| RawOp {
            object: depth_object(honest.start_op, depth),
            key: RawKey::Text("k".to_owned()),
            ..RawOp::default()
        })
        .collect();
    let mut booleans = Vec::new();
    unsigned(&mut booleans, MILLION_100);
    let claims = Craft { columns: Vec::new(), ..honest.clone() }
        .with_column(0x15, &run_of(MILLION_100, &[1, b'k']))
        .with_column(0x34, &booleans)
        .with_column(0x42, &run_of(MILLION_100, &[1]))
        .with_column(0x56, &run_of(MILLION_100, &[0]))
        .with_column(0x70, &run_of(MILLION_100, &[0]));
    let mut nulls = vec![0];
    unsigned(&mut nulls, u64::MAX);
    let mut many_actors = honest.clone();
    many_actors.others = (0..1025_u16).map(|n| [&n.to_be_bytes()[..], &[0; 8]].concat()).collect();
    let mut claimed_preds = vec![0x7f];
    unsigned(&mut claimed_preds, MILLION_100);
    vec![
        ("bomb-100-million-ops", claims.bytes(), "limit"),
        (
            "bomb-100-million-keys",
            honest.clone().with_column(0x15, &run_of(MILLION_100, &[1, b'k'])).bytes(),
            "limit",
        ),
        (
            "bomb-100-million-actions",
            honest.clone().with_column(0x42, &run_of(MILLION_100, &[1])).bytes(),
            "limit",
        ),
        (
            "bomb-100-million-values",
            honest.clone().with_column(0x56, &run_of(MILLION_100, &[6])).bytes(),
            "limit",
        ),
        ("bomb-100-million-booleans", honest.clone().with_column(0x34, &booleans).bytes(), "limit"),
        (
            "bomb-100-million-predecessors-claimed",
            honest.clone().with_column(0x70, &claimed_preds).bytes(),
            "limit",
        ),
        (
            "bomb-100-million-predecessors",
            honest.clone().with_column(0x71, &run_of(MILLION_100, &[0])).bytes(),
            "limit",
        ),
        ("bomb-nulls-without-end", honest.clone().with_column(0x01, &nulls).bytes(), "limit"),
        ("bomb-nested-maps", honest.clone().with_ops(&nested).bytes(), "grammar"),
        ("bomb-deflated", chunk(2, &deflate_bomb(2_500)), "malformed"),
        ("bomb-actor-table", many_actors.bytes(), "limit"),
        ("bomb-actors-claimed", claim_at(honest, Claim::Actors), "limit"),
        ("bomb-dependencies-claimed", claim_at(honest, Claim::Deps), "limit"),
        ("bomb-columns-claimed", claim_at(honest, Claim::Columns), "malformed"),
        ("bomb-message-claimed", claim_at(honest, Claim::Message), "malformed"),
        ("document-chunk", known.save(), "malformed"),
        ("bundle-chunk", bundle(known), "malformed"),
        ("unknown-chunk", chunk(4, &honest.body()), "malformed"),
    ]
}

fn depth_object(start_op: u64, depth: u64) -> Option<(u64, u64)> {
    depth.checked_sub(1).map(|above| (0, start_op + above))
}

enum Claim {
    Deps,
    Message,
    Actors,
    Columns,
}

/// A change that ends after claiming a table of 2⁶⁰ entries.
fn claim_at(honest: &Craft, claim: Claim) -> Vec<u8> {
    let mut body = Vec::new();
    if !matches!(claim, Claim::Deps) {
        unsigned(&mut body, 0);
        prefixed(&mut body, &honest.actor);
        unsigned(&mut body, honest.seq);
        unsigned(&mut body, honest.start_op);
        signed(&mut body, honest.time);
        if !matches!(claim, Claim::Message) {
            prefixed(&mut body, &honest.message);
            if !matches!(claim, Claim::Actors) {
                unsigned(&mut body, 0);
            }
        }
    }
    unsigned(&mut body, 1 << 60);
    body.extend([1; 40]);
    chunk(1, &body)
}

/// A deflated stream that repeats one zero byte 258 times for every thirteen bits.
fn deflate_bomb(repeats: usize) -> Vec<u8> {
    // Last block with fixed codes, a literal 0, (length 258, distance 1) again and again, the end.
    let bits = [1, 1, 0]
        .into_iter()
        .chain([0, 0, 1, 1, 0, 0, 0, 0])
        .chain((0..repeats).flat_map(|_| [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]))
        .chain([0; 7]);
    let bits: Vec<u8> = bits.collect();
    bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |all, bit| all << 1 | bit)).collect()
}

fn bundle(known: &Document) -> Vec<u8> {
    let hashes = known.automerge().get_changes_meta(&[]).into_iter().map(|change| change.hash);
    known.automerge().bundle(hashes).unwrap().bytes().to_vec()
}
