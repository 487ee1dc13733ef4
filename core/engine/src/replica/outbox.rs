//! What waits for the server.

use keting_store::{CommitRow, OutboxEntry, StoreError, View};
use keting_trust::{CommitId, Part};

use crate::error::EngineError;
use crate::replica::Replica;

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
    /// What is to be sent after a place in the outbox, in the order it was entered, until it adds up
    /// to `bytes_max`, but at least one if there is any.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn waiting(
        &self,
        after: Option<CommitRow>,
        bytes_max: u64,
    ) -> Result<Vec<Waiting>, EngineError> {
        let rows = self.store.outbox_to_send(after, bytes_max)?;
        Ok(rows.into_iter().map(|row| waiting(&self.store, row)).collect::<Result<_, _>>()?)
    }

    /// Everything in the outbox that the server has not acknowledged, oldest first, `count_max` at
    /// most.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn outbox(&self, count_max: u32) -> Result<Vec<OutboxEntry>, EngineError> {
        Ok(self.store.outbox_after(None, count_max)?)
    }
}

fn waiting(view: &View, row: CommitRow) -> Result<Waiting, StoreError> {
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
