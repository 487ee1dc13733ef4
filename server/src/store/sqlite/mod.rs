//! The store in one SQLite file, not encrypted: that is for the operator's disk to be.
//!
//! Any number of processes may have it open. `BEGIN IMMEDIATE` is the lock on the log's row: SQLite
//! locks the file, which is more than is asked.

mod ask;
mod convert;
mod read;
mod write;

use std::path::Path;

use keting_store::{
    Access, FileSizes, OpenConfig, OpenError, Owner, Reader, open_still, open_untouched,
    open_writer,
};
use rusqlite::{Connection, TransactionBehavior};

use crate::store::{ServerRead, ServerStore, ServerTransaction, StoreError};

/// The server's tables.
pub const SERVER_OWNER: Owner<'static> =
    Owner { name: "server", migrations: &[(1, include_str!("../migrations/001_server.sql"))] };

/// A city in a SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
}

/// A transaction, reading or writing.
struct SqliteTransaction<'c> {
    inner: rusqlite::Transaction<'c>,
}

impl SqliteStore {
    /// Opens a file, and makes it if there is none. Every commit is on the disk before it returns.
    ///
    /// # Errors
    /// When the file cannot be opened, is not ours, or is from a newer version.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_with(path, None, true)
    }

    /// Opens a file as [`Self::open`] does, through a registered SQLite VFS, and without waiting
    /// for the disk unless `full_sync`: for tests that forget what was not synced, and for
    /// measurements.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(path: &Path, vfs: Option<&str>, full_sync: bool) -> Result<Self, OpenError> {
        let access = vfs.map_or(Access::Shared, Access::Vfs);
        let config = OpenConfig { access, full_sync, ..shared(path) };
        let connection = open_writer(&config)?;
        Ok(Self { connection })
    }

    /// Opens a file to look at it, also where nothing can be written: a copy on a read-only disk, or
    /// a city on one that is full to the last byte.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_to_read(path: &Path) -> Result<Self, OpenError> {
        let config = shared(path);
        let connection = match open_writer(&config) {
            Err(error)
                if error.may_be_of_a_read_only_place() || matches!(error, OpenError::DiskFull) =>
            {
                open_still(&config).map_err(|_| error)?
            }
            opened => opened?,
        };
        Ok(Self { connection })
    }

    /// Opens a file to look at it without leaving a trace, beside a server that runs on it or where none
    /// does.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_untouched(path: &Path, is_served: bool) -> Result<Self, OpenError> {
        Ok(Self { connection: open_untouched(&shared(path), is_served)? })
    }

    /// Reads every page and looks whether the tables hold together.
    ///
    /// # Errors
    /// When something is damaged, or the file cannot be read.
    pub fn quick_check(&self) -> Result<(), StoreError> {
        let sound: String =
            self.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if sound == "ok" {
            Ok(())
        } else {
            Err(StoreError::Damaged("a table does not hold together"))
        }
    }
}

/// How a server's file is opened beside whoever else has it open.
fn shared(path: &Path) -> OpenConfig<'_> {
    let access = Access::Shared;
    OpenConfig { path, key: None, access, owners: &[SERVER_OWNER], full_sync: true }
}

/// Measures a server's file, also while a server runs on it.
///
/// # Errors
/// When the file cannot be opened or read.
pub fn measure(path: &Path) -> Result<FileSizes, OpenError> {
    Reader::of_file(&shared(path))?.sizes().map_err(|_| OpenError::Corrupt)
}

impl ServerStore for SqliteStore {
    fn snapshot(&mut self) -> Result<Box<dyn ServerRead + '_>, StoreError> {
        let inner = self.connection.transaction()?;
        let snapshot = SqliteTransaction { inner };
        // SQLite takes its snapshot with the first statement that reads.
        snapshot.head()?;
        Ok(Box::new(snapshot))
    }

    fn begin(&mut self) -> Result<Box<dyn ServerTransaction + '_>, StoreError> {
        let inner = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        Ok(Box::new(SqliteTransaction { inner }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::{self, Processes};

    #[test]
    fn the_sqlite_store_conforms() {
        let dir = tempfile::tempdir().unwrap();
        let made = std::cell::Cell::new(0);
        conformance::run(|| {
            made.set(made.get() + 1);
            open(&dir.path().join(format!("{}.sqlite", made.get())))
        });
    }

    #[test]
    fn two_processes_share_a_store_without_a_gap_a_fork_or_a_lost_commit() {
        let dir = tempfile::tempdir().unwrap();
        PROCESSES.run(&dir.path().join("server.sqlite"), open);
    }

    #[test]
    fn the_work_of_another_process() {
        PROCESSES.work_if_asked(open);
    }

    const PROCESSES: Processes<'static> =
        Processes { test: "store::sqlite::tests::the_work_of_another_process" };

    fn open(path: &Path) -> SqliteStore {
        SqliteStore::open(path).unwrap()
    }
}
