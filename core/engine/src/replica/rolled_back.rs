//! A machine that was put back to an earlier state, its vault included.
//!
//! File and vault agree, so nothing here shows it: the replica goes on with numbers that it has used
//! before. The server knows. Its Welcome names the last commit that it numbered of this incarnation;
//! a replica that does not have that commit was rolled back. It begins a new incarnation at once, and
//! what it has made since leaves its documents, because it stands under numbers that are taken. Then it
//! receives what it had sent in its other life like anybody's work, and once it has caught up, what is
//! left is *authored anew*: from its command, on the documents as they are today, as another commit
//! that names the one it replaces.

use keting_model::{Command, CommandError, CommandId};
use keting_store::{CommitRow, OutboxEntry, OutboxState, StoreError, Transaction, View};
use keting_sync::{Answer, Highest, Outcome};
use keting_trust::guard::GuardError;
use keting_trust::{CommitBody, CommitId, Digest, Incarnation, cbor};

use crate::error::EngineError;
use crate::replica::held::Held;
use crate::replica::{Replica, meta};

/// How far work has come that was taken out because the replica had been rolled back.
#[derive(Debug, Clone, Copy)]
enum Anew {
    /// It is to be authored anew.
    Due,
    /// It could not be: what was entered is kept.
    LeftToAPerson,
}

impl Anew {
    const fn code(self) -> &'static str {
        match self {
            Self::Due => "device_rolled_back",
            Self::LeftToAPerson => "needs_a_person",
        }
    }
}

/// What the server says of a commit in a place that another one has.
const PLACE_TAKEN: [&str; 2] = ["sequence_reused", "fork"];

/// The commit that another is authored anew for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Replaced {
    /// Where it stands here.
    pub(super) row: CommitRow,
    /// Its identity.
    pub(super) commit: CommitId,
}

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
        let held = unanswered.map(|row| Held::new(row, Anew::Due.code())).collect::<Vec<_>>();
        self.take_out(&held, true)
    }

    fn unanswered(&self) -> Result<Vec<CommitRow>, StoreError> {
        let open = self.store.outbox_after(None, u32::MAX)?.into_iter();
        Ok(open.filter(|entry| entry.stands).map(|entry| entry.commit).collect())
    }

    /// Authors anew what was taken out when this replica had been rolled back, and says how many edits
    /// that gives to be sent. To be called once everything of the log is here.
    ///
    /// What stands in the documents already is moot. What cannot be done on them stays in the list of
    /// held work, with what was entered.
    ///
    /// # Errors
    /// When the file cannot be read or written; what is left is done the next time.
    pub fn author_anew(&mut self) -> Result<u64, EngineError> {
        let mut authored = 0;
        for entry in self.store.outbox_held()?.iter().filter(|entry| is_due(entry)) {
            authored += u64::from(self.author_one_anew(entry)?);
        }
        Ok(authored)
    }

    fn author_one_anew(&mut self, entry: &OutboxEntry) -> Result<bool, EngineError> {
        let row = entry.commit;
        let (Ok(command), Some(commit)) =
            (Command::from_bytes(&entry.command), self.store.commit(row)?)
        else {
            return self.leave_to_a_person(row);
        };
        let commit = CommitId { device: self.device(), command: commit.command };
        match self.carry_out(&command, Some(Replaced { row, commit })) {
            Ok(_) => Ok(true),
            Err(EngineError::Command(
                CommandError::NothingChanged | CommandError::AlreadyExists { .. },
            )) => {
                self.store.write(|transaction| transaction.forget_work(row))?;
                Ok(false)
            }
            Err(
                EngineError::Command(_)
                | EngineError::Rule(_)
                | EngineError::Denied(_)
                | EngineError::TooLarge
                | EngineError::TooMuchUnsent
                | EngineError::NotFound { .. },
            ) => self.leave_to_a_person(row),
            Err(error) => Err(error),
        }
    }

    fn leave_to_a_person(&mut self, row: CommitRow) -> Result<bool, EngineError> {
        let held = OutboxState::Held { code: Anew::LeftToAPerson.code().to_owned() };
        self.store.write(|transaction| transaction.set_outbox_state(row, &held))?;
        Ok(false)
    }
}

fn is_due(entry: &OutboxEntry) -> bool {
    matches!(&entry.state, OutboxState::Held { code } if code == Anew::Due.code())
}

/// Forgets the work that a numbered commit replaces: it was authored anew before this replica was
/// rolled back once more.
pub(super) fn forget_replaced(
    transaction: &mut Transaction<'_>,
    commit: &CommitBody,
) -> Result<(), StoreError> {
    let Some(CommitId { device, command }) = &commit.replaces else { return Ok(()) };
    let Some((row, _)) = transaction.commit_of(device.as_bytes(), command)? else { return Ok(()) };
    let entry = View::outbox_entry(transaction, row)?;
    if entry.is_some_and(|entry| !entry.stands) {
        transaction.forget_work(row)?;
    }
    Ok(())
}
