//! What work stands on: commits and their changes, by their names.

use std::collections::BTreeSet;

use keting_model::{ChangeHash, DocumentId};
use keting_store::{CommitRow, OutboxEntry, StoreError, StoredPart, View};
use keting_trust::guard::scan;
use keting_trust::{CommitId, DeviceId, SignedCommit};

use super::is_taken_out;
use crate::error::EngineError;

/// Commits and their changes, which others may stand on.
#[derive(Default)]
pub(super) struct Names {
    commits: BTreeSet<CommitId>,
    changes: BTreeSet<(DocumentId, ChangeHash)>,
}

impl Names {
    /// Of everything that is held for what it is.
    pub(super) fn held_for_good(view: &View) -> Result<Self, StoreError> {
        let mut names = Self::default();
        for entry in view.outbox_held()?.iter().filter(|entry| is_held_for_good(entry)) {
            names.add(view, entry.commit)?;
        }
        Ok(names)
    }

    /// Takes in a commit.
    pub(super) fn add(&mut self, view: &View, row: CommitRow) -> Result<(), StoreError> {
        if let Some(stored) = view.commit(row)? {
            let device = DeviceId::new(stored.device);
            self.commits.insert(CommitId { device, command: stored.command });
        }
        let parts = view.parts(row)?.into_iter();
        self.changes.extend(parts.map(|part| (part.document, part.hash)));
        Ok(())
    }

    /// Whether a commit stands on one of them.
    pub(super) fn carry(&self, view: &View, row: CommitRow) -> Result<bool, EngineError> {
        let Some(stored) = view.commit(row)? else { return Ok(false) };
        let follows = SignedCommit::read_stored(&stored.bytes)?.body.follows;
        if follows.iter().any(|id| self.commits.contains(id)) {
            return Ok(true);
        }
        let builds_on = |part: &StoredPart| {
            let deps = scan(&part.bytes).map(|change| change.deps().to_vec()).unwrap_or_default();
            deps.into_iter().any(|dep| self.changes.contains(&(part.document, dep)))
        };
        Ok(view.parts(row)?.iter().any(builds_on))
    }
}

/// Whether nothing is to be made anew of work as things are: what stands on it waits for what becomes of it.
pub(super) fn is_held_for_good(entry: &OutboxEntry) -> bool {
    !entry.stands && !is_taken_out(entry)
}
