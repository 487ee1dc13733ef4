//! Authoring anew what was taken out because this replica had been rolled back.
//!
//! A command is planned on what survives of the heads its author had seen, never on the documents of
//! today: what a colleague did meanwhile its author has not seen, and it must not be written over. So the
//! new commit is concurrent with the colleague's, as any offline edit is, and where both say something of
//! one field they are a conflict, which somebody settles. It is a commit of another command id, at the
//! place of the log that its author had seen, and names the first that it takes the place of.
//!
//! Several in a row build on each other. For every change that was taken out the file notes what stands in
//! its place: the change made anew, or, where none was made, what the old one stood on. What comes later
//! finds there what it is to be planned on.
//!
//! One round of it writes in an incarnation of its own: this replica has confirmed more of the log than
//! the authors had seen, and within an incarnation that would be a lie. Where a command was planned without
//! having seen the round's last change of a document, it begins another one, since an actor's changes of a
//! document stand in one row.
//!
//! It ends in one of three ways: it is *done*; it is *moot*, because what it says stood there already as
//! its author saw it, which is told once; or it *needs a person*, and then what was entered is kept in the
//! list of held work. What has come back by the log is none of them: it is what it was. What may not be
//! made for now, since no grant covers it or too much is unsent, stays due, and what stands on it too.

use std::collections::BTreeMap;

use keting_model::query::AboutView;
use keting_model::{ChangeHash, Command, CommandError, DocumentId};
use keting_store::{CommitRow, OutboxEntry, OutboxState, StoreError, Transaction, View};
use keting_trust::{CommitId, Position, SignedCommit};

use super::is_due;
use super::names::Names;
use super::taken_out::TakenOut;
use crate::error::EngineError;
use crate::replica::Replica;
use crate::replica::called::Called;
use crate::replica::held::ANCESTOR_HELD;
use crate::replica::occasion::Occasion;
use crate::replica::planned_on::Seen;

/// What authoring anew came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthoredAnew {
    /// How many edits there are to be sent.
    pub to_send: u64,
    /// What needed not be done any more.
    pub moot: Vec<Moot>,
}

/// An edit that was not made anew, because what it says stood there already. It is told once, and gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moot {
    /// What its author wanted.
    pub command: Command,
    /// Whose it is and where.
    pub about: AboutView,
    /// When it was entered by the city's time, milliseconds since the Unix epoch.
    pub entered_at_ms: u64,
}

/// A commit that is to be authored anew.
pub(in crate::replica) struct Anew {
    row: CommitRow,
    /// The first commit that it takes the place of.
    pub(in crate::replica) replaces: CommitId,
    /// The place of the log that its author had seen.
    pub(in crate::replica) position: Position,
    /// What survives of the heads that its author had seen.
    pub(in crate::replica) seen: Seen,
    /// When it was entered, milliseconds since the Unix epoch by the city's time.
    pub(in crate::replica) entered_at_ms: u64,
    /// Whether an incarnation begins with it.
    pub(in crate::replica) begins_incarnation: bool,
}

/// The last change of each document in the incarnation that a round writes in, once it has begun one.
type Round = Option<BTreeMap<DocumentId, ChangeHash>>;

impl Replica {
    /// Authors anew what was taken out when this replica had been rolled back. To be called once
    /// everything of the log is here and everything that was sent is answered.
    ///
    /// # Errors
    /// When the file cannot be read or written; what is left is done the next time.
    pub fn author_anew(&mut self) -> Result<AuthoredAnew, EngineError> {
        self.settle_superseded()?;
        let mut authored = AuthoredAnew::default();
        let mut due: Vec<_> = self.store.outbox_held()?.into_iter().filter(is_due).collect();
        if due.is_empty() {
            return Ok(authored);
        }
        let (mut round, mut is_all_settled) = (None, true);
        while !due.is_empty() {
            let count = due.len();
            let mut waiting = Vec::new();
            for entry in due {
                match self.anew(&entry, &round)? {
                    Some(anew) => {
                        is_all_settled &=
                            self.author_one(&entry, &anew, &mut round, &mut authored)?;
                    }
                    None => waiting.push(entry),
                }
            }
            if waiting.len() == count {
                if is_all_settled {
                    self.give_up(&waiting)?;
                }
                break;
            }
            due = waiting;
        }
        // What is held may be made anew one day, once what it stands on is superseded.
        if is_all_settled && self.store.outbox_held()?.is_empty() {
            self.store.write(|transaction| transaction.forget_stand_ins())?;
        }
        Ok(authored)
    }

    /// A commit that is due, with what it is to be planned on; none as long as what it stood on is not
    /// made anew itself.
    fn anew(&mut self, entry: &OutboxEntry, round: &Round) -> Result<Option<Anew>, EngineError> {
        let Some(seen) = Seen::from_bytes(&entry.planned_on) else { return Ok(None) };
        let Some(seen) = self.survivors(&seen)? else { return Ok(None) };
        let Some(stored) = self.store.commit(entry.commit)? else { return Ok(None) };
        let commit = SignedCommit::read_stored(&stored.bytes)?;
        let is_behind = |(document, last): (&DocumentId, &ChangeHash)| {
            seen.holds(document) && !seen.heads(document).contains(last)
        };
        let begins_incarnation = round.as_ref().is_none_or(|last| last.iter().any(is_behind));
        Ok(Some(Anew {
            row: entry.commit,
            replaces: commit.body.replaces.unwrap_or(commit.id()),
            position: commit.body.seen,
            seen,
            entered_at_ms: entry.queued_at_ms,
            begins_incarnation,
        }))
    }

    /// Makes one anew. Says whether it is settled: if not, it may be made at another time.
    fn author_one(
        &mut self,
        entry: &OutboxEntry,
        anew: &Anew,
        round: &mut Round,
        authored: &mut AuthoredAnew,
    ) -> Result<bool, EngineError> {
        let Ok(command) = Command::from_bytes(&entry.command) else {
            self.leave_to_a_person(entry.commit, Some(anew))?;
            return Ok(true);
        };
        match self.carry_out(&command, Occasion::Anew(anew)) {
            Ok(executed) => {
                if anew.begins_incarnation {
                    *round = None;
                }
                let device = executed.commit.device;
                let made = self.store.commit_of(device.as_bytes(), &executed.commit.command)?;
                if let Some((row, _)) = made {
                    let parts = self.store.parts(row)?.into_iter();
                    let last = round.get_or_insert_default();
                    last.extend(parts.map(|part| (part.document, part.hash)));
                }
                authored.to_send += 1;
                Ok(true)
            }
            Err(EngineError::Command(
                CommandError::NothingChanged
                | CommandError::AlreadyWithdrawn
                | CommandError::AlreadyExists { .. },
            )) => {
                let about = Called::read(&self.store, &self.withheld())?.about(Some(&command))?;
                self.store.write(|transaction| anew.settle(transaction, None))?;
                authored.moot.push(Moot { command, about, entered_at_ms: entry.queued_at_ms });
                Ok(true)
            }
            Err(EngineError::Denied(_) | EngineError::TooMuchUnsent | EngineError::Document(_)) => {
                Ok(false)
            }
            Err(
                EngineError::Command(_)
                | EngineError::Rule(_)
                | EngineError::TooLarge
                | EngineError::NotFound { .. },
            ) => {
                self.leave_to_a_person(entry.commit, Some(anew))?;
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    /// What stands on held work is held with it. What the rest stood on is nowhere to be found.
    fn give_up(&mut self, waiting: &[OutboxEntry]) -> Result<(), EngineError> {
        let mut held = Names::held_for_good(&self.store)?;
        for OutboxEntry { commit, .. } in waiting {
            if held.carry(&self.store, *commit)? {
                held.add(&self.store, *commit)?;
                let with_it = OutboxState::Held { code: ANCESTOR_HELD.to_owned() };
                self.store.write(|transaction| transaction.set_outbox_state(*commit, &with_it))?;
            } else {
                self.leave_to_a_person(*commit, None)?;
            }
        }
        Ok(())
    }

    fn leave_to_a_person(
        &mut self,
        row: CommitRow,
        anew: Option<&Anew>,
    ) -> Result<(), EngineError> {
        self.store.write(|transaction| {
            if let Some(anew) = anew {
                stand_in(transaction, row, None, &anew.seen)?;
            }
            transaction.set_outbox_state(row, &TakenOut::LeftToAPerson.state())
        })?;
        Ok(())
    }
}

impl Anew {
    /// Forgets the commit whose place another takes, `by`; or that is moot. What stood on it will find
    /// what stands there now.
    pub(in crate::replica) fn settle(
        &self,
        transaction: &mut Transaction<'_>,
        by: Option<CommitRow>,
    ) -> Result<(), StoreError> {
        stand_in(transaction, self.row, by, &self.seen)?;
        transaction.forget_work(self.row)
    }
}

/// Notes for each change of a commit that was taken out what stands in its place: the change of the commit
/// that took its place, or what the old one stood on.
pub(super) fn stand_in(
    transaction: &mut Transaction<'_>,
    taken_out: CommitRow,
    by: Option<CommitRow>,
    seen: &Seen,
) -> Result<(), StoreError> {
    let made = match by {
        Some(by) => View::parts(transaction, by)?,
        None => Vec::new(),
    };
    for part in View::parts(transaction, taken_out)? {
        let anew = made.iter().find(|made| made.document == part.document).map(|made| made.hash);
        let heads = match &anew {
            Some(change) => std::slice::from_ref(change),
            None => seen.heads(&part.document),
        };
        transaction.put_stand_ins(&part.document, &part.hash, heads)?;
    }
    Ok(())
}
