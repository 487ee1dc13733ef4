//! What sessions ask for, done.

use keting_sync::{
    Answer, CommitKey, Denial, DocumentBatch, Enrolled, Enrolment, EntryPosition, LogBatch,
    Outcome as Answered, OwnFault, Resume, Resumption, Secret, ServerEffect, Standing,
};
use keting_trust::{Cursor, DeviceId, Digest, PublicKey, SignedConfirmation};

use super::waiting::Queued;
use super::{CONFIRMATIONS_EVERY_MS, ConnectionId, Server};
use crate::admission::{Outcome, PushedCommit};
use crate::audience::{Coverage, FirstSync, cursor_at, entries_after};
use crate::city::City;
use crate::enrol::enrol;
use crate::store::{Head, ServerRead, StoreError, StoredDevice};

/// The most devices whose coverage is kept in memory.
const COVERAGES_MAX: usize = 8_192;

impl Server {
    /// Performs what one session asks for until it asks for nothing more.
    pub(super) fn perform_all(&mut self, connection: ConnectionId, now_ms: u64, unix_ms: u64) {
        loop {
            let Some(open) = self.connections.get_mut(&connection) else { return };
            let next = open.stalled.take().or_else(|| open.session.poll_effect());
            let Some(effect) = next else { break };
            if let (ServerEffect::Admit { .. }, Some(device)) = (&effect, &open.device)
                && self.waiting.is_full_for(device)
            {
                open.stalled = Some(effect);
                self.stalled.insert(connection);
                break;
            }
            self.perform(connection, effect, now_ms, unix_ms);
        }
        self.take_events(connection);
        self.note_timeout(connection);
    }

    fn perform(
        &mut self,
        connection: ConnectionId,
        effect: ServerEffect,
        now_ms: u64,
        unix_ms: u64,
    ) {
        match effect {
            ServerEffect::Authenticate { device, software: _, resume } => {
                self.authenticate(connection, &device, &resume, now_ms, unix_ms);
            }
            ServerEffect::Enrol { device, software: _, secret, name } => {
                self.enrol(connection, &device, &secret, &name, now_ms, unix_ms);
            }
            ServerEffect::Admit { id, commits } => {
                self.queue_push(connection, id, commits, now_ms);
            }
            ServerEffect::ReadLog { id, after, until, bytes_max } => {
                let batch = self.read_log(connection, after, until, bytes_max, unix_ms);
                let Some(batch) = self.or_end(connection, batch) else { return };
                self.metrics.entries_sent += batch.as_ref().map_or(0, |b| b.entries.len() as u64);
                if let Some(open) = self.connections.get_mut(&connection) {
                    open.session.handle_log(id, batch, now_ms);
                }
            }
            ServerEffect::ReadDocuments { id, from, bytes_max } => {
                let batch = self.read_documents(connection, from.as_ref(), bytes_max, unix_ms);
                let Some(batch) = self.or_end(connection, batch) else { return };
                self.metrics.entries_sent += batch.as_ref().map_or(0, |b| b.entries.len() as u64);
                if let Some(open) = self.connections.get_mut(&connection) {
                    open.session.handle_documents(id, batch, now_ms);
                }
            }
            ServerEffect::Confirmed(confirmation) => {
                let device = self.connections.get(&connection).and_then(|open| open.device);
                if let Some(device) = device {
                    self.confirmations.insert(device, confirmation);
                    self.confirmations_due
                        .get_or_insert(now_ms.saturating_add(CONFIRMATIONS_EVERY_MS));
                }
            }
            ServerEffect::Close(_) => {
                if let Some(open) = self.connections.get_mut(&connection) {
                    open.is_closed = true;
                }
            }
        }
    }

    fn authenticate(
        &mut self,
        connection: ConnectionId,
        key: &PublicKey,
        resume: &Resume,
        now_ms: u64,
        unix_ms: u64,
    ) {
        let device = key.device_id();
        let given = self.begin_audience(connection, &device, unix_ms);
        let standing = given.and_then(|given| self.standing(&device, resume, given, unix_ms));
        if let Err(error) = &standing {
            self.note_fault(error);
        }
        let Some(open) = self.connections.get_mut(&connection) else { return };
        match standing {
            Ok(Ok(standing)) => {
                open.device = Some(device);
                open.session.handle_authenticated(standing, now_ms);
            }
            Ok(Err(denial)) => open.session.handle_denied(denial),
            Err(error) => open.session.handle_denied(denial(error.code(), error.retryable())),
        }
    }

    /// Where a device stands, or why it is not served.
    fn standing(
        &mut self,
        device: &DeviceId,
        resume: &Resume,
        given_from: u64,
        unix_ms: u64,
    ) -> Result<Result<Standing, Denial>, StoreError> {
        let read = self.store.snapshot()?;
        let head = read.head()?.ok_or(StoreError::Empty)?;
        let Some(row) = read.device(device)? else {
            return Ok(Err(denial("unknown_device", false)));
        };
        self.book.refresh(&*read, &head)?;
        let rights = self.book.rights(&*read, &self.city, device)?;
        let ended = rights.live(unix_ms).next().is_none();
        let position = match &resume.first_sync {
            Some(position) if is_of(&*read, &head, &position.at)? => {
                Some(position.clone()).filter(|position| position.at.number >= given_from)
            }
            Some(_) | None => None,
        };
        let resumption = match &resume.cursor {
            // What it made before is held for a supervisor; it does not have to be lost.
            _ if ended => Resumption::HandOver { then: denial("expired", false) },
            Some(cursor) if is_of(&*read, &head, cursor)? => {
                if cursor.number < given_from {
                    Resumption::Again { from: position }
                } else {
                    Resumption::Tail { cursor: *cursor }
                }
            }
            Some(_) => Resumption::Diverged { shared_number: shared_number(&head, &row) },
            None => Resumption::FirstSync { from: position },
        };
        Ok(Ok(Standing {
            head: head.cursor(),
            backed_up_to: head.backed_up_to,
            server_time_ms: unix_ms,
            resumption,
        }))
    }

    fn enrol(
        &mut self,
        connection: ConnectionId,
        key: &PublicKey,
        secret: &Secret,
        name: &str,
        now_ms: u64,
        unix_ms: u64,
    ) {
        let secret = keting_trust::invitation::Secret::new(*secret.as_bytes());
        let random = &mut *self.random;
        let enrolled = enrol(&mut *self.store, &self.city, &secret, key, name, random, unix_ms);
        let enrolled = match enrolled {
            Ok(enrolled) => enrolled,
            Err(error) => {
                if let crate::enrol::EnrolError::Store(error) = &error {
                    self.note_fault(error);
                }
                if let Some(open) = self.connections.get_mut(&connection) {
                    open.session.handle_denied(denial(error.code(), error.retryable()));
                }
                return;
            }
        };
        self.metrics.devices_enrolled += u64::from(!enrolled.again);
        self.take_head(enrolled.head, now_ms);
        if let Err(error) = self.begin_audience(connection, &key.device_id(), unix_ms) {
            self.note_fault(&error);
            if let Some(open) = self.connections.get_mut(&connection) {
                open.session.handle_denied(denial(error.code(), error.retryable()));
            }
            return;
        }
        let Some(open) = self.connections.get_mut(&connection) else { return };
        open.device = Some(key.device_id());
        let enrolment = Enrolment {
            enrolled: Enrolled {
                city_name: self.city.name.clone(),
                log: self.city.log,
                root: self.city.root.clone(),
                grants: enrolled.grants,
            },
            head: enrolled.head.cursor(),
            backed_up_to: enrolled.head.backed_up_to,
            server_time_ms: unix_ms,
        };
        open.session.handle_enrolled(enrolment, now_ms);
    }

    fn queue_push(
        &mut self,
        connection: ConnectionId,
        id: u64,
        commits: Vec<keting_sync::PushedCommit>,
        now_ms: u64,
    ) {
        let Some(open) = self.connections.get_mut(&connection) else { return };
        let Some(device) = open.device else { return };
        if commits.is_empty() {
            return open.session.handle_admitted(id, Ok(Vec::new()), now_ms);
        }
        let keys = commits.iter().map(|commit| commit.key).collect();
        let commits = commits
            .into_iter()
            .map(|commit| PushedCommit {
                expected: Some(super::commit_id(&commit.key, device)),
                signed: commit.signed,
                parts: commit.parts,
            })
            .collect();
        let outcomes = Vec::new();
        self.waiting.push(device, Queued { connection, id, keys, commits, outcomes });
    }

    fn read_log(
        &mut self,
        connection: ConnectionId,
        after: u64,
        until: u64,
        bytes_max: usize,
        unix_ms: u64,
    ) -> Result<Result<LogBatch, Denial>, StoreError> {
        let (device, audience) = self.device(connection)?;
        let read = self.store.snapshot()?;
        let head = read.head()?.ok_or(StoreError::Empty)?;
        let coverage =
            Coverages { book: &mut self.book, kept: &mut self.coverages, city: &self.city }
                .of(&*read, &head, &device, unix_ms)?;
        if let Some(denial) = end_of(coverage, audience) {
            return Ok(Err(denial));
        }
        let page = entries_after(&*read, coverage, after, until.min(head.number), bytes_max)?;
        let up_to = cursor_at(&*read, &head, page.up_to)?;
        Ok(Ok(LogBatch { entries: page.entries, up_to }))
    }

    fn read_documents(
        &mut self,
        connection: ConnectionId,
        from: Option<&EntryPosition>,
        bytes_max: usize,
        unix_ms: u64,
    ) -> Result<Result<DocumentBatch, Denial>, StoreError> {
        let (device, audience) = self.device(connection)?;
        let read = self.store.snapshot()?;
        let head = read.head()?.ok_or(StoreError::Empty)?;
        let coverage =
            Coverages { book: &mut self.book, kept: &mut self.coverages, city: &self.city }
                .of(&*read, &head, &device, unix_ms)?;
        if let Some(denial) = end_of(coverage, audience) {
            return Ok(Err(denial));
        }
        let open = self.connections.get_mut(&connection);
        let open = open.ok_or(StoreError::Damaged("a connection is gone"))?;
        let at = from.map_or(head.cursor(), |position| position.at);
        let plan = match open.first_sync.take().filter(|plan| plan.at() == at) {
            Some(plan) => plan,
            None => FirstSync::plan(&*read, coverage, at)?,
        };
        let page = plan.page(&*read, coverage, from, bytes_max)?;
        if !page.finished {
            open.first_sync = Some(plan);
        }
        Ok(Ok(DocumentBatch {
            entries: page.entries,
            position: page.position,
            done: page.done,
            total: page.total,
            finished: page.finished,
        }))
    }

    /// Writes what devices have confirmed since the last time.
    pub(super) fn write_confirmations(&mut self, unix_ms: u64) {
        self.confirmations_due = None;
        let confirmations = std::mem::take(&mut self.confirmations);
        if confirmations.is_empty() {
            return;
        }
        let written = self.store.begin().and_then(|mut transaction| {
            for (device, confirmation) in &confirmations {
                if let Some(row) = transaction.device(device)? {
                    transaction.put_device(&confirmed(row, confirmation, unix_ms))?;
                }
            }
            transaction.commit()
        });
        if let Err(error) = written {
            self.note_fault(&error);
        }
    }

    /// The device of a session and what it is given.
    fn device(&self, connection: ConnectionId) -> Result<(DeviceId, Option<Digest>), StoreError> {
        let open = self.connections.get(&connection);
        let device = open.and_then(|open| open.device.map(|device| (device, open.audience)));
        device.ok_or(StoreError::Damaged("a session reads before it was let in"))
    }

    /// Notes what a device is given from now on, and says where the log stood when that began.
    fn begin_audience(
        &mut self,
        connection: ConnectionId,
        device: &DeviceId,
        unix_ms: u64,
    ) -> Result<u64, StoreError> {
        let (head, row, audience) = {
            let read = self.store.snapshot()?;
            let head = read.head()?.ok_or(StoreError::Empty)?;
            let Some(row) = read.device(device)? else { return Ok(head.number) };
            let coverage =
                Coverages { book: &mut self.book, kept: &mut self.coverages, city: &self.city }
                    .of(&*read, &head, device, unix_ms)?;
            if coverage.is_empty() {
                return Ok(head.number);
            }
            (head, row, coverage.audience())
        };
        if let Some(open) = self.connections.get_mut(&connection) {
            open.audience = Some(audience);
        }
        if row.audience == audience.as_bytes() {
            return Ok(row.audience_from);
        }
        let mut transaction = self.store.begin()?;
        if let Some(row) = transaction.device(device)? {
            transaction.put_device(&StoredDevice {
                audience: audience.as_bytes().to_vec(),
                audience_from: head.number,
                ..row
            })?;
        }
        transaction.commit()?;
        Ok(head.number)
    }

    /// What was read for a session, or why it ends: what its device is given has changed meanwhile,
    /// and no word may move its cursor over what it was not given. It may come back.
    fn or_end<T>(
        &mut self,
        connection: ConnectionId,
        result: Result<Result<T, Denial>, StoreError>,
    ) -> Option<Result<T, OwnFault>> {
        match result {
            Ok(Ok(read)) => Some(Ok(read)),
            Ok(Err(denial)) => {
                if let Some(open) = self.connections.get_mut(&connection) {
                    open.session.refuse(denial);
                }
                None
            }
            Err(error) => {
                self.note_fault(&error);
                Some(Err(OwnFault::Store))
            }
        }
    }
}

/// The coverages of devices, kept as long as they are what the store says.
struct Coverages<'s> {
    book: &'s mut crate::authority::Book,
    kept: &'s mut std::collections::BTreeMap<DeviceId, Coverage>,
    city: &'s City,
}

impl<'s> Coverages<'s> {
    fn of(
        self,
        read: &dyn ServerRead,
        head: &Head,
        device: &DeviceId,
        unix_ms: u64,
    ) -> Result<&'s Coverage, StoreError> {
        let current = self.kept.get(device).is_some_and(|kept| kept.is_current(head, unix_ms));
        if !current {
            if self.kept.len() >= COVERAGES_MAX {
                self.kept.clear();
            }
            self.book.refresh(read, head)?;
            let fresh = Coverage::of(read, head, self.book, self.city, device, unix_ms)?;
            self.kept.insert(*device, fresh);
        }
        self.kept.get(device).ok_or(StoreError::Damaged("a coverage is gone"))
    }
}

/// The answers as the protocol has them.
pub(super) fn answers(keys: Vec<CommitKey>, outcomes: Vec<Outcome>) -> Vec<Answer> {
    keys.into_iter()
        .zip(outcomes)
        .map(|(commit, outcome)| Answer {
            commit,
            outcome: match outcome {
                Outcome::Admitted { number } => Answered::Admitted { number },
                Outcome::Held { number, code } => Answered::Held { number, code },
                Outcome::Refused { code } => Answered::Refused { code: code.to_owned() },
            },
        })
        .collect()
}

fn confirmed(row: StoredDevice, confirmation: &SignedConfirmation, unix_ms: u64) -> StoredDevice {
    StoredDevice {
        seen_at_ms: unix_ms,
        confirmation: confirmation.bytes.clone(),
        confirmed_number: confirmation.record.cursor.number,
        confirmed_sequence: confirmation.record.last_sequence,
        ..row
    }
}

/// Whether a cursor is one of the log as it is here.
fn is_of(read: &dyn ServerRead, head: &Head, cursor: &Cursor) -> Result<bool, StoreError> {
    if cursor.log != head.log || cursor.generation != head.generation || cursor.number > head.number
    {
        return Ok(false);
    }
    Ok(cursor_at(read, head, cursor.number)? == *cursor)
}

/// The last number that a device whose cursor is of another branch is known to share with this one:
/// what it had confirmed when this store was written.
fn shared_number(head: &Head, device: &StoredDevice) -> u64 {
    device.confirmed_number.min(head.number)
}

/// Why a session that was given some audience cannot go on with a coverage.
fn end_of(coverage: &Coverage, audience: Option<Digest>) -> Option<Denial> {
    if coverage.is_empty() {
        return Some(denial("expired", true));
    }
    (audience != Some(coverage.audience())).then(|| denial("audience_changed", true))
}

fn denial(code: &str, retryable: bool) -> Denial {
    let message = match code {
        "unknown_device" => "this server has not enrolled the device",
        "expired" => "no grant of the device is valid any more",
        "audience_changed" => "what the device is given has changed, so it begins anew",
        "invitation_used" => "another device has used the invitation",
        "invitation_expired" => "the invitation is not valid any more",
        "invitation_unknown" => "there is no such invitation",
        _ => "the server cannot serve the device now",
    };
    Denial { code: code.to_owned(), retryable, message: message.to_owned() }
}
