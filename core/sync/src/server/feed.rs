//! What flows to the device: whole documents in a first sync, then the log's entries, in groups that
//! are each ended by an UpTo or a Progress.
//!
//! At most one read is under way. The window counts what was sent and is not confirmed, so that a
//! slow phone slows its own feed and nothing else. A group is kept whole or not at all, so groups
//! begin small on each connection and double: a link that soon breaks still carries some.

use std::collections::{BTreeSet, VecDeque};

use keting_model::CityId;
use keting_trust::{Cursor, Digest, PublicKey, RecordKind, SignedConfirmation};

use super::port::{DocumentBatch, LogBatch, Resumption, ServerConfig, ServerEffect};
use crate::error::{OwnFault, PeerMisbehaved};
use crate::message::{
    Answer, Confirm, Entries, Entry, EntryPosition, Outcome, ServerMessage, group_of,
};
use keting_trust::limits::{
    ENTRIES_IN_FLIGHT_BYTES_MAX, FIRST_WINDOW_BYTES, FRAME_BYTES_MAX, FRAME_ENTRIES_MAX,
    FRAME_OVERHEAD_BYTES, OWN_ADMITTED_MAX,
};

/// What entries may cost in one frame.
const FRAME_ENTRY_BYTES_MAX: usize = FRAME_BYTES_MAX - FRAME_OVERHEAD_BYTES;

#[derive(Debug)]
pub(super) struct Feed {
    city: CityId,
    window_bytes: usize,
    /// How large the next group may be, and how large groups grow.
    group_bytes: usize,
    group_bytes_max: usize,
    course: Course,
    /// The number of the log's last entry, as far as we were told.
    head_number: u64,
    reading: Option<u64>,
    groups_sent: u64,
    groups_confirmed: u64,
    /// Groups with entries that are not confirmed: the count at their end, and their bytes.
    in_flight: VecDeque<(u64, usize)>,
    in_flight_bytes: usize,
    /// Numbers of the device's own commits that it learned from Answers of this session.
    own: BTreeSet<u64>,
    confirmed_number: u64,
}

/// What is to be sent, in this order.
#[derive(Debug)]
pub(super) enum Said {
    Message(ServerMessage),
    /// An UpTo, which is signed when its frame is put together.
    UpTo {
        cursor: Cursor,
        more: bool,
        /// The digest of the group it ends.
        group: Digest,
    },
    /// A Progress, which is signed likewise.
    Progress {
        position: EntryPosition,
        done: u64,
        total: u64,
        /// The digest of the entries of the group it ends.
        group: Digest,
    },
}

#[derive(Debug)]
enum Course {
    /// Nothing flows: before the Welcome, because the logs diverged, or because the device may read
    /// nothing.
    Still,
    Documents {
        position: Option<EntryPosition>,
    },
    Log {
        /// Up to where the log was looked through.
        scanned: Cursor,
        /// What the device was told last, and whether that there is more.
        told: Option<(Cursor, bool)>,
    },
}

impl Feed {
    pub(super) fn new(config: &ServerConfig) -> Self {
        Self {
            city: config.city,
            window_bytes: config.window_bytes.min(ENTRIES_IN_FLIGHT_BYTES_MAX),
            group_bytes: config.group_bytes.clamp(1, FIRST_WINDOW_BYTES),
            group_bytes_max: config.group_bytes.max(1),
            course: Course::Still,
            head_number: 0,
            reading: None,
            groups_sent: 0,
            groups_confirmed: 0,
            in_flight: VecDeque::new(),
            in_flight_bytes: 0,
            own: BTreeSet::new(),
            confirmed_number: 0,
        }
    }

    /// Begins to flow. A device that has everything is told so at once: its reconnection costs one
    /// round trip and the store no read.
    pub(super) fn begin(&mut self, head: &Cursor, resumption: Resumption) -> Option<Said> {
        self.head_number = self.head_number.max(head.number);
        match resumption {
            Resumption::Diverged { .. } | Resumption::HandOver { .. } => None,
            Resumption::FirstSync { from } => {
                self.course = Course::Documents { position: from };
                None
            }
            Resumption::Again { from } => {
                // The device has a cursor and hears by this that it does not go on from there.
                let start = || EntryPosition { at: *head, phase: 0, after: Vec::new() };
                let position = from.unwrap_or_else(start);
                self.course = Course::Documents { position: Some(position.clone()) };
                self.groups_sent += 1;
                Some(Said::Progress { position, done: 0, total: 0, group: group_of(&[]) })
            }
            Resumption::Tail { cursor } => {
                self.confirmed_number = cursor.number;
                self.course = Course::Log { scanned: cursor, told: None };
                if cursor.number == self.head_number { self.up_to(&[]) } else { None }
            }
        }
    }

    pub(super) fn take_head(&mut self, number: u64) {
        self.head_number = self.head_number.max(number);
    }

    /// Remembers which entries the device knows from the answers.
    pub(super) fn note_own(&mut self, answers: &[Answer]) {
        for answer in answers {
            if let Outcome::Admitted { number } = answer.outcome {
                self.own.insert(number);
            }
            self.take_head(answer.outcome.number().unwrap_or(0));
        }
        while self.own.len() > OWN_ADMITTED_MAX {
            self.own.pop_first();
        }
    }

    /// The next read, if something may be there, none is under way, and the window has room.
    pub(super) fn next_read(&mut self, id: u64) -> Option<ServerEffect> {
        let has_room = self.in_flight_bytes == 0
            || self.in_flight_bytes.saturating_add(self.group_bytes) <= self.window_bytes;
        if self.reading.is_some() || !has_room {
            return None;
        }
        let bytes_max = self.group_bytes;
        let grown_bytes = bytes_max.saturating_mul(2).min(self.group_bytes_max);
        let read = match &self.course {
            Course::Log { scanned, .. } if scanned.number < self.head_number => {
                let (after, until) = (scanned.number, self.head_number);
                ServerEffect::ReadLog { id, after, until, bytes_max }
            }
            Course::Documents { position } => {
                ServerEffect::ReadDocuments { id, from: position.clone(), bytes_max }
            }
            Course::Still | Course::Log { .. } => return None,
        };
        self.reading = Some(id);
        self.group_bytes = grown_bytes;
        Some(read)
    }

    /// Takes entries of the log and gives the messages they become.
    ///
    /// # Errors
    /// When they are not what was asked for.
    pub(super) fn take_log(&mut self, id: u64, batch: LogBatch) -> Result<Vec<Said>, OwnFault> {
        if self.reading.take_if(|reading| *reading == id).is_none() {
            return Ok(Vec::new());
        }
        let Course::Log { scanned, told } = &mut self.course else {
            return Err(OwnFault::Driver);
        };
        let LogBatch { mut entries, up_to } = batch;
        let numbers = entries.iter().map(|entry| entry.number);
        let increasing = std::iter::once(scanned.number).chain(numbers).is_sorted_by(|a, b| a < b);
        let last_number =
            entries.last().map_or(scanned.number.saturating_add(1), |entry| entry.number);
        if !increasing
            || last_number > up_to.number
            || !same_log(scanned, &up_to)
            || !fit_frames(&entries)
        {
            return Err(OwnFault::Driver);
        }
        *scanned = up_to;
        let caught_up = up_to.number >= self.head_number;
        let waits_for_word = told.is_none_or(|(_, more)| more && caught_up);
        // Also if all of them are the device's own: it waits to hear that nothing else is there.
        let to_be_told = !entries.is_empty() || waits_for_word;
        let is_own = |entry: &Entry| {
            entry.record_kind() == Some(RecordKind::Commit) && self.own.contains(&entry.number)
        };
        entries.retain(|entry| !is_own(entry));
        self.own = self.own.split_off(&up_to.number.saturating_add(1));
        if !to_be_told {
            return Ok(Vec::new());
        }
        let bytes = cost_bytes(&entries);
        let end = self.up_to(&entries);
        self.count_group(bytes);
        Ok(frames(entries).into_iter().chain(end).collect())
    }

    /// Takes whole documents of a first sync and gives the messages they become.
    ///
    /// # Errors
    /// When they are not what was asked for.
    pub(super) fn take_documents(
        &mut self,
        id: u64,
        batch: DocumentBatch,
    ) -> Result<Vec<Said>, OwnFault> {
        if self.reading.take_if(|reading| *reading == id).is_none() {
            return Ok(Vec::new());
        }
        let DocumentBatch { entries, position, done, total, finished } = batch;
        let Course::Documents { position: before } = &self.course else {
            return Err(OwnFault::Driver);
        };
        let at = position.at;
        let stands_still = before.as_ref() == Some(&position) && !finished;
        let beyond = entries.iter().any(|entry| entry.number > at.number);
        if stands_still || beyond || !fit_frames(&entries) {
            return Err(OwnFault::Driver);
        }
        self.head_number = self.head_number.max(at.number);
        let bytes = cost_bytes(&entries);
        let end = if finished {
            self.course = Course::Log { scanned: at, told: None };
            self.up_to(&entries)
        } else {
            self.groups_sent += 1;
            self.course = Course::Documents { position: Some(position.clone()) };
            Some(Said::Progress { position, done, total, group: group_of(&entries) })
        };
        self.count_group(bytes);
        Ok(frames(entries).into_iter().chain(end).collect())
    }

    /// Ends a group by telling the device up to where it has everything.
    pub(super) fn up_to(&mut self, group: &[Entry]) -> Option<Said> {
        let Course::Log { scanned, told } = &mut self.course else {
            return None;
        };
        let more = scanned.number < self.head_number;
        *told = Some((*scanned, more));
        self.groups_sent += 1;
        Some(Said::UpTo { cursor: *scanned, more, group: group_of(group) })
    }

    /// The same for a device that asks, once it was told anything at all.
    pub(super) fn up_to_again(&mut self) -> Option<Said> {
        match &self.course {
            Course::Log { told: Some(_), .. } => self.up_to(&[]),
            Course::Log { told: None, .. } | Course::Still | Course::Documents { .. } => None,
        }
    }

    /// Whether the log was looked through further than the device was told.
    pub(super) fn has_untold(&self) -> bool {
        match &self.course {
            Course::Log { scanned, told: Some((told, _)) } => scanned != told,
            Course::Log { told: None, .. } | Course::Still | Course::Documents { .. } => false,
        }
    }

    /// Takes a Confirm: it opens the window and may carry a signed confirmation.
    ///
    /// # Errors
    /// When it counts groups that were not sent, or the confirmation does not hold.
    pub(super) fn take_confirm(
        &mut self,
        confirm: &Confirm,
        device: &PublicKey,
    ) -> Result<Option<SignedConfirmation>, PeerMisbehaved> {
        if !(self.groups_confirmed..=self.groups_sent).contains(&confirm.groups) {
            return Err(PeerMisbehaved::ConfirmNotSent);
        }
        self.groups_confirmed = confirm.groups;
        while let Some((group, bytes)) = self.in_flight.front().copied() {
            if group > confirm.groups {
                break;
            }
            self.in_flight.pop_front();
            self.in_flight_bytes -= bytes;
        }
        let Some(bytes) = &confirm.confirmation else {
            return Ok(None);
        };
        let invalid = |_| PeerMisbehaved::ConfirmationInvalid;
        let signed = SignedConfirmation::open(bytes, device).map_err(invalid)?;
        let Course::Log { told: Some((told, _)), .. } = &self.course else {
            return Err(PeerMisbehaved::ConfirmationInvalid);
        };
        let cursor = signed.record.cursor;
        let was_sent = (self.confirmed_number..=told.number).contains(&cursor.number)
            && same_log(&cursor, told)
            && (cursor.number < told.number || cursor == *told);
        if !was_sent || signed.record.city != self.city {
            return Err(PeerMisbehaved::ConfirmationInvalid);
        }
        self.confirmed_number = cursor.number;
        Ok(Some(signed))
    }

    /// What the group takes on the line that is to be confirmed next, in bytes, if there is one.
    pub(super) fn next_to_be_confirmed_bytes(&self) -> Option<usize> {
        self.in_flight.front().map(|(_, bytes)| *bytes)
    }

    fn count_group(&mut self, bytes: usize) {
        if bytes > 0 {
            self.in_flight.push_back((self.groups_sent, bytes));
            self.in_flight_bytes += bytes;
        }
    }
}

fn same_log(a: &Cursor, b: &Cursor) -> bool {
    a.log == b.log && a.generation == b.generation
}

fn cost_bytes(entries: &[Entry]) -> usize {
    entries.iter().map(Entry::cost_bytes).sum()
}

fn fit_frames(entries: &[Entry]) -> bool {
    entries.iter().all(|entry| entry.cost_bytes() <= FRAME_ENTRY_BYTES_MAX)
}

/// Packs entries into messages that fit a frame each.
fn frames(entries: Vec<Entry>) -> Vec<Said> {
    let mut messages = Vec::new();
    let mut packed: Vec<Entry> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let cost = entry.cost_bytes();
        if packed.len() == FRAME_ENTRIES_MAX || bytes + cost > FRAME_ENTRY_BYTES_MAX {
            messages.extend(entries_message(std::mem::take(&mut packed)));
            bytes = 0;
        }
        bytes += cost;
        packed.push(entry);
    }
    messages.extend(entries_message(packed));
    messages
}

fn entries_message(entries: Vec<Entry>) -> Option<Said> {
    let is_one = !entries.is_empty();
    is_one.then_some(Said::Message(ServerMessage::Entries(Entries { entries })))
}
