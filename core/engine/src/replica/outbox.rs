//! What waits for the server.

use keting_store::{CommitRow, OutboxEntry, OutboxState, StoreError, View};
use keting_sync::CommitKey;
use keting_trust::{CommitId, Part};

use crate::error::EngineError;
use crate::replica::Replica;
use crate::replica::ended::Ended;
use crate::replica::keep::is_decided;

/// A commit that waits for the server, with its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Where it stands in the outbox.
    pub row: CommitRow,
    /// Its identity.
    pub commit: CommitId,
    /// The signed bytes.
    pub bytes: Vec<u8>,
    /// Every change of it.
    pub parts: Vec<Part>,
}

impl Replica {
    /// What is to be sent after a place in the outbox, in the order it was entered: `count_max` at
    /// most, until it adds up to `bytes_max`, but at least one if there is any.
    ///
    /// What was salvaged from a damaged file waits until its documents are here again, unless the device was
    /// ended: then no documents come, and it is handed over. What was entered after the device had heard
    /// of its end waits until it is enrolled once more.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn waiting(
        &self,
        after: Option<CommitRow>,
        count_max: u32,
        bytes_max: u64,
    ) -> Result<Vec<Waiting>, EngineError> {
        let ended = Ended::read(&self.store)?;
        let is_open = ended.is_some() || self.has_cursor() || self.store.to_put_back()?.is_empty();
        if !is_open {
            return Ok(Vec::new());
        }
        let mut rows = self.store.outbox_to_send(after, count_max, bytes_max)?;
        if let Some(ended) = ended {
            rows.retain(|row| !ended.is_behind(*row));
        }
        Ok(rows.into_iter().map(|row| waiting(&self.store, row)).collect::<Result<_, _>>()?)
    }

    /// Notes that commits are on their way, unless the log has brought them meanwhile, or they were held
    /// or taken out: a session has read ahead by then. It is no loss if a power cut takes the note.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_sent(&mut self, commits: &[CommitKey]) -> Result<(), EngineError> {
        let own = self.device();
        Ok(self.store.note(|transaction| {
            for key in commits {
                let author = key.author.unwrap_or(own);
                let known = transaction.commit_of(author.as_bytes(), &key.command)?;
                if let Some((row, commit)) = known
                    && commit.number.is_none()
                    && !is_decided(transaction, row)?
                {
                    transaction.set_outbox_state(row, &OutboxState::Sent)?;
                }
            }
            Ok(())
        })?)
    }

    /// Everything in the outbox of which something is still to come, oldest first, `count_max` at most.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn outbox(&self, count_max: u32) -> Result<Vec<OutboxEntry>, EngineError> {
        Ok(self.store.outbox_after(None, count_max)?)
    }
}

/// A commit with all its parts.
pub(super) fn waiting(view: &View, row: CommitRow) -> Result<Waiting, StoreError> {
    let commit = view.commit(row)?.ok_or(StoreError::Corrupt)?;
    let parts = view.parts(row)?.into_iter().map(|part| {
        let salt = part.salt.as_slice().try_into().map_err(|_| StoreError::Corrupt)?;
        Ok(Part { salt, document: part.document, change: part.bytes })
    });
    Ok(Waiting {
        row,
        commit: CommitId {
            device: keting_trust::DeviceId::new(commit.device),
            command: commit.command,
        },
        bytes: commit.bytes,
        parts: parts.collect::<Result<_, StoreError>>()?,
    })
}
