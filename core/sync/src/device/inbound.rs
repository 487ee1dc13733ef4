//! What the server sends, on its way to the disk.
//!
//! Entries are gathered until an UpTo or a Progress ends their group, because only then is it known
//! where the replica stands after them. Whatever is ready goes into one `Persist` at a time, so that
//! position and data become durable together and a slow disk gets larger transactions, not more.

mod course;

use std::collections::VecDeque;

use keting_model::CityId;
use keting_trust::{Confirmation, Cursor};

use self::course::Course;
use super::confirming::Confirming;
use super::port::{DeviceEffect, DeviceEvent, Group, Moved, Persist, Persisted, Purpose, Status};
use crate::message::{Answers, Enrolled, Entry, Welcome};

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
