//! Records of the log other than commits: grants, verdicts, decisions, revocations, erasures, and
//! those of kinds this version does not know.

use rusqlite::Row;

use crate::error::StoreError;
use crate::store::{Transaction, View, from_bytes, from_int, to_int};

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its number in the server's log; none for one that was handed over outside it.
    pub number: Option<u64>,
    /// Its kind in the protocol.
    pub kind: u8,
    /// The SHA-256 of its bytes.
    pub digest: [u8; 32],
    /// The bytes as signed.
    pub bytes: Vec<u8>,
}

impl View {
    /// The record of a digest.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn record(&self, digest: &[u8; 32]) -> Result<Option<StoredRecord>, StoreError> {
        self.first(
            "SELECT number, kind, digest, bytes FROM records WHERE digest = ?1",
            [digest],
            read,
        )
    }

    /// The record of a number. Of two logs that parted, the one stored last.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn record_at(&self, number: u64) -> Result<Option<StoredRecord>, StoreError> {
        self.first(
            "SELECT number, kind, digest, bytes FROM records
             WHERE number = ?1 ORDER BY row DESC LIMIT 1",
            [to_int(number)?],
            read,
        )
    }

    /// Every record of a kind, in order of arrival.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn records_of(&self, kind: u8) -> Result<Vec<StoredRecord>, StoreError> {
        self.all(
            "SELECT number, kind, digest, bytes FROM records WHERE kind = ?1 ORDER BY row",
            [kind],
            read,
        )
    }
}

impl Transaction<'_> {
    /// Stores a record. One that is here already gets the number if it had none.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_record(&mut self, record: &StoredRecord) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO records (number, kind, digest, bytes) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (digest) DO UPDATE SET number = excluded.number
             WHERE records.number IS NULL AND excluded.number IS NOT NULL",
            (record.number.map(to_int).transpose()?, record.kind, &record.digest, &record.bytes),
        )?;
        Ok(())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<StoredRecord> {
    let number: Option<i64> = row.get(0)?;
    Ok(StoredRecord {
        number: number.map(|_| from_int(row, 0)).transpose()?,
        kind: row.get(1)?,
        digest: from_bytes(row, 2)?,
        bytes: row.get(3)?,
    })
}
