//! Commits: what one person did at once, as signed, and the parts of it that are held.

use keting_model::{ActorId, ChangeHash, CommandId, DocumentId};
use rusqlite::Row;

use crate::error::StoreError;
use crate::store::{Transaction, View, from_bytes, from_int, to_int};

/// Where a commit stands in this file. Later commits have higher ones; it means nothing elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommitRow(pub i64);

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCommit {
    /// Who signed it.
    pub device: [u8; 16],
    /// The command it carries out, unique within the device.
    pub command: CommandId,
    /// The signed bytes.
    pub bytes: Vec<u8>,
    /// Its number in the server's log, once it has one.
    pub number: Option<u64>,
    /// The incarnation of the replica that signed it.
    pub incarnation: [u8; 8],
    /// Its place in that incarnation.
    pub sequence: u64,
    /// When it was stored here, milliseconds since the Unix epoch.
    pub received_at_ms: u64,
    /// The command of the first commit of the same act, if it was made anew.
    pub replaces: Option<CommandId>,
}

/// A part of a commit: one change, with the salt of its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPart {
    /// Its place in the commit's list of digests.
    pub entry: u32,
    /// The document it changes.
    pub document: DocumentId,
    /// Whose sequence it continues.
    pub actor: ActorId,
    /// Its place in that sequence.
    pub seq: u64,
    /// The change's hash.
    pub hash: ChangeHash,
    /// The salt.
    pub salt: Vec<u8>,
    /// The uncompressed change.
    pub bytes: Vec<u8>,
}

/// The columns that [`read`] reads.
pub(crate) const COLUMNS: &str =
    "row, device, command, bytes, number, incarnation, sequence, received_at_ms, replaces";

impl View {
    /// The commit at a row.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn commit(&self, row: CommitRow) -> Result<Option<StoredCommit>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM commits WHERE row = ?1");
        Ok(self.first(&sql, [row.0], read)?.map(|(_, commit)| commit))
    }

    /// The last commit stored here.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn last_commit(&self) -> Result<Option<CommitRow>, StoreError> {
        let last = self.first("SELECT max(row) FROM commits", [], |row| row.get(0))?;
        Ok(last.flatten().map(CommitRow))
    }

    /// The commit of a device and command.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn commit_of(
        &self,
        device: &[u8; 16],
        command: &CommandId,
    ) -> Result<Option<(CommitRow, StoredCommit)>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM commits WHERE device = ?1 AND command = ?2");
        self.first(&sql, (device, command.as_bytes()), read)
    }

    /// The commit in a place of an incarnation of a device, of several the last one stored here. Those
    /// stored last are looked at first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn commit_at(
        &self,
        device: &[u8; 16],
        incarnation: &[u8; 8],
        sequence: u64,
    ) -> Result<Option<StoredCommit>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM commits NOT INDEXED
             WHERE device = ?1 AND incarnation = ?2 AND sequence = ?3 ORDER BY row DESC LIMIT 1"
        );
        let found = self.first(&sql, (device, incarnation, to_int(sequence)?), read)?;
        Ok(found.map(|(_, commit)| commit))
    }

    /// Up to `count_max` commits after a row, in order of arrival.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn commits_after(
        &self,
        after: Option<CommitRow>,
        count_max: u32,
    ) -> Result<Vec<(CommitRow, StoredCommit)>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM commits WHERE row > ?1 ORDER BY row LIMIT ?2");
        self.all(&sql, (after.map_or(0, |row| row.0), count_max), read)
    }

    /// The parts held of a commit, in the order of its digests.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn parts(&self, commit: CommitRow) -> Result<Vec<StoredPart>, StoreError> {
        self.all(PARTS, [commit.0], read_part)
    }
}

/// Parts aside give way to the same change once its document is here again.
const PARTS: &str = "
    SELECT c.entry, d.id, c.actor, c.seq, c.hash, c.salt, c.bytes
    FROM changes c JOIN documents d ON d.number = c.document WHERE c.commit_row = ?1
    UNION ALL
    SELECT s.entry, s.document, s.actor, s.seq, s.hash, s.salt, s.bytes
    FROM parts_aside s WHERE s.commit_row = ?1 AND NOT EXISTS
        (SELECT 1 FROM changes c WHERE c.commit_row = ?1 AND c.entry = s.entry)
    ORDER BY 1";

impl Transaction<'_> {
    /// Stores a commit, before its changes. One that is here already keeps its row, and gets the
    /// number if it had none.
    ///
    /// # Errors
    /// [`StoreError::OtherCommit`] when its device and command were used with other bytes.
    pub fn put_commit(&mut self, commit: &StoredCommit) -> Result<CommitRow, StoreError> {
        let number = commit.number.map(to_int).transpose()?;
        let stored = self.execute(
            "INSERT INTO commits
                 (device, command, bytes, number, incarnation, sequence, received_at_ms, replaces)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (device, command) DO NOTHING",
            (
                &commit.device,
                commit.command.as_bytes(),
                &commit.bytes,
                number,
                &commit.incarnation,
                to_int(commit.sequence)?,
                to_int(commit.received_at_ms)?,
                commit.replaces.as_ref().map(CommandId::as_bytes),
            ),
        )?;
        if stored == 1 {
            return Ok(CommitRow(self.connection.last_insert_rowid()));
        }
        match self.commit_of(&commit.device, &commit.command)? {
            Some((row, found)) if found.bytes == commit.bytes => {
                if let Some(number) = commit.number.filter(|_| commit.number != found.number) {
                    self.set_commit_number(row, number)?;
                }
                Ok(row)
            }
            Some(_) | None => Err(StoreError::OtherCommit),
        }
    }

    /// Notes the number a commit was given in the server's log.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_commit_number(&mut self, row: CommitRow, number: u64) -> Result<(), StoreError> {
        self.execute("UPDATE commits SET number = ?2 WHERE row = ?1", (row.0, to_int(number)?))?;
        Ok(())
    }
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<(CommitRow, StoredCommit)> {
    let (number, replaces): (Option<i64>, Option<Vec<u8>>) = (row.get(4)?, row.get(8)?);
    let commit = StoredCommit {
        device: from_bytes(row, 1)?,
        command: CommandId::new(from_bytes(row, 2)?),
        bytes: row.get(3)?,
        number: number.map(|_| from_int(row, 4)).transpose()?,
        incarnation: from_bytes(row, 5)?,
        sequence: from_int(row, 6)?,
        received_at_ms: from_int(row, 7)?,
        replaces: replaces.map(|_| from_bytes(row, 8)).transpose()?.map(CommandId::new),
    };
    Ok((CommitRow(row.get(0)?), commit))
}

pub(crate) fn read_part(row: &Row<'_>) -> rusqlite::Result<StoredPart> {
    Ok(StoredPart {
        entry: row.get(0)?,
        document: DocumentId::new(from_bytes(row, 1)?),
        actor: ActorId::new(from_bytes(row, 2)?),
        seq: from_int(row, 3)?,
        hash: ChangeHash(from_bytes(row, 4)?),
        salt: row.get(5)?,
        bytes: row.get(6)?,
    })
}
