//! Values that tests share.

use std::sync::Arc;

use keting_model::{CityId, CommandId, DocumentId, LogId};
use keting_trust::{
    ChainHash, Claimed, Cursor, Digest, Ed25519Signer, Ending, Heard, Incarnation, Part, Signed,
    Signer as _,
};

use crate::device::{DeviceConfig, FirstSync, Purpose};
use crate::message::{
    Answer, Answers, CommitKey, Ended, Entry, EntryPosition, Progress, PushedCommit, Secret,
    ServerMessage, UpTo, group_of, group_of_answers, group_of_progress,
};
use crate::server::{IssuingKey, Resumption, ServerConfig, Standing};

pub(super) const CITY: CityId = CityId::new([0xc1; 16]);
pub(super) const LOG: LogId = LogId::new([0x10; 16]);
pub(super) const INCARNATION: Incarnation = Incarnation::new([0x1c; 8]);
pub(super) const BINDING: [u8; 32] = [0xcb; 32];
pub(super) const SECRET: [u8; 16] = [0x5e; 16];
/// The server's clock when the tests' time is 0.
pub(super) const SERVER_TIME_MS: u64 = 1_790_000_000_000;

pub(super) fn alice() -> Ed25519Signer {
    Ed25519Signer::from_seed([0xa1; 32])
}

/// Where a device stands that has the log from its beginning, as far as it goes.
pub(super) fn at_the_beginning() -> Standing {
    Standing {
        head: genesis(),
        backed_up_to: 0,
        server_time_ms: SERVER_TIME_MS,
        highest: None,
        issuing_grant: None,
        resumption: Resumption::Tail { cursor: genesis() },
    }
}

pub(super) fn genesis() -> Cursor {
    Cursor::genesis(LOG, 1)
}

/// A cursor of the same log, with a chain hash that only looks like one.
pub(super) fn cursor_at(number: u64) -> Cursor {
    Cursor { number, chain: ChainHash::new([0x5c; 32]), ..genesis() }
}

pub(super) fn config(purpose: Purpose) -> DeviceConfig {
    DeviceConfig {
        versions: crate::VERSIONS.to_vec(),
        city: CITY,
        software: "keting-test/1".to_owned(),
        device: alice().public_key().clone(),
        purpose,
        told_of_end: false,
    }
}

pub(super) fn enrol() -> Purpose {
    Purpose::Enrol { secret: Secret::new(SECRET), name: "alice's phone".to_owned() }
}

pub(super) fn resume(cursor: Option<Cursor>, first_sync: Option<FirstSync>) -> Purpose {
    Purpose::Sync { cursor, first_sync, incarnation: INCARNATION, last_sequence: 0, heard: None }
}

pub(super) fn command(number: u64) -> CommandId {
    CommandId::new(number.to_be_bytes())
}

pub(super) fn part(bytes: usize) -> Part {
    Part { salt: [0x5a; 16], document: DocumentId::new([0xd0; 16]), change: vec![0xcc; bytes] }
}

/// The key that the server signs with what it says of its log.
pub(super) fn issuing() -> Ed25519Signer {
    Ed25519Signer::from_seed([0x15; 32])
}

pub(super) fn server_config() -> ServerConfig {
    ServerConfig::new(CITY, IssuingKey::new(Arc::new(issuing())))
}

/// The server's word on a group, when the tests' time is 0.
pub(super) fn heard(cursor: Cursor, group: Digest) -> Claimed<Heard> {
    let heard = Heard { city: CITY, cursor, at_ms: SERVER_TIME_MS, group };
    Signed::sign(heard, &issuing()).unwrap().into()
}

/// The server's word to Alice's phone that it was ended, on the tests' connection.
pub(super) fn ended(why: &str) -> ServerMessage {
    let (device, why) = (alice().public_key().device_id(), why.to_owned());
    let ending = Ending {
        city: CITY,
        log: LOG,
        device,
        channel_binding: BINDING,
        why,
        at_ms: SERVER_TIME_MS,
    };
    ServerMessage::Ended(Ended { proof: Signed::sign(ending, &issuing()).unwrap().into() })
}

/// An UpTo that ends a group of these entries.
pub(super) fn up_to_after(entries: &[Entry], cursor: Cursor) -> ServerMessage {
    ServerMessage::UpTo(UpTo { heard: heard(cursor, group_of(entries)), more: false })
}

/// A Progress of Alice's first sync that ends a group of these entries.
pub(super) fn progress_after(
    entries: &[Entry],
    position: EntryPosition,
    done: u64,
) -> ServerMessage {
    let (device, total) = (alice().public_key().device_id(), 40);
    let group = group_of_progress(&group_of(entries), &device, &BINDING, &position, done, total);
    let heard = heard(position.at, group);
    ServerMessage::Progress(Progress { position, done, total, heard })
}

/// An UpTo that ends an empty group.
pub(super) fn up_to(cursor: Cursor) -> ServerMessage {
    up_to_after(&[], cursor)
}

/// Answers to commits that these tests make, with a word whose log ends at `head`.
pub(super) fn answers(answers: Vec<Answer>, head: Cursor) -> ServerMessage {
    ServerMessage::Answers(answers_message(answers, head))
}

pub(super) fn answers_message(answers: Vec<Answer>, head: Cursor) -> Answers {
    let digest_of = |key: &CommitKey| Some(Digest::of(key.command.as_bytes()));
    let group = group_of_answers(&answers, digest_of).unwrap();
    Answers { heard: heard(head, group), answers }
}

/// A commit whose bytes name it; sessions do not look inside.
pub(super) fn commit(number: u64, bytes: usize) -> PushedCommit {
    PushedCommit {
        key: CommitKey::own(command(number)),
        signed: number.to_be_bytes().to_vec(),
        parts: vec![part(bytes)],
    }
}

pub(super) fn entry(number: u64, bytes: usize) -> Entry {
    Entry { number, kind: 1, record: vec![0xee; 8], parts: vec![part(bytes)] }
}
