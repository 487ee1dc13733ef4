//! The city's log: numbered records, each bound to all before it by a chain of hashes.

use keting_model::{LogId, define_id};
use minicbor::{Decode, Encode};

use crate::digest::Digest;

define_id!(
    /// The hash of a log up to and with one of its records.
    ChainHash, 32
);

/// What a record of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// What a person did.
    Commit,
    /// The server's answer to a request in a commit.
    Decision,
    /// What became of a commit that was not simply admitted.
    Verdict,
    /// A grant.
    Grant,
    /// The end of a grant or of a key.
    Revocation,
    /// The erasure of documents.
    Erasure,
    /// Where the server is from now on, and which keys it has.
    Announcement,
}

impl RecordKind {
    /// Every kind this version knows.
    pub const ALL: [Self; 7] = [
        Self::Commit,
        Self::Decision,
        Self::Verdict,
        Self::Grant,
        Self::Revocation,
        Self::Erasure,
        Self::Announcement,
    ];

    /// The kind's number in bytes. A number is never used again for another kind.
    pub const fn code(self) -> u8 {
        match self {
            Self::Commit => 1,
            Self::Decision => 2,
            Self::Verdict => 3,
            Self::Grant => 4,
            Self::Revocation => 5,
            Self::Erasure => 6,
            // 7 is kept for the server's word on what all documents are.
            Self::Announcement => 8,
        }
    }

    /// The kind of a number, unless it is one of a newer version.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The name in logs and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Decision => "decision",
            Self::Verdict => "verdict",
            Self::Grant => "grant",
            Self::Revocation => "revocation",
            Self::Erasure => "erasure",
            Self::Announcement => "announcement",
        }
    }
}

impl<C> Encode<C> for RecordKind {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.u8(self.code())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for RecordKind {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::from_code(d.u8()?)
            .ok_or_else(|| minicbor::decode::Error::message("an unknown kind of record"))
    }
}

impl ChainHash {
    /// The hash of a log's generation before its first record:
    /// SHA-256("keting/chain/1" ‖ log ‖ generation as 32-bit big-endian).
    pub fn genesis(log: &LogId, generation: u32) -> Self {
        Self::from(Digest::of_all(&[b"keting/chain/1", log.as_bytes(), &generation.to_be_bytes()]))
    }

    /// The hash with one more record:
    /// SHA-256("keting/link/1" ‖ this hash ‖ number as 64-bit big-endian ‖ kind ‖ digest of the
    /// record's signed bytes).
    #[must_use]
    pub fn next(&self, number: u64, kind: RecordKind, record: &Digest) -> Self {
        Self::from(Digest::of_all(&[
            b"keting/link/1",
            self.as_bytes(),
            &number.to_be_bytes(),
            &[kind.code()],
            record.as_bytes(),
        ]))
    }

    /// The first eight bytes, which a commit carries: enough to notice a lost branch of the log.
    pub fn short(&self) -> [u8; 8] {
        let mut short = [0; 8];
        short.iter_mut().zip(self.as_bytes()).for_each(|(to, from)| *to = *from);
        short
    }
}

impl From<Digest> for ChainHash {
    fn from(digest: Digest) -> Self {
        Self::new(*digest.as_bytes())
    }
}

/// Up to where somebody has the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Cursor {
    /// The log.
    #[n(0)]
    pub log: LogId,
    /// Its generation: a server restored from a backup opens a new one.
    #[n(1)]
    pub generation: u32,
    /// The number of the last record; 0 before the first.
    #[n(2)]
    pub number: u64,
    /// The chain hash at that record.
    #[n(3)]
    pub chain: ChainHash,
}

impl Cursor {
    /// The beginning of a log's generation.
    pub fn genesis(log: LogId, generation: u32) -> Self {
        Self { log, generation, number: 0, chain: ChainHash::genesis(&log, generation) }
    }

    /// The cursor after one more record, which takes the next number.
    #[must_use]
    pub fn next(&self, kind: RecordKind, record: &Digest) -> Self {
        let number = self.number.saturating_add(1);
        Self { number, chain: self.chain.next(number, kind, record), ..*self }
    }

    /// Where the record after this one will stand.
    pub const fn next_place(&self) -> Place {
        Place { generation: self.generation, number: self.number.saturating_add(1) }
    }

    /// The short form that commits carry.
    pub fn position(&self) -> Position {
        Position { generation: self.generation, number: self.number, chain: self.chain.short() }
    }
}

/// Where a record stands in the log. The server signs its own records over it, so that one cannot be
/// shown under another number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct Place {
    /// The generation of the log.
    #[n(0)]
    pub generation: u32,
    /// The record's number, from 1.
    #[n(1)]
    pub number: u64,
}

/// What an author had seen of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Position {
    /// The generation of the log.
    #[n(0)]
    pub generation: u32,
    /// The number of the last record seen.
    #[n(1)]
    pub number: u64,
    /// The first eight bytes of the chain hash there.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub chain: [u8; 8],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor;

    #[test]
    fn the_chain_depends_on_log_generation_number_kind_and_record() {
        let log = LogId::new([1; 16]);
        let start = Cursor::genesis(log, 1);
        let record = Digest::of(b"record");
        let next = start.next(RecordKind::Commit, &record);
        assert_eq!(next.number, 1);
        let others = [
            Cursor::genesis(LogId::new([2; 16]), 1).next(RecordKind::Commit, &record).chain,
            Cursor::genesis(log, 2).next(RecordKind::Commit, &record).chain,
            start.chain.next(2, RecordKind::Commit, &record),
            start.chain.next(1, RecordKind::Grant, &record),
            start.chain.next(1, RecordKind::Commit, &Digest::of(b"other")),
        ];
        assert!(others.iter().all(|other| *other != next.chain));
        assert_eq!(next.position().chain, next.chain.as_bytes()[..8]);
    }

    #[test]
    fn a_cursor_is_written_and_read_back() {
        let cursor = Cursor::genesis(LogId::new([1; 16]), 7);
        assert_eq!(cbor::from_slice(&cbor::to_vec(&cursor)), Ok(cursor));
        let position = cursor.position();
        assert_eq!(cbor::from_slice(&cbor::to_vec(&position)), Ok(position));
    }
}
