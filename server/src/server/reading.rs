//! What a session reads: the log after a cursor, and documents of a first sync.

use keting_sync::{Denial, DocumentBatch, EntryPosition, LogBatch};
use keting_trust::{DeviceId, Digest};

use super::effects::denial;
use super::{ConnectionId, Server};
use crate::audience::{Coverage, FirstSync, cursor_at, entries_after};
use crate::city::City;
use crate::store::{Head, ServerRead, StoreError};

/// The most devices whose coverage is kept in memory.
const COVERAGES_MAX: usize = 8_192;

impl Server {
    pub(super) fn read_log(
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

    pub(super) fn read_documents(
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

    /// The device of a session and what it is given.
    fn device(&self, connection: ConnectionId) -> Result<(DeviceId, Option<Digest>), StoreError> {
        let open = self.connections.get(&connection);
        let device = open.and_then(|open| open.device.map(|device| (device, open.audience)));
        device.ok_or(StoreError::Damaged("a session reads before it was let in"))
    }

    /// What was read for a session, or why it ends: what its device is given has changed meanwhile,
    /// and no word may move its cursor over what it was not given. It may come back.
    pub(super) fn or_end<T>(
        &mut self,
        connection: ConnectionId,
        result: Result<Result<T, Denial>, StoreError>,
    ) -> Option<T> {
        let refused = match result {
            Ok(Ok(read)) => return Some(read),
            Ok(Err(refused)) => refused,
            Err(error) => {
                self.note_fault(&error);
                denial(error.code(), error.retryable())
            }
        };
        if let Some(open) = self.connections.get_mut(&connection) {
            open.session.refuse(refused);
        }
        None
    }
}

/// The coverages of devices, kept as long as they are what the store says.
pub(super) struct Coverages<'s> {
    pub(super) book: &'s mut crate::authority::Book,
    pub(super) kept: &'s mut std::collections::BTreeMap<DeviceId, Coverage>,
    pub(super) city: &'s City,
}

impl<'s> Coverages<'s> {
    pub(super) fn of(
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

/// Why a session that was given some audience cannot go on with a coverage.
fn end_of(coverage: &Coverage, audience: Option<Digest>) -> Option<Denial> {
    if coverage.is_empty() {
        return Some(denial("grant_ended", true));
    }
    (audience != Some(coverage.audience())).then(|| denial("audience_changed", true))
}
