//! A machine that was put back to an earlier state, its vault included.
//!
//! File and vault agree, so nothing here shows it: the replica goes on with numbers that it has used
//! before. The server knows. Its Welcome names the last commit that it numbered of this incarnation;
//! a replica that does not have that commit was rolled back. It begins a new incarnation at once, and
//! what it has made since leaves its documents, because it stands under numbers that are taken. Then it
//! receives what it had sent in its other life like anybody's work, and once it has caught up, what is
//! left is authored anew ([`anew`]).

mod anew;
mod names;
mod superseded;
mod taken_out;

use keting_model::CommandId;
use keting_store::{CommitRow, StoreError};
use keting_sync::{Answer, Highest, Outcome};
use keting_trust::guard::GuardError;
use keting_trust::{Digest, Incarnation, cbor};

use crate::error::EngineError;
use crate::replica::held::Root;
use crate::replica::{Replica, meta};

pub(super) use self::anew::Anew;
pub use self::anew::Moot;
use self::taken_out::TakenOut;
pub(super) use self::taken_out::{is_due, is_taken_out};

/// What the server says of a commit in a place that another one has, or that claims not to know what
/// this device had received: one that was put back to before it received it, and had sent nothing since,
/// hears of it by this alone.
const PLACE_TAKEN: [&str; 3] = ["sequence_reused", "fork", "position_behind"];

impl Replica {
    /// Compares the last commit that the server has numbered of an incarnation with what is here, and
    /// begins anew if this replica was rolled back behind it.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn note_highest(
        &mut self,
        incarnation: &Incarnation,
        highest: Option<&Highest>,
    ) -> Result<(), EngineError> {
        let Some(highest) = highest else { return Ok(()) };
        let says = cbor::to_vec(&(incarnation, highest.sequence, highest.digest));
        if self.store.meta(meta::HIGHEST)?.is_some_and(|known| known == says) {
            return Ok(());
        }
        let device = self.device();
        let here =
            self.store.commit_at(device.as_bytes(), incarnation.as_bytes(), highest.sequence)?;
        if here.is_some_and(|commit| Digest::of(&commit.bytes) == highest.digest) {
            self.store.note(|transaction| transaction.set_meta(meta::HIGHEST, &says))?;
            return Ok(());
        }
        self.settle_incarnation()?;
        self.begin_anew()
    }

    /// Whether answers say that this replica writes in places that are taken: the Welcome that would
    /// have told of it was not heard.
    pub(super) fn is_in_anothers_place<'a>(
        &self,
        answers: impl Iterator<Item = &'a Answer>,
    ) -> Result<bool, EngineError> {
        for answer in answers.filter(|answer| answer.commit.author.is_none()) {
            if let Outcome::Refused { code } = &answer.outcome
                && PLACE_TAKEN.contains(&code.as_str())
                && self.stands(&answer.commit.command)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether entries did not hold up because this replica used their places for something else.
    pub(super) fn has_forked(&self, error: &EngineError) -> Result<bool, EngineError> {
        let is_fork = matches!(error, EngineError::LogRefused(GuardError::Fork));
        Ok(is_fork && !self.unanswered()?.is_empty())
    }

    fn stands(&self, command: &CommandId) -> Result<bool, EngineError> {
        let found = self.store.commit_of(self.device().as_bytes(), command)?;
        let Some((row, _)) = found else { return Ok(false) };
        Ok(self.store.outbox_entry(row)?.is_some_and(|entry| entry.stands))
    }

    /// Begins a new incarnation, and takes out of the documents what has no number yet.
    pub(super) fn begin_anew(&mut self) -> Result<(), EngineError> {
        let unanswered = self.unanswered()?.into_iter();
        let due = unanswered.map(|row| Root::held(row, TakenOut::Due.code())).collect::<Vec<_>>();
        self.take_out(&due, None, true)
    }

    fn unanswered(&self) -> Result<Vec<CommitRow>, StoreError> {
        let open = self.store.outbox_after(None, u32::MAX)?.into_iter();
        Ok(open.filter(|entry| entry.stands).map(|entry| entry.commit).collect())
    }
}
