//! A connection that only reads, beside the writer and without ever waiting for it.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use keting_model::Cell;
use keting_model::query::Rows;

use crate::error::{OpenError, StoreError};
use crate::key::DatabaseKey;
use crate::lock::Lock;
use crate::open::{Access, OpenConfig, read_beside_writer};
use crate::store::{Store, View};

/// A read-only connection to a replica's file. It can be sent to another thread.
///
/// Every query sees the file as of the last commit before it; several that have to agree go into
/// one [`View::at_one_moment`].
#[derive(Debug)]
pub struct Reader {
    view: View,
    /// As long as somebody reads, no other process may take the file.
    _lock: Option<Arc<Lock>>,
}

/// Opens readers of one file, on any thread and while the writer is busy.
#[derive(Debug, Clone)]
pub struct Readers {
    pub(crate) path: PathBuf,
    pub(crate) key: Option<DatabaseKey>,
    pub(crate) access: Access<String>,
    pub(crate) lock: Option<Arc<Lock>>,
}

impl Readers {
    /// Opens one more reader.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn open(&self) -> Result<Reader, OpenError> {
        let config = OpenConfig {
            path: &self.path,
            key: self.key.as_ref(),
            access: self.access.as_given(),
            owners: &[],
            full_sync: true,
        };
        Reader::open(&config, self.lock.clone())
    }
}

impl Reader {
    /// Reads a file whose writer is elsewhere, such as a running server's.
    ///
    /// # Errors
    /// When the file cannot be opened, or is from a newer version.
    pub fn of_file(config: &OpenConfig<'_>) -> Result<Self, OpenError> {
        Self::open(config, None)
    }

    /// One on a connection that only reads.
    pub(crate) fn of_view(view: View) -> Self {
        Self { view, _lock: None }
    }

    pub(crate) fn open(
        config: &OpenConfig<'_>,
        lock: Option<Arc<Lock>>,
    ) -> Result<Self, OpenError> {
        Ok(Self { view: View { connection: read_beside_writer(config)? }, _lock: lock })
    }
}

impl Deref for Reader {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}

impl Rows for View {
    type Error = StoreError;

    fn query(
        &self,
        sql: &str,
        parameters: &[Cell],
        each: &mut dyn FnMut(&[Cell]),
    ) -> Result<(), StoreError> {
        self.query(sql, parameters, each)
    }
}

impl Rows for Reader {
    type Error = StoreError;

    fn query(
        &self,
        sql: &str,
        parameters: &[Cell],
        each: &mut dyn FnMut(&[Cell]),
    ) -> Result<(), StoreError> {
        self.view.query(sql, parameters, each)
    }
}

impl Rows for Store {
    type Error = StoreError;

    fn query(
        &self,
        sql: &str,
        parameters: &[Cell],
        each: &mut dyn FnMut(&[Cell]),
    ) -> Result<(), StoreError> {
        View::query(self, sql, parameters, each)
    }
}
