//! The store, its one writer, and what reading and writing have in common.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Params, Row, TransactionBehavior};

use crate::error::{OpenError, StoreError};
use crate::key::DatabaseKey;
use crate::lock::Lock;
use crate::open::{
    Access, LOG_PAGES_MAX, OpenConfig, Owner, empty_log, open_still, open_writer, read_write_again,
};
use crate::reader::{Reader, Readers};
use crate::rows::TableSql;

/// The store's own tables. [`Store::open`] adds them to the owners it is given.
pub const STORE_OWNER: Owner<'static> =
    Owner { name: "store", migrations: &[(1, include_str!("../migrations/001_replica.sql"))] };

/// A transaction that says nothing and still writes a page: SQLite would not write one that stays
/// the same.
const WRITE_OVER: &str = "INSERT INTO meta (key, value) VALUES ('store/written_over', x'00')
    ON CONFLICT (key) DO UPDATE SET value = CASE value WHEN x'00' THEN x'01' ELSE x'00' END";

/// After how many notes in a row one is written like an act. They all stand in the log meanwhile, a
/// few pages each.
const NOTES_IN_A_ROW_MAX: u32 = 64;

/// What can be read of a file: documents, commits, outbox, records, meta.
///
/// A [`Store`], a [`Reader`] and a [`Transaction`] are each also a view.
#[derive(Debug)]
pub struct View {
    pub(crate) connection: Connection,
}

/// A replica's file, open for writing.
#[derive(Debug)]
pub struct Store {
    view: View,
    tables: BTreeMap<&'static str, TableSql>,
    path: PathBuf,
    key: Option<DatabaseKey>,
    access: Access<String>,
    full_sync: bool,
    lock: Option<Arc<Lock>>,
    /// Notes since the last sync of the log.
    notes_in_a_row: u32,
    /// Transactions that were committed since it was opened.
    write_count: u64,
    /// Whether a sync of the log may have failed and dropped what stands in it: it is seen, but a
    /// power cut would take it, with all that is logged behind it.
    is_log_in_doubt: bool,
}

impl Store {
    /// Opens a replica's file, creating it or bringing its tables up to date.
    ///
    /// # Errors
    /// [`OpenError::ReplicaInUse`] at once when another process or store has it; otherwise as
    /// [`open_writer`]. A wrong key and a newer file leave the file as it was.
    pub fn open(config: &OpenConfig<'_>) -> Result<Self, OpenError> {
        let lock = Lock::for_access(config)?;
        crate::salvage::finish_interrupted(config.path)?;
        match Self::open_locked(config, lock.clone()) {
            Err(OpenError::DiskFull) if config.access == Access::Alone => {
                Self::open_locked(&OpenConfig { access: Access::Cramped, ..*config }, lock)
            }
            Err(error) if error.may_be_of_a_read_only_place() && config.access == Access::Alone => {
                Self::open_to_read(config, lock).map_err(|_| error)
            }
            opened => opened,
        }
    }

    /// The hold on the file, for whoever keeps it to themselves after closing it; none where nobody is kept
    /// out.
    pub fn hold(&self) -> Option<Arc<Lock>> {
        self.lock.clone()
    }

    /// Opens a file that cannot be written where it lies, so that it can at least be read: every
    /// write then is [`StoreError::ReadOnly`].
    fn open_to_read(config: &OpenConfig<'_>, lock: Option<Arc<Lock>>) -> Result<Self, OpenError> {
        let owners = with_own(config.owners);
        let config = OpenConfig { owners: &owners, access: Access::Still, ..*config };
        let connection = open_still(&config)?;
        Ok(Self::on(connection, &config, lock, false))
    }

    fn on(
        connection: Connection,
        config: &OpenConfig<'_>,
        lock: Option<Arc<Lock>>,
        is_log_in_doubt: bool,
    ) -> Self {
        Self {
            view: View { connection },
            tables: BTreeMap::new(),
            path: config.path.to_owned(),
            key: config.key.cloned(),
            access: config.access.to_kept(),
            full_sync: config.full_sync,
            lock,
            notes_in_a_row: 0,
            write_count: 0,
            is_log_in_doubt,
        }
    }

    pub(crate) fn open_locked(
        config: &OpenConfig<'_>,
        lock: Option<Arc<Lock>>,
    ) -> Result<Self, OpenError> {
        let owners = with_own(config.owners);
        let connection = open_writer(&OpenConfig { owners: &owners, ..*config })?;
        // Whoever had the file before may have left its log in doubt.
        let is_log_in_doubt = empty_log(&connection) != Ok(0);
        let mut store = Self::on(connection, config, lock, is_log_in_doubt);
        // Where there is no room for that, the file can be read all the same, and what writes tries
        // again.
        let _ = store.settle_log();
        Ok(store)
    }

    /// Opens a connection that reads beside this writer, on any thread. It keeps the hold on the
    /// file even if this store is dropped first.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn reader(&self) -> Result<Reader, OpenError> {
        self.readers().open()
    }

    /// What opens readers of this file without asking the writer again.
    pub fn readers(&self) -> Readers {
        Readers {
            path: self.path.clone(),
            key: self.key.clone(),
            access: self.access.clone(),
            lock: self.lock.clone(),
        }
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many transactions were committed since the file was opened: whoever looks before and after
    /// some work knows whether it wrote anything.
    pub fn write_count(&self) -> u64 {
        self.write_count
    }

    /// Writes everything that belongs to one act in one transaction.
    ///
    /// When it returns `Ok`, all of it is on the disk; when it returns `Err`, or `work` panics,
    /// nothing is, and nothing will be: what a failed commit left in the log is written over at
    /// once. (Should the disk refuse that as well, the next write does it; only a process that ends
    /// before may find the act in the file.)
    ///
    /// # Errors
    /// What `work` returned, or what went wrong at the end.
    pub fn write<T>(
        &mut self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.settle_log()?;
        let done = self.transact(work);
        match &done {
            Ok(_) => self.notes_in_a_row = 0,
            Err(_) if self.is_log_in_doubt => self.write_over(),
            Err(_) => {}
        }
        done
    }

    /// Writes what may be lost in a power cut, together with everything so written since the last
    /// [`Self::write`]: a note that is made anew by itself. It costs no sync of the disk, but for one
    /// of many in a row.
    ///
    /// Notes never move the log into the file. SQLite syncs the log first, for the first time since
    /// they were written, and tells nobody if that fails; and behind a note that was dropped then,
    /// no act is safe.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn note<T>(
        &mut self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if !self.full_sync || self.notes_in_a_row >= NOTES_IN_A_ROW_MAX {
            return self.write(work);
        }
        self.settle_log()?;
        self.let_log_be_moved(false)?;
        self.view.connection.execute_batch("PRAGMA synchronous = NORMAL")?;
        let done = self.transact(work);
        self.notes_in_a_row += 1;
        self.view.connection.execute_batch("PRAGMA synchronous = FULL")?;
        self.let_log_be_moved(true)?;
        if self.is_log_in_doubt {
            self.write_over();
        }
        done
    }

    /// One transaction. If it cannot be committed, the log is in doubt.
    fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let connection = &self.view.connection;
        // Dropped without commit, it rolls back.
        let sql = rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        let mut transaction = Transaction { view: &self.view, tables: &mut self.tables };
        let done = work(&mut transaction)?;
        transaction.assert_open()?;
        if let Err(error) = sql.commit() {
            self.is_log_in_doubt = true;
            return Err(error.into());
        }
        self.write_count += 1;
        Ok(done)
    }

    /// After a commit that failed: writes over what it left in the log. Notes may stand before it
    /// that its sync has dropped, so the log is begun anew.
    fn write_over(&mut self) {
        if self.settle_log().is_err() {
            // A long log would be moved with this commit, and not begun anew.
            let _ = self.let_log_be_moved(false);
            let _ = self.view.connection.execute_batch(WRITE_OVER);
            let _ = self.let_log_be_moved(true);
        }
    }

    /// Whether a commit may move the log into the file if it is long.
    fn let_log_be_moved(&self, may: bool) -> Result<(), StoreError> {
        let pages = if may { LOG_PAGES_MAX } else { 0 };
        let sql = format!("PRAGMA wal_autocheckpoint = {pages}");
        Ok(self.view.connection.execute_batch(&sql)?)
    }

    /// Before anything is logged behind what is in doubt, that is moved into the file and the log
    /// begun anew.
    fn settle_log(&mut self) -> Result<(), StoreError> {
        if self.is_log_in_doubt {
            empty_log(&self.view.connection)?;
            self.view.connection.execute_batch(WRITE_OVER)?;
            self.is_log_in_doubt = false;
        }
        Ok(())
    }

    /// Connects anew to the same file, without giving up the hold on it: a connection that met one
    /// page it could not read refuses every other page from then on.
    ///
    /// # Errors
    /// As [`Self::open`]; the old connection is then kept.
    pub fn reconnect(&mut self) -> Result<(), OpenError> {
        let connection = read_write_again(&OpenConfig {
            path: &self.path,
            key: self.key.as_ref(),
            access: self.access.as_given(),
            owners: &[],
            full_sync: self.full_sync,
        })?;
        self.view = View { connection };
        Ok(())
    }

    /// Reads every page and every index and compares them. It takes as long as reading the file.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when something is damaged.
    pub fn check(&self) -> Result<(), StoreError> {
        let sound: String =
            self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        let broken_keys: i64 = self.connection.query_row(
            "SELECT count(*) FROM pragma_foreign_key_check",
            [],
            |row| row.get(0),
        )?;
        if sound == "ok" && broken_keys == 0 { Ok(()) } else { Err(StoreError::Corrupt) }
    }
}

impl Deref for Store {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}

/// A transaction of the writer. What it has written, it also reads.
#[derive(Debug)]
pub struct Transaction<'a> {
    pub(crate) view: &'a View,
    pub(crate) tables: &'a mut BTreeMap<&'static str, TableSql>,
}

impl Deref for Transaction<'_> {
    type Target = View;

    fn deref(&self) -> &View {
        self.view
    }
}

impl View {
    /// Refuses to write outside a transaction: SQLite undoes one by itself on some I/O errors, and
    /// a later statement would then be committed alone.
    pub(crate) fn assert_open(&self) -> Result<(), StoreError> {
        if self.connection.is_autocommit() { Err(StoreError::RolledBack) } else { Ok(()) }
    }

    /// Runs one statement of a transaction and says how many rows it wrote.
    pub(crate) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        self.assert_open()?;
        Ok(self.connection.prepare_cached(sql)?.execute(params)?)
    }

    /// The first row of a query, if there is one.
    pub(crate) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.connection.prepare_cached(sql)?.query_row(params, read).optional()?)
    }

    /// Every row of a query.
    pub(crate) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Reads several queries as of one moment.
    ///
    /// # Errors
    /// What `work` returned, or what the file did.
    pub fn at_one_moment<T>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if !self.connection.is_autocommit() {
            return work(self);
        }
        let transaction =
            rusqlite::Transaction::new_unchecked(&self.connection, TransactionBehavior::Deferred)?;
        let done = work(self)?;
        transaction.commit()?;
        Ok(done)
    }
}

pub(crate) fn with_own<'a>(owners: &[Owner<'a>]) -> Vec<Owner<'a>> {
    std::iter::once(STORE_OWNER).chain(owners.iter().copied()).collect()
}

/// An unsigned number as SQLite keeps it.
pub(crate) fn to_int(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::OutOfRange)
}

/// An unsigned number out of a row.
pub(crate) fn from_int(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

/// Bytes of a fixed length out of a row.
pub(crate) fn from_bytes<const N: usize>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<[u8; N]> {
    let bytes = row.get_ref(column)?.as_blob()?;
    bytes.try_into().map_err(|_| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Blob,
            "a blob of another length".into(),
        )
    })
}
