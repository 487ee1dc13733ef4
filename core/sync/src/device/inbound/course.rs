//! Which of the server's messages may come next, and the groups that they make.

use keting_trust::{Claimed, Cursor, Heard};

use super::Inbound;
use crate::device::port::{DeviceEvent, FirstSync, Group, Moved};
use crate::error::PeerMisbehaved;
use crate::message::{Entry, EntryPosition, NewGeneration, Progress, UpTo};
use keting_trust::limits::{ENTRIES_IN_FLIGHT_BYTES_MAX, FRAME_BYTES_MAX};

/// What may be held in memory: the window, and the one entry by which it may be overrun.
const HELD_BYTES_MAX: usize = ENTRIES_IN_FLIGHT_BYTES_MAX + FRAME_BYTES_MAX;

/// Where the server's messages stand, ahead of what is durable.
#[derive(Debug)]
pub(super) enum Course {
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

impl Inbound {
    /// Takes entries of the open group.
    ///
    /// # Errors
    /// When their numbers do not increase in the log's order, or they are more than the window.
    pub(in crate::device) fn take_entries(
        &mut self,
        entries: Vec<Entry>,
    ) -> Result<(), PeerMisbehaved> {
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
    pub(in crate::device) fn take_up_to(&mut self, up_to: UpTo) -> Result<(), PeerMisbehaved> {
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
    pub(in crate::device) fn take_progress(
        &mut self,
        progress: Progress,
    ) -> Result<(), PeerMisbehaved> {
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
    pub(in crate::device) fn take_new_generation(
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
}
