//! Changes whose bytes are not in the one canonical form.

use keting_model::Document;

use super::texts::{insert, text_craft, text_of};
use super::{Hostile, raw_value};
use crate::story::{ALICE, BOB, valid};
use keting_testkit::craft::{Craft, RawKey, chunk, fix_checksum, put, unsigned};

pub fn malformed(known: &Document, honest: &[u8], craft: &Craft) -> Hostile {
    let with = |change: &dyn Fn(&mut Craft)| {
        let mut craft = craft.clone();
        change(&mut craft);
        craft.bytes()
    };
    let message = |text: &str| with(&|c| c.message = text.as_bytes().to_vec());
    let mut wrong_checksum = honest.to_vec();
    wrong_checksum[4] ^= 1;
    let mut wrong_magic = honest.to_vec();
    wrong_magic[0] ^= 1;
    let overlong_deps = {
        let craft = Craft { deps: Vec::new(), ..craft.clone() };
        chunk(1, &[&[0x80], &craft.body()[..]].concat())
    };
    let overlong_length = {
        let body = craft.body();
        let mut hashed = vec![1];
        unsigned(&mut hashed, body.len() as u64);
        let last = hashed.len() - 1;
        hashed[last] |= 0x80;
        hashed.push(0);
        let mut bytes = [&[0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0], &hashed[..], &body].concat();
        fix_checksum(&mut bytes);
        bytes
    };
    let value_meta = |bytes: &[u8]| craft.clone().with_column(0x56, bytes).bytes();
    vec![
        ("checksum", wrong_checksum, "malformed"),
        ("magic", wrong_magic, "malformed"),
        ("empty", Vec::new(), "malformed"),
        ("trailing-bytes", [honest, &[0]].concat(), "malformed"),
        ("two-changes", [honest, honest].concat(), "malformed"),
        ("extra-bytes", with(&|c| c.extra = vec![0]), "malformed"),
        ("extra-bytes-author", with(&|c| c.extra = vec![1, 2, 8, 8]), "malformed"),
        ("overlong-count", overlong_deps, "malformed"),
        ("overlong-length", overlong_length, "malformed"),
        ("overlong-run", craft.clone().with_column(0x42, &[0xff, 0x7f, 1]).bytes(), "malformed"),
        ("dependency-twice", with(&|c| c.deps.push(*c.deps.last().unwrap())), "malformed"),
        (
            "dependencies-unsorted",
            {
                let mut two = Craft::parse(&valid()[4].1);
                assert_eq!(two.deps.len(), 2);
                two.deps.reverse();
                two.bytes()
            },
            "malformed",
        ),
        ("actor-of-nine-bytes", with(&|c| c.actor.truncate(9)), "malformed"),
        ("actor-of-sixteen-bytes", with(&|c| c.actor = vec![1; 16]), "malformed"),
        ("other-actor-of-nine-bytes", with(&|c| c.others.push(vec![0xff; 9])), "malformed"),
        ("own-actor-among-the-others", with(&|c| c.others = vec![c.actor.clone()]), "malformed"),
        ("actors-unsorted", with(&|c| c.others = vec![BOB.to_vec(), ALICE.to_vec()]), "malformed"),
        ("sequence-zero", with(&|c| c.seq = 0), "malformed"),
        ("sequence-huge", with(&|c| c.seq = u64::MAX), "malformed"),
        ("first-operation-zero", with(&|c| c.start_op = 0), "malformed"),
        ("first-operation-beyond-32-bits", with(&|c| c.start_op += 1 << 32), "malformed"),
        ("first-operation-at-the-edge", with(&|c| c.start_op = u64::from(u32::MAX)), "malformed"),
        ("time-negative", with(&|c| c.time = -1), "malformed"),
        ("message-missing", with(&|c| c.message.clear()), "malformed"),
        ("message-uppercase", message("0909090909090A0A 1770000000000"), "malformed"),
        ("message-without-time", message("0909090909090909"), "malformed"),
        ("message-time-with-zero", message("0909090909090909 01770000000000"), "malformed"),
        ("message-time-of-48-bits", message("0909090909090909 140737488355328"), "malformed"),
        ("message-longer", message("0909090909090909 1770000000000 ??"), "malformed"),
        ("message-not-utf8", with(&|c| c.message = vec![0xff; 16]), "malformed"),
        ("no-operations", with(&|c| c.columns.clear()), "malformed"),
        ("column-unknown", with(&|c| c.columns.push((0xf2, vec![0x7f, 1]))), "malformed"),
        (
            "column-deflated",
            with(&|c| c.columns.iter_mut().for_each(|(s, _)| *s |= 8)),
            "malformed",
        ),
        ("column-twice", with(&|c| c.columns.push(c.columns.last().unwrap().clone())), "malformed"),
        ("columns-out-of-order", with(&|c| c.columns.reverse()), "malformed"),
        ("column-empty", with(&|c| c.columns.insert(0, (0x01, Vec::new()))), "malformed"),
        ("column-missing", craft.clone().with_column(0x34, &[]).bytes(), "malformed"),
        ("column-too-long", craft.clone().with_column(0x34, &[2]).bytes(), "malformed"),
        (
            "column-too-short",
            craft
                .clone()
                .with_ops(&[put("a", "1", &[]), put("b", "2", &[])])
                .with_column(0x34, &[1])
                .bytes(),
            "malformed",
        ),
        ("run-empty", craft.clone().with_column(0x42, &[0x7f, 1, 0, 0]).bytes(), "malformed"),
        ("run-cut", craft.clone().with_column(0x42, &[0x7f]).bytes(), "malformed"),
        (
            "literal-run-longer-than-its-column",
            craft.clone().with_column(0x42, &[0x40, 1]).bytes(),
            "malformed",
        ),
        ("key-not-utf8", craft.clone().with_column(0x15, &[0x7f, 1, 0xff]).bytes(), "malformed"),
        ("text-not-utf8", craft.clone().with_column(0x57, &[0xff; 11]).bytes(), "malformed"),
        ("value-shorter-than-claimed", value_meta(&[0x7f, 0xc6, 1]), "malformed"),
        ("value-longer-than-claimed", value_meta(&[0x7f, 0xa6, 1]), "malformed"),
        (
            "value-length-overflows",
            value_meta(&[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
            "malformed",
        ),
        ("value-kind-null", value_meta(&[0, 1]), "malformed"),
        ("null-with-bytes", raw_value(craft, 0, &[1]), "malformed"),
        ("true-with-bytes", raw_value(craft, 2, &[1]), "malformed"),
        ("integer-without-bytes", raw_value(craft, 4, &[]), "malformed"),
        ("integer-overlong", raw_value(craft, 4, &[0x81, 0]), "malformed"),
        ("integer-with-more-bytes", raw_value(craft, 4, &[1, 1]), "malformed"),
        ("key-of-two-kinds", craft.clone().with_column(0x13, &[0x7f, 1]).bytes(), "malformed"),
        ("key-with-an-actor", craft.clone().with_column(0x11, &[0x7f, 0]).bytes(), "malformed"),
        (
            "object-without-a-number",
            craft.clone().with_column(0x01, &[0x7f, 0]).bytes(),
            "malformed",
        ),
        (
            "object-without-an-actor",
            craft.clone().with_column(0x02, &[0x7f, 0]).bytes(),
            "malformed",
        ),
        (
            "object-number-zero",
            craft.clone().with_column(0x01, &[0x7f, 0]).with_column(0x02, &[0x7f, 0]).bytes(),
            "malformed",
        ),
        (
            "object-actor-not-in-the-table",
            craft.clone().with_column(0x01, &[0x7f, 9]).with_column(0x02, &[0x7f, 1]).bytes(),
            "malformed",
        ),
        (
            "predecessors-fewer-than-claimed",
            craft.clone().with_column(0x70, &[0x7f, 9]).bytes(),
            "malformed",
        ),
        (
            "text-number-beyond-32-bits",
            {
                let (text, _) = text_of(known);
                text_craft(known, &[insert(text + (1 << 32), RawKey::Head, "x")])
            },
            "malformed",
        ),
    ]
}
