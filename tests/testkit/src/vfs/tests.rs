//! The disk under SQLCipher, as the product uses it: does it keep what was synced, does it really
//! forget what was not, does every fault come through.

mod faults;
mod machine;
mod power;
mod sharing;

use rusqlite::{Connection, OpenFlags, params};

use super::{Disk, Fault, Op};
use crate::rng::Rng;

/// Parts that each batch has: a batch with fewer was torn.
const PARTS: u32 = 3;

/// How a test uses SQLite.
#[derive(Debug, Clone, Copy)]
struct Mode {
    journal: &'static str,
    synchronous: &'static str,
}

const WAL_FULL: Mode = Mode { journal: "wal", synchronous: "full" };

fn open(disk: &Disk, mode: Mode) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags_and_vfs(
        "city/replica.db",
        OpenFlags::default(),
        disk.vfs_name(),
    )?;
    connection.execute_batch(&format!(
        // Damage is looked for on purpose; SQLCipher need not write of it.
        "PRAGMA cipher_log_level = none; PRAGMA key = \"x'{}'\"; PRAGMA synchronous = {};",
        "5e".repeat(32),
        mode.synchronous
    ))?;
    let journal: String =
        connection
            .query_row(&format!("PRAGMA journal_mode = {}", mode.journal), [], |row| row.get(0))?;
    assert_eq!(journal, mode.journal);
    connection.execute_batch("CREATE TABLE IF NOT EXISTS part (batch INTEGER, part INTEGER, bytes BLOB, PRIMARY KEY (batch, part)) STRICT")?;
    Ok(connection)
}

/// Commits one batch in one transaction; it is acknowledged when this returns well.
fn commit_batch(connection: &mut Connection, batch: u32, rng: &mut Rng) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for part in 0..PARTS {
        let bytes = vec![u8::try_from(batch % 251).unwrap(); rng.index(3_000)];
        transaction.execute("INSERT INTO part VALUES (?1, ?2, ?3)", params![batch, part, bytes])?;
    }
    transaction.commit()
}

/// How many batches there are, after looking for damage and for torn batches.
fn sound_batches(connection: &Connection) -> Result<u32, String> {
    let told = |error: rusqlite::Error| error.to_string();
    let verdict: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(told)?;
    if verdict != "ok" {
        return Err(verdict);
    }
    let sql = "SELECT count(DISTINCT batch), count(*), coalesce(max(batch), 0) FROM part";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let (batches, parts, last): (u32, u32, u32) =
        connection.query_row(sql, [], read).map_err(told)?;
    if parts != batches * PARTS || last != batches {
        return Err(format!("{batches} batches up to {last} have {parts} parts"));
    }
    Ok(batches)
}

/// The same, and every page of the file matches its authentication code. SQLCipher looks past the
/// log at the file alone, which is only whole when the log has been moved into it.
fn sound_pages(connection: &Connection) -> Result<u32, String> {
    let told = |error: rusqlite::Error| error.to_string();
    let batches = sound_batches(connection)?;
    connection.query_row("PRAGMA wal_checkpoint(truncate)", [], |_| Ok(())).map_err(told)?;
    let mut pages = connection.prepare("PRAGMA cipher_integrity_check").map_err(told)?;
    let wrong =
        pages.query([]).and_then(|mut rows| rows.next().map(|row| row.is_some())).map_err(told)?;
    if wrong { Err("a page does not match its code".into()) } else { Ok(batches) }
}
