//! Looking at a file without leaving a trace, for whoever finds out what is wrong with it: nothing is
//! written, neither to the file nor beside it, so that what is found is what was there.

use std::fs::{File, TryLockError};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::error::{OpenError, StoreError};
use crate::lock::beside;
use crate::open::{Access, OpenConfig, has_log, open_reader};
use crate::reader::Reader;
use crate::store::{View, with_own};

/// A replica's file that is being looked at.
#[derive(Debug)]
pub struct Look {
    reader: Reader,
    /// Keeps other processes from the file until one has seen enough; none where one has it already.
    hold: Option<File>,
    is_in_use: bool,
}

/// Opens a replica's file to look at it. Where another process has it open, one looks beside that process;
/// otherwise nobody can open it meanwhile.
///
/// # Errors
/// As [`open_reader`].
pub fn look(config: &OpenConfig<'_>) -> Result<Look, OpenError> {
    // Where there is no such file, nobody has opened the replica since it lies here.
    let hold = File::open(beside(config.path, ".lock")).ok();
    // A file system without locks keeps nobody out, and tells of nobody.
    let is_in_use = hold
        .as_ref()
        .is_some_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)));
    let owners = with_own(config.owners);
    let connection = open_untouched(&OpenConfig { owners: &owners, ..*config }, is_in_use)?;
    let reader = Reader::of_view(View { connection });
    Ok(Look { reader, hold: hold.filter(|_| !is_in_use), is_in_use })
}

/// Opens a file for reading so that nothing is written. Unless somebody has it open, who then is read
/// beside, nobody may open it meanwhile: what a killed process left in the log is read where it stands,
/// by an index of it that is kept in memory.
///
/// # Errors
/// As [`open_reader`].
pub fn open_untouched(config: &OpenConfig<'_>, is_in_use: bool) -> Result<Connection, OpenError> {
    let access = match (is_in_use, has_log(config.path)) {
        (true, _) => Access::Shared,
        (false, true) => Access::Apart,
        (false, false) => Access::Still,
    };
    let connection = open_reader(&OpenConfig { access, ..*config })?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(connection)
}

impl Look {
    /// What can be read.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Whether another process has the file open.
    pub fn is_in_use(&self) -> bool {
        self.is_in_use
    }

    /// Reads every page and looks whether the tables hold together. What indexes say is not compared.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when something is damaged.
    pub fn quick_check(&self) -> Result<(), StoreError> {
        let connection = &self.reader.connection;
        let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if found == "ok" { Ok(()) } else { Err(StoreError::Corrupt) }
    }
}

impl Drop for Look {
    /// As [`crate::Lock`] does: closing alone leaves the hold with a child process that was forked.
    fn drop(&mut self) {
        if let Some(hold) = &self.hold {
            let _ = hold.unlock();
        }
    }
}
