//! The outbox: durable work on its way to the server's acknowledgement.

use keting_model::{ChangeHash, DocumentId};
use rusqlite::Row;

use crate::commits::CommitRow;
use crate::error::StoreError;
use crate::store::{Transaction, View, from_bytes, from_int, to_int};

/// How far a piece of work has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboxState {
    /// It waits for a connection.
    Queued,
    /// It was sent, and the answer is not here yet. After a cut it is sent again. A power cut may
    /// take this mark back to queued.
    Sent,
    /// The server could not keep it yet. It goes again with the next connection.
    Refused {
        /// The reason, stable, for a person to read about.
        code: String,
    },
    /// The server has stored it durably.
    Acknowledged,
    /// The server did not take it as it is; somebody has to look at it.
    Held {
        /// The reason, stable, for a person to read about.
        code: String,
    },
    /// A verdict says that another commit of the same act stands. It is kept until everything that was
    /// sent is answered.
    Superseded,
}

impl OutboxState {
    /// Whether the log has decided on it otherwise than to take it: what is still on its way then is refused
    /// in vain.
    pub const fn is_decided(&self) -> bool {
        matches!(self, Self::Held { .. } | Self::Superseded)
    }
}

/// A piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Its commit.
    pub commit: CommitRow,
    /// The command as its author gave it, to author it anew.
    pub command: Vec<u8>,
    /// How far it has come.
    pub state: OutboxState,
    /// When it was entered, milliseconds since the Unix epoch by the city's time.
    pub queued_at_ms: u64,
    /// The neighbour's device it is carried for; none for own work.
    pub carried_for: Option<[u8; 16]>,
    /// Whether its changes are in their documents. Not those of work that is held, or that stands on
    /// such work; they are kept aside.
    pub stands: bool,
    /// The documents that the command was planned on, as its author saw them; opaque here. Empty for
    /// what was saved without it.
    pub planned_on: Vec<u8>,
}

/// How much is in the outbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutboxCounts {
    /// Not sent yet.
    pub queued: u64,
    /// Sent and not answered.
    pub sent: u64,
    /// Refused, to be sent again.
    pub refused: u64,
    /// Held, and what stands on such work, answered or not.
    pub held: u64,
}

/// The columns that [`read`] reads.
pub(crate) const COLUMNS: &str =
    "commit_row, command, state, code, queued_at_ms, carried_for, stands, planned_on";

const QUEUED: i64 = 0;
const SENT: i64 = 1;
const ACKNOWLEDGED: i64 = 2;
const HELD: i64 = 3;
const REFUSED: i64 = 4;
const SUPERSEDED: i64 = 5;

impl View {
    /// What is to be sent, in the order it was entered: work after a commit that is neither
    /// acknowledged nor held, `count_max` at most, until the commits and their parts add up to
    /// `bytes_max`, but at least one.
    ///
    /// Sent and refused work is included, so a new connection begins again from the first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn outbox_to_send(
        &self,
        after: Option<CommitRow>,
        count_max: u32,
        bytes_max: u64,
    ) -> Result<Vec<CommitRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(TO_SEND)?;
        let mut rows = statement.query((after.map_or(0, |row| row.0), count_max))?;
        let (mut commits, mut total_bytes) = (Vec::new(), 0_u64);
        while let Some(row) = rows.next()? {
            total_bytes = total_bytes.saturating_add(from_int(row, 1)?);
            if total_bytes > bytes_max && !commits.is_empty() {
                break;
            }
            commits.push(CommitRow(row.get(0)?));
        }
        Ok(commits)
    }

    /// Up to `count_max` entries after a commit of which something is still to come, in the order they
    /// were entered: neither acknowledged nor superseded.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn outbox_after(
        &self,
        after: Option<CommitRow>,
        count_max: u32,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        self.all(
            &format!(
                "SELECT {COLUMNS} FROM outbox INDEXED BY outbox_open
                 WHERE state <> 2 AND state <> 5 AND commit_row > ?1 ORDER BY commit_row LIMIT ?2"
            ),
            (after.map_or(0, |row| row.0), count_max),
            read,
        )
    }

    /// Work that is held or stands on such work, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn outbox_held(&self) -> Result<Vec<OutboxEntry>, StoreError> {
        self.all(
            &format!(
                "SELECT {COLUMNS} FROM outbox INDEXED BY outbox_open
                 WHERE state <> 2 AND state <> 5 AND (state = 3 OR NOT stands) ORDER BY commit_row"
            ),
            [],
            read,
        )
    }

    /// Work whose act another commit carries out that has a number, with that commit, and what is
    /// superseded by a commit that is not here; oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn outbox_superseded(&self) -> Result<Vec<(OutboxEntry, Option<CommitRow>)>, StoreError> {
        let found = self.all(SUPERSEDED_WORK, [], |row| {
            Ok((CommitRow(row.get(0)?), row.get::<_, Option<i64>>(1)?.map(CommitRow)))
        })?;
        let mut superseded = Vec::new();
        for (commit, by) in found {
            superseded.extend(self.outbox_entry(commit)?.map(|entry| (entry, by)));
        }
        Ok(superseded)
    }

    /// For each document that holds unacknowledged work: the latest commit of it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn latest_unacknowledged(&self) -> Result<Vec<(DocumentId, CommitRow)>, StoreError> {
        self.all(
            "SELECT d.id, max(o.commit_row) FROM outbox o INDEXED BY outbox_open
             CROSS JOIN changes c ON c.commit_row = o.commit_row
             JOIN documents d ON d.number = c.document
             WHERE o.state <> 2 AND o.stands GROUP BY d.id",
            [],
            |row| Ok((DocumentId::new(from_bytes(row, 0)?), CommitRow(row.get(1)?))),
        )
    }

    /// The documents that hold work which is queued, sent or refused: the server has not acknowledged it
    /// and decided nothing about it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn documents_not_sent(&self) -> Result<Vec<DocumentId>, StoreError> {
        self.all(
            "SELECT DISTINCT d.id FROM outbox o INDEXED BY outbox_open
             CROSS JOIN changes c ON c.commit_row = o.commit_row
             JOIN documents d ON d.number = c.document
             WHERE o.state IN (0, 1, 4) AND o.state <> 2 AND o.stands",
            [],
            |row| Ok(DocumentId::new(from_bytes(row, 0)?)),
        )
    }

    /// The changes of a document that are unacknowledged work, by their commits, the latest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn unacknowledged_of(
        &self,
        document: &DocumentId,
    ) -> Result<Vec<(CommitRow, ChangeHash)>, StoreError> {
        self.all(
            "SELECT o.commit_row, c.hash FROM outbox o INDEXED BY outbox_open
             CROSS JOIN changes c ON c.commit_row = o.commit_row
             JOIN documents d ON d.number = c.document
             WHERE o.state <> 2 AND o.stands AND d.id = ?1 ORDER BY o.commit_row DESC",
            [document.as_bytes()],
            |row| Ok((CommitRow(row.get(0)?), ChangeHash(from_bytes(row, 1)?))),
        )
    }

    /// The entry of a commit.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn outbox_entry(&self, commit: CommitRow) -> Result<Option<OutboxEntry>, StoreError> {
        self.first(&format!("SELECT {COLUMNS} FROM outbox WHERE commit_row = ?1"), [commit.0], read)
    }

    /// When the oldest work was entered that the server has yet to answer, milliseconds since the Unix
    /// epoch by the city's time.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn oldest_waiting_at_ms(&self) -> Result<Option<u64>, StoreError> {
        self.first(
            "SELECT queued_at_ms FROM outbox INDEXED BY outbox_open
             WHERE state <> 2 AND state IN (0, 1, 4) AND stands ORDER BY commit_row LIMIT 1",
            [],
            |row| from_int(row, 0),
        )
    }

    /// How much waits and how much is held.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn outbox_counts(&self) -> Result<OutboxCounts, StoreError> {
        let mut counts = OutboxCounts::default();
        let rows = self.all(
            "SELECT state, stands, count(*) FROM outbox WHERE state <> 2 GROUP BY state, stands",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?, from_int(row, 2)?)),
        )?;
        for (state, stands, count) in rows {
            match state {
                QUEUED if stands => counts.queued = count,
                SENT if stands => counts.sent = count,
                REFUSED if stands => counts.refused = count,
                SUPERSEDED => {}
                // A state of a newer version is somebody's unfinished work, too.
                _ => counts.held = counts.held.saturating_add(count),
            }
        }
        Ok(counts)
    }
}

/// The commit that stands is the first of its act, or one that was made anew of it.
const SUPERSEDED_WORK: &str = "
    SELECT lost, stands, min(number) FROM (
        SELECT o.commit_row AS lost, w.row AS stands, w.number FROM outbox o INDEXED BY outbox_open
        CROSS JOIN commits k ON k.row = o.commit_row
        CROSS JOIN commits w ON w.device = k.device AND w.command = ifnull(k.replaces, k.command)
        WHERE o.state <> 2 AND w.row <> k.row AND w.number IS NOT NULL
        UNION ALL
        SELECT o.commit_row, w.row, w.number FROM outbox o INDEXED BY outbox_open
        CROSS JOIN commits k ON k.row = o.commit_row
        CROSS JOIN commits w ON w.device = k.device AND w.replaces = ifnull(k.replaces, k.command)
        WHERE o.state <> 2 AND w.row <> k.row AND w.number IS NOT NULL
        UNION ALL
        SELECT commit_row, NULL, NULL FROM outbox WHERE state = 5 AND state <> 2)
    GROUP BY lost ORDER BY lost";

/// The states come from the index in order of their rows; they are merged here.
const TO_SEND: &str = "
    SELECT o.commit_row, length(k.bytes)
         + (SELECT ifnull(sum(length(c.bytes) + 64), 0) FROM changes c WHERE c.commit_row = k.row)
         + (SELECT ifnull(sum(length(p.bytes) + 64), 0)
            FROM parts_aside p WHERE p.commit_row = k.row)
    FROM (SELECT commit_row FROM outbox WHERE state = 0 AND state <> 2 AND commit_row > ?1
          UNION ALL
          SELECT commit_row FROM outbox WHERE state = 1 AND state <> 2 AND commit_row > ?1
          UNION ALL
          SELECT commit_row FROM outbox WHERE state = 4 AND state <> 2 AND commit_row > ?1
          ORDER BY commit_row LIMIT ?2) o
    JOIN commits k ON k.row = o.commit_row ORDER BY o.commit_row";

impl Transaction<'_> {
    /// Enters a piece of work.
    ///
    /// # Errors
    /// When the commit is not stored, or has an entry already.
    pub fn put_outbox(&mut self, entry: &OutboxEntry) -> Result<(), StoreError> {
        let (state, code) = state_columns(&entry.state);
        let carried_for = entry.carried_for.as_ref().map_or(&[][..], |device| device);
        self.execute(
            &format!("INSERT INTO outbox ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"),
            (
                entry.commit.0,
                &entry.command,
                state,
                code,
                to_int(entry.queued_at_ms)?,
                carried_for,
                entry.stands,
                &entry.planned_on,
            ),
        )?;
        Ok(())
    }

    /// Notes how far the work of a commit has come, and says whether there is any. What is
    /// acknowledged stands. Parts that are kept aside stay until their document holds them.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_outbox_state(
        &mut self,
        commit: CommitRow,
        state: &OutboxState,
    ) -> Result<bool, StoreError> {
        let (state, code) = state_columns(state);
        let changed = self.execute(
            "UPDATE outbox SET state = ?2, code = ?3, stands = stands OR ?2 = 2
             WHERE commit_row = ?1",
            (commit.0, state, code),
        )?;
        Ok(changed > 0)
    }

    /// Forgets acknowledged work up to a number of the log: the server has a backup of it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn forget_acknowledged(&mut self, number_max: u64) -> Result<u64, StoreError> {
        let gone = self.execute(
            "DELETE FROM outbox WHERE state = 2
                 AND (SELECT number FROM commits WHERE row = commit_row) <= ?1",
            [to_int(number_max)?],
        )?;
        Ok(u64::try_from(gone).unwrap_or(u64::MAX))
    }
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<OutboxEntry> {
    let carried_for: Vec<u8> = row.get(5)?;
    let code: String = row.get(3)?;
    Ok(OutboxEntry {
        commit: CommitRow(row.get(0)?),
        command: row.get(1)?,
        state: match row.get::<_, i64>(2)? {
            QUEUED => OutboxState::Queued,
            SENT => OutboxState::Sent,
            ACKNOWLEDGED => OutboxState::Acknowledged,
            REFUSED => OutboxState::Refused { code },
            SUPERSEDED => OutboxState::Superseded,
            _ => OutboxState::Held { code },
        },
        queued_at_ms: from_int(row, 4)?,
        carried_for: carried_for.try_into().ok(),
        stands: row.get(6)?,
        planned_on: row.get(7)?,
    })
}

fn state_columns(state: &OutboxState) -> (i64, &str) {
    match state {
        OutboxState::Queued => (QUEUED, ""),
        OutboxState::Sent => (SENT, ""),
        OutboxState::Acknowledged => (ACKNOWLEDGED, ""),
        OutboxState::Held { code } => (HELD, code),
        OutboxState::Refused { code } => (REFUSED, code),
        OutboxState::Superseded => (SUPERSEDED, ""),
    }
}
