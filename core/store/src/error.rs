//! What can go wrong with a file, in words that hold no data of anybody.
//!
//! SQLite's own messages are dropped on the way, because they may quote what was searched for;
//! its extended result code is kept.

use rusqlite::ffi;

/// Says why a file could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The file is encrypted with another key, or not encrypted as expected. It stays as it was.
    /// Not retryable.
    #[error("the key does not open the file")]
    WrongKey,
    /// A newer version of the software wrote the file. It stays as it was. Not retryable.
    #[error("the file is from a newer version: {owner} {found}, this version knows {known}")]
    FromTheFuture {
        /// Whose tables are newer, or `file` for the format as a whole.
        owner: String,
        /// The version in the file.
        found: u32,
        /// The newest version known here; 0 for an owner that is not known at all.
        known: u32,
    },
    /// Another process, or another store of this one, has the file open. Retryable.
    #[error("another process is using the replica")]
    ReplicaInUse,
    /// The file is damaged: [`crate::salvage`] sets it aside and saves its outbox. Not retryable.
    #[error("the file is damaged")]
    Corrupt,
    /// The file or its directory may not be written. Not retryable.
    #[error("the file or its directory is read-only")]
    ReadOnly,
    /// There is no room on the disk. Retryable.
    #[error("the disk is full")]
    DiskFull,
    /// Another connection kept the file locked for too long. Retryable.
    #[error("the file stayed locked for too long")]
    Busy,
    /// The operating system refused an operation. Retryable.
    #[error("the file cannot be read or written (SQLite code {extended_code})")]
    Io {
        /// SQLite's extended result code; 0 when the operation was not SQLite's.
        extended_code: i32,
    },
    /// A migration of this version does not run: a mistake in the software. Not retryable.
    #[error("migration {version} of {owner} failed (SQLite code {extended_code})")]
    Migration {
        /// Whose tables.
        owner: String,
        /// Which migration.
        version: u32,
        /// SQLite's extended result code.
        extended_code: i32,
    },
}

impl OpenError {
    /// Whether this is what SQLite says of a file that it may read, in a place where it can make no
    /// log beside it.
    pub const fn may_be_of_a_read_only_place(&self) -> bool {
        matches!(self, Self::ReadOnly | Self::Io { extended_code: ffi::SQLITE_CANTOPEN })
    }

    /// The stable name of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongKey => "wrong_key",
            Self::FromTheFuture { .. } => "from_the_future",
            Self::ReplicaInUse => "replica_in_use",
            Self::Corrupt => "corrupt",
            Self::ReadOnly => "read_only",
            Self::DiskFull => "disk_full",
            Self::Busy => "busy",
            Self::Io { .. } => "io",
            Self::Migration { .. } => "migration_failed",
        }
    }
}

/// Says why an open file could not be read or written.
///
/// After any of them inside [`crate::Store::write`] but [`StoreError::Fork`],
/// [`StoreError::OtherCommit`] and [`StoreError::OutOfRange`], the transaction is not to be
/// continued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A page or a row is damaged: [`crate::salvage`] sets the file aside. The connection that met
    /// it may refuse everything from then on. Not retryable.
    #[error("the file is damaged")]
    Corrupt,
    /// The file may not be written. Not retryable.
    #[error("the file is read-only")]
    ReadOnly,
    /// There is no room on the disk. Retryable.
    #[error("the disk is full")]
    DiskFull,
    /// Another connection kept the file locked for too long. Retryable.
    #[error("the file stayed locked for too long")]
    Busy,
    /// The operating system refused an operation. Retryable.
    #[error("the file cannot be read or written (SQLite code {extended_code})")]
    Io {
        /// SQLite's extended result code.
        extended_code: i32,
    },
    /// A change has the document, actor and sequence number of a stored one and another hash: two
    /// replicas wrote as one actor. Nothing was written. Not retryable.
    #[error("another change has this document, actor and sequence number")]
    Fork,
    /// A commit has the device and command id of a stored one and other bytes. Nothing was
    /// written. Not retryable.
    #[error("another commit has this device and command")]
    OtherCommit,
    /// A number does not fit its column. Nothing was written. Not retryable.
    #[error("a number is too large to be stored")]
    OutOfRange,
    /// SQLite had already undone the transaction when a statement wanted to join it. Retryable.
    #[error("the transaction was undone")]
    RolledBack,
    /// SQLite refused a statement: a mistake in the software. Not retryable.
    #[error("a statement was refused (SQLite code {extended_code})")]
    Statement {
        /// SQLite's extended result code; 0 when the value did not have the expected type.
        extended_code: i32,
    },
}

impl StoreError {
    /// The stable name of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Corrupt => "corrupt",
            Self::ReadOnly => "read_only",
            Self::DiskFull => "disk_full",
            Self::Busy => "busy",
            Self::Io { .. } => "io",
            Self::Fork => "fork",
            Self::OtherCommit => "other_commit",
            Self::OutOfRange => "number_too_large",
            Self::RolledBack => "rolled_back",
            Self::Statement { .. } => "statement_refused",
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        // A stored value of a wrong length or size: no statement of ours wrote it.
        if matches!(
            error,
            rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
        ) {
            return Self::Corrupt;
        }
        let extended_code = extended_code(&error);
        if extended_code == ffi::SQLITE_IOERR_SHMSIZE {
            // The index of the log found no room to grow.
            return Self::DiskFull;
        }
        match extended_code & 0xff {
            ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB => Self::Corrupt,
            ffi::SQLITE_READONLY | ffi::SQLITE_PERM => Self::ReadOnly,
            ffi::SQLITE_FULL => Self::DiskFull,
            ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => Self::Busy,
            ffi::SQLITE_IOERR | ffi::SQLITE_CANTOPEN | ffi::SQLITE_NOMEM => {
                Self::Io { extended_code }
            }
            _ => Self::Statement { extended_code },
        }
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match StoreError::from(error) {
            StoreError::Corrupt => Self::Corrupt,
            StoreError::ReadOnly => Self::ReadOnly,
            StoreError::DiskFull => Self::DiskFull,
            StoreError::Busy => Self::Busy,
            StoreError::Io { extended_code } | StoreError::Statement { extended_code } => {
                Self::Io { extended_code }
            }
            StoreError::Fork
            | StoreError::OtherCommit
            | StoreError::OutOfRange
            | StoreError::RolledBack => Self::Io { extended_code: 0 },
        }
    }
}

impl From<std::io::Error> for OpenError {
    fn from(error: std::io::Error) -> Self {
        match DiskFault::of(&error) {
            Some(DiskFault::ReadOnly) => Self::ReadOnly,
            Some(DiskFault::Full) => Self::DiskFull,
            None if error.kind() == std::io::ErrorKind::PermissionDenied => Self::ReadOnly,
            Some(DiskFault::Failing) | None => Self::Io { extended_code: 0 },
        }
    }
}

/// What is wrong with a disk, whatever was being read or written. Each has one name on every path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskFault {
    /// There is no room on it, or its user may take no more.
    Full,
    /// Its file system is read-only, as it was mounted or because it failed.
    ReadOnly,
    /// It cannot read or write.
    Failing,
}

impl DiskFault {
    /// Whether an error of the operating system is the disk's fault, and which.
    pub fn of(error: &std::io::Error) -> Option<Self> {
        /// What POSIX calls a fault of the device itself.
        const EIO: i32 = 5;
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Some(Self::Full),
            std::io::ErrorKind::ReadOnlyFilesystem => Some(Self::ReadOnly),
            _ if cfg!(unix) && error.raw_os_error() == Some(EIO) => Some(Self::Failing),
            _ => None,
        }
    }

    /// The stable code, the same as of what the file itself meets.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Full => "disk_full",
            Self::ReadOnly => "read_only",
            Self::Failing => "io",
        }
    }
}

/// SQLite's extended result code of an error, 0 if it is not SQLite's.
pub(crate) fn extended_code(error: &rusqlite::Error) -> i32 {
    match error {
        rusqlite::Error::SqliteFailure(error, _) | rusqlite::Error::SqlInputError { error, .. } => {
            error.extended_code
        }
        _ => 0,
    }
}
