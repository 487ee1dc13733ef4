//! Push: commits from the outbox.

use keting_model::CommandId;
use keting_trust::{DeviceId, Part};
use minicbor::Decoder;

use super::fields;
use crate::codec::{
    Misfit, Out, Written, array, put, put_list, put_nullable, take, take_bytes, take_list,
    take_nullable,
};
use keting_trust::limits::{
    COMMIT_BYTES_MAX, COMMIT_PARTS_MAX, FRAME_ENTRIES_MAX, ITEM_COST_BYTES,
};

/// Commits in the order in which they build on each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// At least one.
    pub commits: Vec<PushedCommit>,
}

/// What a Push and its Answers call a commit.
///
/// The signed bytes say it as well; it stands beside them so that the answer to bytes nobody can
/// read still finds its commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitKey {
    /// The device that signed it, or `None` for the device of the session: a device may carry a
    /// neighbour's commits.
    pub author: Option<DeviceId>,
    /// The command, unique within the author.
    pub command: CommandId,
}

/// One commit with its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedCommit {
    /// What the answer will call it.
    pub key: CommitKey,
    /// The signed bytes.
    pub signed: Vec<u8>,
    /// The changes, each with its salt and document.
    pub parts: Vec<Part>,
}

impl CommitKey {
    /// The key of a commit of the session's own device.
    pub const fn own(command: CommandId) -> Self {
        Self { author: None, command }
    }

    pub(super) fn write(&self, e: &mut Out) -> Written {
        put_nullable(e, self.author.as_ref(), put)?;
        put(e, &self.command)
    }

    pub(super) fn read(d: &mut Decoder<'_>) -> Result<Self, Misfit> {
        Ok(Self { author: take_nullable(d, take)?, command: take(d)? })
    }
}

impl PushedCommit {
    /// What the commit counts in windows and frames, in bytes; never less than it takes in a frame.
    pub fn cost_bytes(&self) -> usize {
        cost_bytes(&self.signed, &self.parts)
    }
}

impl Push {
    pub(crate) fn write(&self, e: &mut Out) -> Written {
        e.array(2)?.u16(2)?;
        put_list(e, &self.commits, |e, commit| {
            e.array(4)?;
            commit.key.write(e)?;
            e.bytes(&commit.signed)?;
            put_list(e, &commit.parts, put)
        })
    }

    pub(crate) fn read(len: u64, d: &mut Decoder<'_>) -> Result<Self, Misfit> {
        fields(len, 1)?;
        let commits = take_list(d, FRAME_ENTRIES_MAX, |d| {
            array(d, 4)?;
            Ok(PushedCommit {
                key: CommitKey::read(d)?,
                signed: take_bytes(d, COMMIT_BYTES_MAX)?,
                parts: take_list(d, COMMIT_PARTS_MAX, take)?,
            })
        })?;
        if commits.is_empty() { Err(Misfit::Form) } else { Ok(Self { commits }) }
    }
}

/// What signed bytes and parts count: their content, and a fixed cost an item.
pub(super) fn cost_bytes(signed: &[u8], parts: &[Part]) -> usize {
    let parts_bytes: usize = parts.iter().map(|part| part.change.len() + ITEM_COST_BYTES).sum();
    signed.len() + parts_bytes + ITEM_COST_BYTES
}
