//! The one opener of every database: a replica's encrypted file, and with no key a server's.
//!
//! Until a file has proved to be ours, readable with the key and of no newer version, nothing is
//! written to it, not even what a checkpoint would move from its log: closing does not checkpoint
//! before that.

mod access;
mod upgrade;

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::{OpenError, StoreError, extended_code};
use crate::key::DatabaseKey;
use crate::lock::beside;

use upgrade::upgrade;

pub use access::Access;
pub(crate) use upgrade::is_current;
pub use upgrade::{Migration, Owner};

/// Which file to open, and how.
#[derive(Debug, Clone, Copy)]
pub struct OpenConfig<'a> {
    /// The database file. It is created when missing, its directory is not.
    pub path: &'a Path,
    /// The key; none for a file that is not encrypted.
    pub key: Option<&'a DatabaseKey>,
    /// Through what, and who else may have it open.
    pub access: Access<&'a str>,
    /// Whose tables the file holds.
    pub owners: &'a [Owner<'a>],
    /// Whether a commit is on the disk, through its caches, before it is reported. Only
    /// measurements turn it off.
    pub full_sync: bool,
}

/// How long a statement waits for another connection's lock.
const BUSY_MS: u64 = 5_000;
/// Prepared statements kept a connection: more than there are different ones.
const STATEMENTS_MAX: usize = 128;
/// Page cache a connection. Every page fetched anew is decrypted and authenticated again.
const CACHE_KIBIBYTES: i64 = 8_192;
/// How many pages of the log make a commit move it into the file.
pub(crate) const LOG_PAGES_MAX: u32 = 1_000;
/// What remains of a log that grew beyond it, after the next checkpoint.
const LOG_BYTES_MAX: i64 = 16 << 20;

/// Opens a file for writing, creating it or bringing its tables up to date.
///
/// It takes no lock: two processes of a server may share a file this way.
///
/// # Errors
/// [`OpenError::WrongKey`] and [`OpenError::FromTheFuture`] leave the file as it was, byte for
/// byte. A failed upgrade leaves the tables as they were.
pub fn open_writer(config: &OpenConfig<'_>) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    if config.access.is_of_the_platform() {
        make_for_owner(config.path)?;
    }
    let mut connection = connect(config, flags)?;
    if connection.is_readonly("main")? {
        return Err(OpenError::ReadOnly);
    }
    let current = is_current(&connection, config.owners)?;
    prepare(&connection, config)?;
    keep_log(&connection)?;
    if !current {
        upgrade(&mut connection, config.owners)?;
    }
    // Where there is no room for that, the file is of use all the same.
    let _ = empty_log(&connection);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(connection)
}

/// Makes an empty file that only its owner may read, unless there is one: SQLite would let others, and
/// gives the log beside it the mode of the file.
fn make_for_owner(path: &Path) -> Result<(), OpenError> {
    match for_owner(OpenOptions::new().write(true).create_new(true)).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

/// Lets nobody but its owner read a file that is about to be made.
pub fn for_owner(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Opens a file that a writer has opened before, for reading only.
///
/// # Errors
/// As [`open_writer`]; a missing file is [`OpenError::Io`].
pub fn open_reader(config: &OpenConfig<'_>) -> Result<Connection, OpenError> {
    let connection = read_beside_writer(config)?;
    is_current(&connection, config.owners)?;
    Ok(connection)
}

/// Opens for reading a file on a disk that nobody can write to, because it is read-only or full to the
/// last byte.
///
/// # Errors
/// As [`open_reader`]; [`OpenError::ReadOnly`] where a killed process left something in the log, which
/// would have to be taken in first.
pub fn open_still(config: &OpenConfig<'_>) -> Result<Connection, OpenError> {
    if has_log(config.path) {
        return Err(OpenError::ReadOnly);
    }
    open_reader(&OpenConfig { access: Access::Still, ..*config })
}

/// Opens for reading what a writer of this process has checked and holds.
pub(crate) fn read_beside_writer(config: &OpenConfig<'_>) -> Result<Connection, OpenError> {
    let connection = connect(config, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    prepare(&connection, config)?;
    connection.execute_batch("PRAGMA query_only = ON")?;
    Ok(connection)
}

/// Opens for writing once more what a writer of this process has checked and holds.
pub(crate) fn read_write_again(config: &OpenConfig<'_>) -> Result<Connection, OpenError> {
    let connection = connect(config, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    prepare(&connection, config)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(connection)
}

/// Connects and proves that the key opens the file, without writing to it.
pub(crate) fn connect(config: &OpenConfig<'_>, flags: OpenFlags) -> Result<Connection, OpenError> {
    initialize()?;
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    // Where there is none, closing may tidy up the empty one that opening makes.
    let has_log = !config.access.is_of_the_platform() || has_log(config.path);
    let connection = match config.access.vfs() {
        _ if config.access == Access::Still => {
            let flags = flags | OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(still_uri(config.path), flags)?
        }
        Some(vfs) => Connection::open_with_flags_and_vfs(config.path, flags, vfs)?,
        None => Connection::open_with_flags(config.path, flags)?,
    };
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Else a kept statement is prepared anew each time it is given other values.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.busy_timeout(Duration::from_millis(BUSY_MS))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    if let Some(key) = config.key {
        connection.execute_batch(&key.pragma())?;
    }
    if config.access == Access::Apart {
        // Before anything is read: SQLite then makes no file of shared memory.
        connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE")?;
    }
    match connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())) {
        Ok(()) => Ok(connection),
        Err(error) if extended_code(&error) & 0xff == rusqlite::ffi::SQLITE_NOTADB => {
            Err(unreadable(config))
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether anything stands in the log of the file at `path`.
pub(crate) fn has_log(path: &Path) -> bool {
    std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// How SQLite is told that nobody will change a file, so that it needs neither locks nor an index:
/// <https://www.sqlite.org/uri.html>.
fn still_uri(path: &Path) -> OsString {
    let mut uri = OsString::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                uri.push(char::from(*byte).encode_utf8(&mut [0; 4]));
            }
            _ => uri.push(format!("%{byte:02X}")),
        }
    }
    uri.push("?immutable=1");
    uri
}

/// Makes SQLite ready, once a process.
///
/// It calls itself ready before SQLCipher is, so of several threads that open their first file at
/// once, some would be told that their key is no key. Nor should SQLCipher write about every page
/// that does not decrypt to stderr.
fn initialize() -> Result<(), OpenError> {
    static READY: OnceLock<()> = OnceLock::new();
    static FIRST: Mutex<()> = Mutex::new(());
    if READY.get().is_some() {
        return Ok(());
    }
    let _one_at_a_time = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
    Connection::open_in_memory()?.execute_batch("PRAGMA cipher_log_level = NONE")?;
    READY.get_or_init(|| ());
    Ok(())
}

/// Moves what a crashed process or a failed commit left in the log into the file, so that logging
/// begins anew.
///
/// After a failed sync some systems drop what they should have written: it is still seen, but no
/// later sync makes it safe, and a power cut would take it with all that was logged behind it.
/// Moved, it is written once more.
///
/// Says how many pages the log has. As long as no commit has begun it anew, they are still there, and
/// a power cut that left only the first of them would put these back over the newer ones in the file.
///
/// # Errors
/// When the disk refuses, or somebody reads from the log for too long. Nothing is then certain of it.
pub(crate) fn empty_log(connection: &Connection) -> Result<u32, StoreError> {
    let (is_busy, pages): (bool, i64) =
        connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    if is_busy { Err(StoreError::Busy) } else { Ok(u32::try_from(pages).unwrap_or(0)) }
}

/// Switches the file to a write-ahead log, unless it has one.
///
/// SQLite does not wait when another connection is switching the same new file, so the wait is for
/// the lock that one holds, and then it is tried again.
fn keep_log(connection: &Connection) -> Result<(), OpenError> {
    const TRIES_MAX: u32 = 100;
    for _ in 0..TRIES_MAX {
        let mode = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0));
        match mode.map(|mode: String| mode == "wal") {
            Ok(true) => return Ok(()),
            Ok(false) => return Err(OpenError::Io { extended_code: 0 }),
            Err(error) if extended_code(&error) & 0xff == rusqlite::ffi::SQLITE_BUSY => {
                connection.execute_batch("BEGIN IMMEDIATE; COMMIT")?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(OpenError::Busy)
}

/// Tells a wrong key from a damaged first page, by the bytes that are not encrypted.
fn unreadable(config: &OpenConfig<'_>) -> OpenError {
    let expected = config.key.map_or(*b"SQLite format 3\0", DatabaseKey::salt);
    let mut first = [0; 16];
    let read = std::fs::File::open(config.path).and_then(|mut file| file.read_exact(&mut first));
    match read {
        Ok(()) if first == expected || first == [0; 16] => OpenError::Corrupt,
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => OpenError::Corrupt,
        // Nothing is ever done to a file for a wrong key, so it is the safe one to say.
        Ok(()) | Err(_) => OpenError::WrongKey,
    }
}

/// Sets what a connection keeps to itself.
fn prepare(connection: &Connection, config: &OpenConfig<'_>) -> Result<(), OpenError> {
    let (synchronous, full) = if config.full_sync { ("FULL", "ON") } else { ("NORMAL", "OFF") };
    // fullfsync asks Apple's systems to empty the disk's own cache; elsewhere it means nothing.
    connection.execute_batch(&format!(
        "PRAGMA synchronous = {synchronous};
         PRAGMA fullfsync = {full};
         PRAGMA checkpoint_fullfsync = {full};
         PRAGMA foreign_keys = ON;
         PRAGMA cell_size_check = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -{CACHE_KIBIBYTES};
         PRAGMA wal_autocheckpoint = {LOG_PAGES_MAX};
         PRAGMA journal_size_limit = {LOG_BYTES_MAX};"
    ))?;
    Ok(())
}
