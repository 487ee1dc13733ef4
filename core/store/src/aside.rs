//! Parts of commits that no document holds: of work that does not stand, since it is held, and of
//! what was saved from a corrupt file without its documents. They are kept whole, and sent like any.

use keting_model::{ChangeHash, DocumentId};

use crate::commits::{CommitRow, StoredPart};
use crate::documents::heads_bytes;
use crate::error::StoreError;
use crate::store::{Transaction, View, to_int};

impl View {
    /// The commits that are to go back into their documents, in order of arrival: what was salvaged,
    /// and what was taken out and is acknowledged after all.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn to_put_back(&self) -> Result<Vec<CommitRow>, StoreError> {
        let sql = "SELECT DISTINCT p.commit_row
                   FROM parts_aside p LEFT JOIN outbox o ON o.commit_row = p.commit_row
                   WHERE ifnull(o.stands, 1) ORDER BY p.commit_row";
        self.all(sql, [], |row| Ok(CommitRow(row.get(0)?)))
    }
}

impl Transaction<'_> {
    /// Takes the changes of a commit out of their documents and keeps them aside. It does not stand
    /// from now on. [`Self::put_remaining`] has to follow for each of the documents.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn take_out(&mut self, commit: CommitRow) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO parts_aside (commit_row, entry, document, actor, seq, hash, salt, bytes)
             SELECT c.commit_row, c.entry, d.id, c.actor, c.seq, c.hash, c.salt, c.bytes
             FROM changes c JOIN documents d ON d.number = c.document WHERE c.commit_row = ?1",
            [commit.0],
        )?;
        self.execute("DELETE FROM changes WHERE commit_row = ?1", [commit.0])?;
        self.execute("UPDATE outbox SET stands = 0 WHERE commit_row = ?1", [commit.0])?;
        Ok(())
    }

    /// Notes what is left of a document after changes were taken out: its heads, or that nothing of
    /// it is here any more. A compacted save of it held what is gone, and goes too.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_remaining(
        &mut self,
        document: &DocumentId,
        heads: &[ChangeHash],
    ) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM snapshots WHERE document = (SELECT number FROM documents WHERE id = ?1)",
            [document.as_bytes()],
        )?;
        if heads.is_empty() {
            self.execute("DELETE FROM documents WHERE id = ?1", [document.as_bytes()])?;
        } else {
            self.execute(
                "UPDATE documents SET heads = ?2 WHERE id = ?1",
                (document.as_bytes(), heads_bytes(heads)),
            )?;
        }
        Ok(())
    }

    /// Forgets the parts of a commit that were kept aside: their documents hold them.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn forget_aside(&mut self, commit: CommitRow) -> Result<(), StoreError> {
        self.execute("DELETE FROM parts_aside WHERE commit_row = ?1", [commit.0])?;
        Ok(())
    }

    /// Forgets work that stands in no document, with its commit: another commit does the same.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn forget_work(&mut self, commit: CommitRow) -> Result<(), StoreError> {
        self.forget_aside(commit)?;
        self.execute("DELETE FROM outbox WHERE commit_row = ?1", [commit.0])?;
        self.execute("DELETE FROM commits WHERE row = ?1", [commit.0])?;
        Ok(())
    }

    /// Keeps a part of a commit whose document could not be saved.
    pub(crate) fn put_aside(
        &mut self,
        commit: CommitRow,
        part: &StoredPart,
    ) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO parts_aside (commit_row, entry, document, actor, seq, hash, salt, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            (
                commit.0,
                part.entry,
                part.document.as_bytes(),
                part.actor.as_bytes(),
                to_int(part.seq)?,
                &part.hash.0,
                &part.salt,
                &part.bytes,
            ),
        )?;
        Ok(())
    }
}
