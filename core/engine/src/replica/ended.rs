//! A device that the operator has ended, and that was told so.
//!
//! It keeps all it has, and a person may go on entering. What was made before the device greeted the
//! server in the session that told it is handed over; from then on each greeting says that it was told.
//! What is made later would be held for good, so it is not sent: it waits in the outbox for a later
//! invitation into the same folder, under whose grant it is as good as any. So does what a machine that was
//! put back has to author anew, since that begins once everything of the log is here. The first word of the
//! end says up to where the outbox may be sent; it stays until the device is enrolled once more, or a
//! server says that everything is here. That word is believed with an issuing key's signature only, over this
//! very connection.

use keting_store::{CommitRow, OutboxEntry, OutboxState, StoreError, Transaction, View};
use keting_sync::CommitKey;
use keting_trust::{Claimed, Ending, cbor};
use minicbor::{Decode, Encode};

use crate::error::EngineError;
use crate::replica::rolled_back::is_due;
use crate::replica::{Replica, meta};

/// What a device knows of its end.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Ended {
    /// Why, in the words of whoever ended it.
    #[n(0)]
    pub(crate) why: String,
    /// The last commit in the file at the greeting.
    #[n(1)]
    last_row: i64,
}

impl Ended {
    /// What the file knows of an end, if the device was told of one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn read(file: &View) -> Result<Option<Self>, EngineError> {
        let Some(bytes) = file.meta(meta::ENDED)? else { return Ok(None) };
        cbor::from_slice(&bytes).map(Some).map_err(|_| EngineError::DamagedMeta)
    }

    /// Whether a commit was made too late to be handed over.
    pub(super) fn is_behind(&self, commit: CommitRow) -> bool {
        commit.0 > self.last_row
    }

    /// Whether work waits for an invitation: it was entered too late to be handed over, or is to be
    /// authored anew.
    pub(crate) fn keeps(&self, work: &OutboxEntry) -> bool {
        is_due(work) || work.stands && self.is_behind(work.commit)
    }

    /// How much waits for an invitation.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn waiting(&self, file: &View) -> Result<u64, EngineError> {
        let open = file.outbox_after(None, u32::MAX)?;
        Ok(open.iter().filter(|entry| self.keeps(entry)).count() as u64)
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

    /// Of a file that took a damaged one's place: it counts its commits on from the last one that could be
    /// saved. What is made from now on is not to stand in a place from before the end.
    pub(super) fn end_with_what_was_saved(&mut self) -> Result<(), EngineError> {
        let Some(ended) = Ended::read(&self.store)? else { return Ok(()) };
        let last_row = self.last_commit()?.map_or(0, |last| last.0);
        if ended.last_row <= last_row {
            return Ok(());
        }
        let bytes = cbor::to_vec(&Ended { last_row, ..ended });
        Ok(self.store.write(|transaction| transaction.set_meta(meta::ENDED, &bytes))?)
    }

    /// Verifies that the city tells this device of its end, on the connection of a channel binding, and gives
    /// the reason.
    ///
    /// # Errors
    /// [`EngineError::LogNotSigned`] when no issuing key signed it, or it is about something else; or when
    /// the file cannot be read.
    pub fn check_end(
        &mut self,
        proof: &Claimed<Ending>,
        channel_binding: &[u8; 32],
    ) -> Result<String, EngineError> {
        let key = self.issuers()?.issuing_key(&proof.signer()).cloned();
        let signed =
            key.and_then(|key| proof.verify(&key).ok()).ok_or(EngineError::LogNotSigned)?;
        let (membership, ending) = (&self.city()?.membership, signed.record);
        let is_it = (ending.city, ending.log) == (membership.city, membership.log)
            && ending.device == self.device()
            && ending.channel_binding == *channel_binding;
        if is_it { Ok(ending.why) } else { Err(EngineError::LogNotSigned) }
    }

    /// Notes that the server has ended this device, and why; the first word of it stays, whatever is said
    /// later of the same end or of another. `greeted_with` is the last commit in the file as the session began.
    ///
    /// Of what another commit stands for, by the server's signed answers, nothing is to be sent any more: the
    /// verdict that takes it out comes with the log, and that is not read.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn note_ended(
        &mut self,
        why: &str,
        greeted_with: Option<CommitRow>,
        superseded: &[CommitKey],
    ) -> Result<(), EngineError> {
        let ended = Ended::read(&self.store)?.unwrap_or_else(|| Ended {
            why: why.to_owned(),
            last_row: greeted_with.map_or(0, |last| last.0),
        });
        let mut rows = Vec::new();
        for key in superseded {
            let entry = self.unnumbered(&self.id_of(key))?;
            rows.extend(entry.filter(|entry| !entry.state.is_decided()).map(|it| it.commit));
        }
        self.store.write(|transaction| {
            for row in rows {
                transaction.set_outbox_state(row, &OutboxState::Superseded)?;
            }
            transaction.set_meta(meta::ENDED, &cbor::to_vec(&ended))
        })?;
        Ok(())
    }
}
