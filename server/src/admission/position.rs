//! What an author says they had seen of the log, held against what the log says and what their device
//! has confirmed: nobody acts on a log that never was, or as if they had not heard yet.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use keting_trust::{CommitBody, DeviceId, Position};

use crate::audience::cursor_at;
use crate::store::{Head, ServerRead, StoreError};

/// What is wrong with a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PositionFault {
    /// The log holds no such position: this server was put back from a copy since, or it never did.
    Unknown,
    /// The device had confirmed more before it made the commit.
    Behind,
}

impl PositionFault {
    /// The code of the reason.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "log_diverged",
            Self::Behind => "position_behind",
        }
    }
}

/// The positions that a batch names, each looked up once.
pub(super) struct Positions<'r> {
    read: &'r dyn ServerRead,
    head: Head,
    chains: BTreeMap<u64, [u8; 8]>,
}

impl<'r> Positions<'r> {
    pub(super) fn of(read: &'r dyn ServerRead, head: Head) -> Self {
        Self { read, head, chains: BTreeMap::new() }
    }

    /// What is wrong with the position of a commit.
    pub(super) fn fault(
        &mut self,
        body: &CommitBody,
        author: &DeviceId,
    ) -> Result<Option<PositionFault>, StoreError> {
        let seen = &body.seen;
        if seen.generation < self.head.generation {
            // Of a branch that was lost. What it shares with this one is not known here.
            return Ok(None);
        }
        if !self.is_of_the_log(seen)? {
            return Ok(Some(PositionFault::Unknown));
        }
        let (incarnation, sequence) = (&body.incarnation, body.sequence);
        let confirmed =
            self.read.confirmed_before(author, seen.generation, incarnation, sequence)?;
        Ok((confirmed > seen.number).then_some(PositionFault::Behind))
    }

    fn is_of_the_log(&mut self, seen: &Position) -> Result<bool, StoreError> {
        if seen.generation != self.head.generation || seen.number > self.head.number {
            return Ok(false);
        }
        let chain = match self.chains.entry(seen.number) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                place.insert(cursor_at(self.read, &self.head, seen.number)?.chain.short())
            }
        };
        Ok(*chain == seen.chain)
    }
}
