//! A device that the operator has ended, and that was told so.
//!
//! It keeps all it has, and a person may go on entering. What was made before the device greeted the
//! server in the session that told it is handed over; from then on each greeting says that it was told.
//! What is made later would be held for good, so it is not sent: it waits in the outbox for a later
//! invitation into the same folder, under whose grant it is as good as any. So does what a machine that was
//! put back has to author anew, since that begins once everything of the log is here. The first word of the end says up to where the outbox may be sent; it stays
//! until the device is enrolled once more, or a server says that everything is here.

use keting_store::{CommitRow, StoreError, Transaction, View};
use keting_trust::cbor;
use minicbor::{Decode, Encode};

use crate::error::EngineError;
use crate::replica::rolled_back::due_count;
use crate::replica::{Replica, meta};

/// What a device knows of its end.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(super) struct Ended {
    /// Why, in the words of whoever ended it.
    #[n(0)]
    pub(super) why: String,
    /// The last commit in the file at the greeting.
    #[n(1)]
    last_row: i64,
}

impl Ended {
    /// What the file knows of an end, if the device was told of one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn read(file: &View) -> Result<Option<Self>, EngineError> {
        let Some(bytes) = file.meta(meta::ENDED)? else { return Ok(None) };
        cbor::from_slice(&bytes).map(Some).map_err(|_| EngineError::DamagedMeta)
    }

    /// Whether a commit was made too late to be handed over.
    pub(super) fn is_behind(&self, commit: CommitRow) -> bool {
        commit.0 > self.last_row
    }

    /// How much waits for an invitation: what was entered too late to be handed over, and what is to be
    /// authored anew.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn waiting(&self, file: &View) -> Result<u64, EngineError> {
        let behind = file.outbox_after(Some(CommitRow(self.last_row)), u32::MAX)?;
        let behind = behind.iter().filter(|entry| entry.stands).count() as u64;
        Ok(behind + due_count(file)?)
    }
}

/// Forgets the end, since the device was given something after it.
pub(super) fn forget(transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
    transaction.delete_meta(meta::ENDED)
}

impl Replica {
    /// The last commit in the file, whoever made it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn last_commit(&self) -> Result<Option<CommitRow>, EngineError> {
        Ok(self.store.last_commit()?)
    }

    /// Notes that the server has ended this device, and why. `greeted_with` is the last commit in the file
    /// as the session began.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn note_ended(
        &mut self,
        why: &str,
        greeted_with: Option<CommitRow>,
    ) -> Result<(), EngineError> {
        let last_row = match Ended::read(&self.store)? {
            Some(known) => known.last_row,
            None => greeted_with.map_or(0, |last| last.0),
        };
        self.keep_ended(&Ended { why: why.to_owned(), last_row })
    }

    /// Of a device that was ended, and whose file is a fresh one in the place of a damaged one: its commits
    /// have other places, and until an invitation no documents come that they could be put back into.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub(super) fn leave_all_to_an_invitation(&mut self) -> Result<(), EngineError> {
        match Ended::read(&self.store)? {
            Some(known) => self.keep_ended(&Ended { last_row: 0, ..known }),
            None => Ok(()),
        }
    }

    fn keep_ended(&mut self, ended: &Ended) -> Result<(), EngineError> {
        let bytes = cbor::to_vec(ended);
        Ok(self.store.write(|transaction| transaction.set_meta(meta::ENDED, &bytes))?)
    }
}
