//! Entries of the log that this version cannot read, kept whole for the version that can; and entries
//! that it does not let pass, set aside with the reason.

use keting_model::DocumentId;
use rusqlite::Row;

use crate::error::StoreError;
use crate::store::{Transaction, View, from_int, to_int};

/// An entry of the log as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadEntry {
    /// Its number in the server's log.
    pub number: u64,
    /// Its kind in the protocol.
    pub kind: u8,
    /// The signed record.
    pub record: Vec<u8>,
    /// What came with it, opaque here.
    pub parts: Vec<u8>,
    /// Why it was set aside; empty for one that cannot be read yet.
    pub code: String,
}

impl View {
    /// The unread entries of up to `count_max` numbers after one, in the log's order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn unread_after(
        &self,
        number: u64,
        count_max: u32,
    ) -> Result<Vec<UnreadEntry>, StoreError> {
        self.all(
            "SELECT number, kind, record, parts, code FROM unread WHERE number IN
                 (SELECT DISTINCT number FROM unread WHERE number > ?1 ORDER BY number LIMIT ?2)
             ORDER BY number, row",
            (to_int(number)?, count_max),
            read,
        )
    }

    /// Up to `count_max` entries that were set aside, and that are about a document or were set aside
    /// for a reason, in the log's order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn set_aside(
        &self,
        document: Option<&DocumentId>,
        code: &str,
        count_max: u32,
    ) -> Result<Vec<UnreadEntry>, StoreError> {
        let document = document.map(|document| document.as_bytes().to_vec());
        self.all(
            "SELECT number, kind, record, parts, code FROM unread WHERE code <> ''
                 AND (code = ?2 OR number IN
                      (SELECT number FROM unread_documents WHERE document = ?1))
             ORDER BY number, row LIMIT ?3",
            (document, code, count_max),
            read,
        )
    }

    /// How many entries cannot be read yet.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn unread_count(&self) -> Result<u64, StoreError> {
        self.count_unread("SELECT count(DISTINCT number) FROM unread WHERE code = ''")
    }

    /// How many entries were set aside.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn set_aside_count(&self) -> Result<u64, StoreError> {
        self.count_unread("SELECT count(DISTINCT number) FROM unread WHERE code <> ''")
    }

    fn count_unread(&self, sql: &str) -> Result<u64, StoreError> {
        Ok(self.first(sql, [], |row| from_int(row, 0))?.unwrap_or(0))
    }

    /// Whether an entry that cannot be read yet is about a document.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn has_unread(&self, document: &DocumentId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM unread_documents d JOIN unread u ON u.number = d.number
                   WHERE d.document = ?1 AND u.code = '' LIMIT 1";
        Ok(self.first(sql, [document.as_bytes()], |_| Ok(()))?.is_some())
    }
}

impl Transaction<'_> {
    /// Keeps an entry that cannot be read, and which documents it is about.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_unread(
        &mut self,
        entry: &UnreadEntry,
        documents: &[DocumentId],
    ) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR IGNORE INTO unread (number, kind, record, parts, code)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            (to_int(entry.number)?, entry.kind, &entry.record, &entry.parts, &entry.code),
        )?;
        for document in documents {
            self.execute(
                "INSERT OR IGNORE INTO unread_documents (document, number) VALUES (?1, ?2)",
                (document.as_bytes(), to_int(entry.number)?),
            )?;
        }
        Ok(())
    }

    /// Forgets what was kept of an entry: it is about to be judged once more.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn forget_unread(&mut self, number: u64) -> Result<(), StoreError> {
        let number = to_int(number)?;
        self.execute("DELETE FROM unread_documents WHERE number = ?1", [number])?;
        self.execute("DELETE FROM unread WHERE number = ?1", [number])?;
        Ok(())
    }

    /// Forgets every unread entry: all of them are about to be read once more.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn clear_unread(&mut self) -> Result<(), StoreError> {
        self.execute("DELETE FROM unread_documents", [])?;
        self.execute("DELETE FROM unread", [])?;
        Ok(())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<UnreadEntry> {
    Ok(UnreadEntry {
        number: from_int(row, 0)?,
        kind: row.get(1)?,
        record: row.get(2)?,
        parts: row.get(3)?,
        code: row.get(4)?,
    })
}
