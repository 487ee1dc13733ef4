//! Documents: a snapshot, and the changes that arrived after it.

use keting_model::{ActorId, ChangeHash, DocumentId};

use crate::commits::CommitRow;
use crate::error::StoreError;
use crate::store::{Transaction, View, from_bytes, from_int, to_int};

/// What [`View::document`] finds: enough to load the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// The hashes of the changes that no other follows, as they were last given.
    pub heads: Vec<ChangeHash>,
    /// The latest compacted save, if one was ever made.
    pub snapshot: Option<Vec<u8>>,
    /// The changes that are not in the snapshot, in an order in which they apply.
    pub changes_after: Vec<Vec<u8>>,
    /// The position of the last change, counted from 1. Changes that were taken out leave gaps.
    pub change_count: u64,
}

/// One change and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredChange {
    /// The change's hash.
    pub hash: ChangeHash,
    /// Whose sequence it continues.
    pub actor: ActorId,
    /// Its place in that sequence, from 1.
    pub seq: u64,
    /// The commit it is part of.
    pub commit: CommitRow,
    /// Its place in that commit's list of digests.
    pub entry: u32,
    /// The salt of its digest in the commit: 16 bytes, none once erased.
    pub salt: Vec<u8>,
    /// The uncompressed change.
    pub bytes: Vec<u8>,
}

/// What became of a change that was to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// It is stored.
    New,
    /// The same change was here already; nothing was written.
    AlreadyHere,
}

/// Changes of one document lie between these places; see the migration.
const PLACES_BITS: u32 = 24;

impl View {
    /// What is needed to load a document, or nothing if none of it is held.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn document(&self, id: &DocumentId) -> Result<Option<StoredDocument>, StoreError> {
        self.at_one_moment(|view| {
            let found = view.first(
                "SELECT d.number, d.heads, d.change_count, s.bytes, ifnull(s.change_count, 0)
                 FROM documents d LEFT JOIN snapshots s ON s.document = d.number WHERE d.id = ?1",
                [id.as_bytes()],
                |row| {
                    let heads = row.get_ref(1)?.as_blob()?;
                    Ok((
                        row.get::<_, i64>(0)?,
                        heads_from(heads),
                        from_int(row, 2)?,
                        row.get(3)?,
                        row.get::<_, i64>(4)?,
                    ))
                },
            )?;
            let Some((number, heads, change_count, snapshot, through)) = found else {
                return Ok(None);
            };
            let changes_after = view.all(
                "SELECT bytes FROM changes WHERE place > ?1 AND place < ?2 ORDER BY place",
                (place(number, through)?, place(number + 1, 0)?),
                |row| row.get(0),
            )?;
            Ok(Some(StoredDocument { heads, snapshot, changes_after, change_count }))
        })
    }

    /// Every change held of a document with its commit, in order of arrival.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn changes_of(&self, id: &DocumentId) -> Result<Vec<StoredChange>, StoreError> {
        self.all(
            "SELECT c.hash, c.actor, c.seq, c.commit_row, c.entry, c.salt, c.bytes
             FROM documents d CROSS JOIN changes c
               ON c.place > d.number << 24 AND c.place < (d.number + 1) << 24
             WHERE d.id = ?1 ORDER BY c.place",
            [id.as_bytes()],
            |row| {
                Ok(StoredChange {
                    hash: ChangeHash(from_bytes(row, 0)?),
                    actor: ActorId::new(from_bytes(row, 1)?),
                    seq: from_int(row, 2)?,
                    commit: CommitRow(row.get(3)?),
                    entry: row.get(4)?,
                    salt: row.get(5)?,
                    bytes: row.get(6)?,
                })
            },
        )
    }

    /// Whether anything of a document has a number in the log.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn is_in_the_log(&self, id: &DocumentId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM documents d JOIN changes c ON c.document = d.number
                   JOIN commits k ON k.row = c.commit_row
                   WHERE d.id = ?1 AND k.number IS NOT NULL LIMIT 1";
        Ok(self.first(sql, [id.as_bytes()], |_| Ok(()))?.is_some())
    }

    /// The ids of up to `count_max` documents after one, in order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn documents_after(
        &self,
        after: Option<&DocumentId>,
        count_max: u32,
    ) -> Result<Vec<DocumentId>, StoreError> {
        let after = after.map_or(&[][..], |id| id.as_bytes());
        self.all(
            "SELECT id FROM documents WHERE id > ?1 ORDER BY id LIMIT ?2",
            (after, count_max),
            |row| Ok(DocumentId::new(from_bytes(row, 0)?)),
        )
    }

    /// How many documents are held.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn document_count(&self) -> Result<u64, StoreError> {
        let count = self.first("SELECT count(*) FROM documents", [], |row| from_int(row, 0))?;
        Ok(count.unwrap_or(0))
    }
}

impl Transaction<'_> {
    /// Stores a change of a document; `heads` are the document's with the change in it.
    ///
    /// Changes have to come in an order in which they apply. Those of a kind this version does not
    /// know are stored like any other.
    ///
    /// # Errors
    /// [`StoreError::Fork`] when its document, actor and sequence number were used with another
    /// change.
    pub fn put_document_change(
        &mut self,
        document: &DocumentId,
        change: &StoredChange,
        heads: &[ChangeHash],
    ) -> Result<Placed, StoreError> {
        let seq = to_int(change.seq)?;
        let (number, count) = self.locate(document, heads)?;
        let stored = self.execute(
            "INSERT INTO changes
                 (place, document, actor, seq, hash, commit_row, entry, salt, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (document, actor, seq) DO NOTHING",
            (
                place(number, count + 1)?,
                number,
                change.actor.as_bytes(),
                seq,
                &change.hash.0,
                change.commit.0,
                change.entry,
                &change.salt,
                &change.bytes,
            ),
        )?;
        if stored == 0 {
            let same = self.first(
                "SELECT hash FROM changes WHERE document = ?1 AND actor = ?2 AND seq = ?3",
                (number, change.actor.as_bytes(), seq),
                |row| Ok(row.get_ref(0)?.as_blob()? == change.hash.0),
            )?;
            return if same == Some(true) {
                Ok(Placed::AlreadyHere)
            } else {
                Err(StoreError::Fork)
            };
        }
        self.execute(
            "UPDATE documents SET heads = ?2, change_count = ?3 WHERE number = ?1",
            (number, heads_bytes(heads), count + 1),
        )?;
        Ok(Placed::New)
    }

    /// Stores a compacted save of a document that contains every change stored of it, in place of
    /// an earlier one. A document that is not held yet begins with it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_snapshot(
        &mut self,
        document: &DocumentId,
        bytes: &[u8],
        heads: &[ChangeHash],
    ) -> Result<(), StoreError> {
        let (number, count) = self.locate(document, heads)?;
        self.execute(
            "INSERT INTO snapshots (document, change_count, bytes) VALUES (?1, ?2, ?3)
             ON CONFLICT (document)
             DO UPDATE SET change_count = excluded.change_count, bytes = excluded.bytes",
            (number, count, bytes),
        )?;
        self.execute(
            "UPDATE documents SET heads = ?2 WHERE number = ?1",
            (number, heads_bytes(heads)),
        )?;
        Ok(())
    }

    /// The document's number, and how many changes it has.
    fn locate(
        &self,
        document: &DocumentId,
        heads: &[ChangeHash],
    ) -> Result<(i64, i64), StoreError> {
        let found = self.first(
            "SELECT number, change_count FROM documents WHERE id = ?1",
            [document.as_bytes()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if let Some(found) = found {
            return Ok(found);
        }
        self.execute(
            "INSERT INTO documents (id, heads, change_count) VALUES (?1, ?2, 0)",
            (document.as_bytes(), heads_bytes(heads)),
        )?;
        Ok((self.connection.last_insert_rowid(), 0))
    }
}

/// The rowid of a document's change at a position.
fn place(number: i64, position: i64) -> Result<i64, StoreError> {
    if position >= 1 << PLACES_BITS || number >= 1 << (62 - PLACES_BITS) {
        return Err(StoreError::OutOfRange);
    }
    Ok(number << PLACES_BITS | position)
}

pub(crate) fn heads_bytes(heads: &[ChangeHash]) -> Vec<u8> {
    heads.iter().flat_map(|hash| hash.0).collect()
}

pub(crate) fn heads_from(bytes: &[u8]) -> Vec<ChangeHash> {
    bytes.as_chunks::<32>().0.iter().map(|hash| ChangeHash(*hash)).collect()
}
