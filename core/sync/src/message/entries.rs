//! Entries of the log, and what ends a group of them: UpTo in the log's order, Progress in a first
//! sync.

use keting_trust::{Claimed, Cursor, Heard, Part, RecordKind};
use minicbor::Decoder;

use super::fields;
use super::heard::{put_heard, take_heard};
use super::push::cost_bytes;
use crate::codec::{
    Misfit, Out, Written, array, put, put_list, take, take_bytes, take_cursor, take_list,
    take_number,
};
use keting_trust::limits::{
    AFTER_BYTES_MAX, COMMIT_BYTES_MAX, COMMIT_PARTS_MAX, FRAME_ENTRIES_MAX,
};

/// Entries of the log that the device's audience covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries {
    /// At least one.
    pub entries: Vec<Entry>,
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub number: u64,
    /// The code of its kind ([`RecordKind`]); one of a newer version is stored and passed on.
    pub kind: u8,
    /// The signed bytes.
    pub record: Vec<u8>,
    /// The changes of a commit that the device may read.
    pub parts: Vec<Part>,
}

/// Nothing else concerns the device up to the cursor. Ends a group, which may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpTo {
    /// The server's word on the group, with the cursor where the device stands once it has persisted
    /// it.
    pub heard: Claimed<Heard>,
    /// Whether the server knows of later entries that it has not looked through yet.
    pub more: bool,
}

/// Where a first sync stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPosition {
    /// The end of the log when the first sync began; the tail is read from there.
    pub at: Cursor,
    /// The phase: 0 grants and records, 1 regions, 2 the documents of the micro-grids named first
    /// in the grant, 3 the others.
    pub phase: u8,
    /// What was sent last within the phase, in the server's own words.
    pub after: Vec<u8>,
}

/// How far a first sync is. Ends a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Where to go on after a cut, once the group is persisted.
    pub position: EntryPosition,
    /// Documents sent.
    pub done: u64,
    /// Documents to be sent in all.
    pub total: u64,
    /// The server's word on all of this, to this device ([`group_of_progress`](super::group_of_progress)).
    pub heard: Claimed<Heard>,
}

impl Entry {
    /// The kind, unless it is one of a newer version.
    pub fn record_kind(&self) -> Option<RecordKind> {
        RecordKind::from_code(self.kind)
    }

    /// What the entry counts in windows and frames, in bytes; never less than it takes in a frame.
    pub fn cost_bytes(&self) -> usize {
        cost_bytes(&self.record, &self.parts)
    }
}

impl Entries {
    pub(crate) fn write(&self, e: &mut Out) -> Written {
        e.array(2)?.u16(18)?;
        put_list(e, &self.entries, |e, entry| {
            e.array(4)?.u64(entry.number)?.u8(entry.kind)?.bytes(&entry.record)?;
            put_list(e, &entry.parts, put)
        })
    }

    pub(crate) fn read(len: u64, d: &mut Decoder<'_>) -> Result<Self, Misfit> {
        fields(len, 1)?;
        let entries = take_list(d, FRAME_ENTRIES_MAX, |d| {
            array(d, 4)?;
            Ok(Entry {
                number: take_number(d)?,
                kind: d.u8()?,
                record: take_bytes(d, COMMIT_BYTES_MAX)?,
                parts: take_list(d, COMMIT_PARTS_MAX, take)?,
            })
        })?;
        if entries.is_empty() { Err(Misfit::Form) } else { Ok(Self { entries }) }
    }
}

impl UpTo {
    /// Where the device stands once it has persisted the group.
    pub fn cursor(&self) -> Cursor {
        self.heard.says().cursor
    }

    pub(crate) fn write(&self, e: &mut Out) -> Written {
        e.array(3)?.u16(19)?;
        put_heard(e, &self.heard)?;
        e.bool(self.more)?.ok()
    }

    pub(crate) fn read(len: u64, d: &mut Decoder<'_>) -> Result<Self, Misfit> {
        fields(len, 2)?;
        Ok(Self { heard: take_heard(d)?, more: d.bool()? })
    }
}

impl EntryPosition {
    pub(crate) fn write(&self, e: &mut Out) -> Written {
        e.array(3)?;
        put(e, &self.at)?;
        e.u8(self.phase)?.bytes(&self.after)?.ok()
    }

    pub(crate) fn read(d: &mut Decoder<'_>) -> Result<Self, Misfit> {
        array(d, 3)?;
        Ok(Self { at: take_cursor(d)?, phase: d.u8()?, after: take_bytes(d, AFTER_BYTES_MAX)? })
    }
}

impl Progress {
    pub(crate) fn write(&self, e: &mut Out) -> Written {
        e.array(5)?.u16(21)?;
        self.position.write(e)?;
        e.u64(self.done)?.u64(self.total)?;
        put_heard(e, &self.heard)
    }

    pub(crate) fn read(len: u64, d: &mut Decoder<'_>) -> Result<Self, Misfit> {
        fields(len, 4)?;
        Ok(Self {
            position: EntryPosition::read(d)?,
            done: d.u64()?,
            total: d.u64()?,
            heard: take_heard(d)?,
        })
    }
}
