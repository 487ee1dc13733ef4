//! Writes changes by hand, honest ones and lying ones: the tool behind the guard's golden files and
//! its fuzzing.
//!
//! [`Craft::bytes`] writes what it is told, whether or not it makes sense, with a right checksum
//! and length; a test of the guard shows that an honest description comes out as Automerge writes it.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a tool of tests")]

use sha2::{Digest, Sha256};

/// A change, as its bytes say.
#[derive(Debug, Clone)]
pub struct Craft {
    /// 1 for a change as it is, 2 for a deflated one.
    pub chunk_type: u8,
    /// The hashes it builds on.
    pub deps: Vec<[u8; 32]>,
    /// Its actor.
    pub actor: Vec<u8>,
    /// Its number among its actor's changes, from 1.
    pub seq: u64,
    /// The number of its first operation.
    pub start_op: u64,
    /// Its time.
    pub time: i64,
    /// Its message.
    pub message: Vec<u8>,
    /// The other actors it refers to, from index 1.
    pub others: Vec<Vec<u8>>,
    /// Its columns: a specification and the encoded bytes, by specification.
    pub columns: Vec<(u64, Vec<u8>)>,
    /// What stands behind the columns.
    pub extra: Vec<u8>,
}

/// One operation, as its columns say. Actors are indexes: 0 is the change's own.
#[derive(Debug, Clone, Default)]
pub struct RawOp {
    /// The object it is about, as actor and number; none for the root.
    pub object: Option<(u64, u64)>,
    /// The key, or the place in a Text.
    pub key: RawKey,
    /// Whether it inserts.
    pub insert: bool,
    /// What it does, as Automerge numbers it: 1 puts, 3 deletes, 4 makes a Text.
    pub action: u64,
    /// The kind of the value and its bytes.
    pub value: (u64, Vec<u8>),
    /// The operations it replaces, as actor and number.
    pub preds: Vec<(u64, i64)>,
}

/// Where an operation works.
#[derive(Debug, Clone, Default)]
pub enum RawKey {
    /// At a key of a map.
    Text(String),
    /// At the start of a Text.
    #[default]
    Head,
    /// Behind a character, named by the actor and number of what inserted it.
    After(u64, i64),
}

/// Puts a text at a root key.
pub fn put(key: &str, text: &str, preds: &[(u64, i64)]) -> RawOp {
    RawOp {
        key: RawKey::Text(key.to_owned()),
        action: 1,
        value: (6, text.as_bytes().to_vec()),
        preds: preds.to_vec(),
        ..RawOp::default()
    }
}

/// Makes a Text at a root key.
pub fn make_text(key: &str) -> RawOp {
    RawOp { key: RawKey::Text(key.to_owned()), action: 4, ..RawOp::default() }
}

impl Craft {
    /// The operations as columns, the way Automerge writes them.
    #[must_use]
    pub fn with_ops(mut self, ops: &[RawOp]) -> Self {
        self.columns = columns_of(ops);
        self
    }

    /// Changes one column's bytes.
    #[must_use]
    pub fn with_column(mut self, specification: u64, bytes: &[u8]) -> Self {
        self.columns.retain(|(other, _)| *other != specification);
        if !bytes.is_empty() {
            self.columns.push((specification, bytes.to_vec()));
            self.columns.sort_by_key(|(specification, _)| *specification);
        }
        self
    }

    /// Reads a change that Automerge wrote.
    ///
    /// # Panics
    /// When it is not one.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut rest = &bytes[9..];
        let length = read_unsigned(&mut rest) as usize;
        assert_eq!(rest.len(), length);
        let rest = &mut rest;
        let deps = (0..read_unsigned(rest)).map(|_| take(rest, 32).try_into().unwrap()).collect();
        let actor = read_prefixed(rest);
        let seq = read_unsigned(rest);
        let start_op = read_unsigned(rest);
        let time = read_signed(rest);
        let message = read_prefixed(rest);
        let others = (0..read_unsigned(rest)).map(|_| read_prefixed(rest)).collect();
        let table: Vec<_> = (0..read_unsigned(rest))
            .map(|_| (read_unsigned(rest), read_unsigned(rest) as usize))
            .collect();
        let columns = table.into_iter().map(|(spec, length)| (spec, take(rest, length))).collect();
        let extra = rest.to_vec();
        let chunk_type = bytes[8];
        Self { chunk_type, deps, actor, seq, start_op, time, message, others, columns, extra }
    }

    /// The change without its header.
    pub fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        unsigned(&mut body, self.deps.len() as u64);
        self.deps.iter().for_each(|dep| body.extend(dep));
        prefixed(&mut body, &self.actor);
        unsigned(&mut body, self.seq);
        unsigned(&mut body, self.start_op);
        signed(&mut body, self.time);
        prefixed(&mut body, &self.message);
        unsigned(&mut body, self.others.len() as u64);
        self.others.iter().for_each(|other| prefixed(&mut body, other));
        unsigned(&mut body, self.columns.len() as u64);
        for (specification, bytes) in &self.columns {
            unsigned(&mut body, *specification);
            unsigned(&mut body, bytes.len() as u64);
        }
        self.columns.iter().for_each(|(_, bytes)| body.extend(bytes));
        body.extend(&self.extra);
        body
    }

    /// The change, with a right length and checksum.
    pub fn bytes(&self) -> Vec<u8> {
        chunk(self.chunk_type, &self.body())
    }
}

/// A chunk of any type around any body, with a right checksum.
pub fn chunk(chunk_type: u8, body: &[u8]) -> Vec<u8> {
    let mut hashed = vec![chunk_type];
    unsigned(&mut hashed, body.len() as u64);
    hashed.extend(body);
    let digest = Sha256::digest(&hashed);
    [&[0x85, 0x6f, 0x4a, 0x83], &digest[..4], &hashed[..]].concat()
}

/// Gives bytes that were tampered with a right checksum again, if they are still a chunk.
pub fn fix_checksum(bytes: &mut [u8]) {
    if bytes.len() > 8 {
        let digest = Sha256::digest(&bytes[8..]);
        bytes[4..8].copy_from_slice(&digest[..4]);
    }
}

/// Writes an unsigned LEB128 number.
pub fn unsigned(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Writes a signed LEB128 number.
pub fn signed(out: &mut Vec<u8>, mut number: i64) {
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if (number == 0 && byte & 0x40 == 0) || (number == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

/// Writes bytes behind their length.
pub fn prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    unsigned(out, bytes.len() as u64);
    out.extend(bytes);
}

/// A run-length encoded column of encoded values.
pub fn rle(rows: &[Option<Vec<u8>>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut literals: Vec<&[u8]> = Vec::new();
    let flush = |out: &mut Vec<u8>, literals: &mut Vec<&[u8]>| {
        if !literals.is_empty() {
            signed(out, -(literals.len() as i64));
            literals.drain(..).for_each(|literal| out.extend(literal));
        }
    };
    for run in rows.chunk_by(|a, b| a == b) {
        match &run[0] {
            None => {
                flush(&mut out, &mut literals);
                signed(&mut out, 0);
                unsigned(&mut out, run.len() as u64);
            }
            Some(value) if run.len() == 1 => literals.push(value),
            Some(value) => {
                flush(&mut out, &mut literals);
                signed(&mut out, run.len() as i64);
                out.extend(value);
            }
        }
    }
    flush(&mut out, &mut literals);
    out
}

fn columns_of(ops: &[RawOp]) -> Vec<(u64, Vec<u8>)> {
    let number = |number: u64| {
        let mut out = Vec::new();
        unsigned(&mut out, number);
        out
    };
    let text = |text: &str| {
        let mut out = Vec::new();
        prefixed(&mut out, text.as_bytes());
        out
    };
    let numbers = |rows: Vec<Option<u64>>| {
        rle(&rows.into_iter().map(|row| row.map(number)).collect::<Vec<_>>())
    };
    let deltas = |rows: Vec<Option<i64>>| {
        let mut last = 0;
        let rows = rows.into_iter().map(|row| {
            row.map(|absolute| {
                let mut out = Vec::new();
                signed(&mut out, absolute - last);
                last = absolute;
                out
            })
        });
        rle(&rows.collect::<Vec<_>>())
    };
    let unless_null = |column: Vec<u8>, all_null: bool| if all_null { Vec::new() } else { column };
    let key_actor: Vec<_> = ops
        .iter()
        .map(|op| if let RawKey::After(actor, _) = op.key { Some(actor) } else { None })
        .collect();
    let key_number: Vec<_> = ops
        .iter()
        .map(|op| match op.key {
            RawKey::Text(_) => None,
            RawKey::Head => Some(0),
            RawKey::After(_, number) => Some(number),
        })
        .collect();
    let key_text: Vec<_> = ops
        .iter()
        .map(|op| if let RawKey::Text(key) = &op.key { Some(text(key)) } else { None })
        .collect();
    let no_object = ops.iter().all(|op| op.object.is_none());
    let mut insert = Vec::new();
    let mut value = false;
    for run in ops.chunk_by(|a, b| a.insert == b.insert) {
        if run[0].insert != value {
            unsigned(&mut insert, 0);
        }
        unsigned(&mut insert, run.len() as u64);
        value = !run[0].insert;
    }
    let preds = || ops.iter().flat_map(|op| &op.preds);
    let columns = [
        (
            0x01,
            unless_null(
                numbers(ops.iter().map(|op| op.object.map(|(actor, _)| actor)).collect()),
                no_object,
            ),
        ),
        (
            0x02,
            unless_null(
                numbers(ops.iter().map(|op| op.object.map(|(_, number)| number)).collect()),
                no_object,
            ),
        ),
        (0x11, unless_null(numbers(key_actor.clone()), key_actor.iter().all(Option::is_none))),
        (0x13, unless_null(deltas(key_number.clone()), key_number.iter().all(Option::is_none))),
        (0x15, unless_null(rle(&key_text), key_text.iter().all(Option::is_none))),
        (0x34, insert),
        (0x42, numbers(ops.iter().map(|op| Some(op.action)).collect())),
        (
            0x56,
            numbers(
                ops.iter().map(|op| Some((op.value.1.len() as u64) << 4 | op.value.0)).collect(),
            ),
        ),
        (0x57, ops.iter().flat_map(|op| op.value.1.clone()).collect()),
        (0x70, numbers(ops.iter().map(|op| Some(op.preds.len() as u64)).collect())),
        (0x71, numbers(preds().map(|(actor, _)| Some(*actor)).collect())),
        (0x73, deltas(preds().map(|(_, number)| Some(*number)).collect())),
    ];
    columns.into_iter().filter(|(_, bytes)| !bytes.is_empty()).collect()
}

fn take(rest: &mut &[u8], length: usize) -> Vec<u8> {
    let (taken, left) = rest.split_at(length);
    *rest = left;
    taken.to_vec()
}

fn read_prefixed(rest: &mut &[u8]) -> Vec<u8> {
    let length = read_unsigned(rest) as usize;
    take(rest, length)
}

fn read_unsigned(rest: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(rest, 1)[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

/// Only of numbers that are not negative: times.
fn read_signed(rest: &mut &[u8]) -> i64 {
    read_unsigned(rest) as i64
}
