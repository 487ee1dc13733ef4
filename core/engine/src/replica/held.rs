//! Held work leaves its author's documents.
//!
//! What a verdict holds stands nowhere but here, and nobody else will ever see it as it is. So it
//! is taken out of its documents, together with everything of the author's that stands on it, and
//! the documents are built anew from the changes that remain. What is taken out stays whole beside
//! them: what does not have its answer yet is sent like any other, so that the server holds it with
//! the rest, and the commands are listed for their author, who may enter them again.
//!
//! Automerge counts an actor's changes in each document, and the server's copies of these
//! documents never had those that are taken out. So this replica writes as a new actor from then
//! on: the transaction that takes them out begins a new incarnation.

mod leaving;
mod standing;

use keting_model::{Document, DocumentId, DocumentKind, RowChange, difference, project};
use keting_store::{CommitRow, OutboxEntry, OutboxState, StoreError, View};
use keting_sync::{Answer, CommitKey, Outcome};
use keting_trust::{CommitId, DeviceId, Incarnation};

pub(super) use self::leaving::stands;
use self::leaving::{Leaving, Remaining};
pub(crate) use self::standing::{ANCESTOR_HELD, StandsOn};
use crate::error::EngineError;
use crate::replica::cache::Open;
use crate::replica::clock::Clock;
use crate::replica::execute::snapshot_if_due;
use crate::replica::regions::Regions;
use crate::replica::rolled_back::is_taken_out;
use crate::replica::{Replica, meta};

/// Work that leaves its documents, and what the outbox says of it from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Root {
    row: CommitRow,
    state: OutboxState,
}

/// Work that is held, or that stands on such work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldEntry {
    /// Its commit.
    pub(crate) commit: CommitId,
    /// What the outbox has of it.
    pub(crate) entry: OutboxEntry,
}

/// Documents after work was taken out of them.
#[derive(Default)]
struct Rebuilt {
    opened: Vec<Open>,
    gone: Vec<DocumentId>,
    changes: Vec<RowChange>,
}

impl Root {
    /// Work that is held, by whatever is known of it.
    pub(super) fn held(row: CommitRow, code: &str) -> Self {
        Self { row, state: OutboxState::Held { code: code.to_owned() } }
    }

    /// Work whose act another commit carries out.
    pub(super) fn superseded(row: CommitRow) -> Self {
        Self { row, state: OutboxState::Superseded }
    }
}

impl Replica {
    /// Notes that a commit cannot be sent as it is, so that somebody looks at it.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn hold(&mut self, commit: &CommitKey, code: &str) -> Result<(), EngineError> {
        self.settle_incarnation()?;
        let id = self.id_of(commit);
        let held = self.held(&id, code)?;
        self.take_out(held.as_slice(), None, false)
    }

    /// What answers, and the verdicts of a group of entries, hold of the work here: only what they
    /// say for the first time.
    pub(super) fn newly_held<'a>(
        &self,
        answers: impl Iterator<Item = &'a Answer>,
        verdicts: &[(CommitId, String)],
    ) -> Result<Vec<Root>, EngineError> {
        let mut all = Vec::new();
        for answer in answers {
            if let Outcome::Held { code, .. } = &answer.outcome {
                all.extend(self.held(&self.id_of(&answer.commit), code)?);
            }
        }
        for (commit, code) in verdicts {
            all.extend(self.held(commit, code)?);
        }
        Ok(all)
    }

    /// A verdict, unless it is about nothing here, was noted already, or is about what the log has
    /// brought. What was to be made anew, or asks for a person, is held for what the verdict says: the
    /// server has it, and nobody need do anything here.
    fn held(&self, commit: &CommitId, code: &str) -> Result<Option<Root>, EngineError> {
        let is_open = |entry: &OutboxEntry| !entry.state.is_decided() || is_taken_out(entry);
        let entry = self.unnumbered(commit)?.filter(is_open);
        Ok(entry.map(|entry| Root::held(entry.commit, code)))
    }

    /// The work of a commit, unless there is none here, or the log has brought it.
    pub(super) fn unnumbered(&self, commit: &CommitId) -> Result<Option<OutboxEntry>, StoreError> {
        let found = self.store.commit_of(commit.device.as_bytes(), &commit.command)?;
        match found.filter(|(_, commit)| commit.number.is_none()) {
            Some((row, _)) => self.store.outbox_entry(row),
            None => Ok(None),
        }
    }

    /// Takes work out of its documents, with everything that stands on it, in one transaction; of that
    /// the outbox says `with_it` from then on, or what it said before. A new incarnation begins if
    /// anything leaves, or at any rate if `begins_incarnation`.
    pub(super) fn take_out(
        &mut self,
        roots: &[Root],
        with_it: Option<&OutboxState>,
        begins_incarnation: bool,
    ) -> Result<(), EngineError> {
        let leaving = Leaving::of(&self.store, roots.iter().map(|root| root.row).collect())?;
        let mut rebuilt = self.rebuild(leaving.documents)?;
        let begins = begins_incarnation || !leaving.commits.is_empty();
        let (incarnation, clock) = if begins {
            let incarnation = Incarnation::new(self.environment.random());
            (incarnation, Clock { sequence: 0, ..self.clock })
        } else {
            (self.incarnation, self.clock)
        };
        self.store.write(|transaction| {
            for commit in &leaving.commits {
                transaction.take_out(*commit)?;
                if let Some(state) = with_it {
                    transaction.set_outbox_state(*commit, state)?;
                }
            }
            for Root { row, state } in roots {
                transaction.set_outbox_state(*row, state)?;
            }
            for open in &mut rebuilt.opened {
                let document = &open.document;
                transaction.put_remaining(&document.id(), &document.heads())?;
                snapshot_if_due(transaction, open)?;
            }
            for document in &rebuilt.gone {
                transaction.put_remaining(document, &[])?;
            }
            transaction.put_row_changes(&rebuilt.changes)?;
            if begins {
                transaction.set_meta(meta::INCARNATION, incarnation.as_bytes())?;
                clock.keep(transaction)?;
            }
            Ok(())
        })?;
        (self.incarnation, self.clock) = (incarnation, clock);
        self.unacknowledged.forget();
        let touched = rebuilt.opened.iter().map(|open| open.document.id());
        let is_region = |id: DocumentId| id.kind() == Some(DocumentKind::Region);
        if touched.chain(rebuilt.gone.iter().copied()).any(is_region)
            && let Some(city) = &mut self.city
        {
            city.regions = Regions::default();
        }
        rebuilt.gone.iter().for_each(|document| self.documents.forget(document));
        self.take_in(rebuilt.opened, &rebuilt.changes);
        Ok(())
    }

    /// Builds documents anew from the changes that remain of them.
    fn rebuild(&mut self, remaining: Vec<Remaining>) -> Result<Rebuilt, EngineError> {
        let mut rebuilt = Rebuilt::default();
        for Remaining { document: id, changes } in remaining {
            let before = self.open_document(&id)?.rows;
            let mut document = Document::empty(id);
            for change in &changes {
                document.apply(change)?;
            }
            let rows = project(&document);
            rebuilt.changes.extend(difference(&before, &rows));
            if changes.is_empty() {
                rebuilt.gone.push(id);
            } else {
                let changes_since_snapshot = changes.len();
                rebuilt.opened.push(Open { document, rows, changes_since_snapshot });
            }
        }
        Ok(rebuilt)
    }

    pub(super) fn id_of(&self, commit: &CommitKey) -> CommitId {
        let device = commit.author.unwrap_or(self.device());
        CommitId { device, command: commit.command }
    }
}

/// Everything in the outbox that is held or stands on held work, oldest first.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn held_work(file: &View) -> Result<Vec<HeldEntry>, StoreError> {
    let mut held = Vec::new();
    for entry in file.outbox_held()? {
        if let Some(commit) = file.commit(entry.commit)? {
            let device = DeviceId::new(commit.device);
            held.push(HeldEntry { commit: CommitId { device, command: commit.command }, entry });
        }
    }
    Ok(held)
}
