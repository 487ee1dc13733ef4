//! What may go wrong on purpose, and the record of what SQLite asked for.

use std::ffi::c_int;

use rusqlite::ffi;

/// What SQLite asks of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// Opens or makes a file.
    Open,
    /// Deletes a file.
    Delete,
    /// Asks whether a file is there.
    Access,
    /// Reads bytes.
    Read,
    /// Writes bytes.
    Write,
    /// Cuts a file short or makes it longer.
    Truncate,
    /// Makes a file's bytes safe.
    Sync,
    /// Asks for a file's length.
    Size,
    /// Raises a lock on a file.
    Lock,
    /// Lowers it; never fails.
    Unlock,
    /// Maps a region of the WAL's shared index.
    ShmMap,
    /// Takes a lock on the shared index.
    ShmLock,
    /// Gives it back; never fails.
    ShmUnlock,
}

impl Op {
    /// Whether it may change what a power cut leaves behind.
    pub const fn changes_the_disk(self) -> bool {
        matches!(self, Self::Delete | Self::Write | Self::Truncate | Self::Sync)
    }

    /// What SQLite is told when it fails.
    pub(super) const fn io_error(self) -> c_int {
        match self {
            Self::Open => ffi::SQLITE_CANTOPEN,
            Self::Delete => ffi::SQLITE_IOERR_DELETE,
            Self::Access => ffi::SQLITE_IOERR_ACCESS,
            Self::Read => ffi::SQLITE_IOERR_READ,
            Self::Write => ffi::SQLITE_IOERR_WRITE,
            Self::Truncate => ffi::SQLITE_IOERR_TRUNCATE,
            Self::Sync => ffi::SQLITE_IOERR_FSYNC,
            Self::Size => ffi::SQLITE_IOERR_FSTAT,
            Self::Lock => ffi::SQLITE_IOERR_LOCK,
            Self::Unlock => ffi::SQLITE_IOERR_UNLOCK,
            Self::ShmMap => ffi::SQLITE_IOERR_SHMMAP,
            Self::ShmLock | Self::ShmUnlock => ffi::SQLITE_IOERR_SHMLOCK,
        }
    }
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The disk reports an error. A failing write has written a part of its bytes; a failing sync
    /// has made nothing safe, and the next sync may still do so.
    Io,
    /// The disk reports that it is full.
    Full,
    /// A sync fails and the system drops what it should have written: reads go on seeing it, but
    /// no later sync makes it safe (Linux before 4.13, and several file systems since).
    SyncForgets,
    /// The power goes in the middle of the call; nothing works until
    /// [`Disk::power_cut`](super::Disk::power_cut).
    PowerOff,
}

/// A rule by which calls fail.
#[derive(Debug, Clone)]
pub struct Fault {
    op: Option<Op>,
    suffix: String,
    nth: u64,
    failure: Failure,
    lasting: bool,
    seen: u64,
}

impl Fault {
    /// Lets the nth call of this kind fail, counted from 1 when the rule is injected.
    pub const fn nth(op: Op, nth: u64, failure: Failure) -> Self {
        Self { op: Some(op), suffix: String::new(), nth, failure, lasting: false, seen: 0 }
    }

    /// Lets the nth of all calls that change the disk fail.
    pub const fn nth_change(nth: u64, failure: Failure) -> Self {
        Self { op: None, suffix: String::new(), nth, failure, lasting: false, seen: 0 }
    }

    /// Counts only calls on files whose path ends so, such as `-wal`.
    #[must_use]
    pub fn on(mut self, suffix: &str) -> Self {
        suffix.clone_into(&mut self.suffix);
        self
    }

    /// Lets every later call of this kind fail too.
    #[must_use]
    pub const fn lasting(mut self) -> Self {
        self.lasting = true;
        self
    }

    fn matches(&self, op: Op, path: &str) -> bool {
        let kind = self.op.map_or_else(|| op.changes_the_disk(), |wanted| wanted == op);
        kind && path.ends_with(&self.suffix)
    }
}

/// The rules in force.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    rules: Vec<Fault>,
    pub(super) fired: u64,
}

impl Faults {
    pub(super) fn inject(&mut self, fault: Fault) {
        self.rules.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
    }

    /// Counts a call and says whether it is to fail. Every rule counts it, the first one that
    /// applies decides.
    pub(super) fn strike(&mut self, op: Op, path: &str) -> Option<Failure> {
        let mut struck = None;
        for rule in self.rules.iter_mut().filter(|rule| rule.matches(op, path)) {
            rule.seen += 1;
            if rule.seen == rule.nth || (rule.lasting && rule.seen > rule.nth) {
                struck = struck.or(Some(rule.failure));
            }
        }
        self.fired += u64::from(struck.is_some());
        struck
    }
}

/// How often a disk was asked for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Files opened.
    pub opens: u64,
    /// Files deleted.
    pub deletes: u64,
    /// Reads.
    pub reads: u64,
    /// Bytes asked for by reads.
    pub bytes_read: u64,
    /// Writes.
    pub writes: u64,
    /// Bytes given to writes.
    pub bytes_written: u64,
    /// Changes of a file's length other than by writing.
    pub truncates: u64,
    /// Syncs of files: what an edit costs on a phone.
    pub syncs: u64,
    /// Syncs of directories.
    pub directory_syncs: u64,
}

impl Counters {
    /// What was added since `earlier`.
    #[must_use]
    pub const fn since(&self, earlier: &Self) -> Self {
        Self {
            opens: self.opens - earlier.opens,
            deletes: self.deletes - earlier.deletes,
            reads: self.reads - earlier.reads,
            bytes_read: self.bytes_read - earlier.bytes_read,
            writes: self.writes - earlier.writes,
            bytes_written: self.bytes_written - earlier.bytes_written,
            truncates: self.truncates - earlier.truncates,
            syncs: self.syncs - earlier.syncs,
            directory_syncs: self.directory_syncs - earlier.directory_syncs,
        }
    }

    pub(super) const fn count(&mut self, op: Op, len: u64) {
        match op {
            Op::Open => self.opens += 1,
            Op::Delete => self.deletes += 1,
            Op::Read => {
                self.reads += 1;
                self.bytes_read += len;
            }
            Op::Write => {
                self.writes += 1;
                self.bytes_written += len;
            }
            Op::Truncate => self.truncates += 1,
            Op::Sync => self.syncs += 1,
            Op::Access
            | Op::Size
            | Op::Lock
            | Op::Unlock
            | Op::ShmMap
            | Op::ShmLock
            | Op::ShmUnlock => {}
        }
    }
}

/// One call as the trace keeps it.
///
/// It holds no content: SQLCipher and the WAL draw their own random bytes, so that two runs of a
/// seed differ in what they write but not in where, how much and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What was asked for.
    pub op: Op,
    /// The path of the file.
    pub path: String,
    /// Where in the file, a new length, a lock's level, or a region's or lock's number.
    pub offset: u64,
    /// How many bytes or locks.
    pub len: u64,
    /// What SQLite was told: 0 when all was well.
    pub code: c_int,
}

/// The record of all calls: always as one number, on demand in full.
#[derive(Debug, Clone, Default)]
pub(super) struct Trace {
    pub(super) digest: u64,
    pub(super) calls: Option<Vec<Call>>,
}

impl Trace {
    pub(super) fn record(&mut self, op: Op, path: &str, offset: u64, len: u64, code: c_int) {
        let name = path
            .bytes()
            .fold(0, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        for part in [op as u64, name, offset, len, u64::from(code.unsigned_abs())] {
            self.digest = crate::rng::Rng::new(self.digest ^ part).next_u64();
        }
        if let Some(calls) = &mut self.calls {
            calls.push(Call { op, path: path.to_owned(), offset, len, code });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_strikes_once_unless_it_lasts() {
        let mut faults = Faults::default();
        faults.inject(Fault::nth(Op::Write, 2, Failure::Io).on("-wal"));
        let strikes: Vec<bool> =
            (0..4).map(|_| faults.strike(Op::Write, "a-wal").is_some()).collect();
        assert_eq!(strikes, [false, true, false, false]);
        assert_eq!(faults.strike(Op::Write, "a"), None);
        faults.inject(Fault::nth(Op::Sync, 1, Failure::Full).lasting());
        assert_eq!(faults.strike(Op::Sync, "a"), Some(Failure::Full));
        assert_eq!(faults.strike(Op::Sync, "a"), Some(Failure::Full));
        assert_eq!(faults.fired, 3);
    }
}
