//! Small facts about the replica itself: cursor, incarnation, whose it is. What the keys mean is
//! the engine's affair.

use crate::error::StoreError;
use crate::store::{Transaction, View};

impl View {
    /// The bytes under a key.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.first("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
    }
}

impl Transaction<'_> {
    /// Puts bytes under a key, in place of others.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_meta(&mut self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO meta (key, value) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )?;
        Ok(())
    }

    /// Removes a key.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn delete_meta(&mut self, key: &str) -> Result<(), StoreError> {
        self.execute("DELETE FROM meta WHERE key = ?1", [key])?;
        Ok(())
    }
}
