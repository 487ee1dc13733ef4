//! Asking a transaction with statements that are prepared once.

use rusqlite::{Connection, OptionalExtension, Params, Row};

use super::SqliteTransaction;
use crate::store::StoreError;

impl SqliteTransaction<'_> {
    pub(super) fn connection(&self) -> &Connection {
        &self.inner
    }

    pub(super) fn one<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        convert: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.connection().prepare_cached(sql)?;
        Ok(statement.query_row(parameters, convert).optional()?)
    }

    pub(super) fn all<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        convert: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.connection().prepare_cached(sql)?;
        let rows = statement.query_map(parameters, convert)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
