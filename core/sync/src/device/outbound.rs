//! The outbox on its way to the server.
//!
//! Commits are read in the outbox's order, packed into Pushes that fit a frame, and counted until
//! their answers are there. After a cut everything without an answer is read and sent again: the
//! server admits a commit once. How much is sent ahead of the answers begins small on each
//! connection and doubles as they come, so that a bad link carries a little rather than nothing.

use std::collections::{BTreeMap, VecDeque};

use super::port::{DeviceEffect, OutboxBatch, OutboxItem};
use crate::error::PeerMisbehaved;
use crate::message::{CommitKey, Push};
use keting_trust::limits::{
    EARLY_BYTES_MAX, FIRST_WINDOW_BYTES, FRAME_BYTES_MAX, FRAME_ENTRIES_MAX, FRAME_OVERHEAD_BYTES,
    PUSH_IN_FLIGHT_BYTES_MAX, PUSH_IN_FLIGHT_COMMITS_MAX,
};

/// What commits may cost in one frame.
const PUSH_BYTES_MAX: usize = FRAME_BYTES_MAX - FRAME_OVERHEAD_BYTES;
/// What commits may cost in the one frame behind the Hello.
const EARLY_PUSH_BYTES_MAX: usize = EARLY_BYTES_MAX - FRAME_OVERHEAD_BYTES;

#[derive(Debug)]
pub(super) struct Outbound {
    gate: Gate,
    reading: Option<u64>,
    /// The place of the last commit read.
    after: u64,
    /// Whether the outbox has no commit behind `after`, as far as we were told.
    exhausted: bool,
    /// Whether we were told otherwise while a read was under way.
    changed_meanwhile: bool,
    /// Read and not yet sent.
    waiting: VecDeque<OutboxItem>,
    /// Sent and not yet answered, and what each costs.
    in_flight: BTreeMap<CommitKey, usize>,
    in_flight_bytes: usize,
    /// How many bytes may be in flight by what the connection has shown to carry.
    window_bytes: usize,
}

/// How much may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// Nothing yet.
    Shut,
    /// One small Push behind the Hello, before the Welcome is there.
    Early,
    /// That Push was sent; the Welcome is waited for.
    EarlySent,
    /// Whatever the windows allow.
    Open,
}

impl Default for Outbound {
    fn default() -> Self {
        Self {
            gate: Gate::Shut,
            reading: None,
            after: 0,
            exhausted: false,
            changed_meanwhile: false,
            waiting: VecDeque::new(),
            in_flight: BTreeMap::new(),
            in_flight_bytes: 0,
            window_bytes: FIRST_WINDOW_BYTES,
        }
    }
}

impl Outbound {
    pub(super) fn open_early(&mut self) {
        self.gate = Gate::Early;
    }

    pub(super) fn open(&mut self) {
        self.gate = Gate::Open;
    }

    pub(super) fn changed(&mut self) {
        self.exhausted = false;
        self.changed_meanwhile = self.reading.is_some();
    }

    pub(super) fn is_idle(&self) -> bool {
        self.exhausted
            && self.reading.is_none()
            && self.waiting.is_empty()
            && self.in_flight.is_empty()
    }

    /// Whether something was sent that has no answer.
    pub(super) fn is_unanswered(&self) -> bool {
        !self.in_flight.is_empty()
    }

    /// What was sent that has no answer, in bytes by [`PushedCommit::cost_bytes`].
    ///
    /// [`PushedCommit::cost_bytes`]: crate::PushedCommit::cost_bytes
    pub(super) fn unanswered_bytes(&self) -> usize {
        self.in_flight_bytes
    }

    /// Asks for more of the outbox when there may be some and there is room for it.
    pub(super) fn next_read(&mut self, next_id: &mut impl FnMut() -> u64) -> Option<DeviceEffect> {
        if self.reading.is_some() || self.exhausted || !self.waiting.is_empty() {
            return None;
        }
        let (commits_room, bytes_room) = self.room();
        match self.gate {
            Gate::Shut | Gate::EarlySent => return None,
            Gate::Early | Gate::Open => {}
        }
        // A read takes at least one commit; for the last few bytes of room that would be a frame
        // for each.
        if bytes_room < self.window_bytes / 2 {
            return None;
        }
        let bytes_max = PUSH_BYTES_MAX.min(bytes_room);
        let commits_max = commits_room.min(FRAME_ENTRIES_MAX);
        if commits_max == 0 || bytes_max == 0 {
            return None;
        }
        let id = next_id();
        self.reading = Some(id);
        Some(DeviceEffect::ReadOutbox { id, after: self.after, commits_max, bytes_max })
    }

    /// Takes what was read, and gives back what fits no frame.
    pub(super) fn take_batch(&mut self, id: u64, batch: OutboxBatch) -> Vec<CommitKey> {
        if self.reading != Some(id) {
            return Vec::new();
        }
        self.reading = None;
        let changed_meanwhile = std::mem::take(&mut self.changed_meanwhile);
        self.exhausted = !batch.more && !changed_meanwhile;
        let mut unsendable = Vec::new();
        for item in batch.items {
            self.after = self.after.max(item.place);
            if item.commit.cost_bytes() > PUSH_BYTES_MAX {
                unsendable.push(item.commit.key);
            } else if !self.in_flight.contains_key(&item.commit.key) {
                self.waiting.push_back(item);
            }
        }
        unsendable
    }

    /// Packs what waits into as many Pushes as may be sent now.
    pub(super) fn take_pushes(&mut self) -> Vec<Push> {
        let mut pushes = Vec::new();
        loop {
            let frame_bytes_max = match self.gate {
                Gate::Shut | Gate::EarlySent => break,
                Gate::Early => EARLY_PUSH_BYTES_MAX,
                Gate::Open => PUSH_BYTES_MAX,
            };
            let push = self.pack(frame_bytes_max);
            if push.commits.is_empty() {
                break;
            }
            if self.gate == Gate::Early {
                self.gate = Gate::EarlySent;
            }
            pushes.push(push);
        }
        pushes
    }

    /// Notes that a commit was answered.
    ///
    /// # Errors
    /// When it was not in flight.
    pub(super) fn take_answer(&mut self, key: &CommitKey) -> Result<(), PeerMisbehaved> {
        let cost = self.in_flight.remove(key).ok_or(PeerMisbehaved::AnswerNotAsked)?;
        self.in_flight_bytes -= cost;
        // What was answered got through: so much more is dared, which doubles it a round trip.
        self.window_bytes = self.window_bytes.saturating_add(cost).min(PUSH_IN_FLIGHT_BYTES_MAX);
        Ok(())
    }

    fn pack(&mut self, frame_bytes_max: usize) -> Push {
        let mut commits = Vec::new();
        let mut bytes = 0;
        while let Some(item) = self.waiting.front() {
            let (commits_room, bytes_room) = self.room();
            let cost = item.commit.cost_bytes();
            // A commit larger than the window goes alone.
            let fits = bytes + cost <= frame_bytes_max
                && (cost <= bytes_room || self.in_flight.is_empty())
                && commits_room > 0
                && commits.len() < FRAME_ENTRIES_MAX;
            if !fits {
                break;
            }
            bytes += cost;
            self.in_flight_bytes += cost;
            self.in_flight.insert(item.commit.key, cost);
            commits.extend(self.waiting.pop_front().map(|item| item.commit));
        }
        Push { commits }
    }

    /// How many commits, and bytes of them, may still be sent.
    fn room(&self) -> (usize, usize) {
        (
            PUSH_IN_FLIGHT_COMMITS_MAX.saturating_sub(self.in_flight.len()),
            self.window_bytes.saturating_sub(self.in_flight_bytes),
        )
    }
}
