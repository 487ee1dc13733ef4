//! What stands in the place of changes that were taken out to be made anew. Later work that was
//! planned on such a change finds here what it is to be made anew on.

use keting_model::{ChangeHash, DocumentId};

use crate::documents::{heads_bytes, heads_from};
use crate::error::StoreError;
use crate::store::{Transaction, View};

impl View {
    /// The changes of a document that stand in the place of one that was taken out; none if nothing is
    /// known of it, an empty list if nothing is left of what it stood on.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn stand_ins(
        &self,
        document: &DocumentId,
        change: &ChangeHash,
    ) -> Result<Option<Vec<ChangeHash>>, StoreError> {
        self.first(
            "SELECT heads FROM stand_ins WHERE document = ?1 AND change = ?2",
            (document.as_bytes(), &change.0),
            |row| Ok(heads_from(row.get_ref(0)?.as_blob()?)),
        )
    }
}

impl Transaction<'_> {
    /// Notes which changes of a document stand in the place of one that was taken out.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_stand_ins(
        &mut self,
        document: &DocumentId,
        change: &ChangeHash,
        heads: &[ChangeHash],
    ) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO stand_ins (document, change, heads) VALUES (?1, ?2, ?3)
             ON CONFLICT (document, change) DO UPDATE SET heads = excluded.heads",
            (document.as_bytes(), &change.0, heads_bytes(heads)),
        )?;
        Ok(())
    }

    /// Forgets all of them: nothing is left to be made anew.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn forget_stand_ins(&mut self) -> Result<(), StoreError> {
        self.execute("DELETE FROM stand_ins", [])?;
        Ok(())
    }
}
