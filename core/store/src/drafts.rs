//! Drafts: forms that somebody has begun to fill in. They lie in the same encrypted file, because they hold
//! what a person said of others, and are never sent.

use keting_model::DocumentId;
use rusqlite::Row;

use crate::error::StoreError;
use crate::store::{Transaction, View, from_int, to_int};

/// A form that somebody has begun to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDraft {
    /// The app's name for it.
    pub key: String,
    /// The household it is about, if it is about one.
    pub household: Option<DocumentId>,
    /// Which form, as the app calls it.
    pub form: String,
    /// What was filled in; opaque here.
    pub bytes: Vec<u8>,
    /// When it was kept last, milliseconds since the Unix epoch by the city's time.
    pub kept_at_ms: u64,
}

/// The columns that [`read`] reads.
pub(crate) const COLUMNS: &str = "key, household, form, bytes, kept_at_ms";

impl View {
    /// The draft of a key.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn draft(&self, key: &str) -> Result<Option<StoredDraft>, StoreError> {
        self.first(&format!("SELECT {COLUMNS} FROM drafts WHERE key = ?1"), [key], read)
    }

    /// Every draft without what was filled in, the latest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn drafts(&self) -> Result<Vec<StoredDraft>, StoreError> {
        self.all(
            "SELECT key, household, form, x'', kept_at_ms FROM drafts
             ORDER BY kept_at_ms DESC, place DESC",
            [],
            read,
        )
    }

    /// How many drafts there are beside the one of a key.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn drafts_beside(&self, key: &str) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM drafts WHERE key <> ?1";
        Ok(self.first(sql, [key], |row| from_int(row, 0))?.unwrap_or(0))
    }
}

impl Transaction<'_> {
    /// Keeps a draft, in place of the one with its key.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_draft(&mut self, draft: &StoredDraft) -> Result<(), StoreError> {
        let StoredDraft { key, household, form, bytes, kept_at_ms } = draft;
        let household = household.map_or(Vec::new(), |id| id.as_bytes().to_vec());
        self.execute(
            "INSERT INTO drafts (key, household, form, bytes, kept_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (key) DO UPDATE SET household = excluded.household,
                 form = excluded.form, bytes = excluded.bytes, kept_at_ms = excluded.kept_at_ms",
            (key, household, form, bytes, to_int(*kept_at_ms)?),
        )?;
        Ok(())
    }

    /// Forgets the draft of a key, if there is one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn discard_draft(&mut self, key: &str) -> Result<(), StoreError> {
        self.execute("DELETE FROM drafts WHERE key = ?1", [key])?;
        Ok(())
    }
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<StoredDraft> {
    let household: Vec<u8> = row.get(1)?;
    Ok(StoredDraft {
        key: row.get(0)?,
        household: DocumentId::from_slice(&household).ok(),
        form: row.get(2)?,
        bytes: row.get(3)?,
        kept_at_ms: from_int(row, 4)?,
    })
}
