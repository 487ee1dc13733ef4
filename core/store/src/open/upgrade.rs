//! Who has tables in a file, of which version, and how a file comes to the newest.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::{OpenError, extended_code};

/// One step of a schema: its version, counted from 1 without gaps, and its SQL.
pub type Migration<'a> = (u32, &'a str);

/// A part of the software that has tables of its own in the file.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// The name in `schema_versions`.
    pub name: &'a str,
    /// Every step from an empty file to the newest version, in order.
    pub migrations: &'a [Migration<'a>],
}

impl Owner<'_> {
    fn version(&self) -> u32 {
        self.migrations.last().map_or(0, |(version, _)| *version)
    }
}

/// The version of the file as a whole, in `user_version`; the tables' are in `schema_versions`.
const FILE_FORMAT: u32 = 1;

/// Whether every owner's tables are of its newest version.
pub(crate) fn is_current(connection: &Connection, owners: &[Owner<'_>]) -> Result<bool, OpenError> {
    let format: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if format > FILE_FORMAT {
        return Err(OpenError::FromTheFuture {
            owner: "file".to_owned(),
            found: format,
            known: FILE_FORMAT,
        });
    }
    let found = versions(connection)?;
    for (name, found) in &found {
        let owner = owners.iter().find(|owner| owner.name == name);
        let known = owner.map_or(0, Owner::version);
        if *found > known {
            return Err(OpenError::FromTheFuture { owner: name.clone(), found: *found, known });
        }
    }
    let is_found = |owner: &Owner<'_>| {
        found.iter().any(|(name, version)| name == owner.name && *version == owner.version())
    };
    Ok(owners.iter().all(is_found))
}

/// The versions in the file; none in an empty one.
fn versions(connection: &Connection) -> Result<Vec<(String, u32)>, OpenError> {
    let exists = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_versions'",
        [],
        |row| row.get::<_, u32>(0),
    )?;
    if exists == 0 {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare("SELECT owner, version FROM schema_versions")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Runs every missing migration of every owner, all or none.
pub(super) fn upgrade(connection: &mut Connection, owners: &[Owner<'_>]) -> Result<(), OpenError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster, or newer.
    if is_current(&transaction, owners)? {
        return Ok(());
    }
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_versions (
             owner   TEXT    NOT NULL PRIMARY KEY, -- who has tables in this file
             version INTEGER NOT NULL              -- the last migration that ran
         ) STRICT, WITHOUT ROWID;",
    )?;
    let found = versions(&transaction)?;
    for owner in owners {
        let from = found.iter().find(|(name, _)| name == owner.name).map_or(0, |(_, at)| *at);
        for (version, sql) in owner.migrations.iter().filter(|(version, _)| *version > from) {
            transaction.execute_batch(sql).map_err(|error| failed(owner, *version, error))?;
        }
        transaction.execute(
            "INSERT INTO schema_versions (owner, version) VALUES (?1, ?2)
             ON CONFLICT (owner) DO UPDATE SET version = excluded.version",
            (owner.name, owner.version()),
        )?;
    }
    transaction.pragma_update(None, "user_version", FILE_FORMAT)?;
    transaction.commit()?;
    Ok(())
}

/// A full disk is not a mistake in the migration.
fn failed(owner: &Owner<'_>, version: u32, error: rusqlite::Error) -> OpenError {
    let code = extended_code(&error);
    match OpenError::from(error) {
        OpenError::Io { extended_code } if code & 0xff != rusqlite::ffi::SQLITE_IOERR => {
            OpenError::Migration { owner: owner.name.to_owned(), version, extended_code }
        }
        other => other,
    }
}
