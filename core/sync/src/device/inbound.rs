//! What the server sends, on its way to the disk.
//!
//! Entries are gathered until an UpTo or a Progress ends their group, because only then is it known
//! where the replica stands after them. Whatever is ready goes into one `Persist` at a time, so that
//! position and data become durable together and a slow disk gets larger transactions, not more.

use std::collections::VecDeque;

use keting_model::CityId;
use keting_trust::{Claimed, Confirmation, Cursor, Heard};

use super::confirming::Confirming;
use super::port::{
    DeviceEffect, DeviceEvent, FirstSync, Group, Moved, Persist, Persisted, Purpose, Status,
};
use crate::error::PeerMisbehaved;
use crate::message::{
    Answers, Enrolled, Entry, EntryPosition, NewGeneration, Progress, UpTo, Welcome,
};
use keting_trust::limits::{ENTRIES_IN_FLIGHT_BYTES_MAX, FRAME_BYTES_MAX};

/// What may be held in memory: the window, and the one entry by which it may be overrun.
const HELD_BYTES_MAX: usize = ENTRIES_IN_FLIGHT_BYTES_MAX + FRAME_BYTES_MAX;

#[derive(Debug)]
pub(super) struct Inbound {
    /// The value of this connection's TLS exporter.
    channel_binding: Vec<u8>,
    city: CityId,
    /// The beginning of the log and generation that the Welcome named.
    log: Option<Cursor>,
    course: Course,
    /// The highest place of the log that the server was heard to name before.
    heard: Option<Cursor>,
    /// The group that is not ended yet.
    open: Vec<Entry>,
    open_bytes: usize,
    /// Ended groups, answers and enrolment that wait for the `Persist` before them.
    ready: Ready,
    persisting: Option<Persisting>,
    durable: Durable,
    pub(super) confirming: Confirming,
}

/// Where the server's messages stand, ahead of what is durable.
#[derive(Debug)]
enum Course {
    FirstSync {
        resumed: Option<EntryPosition>,
        latest: Option<FirstSync>,
    },
    Log {
        received: Cursor,
    },
    /// The replica has a cursor, and the server has not said yet whether it goes on from there. If
    /// the replica is given more than when it earned the cursor, whole documents come once more.
    Resuming {
        received: Cursor,
        resumed: Option<EntryPosition>,
    },
    /// The server's log is not the one the replica's cursor is of.
    Diverged,
}

#[derive(Debug, Default)]
struct Ready {
    enrolled: Option<Enrolled>,
    answers: Vec<Answers>,
    groups: Vec<Group>,
    bytes: usize,
    moved: Option<Moved>,
    /// How many groups these are, for the Confirm.
    group_count: u64,
    /// The server's last word that we have everything, and when it came.
    up_to_date: Option<(Cursor, u64)>,
}

/// What is known of a `Persist` until its answer is there.
#[derive(Debug)]
struct Persisting {
    id: u64,
    enrolled: bool,
    bytes: usize,
    rest: Ready,
}

/// What a `Persist` that is durable was.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Taken {
    /// Whether it enrolled the device.
    pub(super) is_enrolled: bool,
    /// Whether the server gave something with it.
    pub(super) has_come_on: bool,
}

#[derive(Debug, Default)]
struct Durable {
    cursor: Option<Cursor>,
    first_sync: Option<(u64, u64)>,
    up_to_date_as_of_ms: Option<u64>,
    /// The highest number of an answer: the replica is not complete before its cursor is there.
    answered_number: u64,
}

impl Inbound {
    pub(super) fn new(city: CityId, purpose: &Purpose) -> Self {
        let (cursor, first_sync, heard) = match purpose {
            Purpose::Enrol { .. } => (None, None, None),
            Purpose::Sync { cursor, first_sync, heard, .. } => {
                (*cursor, first_sync.clone(), heard.as_ref().map(|heard| heard.says().cursor))
            }
        };
        let shown = first_sync.as_ref().map(|first_sync| (first_sync.done, first_sync.total));
        let course = match cursor {
            Some(received) => Course::Resuming {
                received,
                resumed: first_sync.map(|first_sync| first_sync.position),
            },
            None => Course::FirstSync {
                resumed: first_sync.map(|first_sync| first_sync.position),
                latest: None,
            },
        };
        Self {
            channel_binding: Vec::new(),
            city,
            log: None,
            course,
            heard,
            open: Vec::new(),
            open_bytes: 0,
            ready: Ready::default(),
            persisting: None,
            durable: Durable {
                cursor,
                first_sync: if cursor.is_none() { shown } else { None },
                ..Durable::default()
            },
            confirming: Confirming::default(),
        }
    }

    pub(super) fn status(&self) -> Status {
        Status {
            connected: false,
            up_to_date_as_of_ms: self.durable.up_to_date_as_of_ms,
            first_sync: self.durable.first_sync,
        }
    }

    pub(super) fn cursor(&self) -> Option<Cursor> {
        self.durable.cursor
    }

    pub(super) fn is_idle(&self) -> bool {
        self.confirming.is_idle() && self.is_persisted()
    }

    /// Whether everything the server had is persisted, though it may have to be confirmed yet.
    pub(super) fn is_persisted(&self) -> bool {
        self.open.is_empty()
            && self.ready.is_empty()
            && self.persisting.is_none()
            && self.has_what_it_can_have()
    }

    /// Whether nothing more is to be expected of the server than what the next edits bring.
    fn has_what_it_can_have(&self) -> bool {
        match self.course {
            Course::Diverged => true,
            Course::FirstSync { .. } | Course::Log { .. } | Course::Resuming { .. } => {
                let answered = self.durable.answered_number;
                self.durable.up_to_date_as_of_ms.is_some()
                    && self.durable.cursor.is_some_and(|cursor| cursor.number >= answered)
            }
        }
    }

    /// Whether this side's disk or key is at work.
    pub(super) fn is_at_work(&self) -> bool {
        self.persisting.is_some() || self.confirming.is_at_work()
    }

    /// Whether the server still has to say how far its log goes.
    pub(super) fn is_owed(&self) -> bool {
        !self.has_what_it_can_have()
    }

    pub(super) fn connect(&mut self, channel_binding: &[u8]) {
        self.channel_binding = channel_binding.to_vec();
    }

    pub(super) fn begin(&mut self, welcome: &Welcome) {
        self.log = Some(Cursor::genesis(welcome.log, welcome.generation));
    }

    pub(super) fn take_enrolled(&mut self, enrolled: Enrolled) {
        self.ready.enrolled = Some(enrolled);
    }

    pub(super) fn take_answers(&mut self, answers: Answers) {
        self.ready.answers.push(answers);
    }

    /// Takes entries of the open group.
    ///
    /// # Errors
    /// When their numbers do not increase in the log's order, or they are more than the window.
    pub(super) fn take_entries(&mut self, entries: Vec<Entry>) -> Result<(), PeerMisbehaved> {
        match &self.course {
            Course::Diverged => return Err(PeerMisbehaved::NewGenerationOutOfPlace),
            // Whole documents come one after the other, so numbers start again.
            Course::FirstSync { .. } => {}
            Course::Log { received } | Course::Resuming { received, .. } => {
                self.check_log(received)?;
                let last = self.open.last().map_or(received.number, |entry| entry.number);
                let numbers = entries.iter().map(|entry| entry.number);
                if !std::iter::once(last).chain(numbers).is_sorted_by(|a, b| a < b) {
                    return Err(PeerMisbehaved::EntriesOutOfOrder);
                }
            }
        }
        if let Course::Resuming { received, .. } = self.course {
            self.course = Course::Log { received };
        }
        self.open_bytes += entries.iter().map(Entry::cost_bytes).sum::<usize>();
        let persisting_bytes = self.persisting.as_ref().map_or(0, |persisting| persisting.bytes);
        if self.open_bytes + self.ready.bytes + persisting_bytes > HELD_BYTES_MAX {
            return Err(PeerMisbehaved::WindowExceeded);
        }
        self.open.extend(entries);
        Ok(())
    }

    /// Ends the open group, or says that nothing changed.
    ///
    /// # Errors
    /// When the cursor is of another log, goes back, or lies below an entry of the group.
    pub(super) fn take_up_to(&mut self, up_to: UpTo) -> Result<(), PeerMisbehaved> {
        let (cursor, at_ms) = (up_to.cursor(), up_to.heard.says().at_ms);
        self.check_log(&cursor)?;
        let moved = match &self.course {
            Course::Diverged => return Err(PeerMisbehaved::NewGenerationOutOfPlace),
            Course::FirstSync { resumed, latest } => {
                let at = latest.as_ref().map(|progress| &progress.position.at);
                let goes_back = at.is_some_and(|at| *at != cursor)
                    || resumed.as_ref().is_some_and(|resumed| cursor.number < resumed.at.number);
                if goes_back {
                    return Err(PeerMisbehaved::CursorBackwards);
                }
                true
            }
            Course::Log { received } | Course::Resuming { received, .. } => {
                self.check_log(received)?;
                if cursor.number < received.number
                    || (cursor.number == received.number && cursor != *received)
                {
                    return Err(PeerMisbehaved::CursorBackwards);
                }
                cursor != *received
            }
        };
        self.end_group(&cursor, up_to.heard, None)?;
        self.course = Course::Log { received: cursor };
        if moved {
            self.ready.moved = Some(Moved::Log(cursor));
        }
        if !up_to.more {
            self.ready.up_to_date = Some((cursor, at_ms));
        }
        Ok(())
    }

    /// Ends the open group within a first sync.
    ///
    /// # Errors
    /// When there is no first sync, or the position is of another one or goes back.
    pub(super) fn take_progress(&mut self, progress: Progress) -> Result<(), PeerMisbehaved> {
        let at = progress.position.at;
        self.check_log(&at)?;
        let (resumed, latest, floor) = match &self.course {
            Course::FirstSync { resumed, latest } => (resumed, latest.as_ref(), 0),
            Course::Resuming { received, resumed } => {
                self.check_log(received)?;
                (resumed, None, received.number)
            }
            Course::Log { .. } | Course::Diverged => {
                return Err(PeerMisbehaved::ProgressOutOfPlace);
            }
        };
        let follows = latest.is_none_or(|latest| {
            latest.position.at == at
                && latest.position.phase <= progress.position.phase
                && latest.done <= progress.done
        });
        // The server may begin again, at a later end of the log, never at an earlier one.
        let resumes = floor <= at.number
            && resumed.as_ref().is_none_or(|resumed| resumed.at.number <= at.number);
        if !follows || !resumes || progress.done > progress.total {
            return Err(PeerMisbehaved::ProgressOutOfPlace);
        }
        let resumed = resumed.clone();
        let Progress { position, done, total, heard } = progress;
        let first_sync = FirstSync { position, done, total };
        self.end_group(&at, heard, Some(first_sync.clone()))?;
        self.ready.moved = Some(Moved::FirstSync(first_sync.clone()));
        self.course = Course::FirstSync { resumed, latest: Some(first_sync) };
        Ok(())
    }

    /// Notes that the server's log is another one.
    ///
    /// # Errors
    /// When the replica has nothing of any log, or was told already.
    pub(super) fn take_new_generation(
        &mut self,
        notice: &NewGeneration,
    ) -> Result<DeviceEvent, PeerMisbehaved> {
        self.check_log(&notice.head)?;
        let ours = match &self.course {
            Course::Log { received } | Course::Resuming { received, .. } => Some(*received),
            Course::FirstSync { resumed, .. } => {
                resumed.as_ref().map(|resumed| resumed.at).or(self.heard)
            }
            Course::Diverged => None,
        };
        match ours {
            Some(ours) if self.open.is_empty() => {
                self.course = Course::Diverged;
                let (theirs, shared_number) = (notice.head, notice.shared_number);
                Ok(DeviceEvent::LogDiverged { ours, theirs, shared_number })
            }
            Some(_) | None => Err(PeerMisbehaved::NewGenerationOutOfPlace),
        }
    }

    /// Asks for the next `Persist` and the next signature, if they are due.
    pub(super) fn go_on(
        &mut self,
        next_id: &mut impl FnMut() -> u64,
        effects: &mut VecDeque<DeviceEffect>,
    ) {
        if self.persisting.is_none() && !self.ready.is_empty() {
            let ready = std::mem::take(&mut self.ready);
            effects.push_back(DeviceEffect::Persist(self.persist(next_id(), ready)));
        }
        if let Some((id, confirmation)) = self.confirming.next_to_sign(next_id) {
            effects.push_back(DeviceEffect::SignConfirmation { id, confirmation });
        }
    }

    /// Notes that a `Persist` is durable.
    pub(super) fn take_persisted(
        &mut self,
        id: u64,
        persisted: Persisted,
        events: &mut VecDeque<DeviceEvent>,
    ) -> Taken {
        let Some(persisting) = self.persisting.take_if(|persisting| persisting.id == id) else {
            return Taken::default();
        };
        let taken = Taken { is_enrolled: persisting.enrolled, has_come_on: persisted.has_come_on };
        if persisting.enrolled {
            events.push_back(DeviceEvent::Enrolled);
        }
        match &persisting.rest.moved {
            Some(Moved::Log(cursor)) => {
                self.durable.cursor = Some(*cursor);
                self.durable.first_sync = None;
                self.confirming.confirm_cursor(Confirmation {
                    city: self.city,
                    cursor: *cursor,
                    incarnation: persisted.incarnation,
                    last_sequence: persisted.last_sequence,
                });
            }
            Some(Moved::FirstSync(first_sync)) => {
                let (done, total) = (first_sync.done, first_sync.total);
                self.durable.first_sync = Some((done, total));
                self.confirming.confirm_groups();
                events.push_back(DeviceEvent::Progress { done, total });
            }
            None => {}
        }
        self.note(persisting.rest, events);
        taken
    }

    fn check_log(&self, cursor: &Cursor) -> Result<(), PeerMisbehaved> {
        let same = |log: &Cursor| log.log == cursor.log && log.generation == cursor.generation;
        if self.log.as_ref().is_some_and(same) {
            Ok(())
        } else {
            Err(PeerMisbehaved::CursorOfOtherLog)
        }
    }

    fn end_group(
        &mut self,
        end: &Cursor,
        heard: Claimed<Heard>,
        first_sync: Option<FirstSync>,
    ) -> Result<(), PeerMisbehaved> {
        if self.open.iter().any(|entry| entry.number > end.number) {
            return Err(PeerMisbehaved::EntryBeyond);
        }
        let entries = std::mem::take(&mut self.open);
        self.ready.bytes += std::mem::take(&mut self.open_bytes);
        self.ready.group_count += 1;
        // Of groups without entries the last word says all, so that a server which repeats itself
        // cannot fill the memory.
        let last = self.ready.groups.last_mut();
        match last.filter(|last| entries.is_empty() && last.entries.is_empty()) {
            Some(last) => *last = Group { entries, heard, first_sync },
            None => self.ready.groups.push(Group { entries, heard, first_sync }),
        }
        Ok(())
    }

    fn persist(&mut self, id: u64, mut ready: Ready) -> Persist {
        let groups = std::mem::take(&mut ready.groups);
        let enrolled = ready.enrolled.take();
        let persist = Persist {
            id,
            channel_binding: self.channel_binding.clone(),
            answers: ready.answers.clone(),
            moved: ready.moved.clone(),
            enrolled,
            groups,
        };
        let enrolled = persist.enrolled.is_some();
        self.persisting = Some(Persisting { id, enrolled, bytes: ready.bytes, rest: ready });
        persist
    }

    /// Notes what is durable and true now.
    fn note(&mut self, done: Ready, events: &mut VecDeque<DeviceEvent>) {
        self.confirming.add_groups(done.group_count);
        let answers: Vec<_> = done.answers.into_iter().flat_map(|said| said.answers).collect();
        let numbers = answers.iter().filter_map(|answer| answer.outcome.number());
        self.durable.answered_number = numbers.fold(self.durable.answered_number, u64::max);
        if !answers.is_empty() {
            events.push_back(DeviceEvent::Answered(answers));
        }
        if let Some((cursor, at_ms)) = done.up_to_date {
            self.durable.up_to_date_as_of_ms = Some(at_ms);
            events.push_back(DeviceEvent::UpToDate { cursor, at_ms });
        }
    }
}

impl Ready {
    fn is_empty(&self) -> bool {
        self.enrolled.is_none() && self.answers.is_empty() && self.groups.is_empty()
    }
}
