//! Which held edit another one is held for.

use std::collections::BTreeMap;

use keting_model::{ChangeHash, CommandId};
use keting_store::{CommitRow, OutboxState, View};
use keting_trust::guard::scan;
use keting_trust::{CommitId, SignedCommit};

use super::HeldEntry;
use crate::error::EngineError;

/// The code of what is held only since it stands on something that is.
pub(crate) const ANCESTOR_HELD: &str = "ancestor_held";

/// For each held edit, the one that is held for a reason of its own and that it is, or stands on.
#[derive(Debug, Default)]
pub(crate) struct StandsOn {
    by_change: BTreeMap<ChangeHash, CommitRow>,
    by_commit: BTreeMap<CommitId, CommitRow>,
    roots: BTreeMap<CommitRow, CommandId>,
}

impl StandsOn {
    /// Finds them among all held work, the oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn read(file: &View, held: &[HeldEntry]) -> Result<Self, EngineError> {
        let mut all = Self::default();
        for one in held {
            all.take(file, one)?;
        }
        Ok(all)
    }

    /// What an edit stands on, other than itself; none where that is not here.
    pub(crate) fn of(&self, held: &HeldEntry) -> Option<CommandId> {
        let root = self.roots.get(&held.entry.commit).copied();
        root.filter(|root| *root != held.commit.command)
    }

    fn take(&mut self, file: &View, held: &HeldEntry) -> Result<(), EngineError> {
        let row = held.entry.commit;
        let Some(stored) = file.commit(row)? else { return Ok(()) };
        let parts = file.parts(row)?;
        let root = if is_held_by_itself(&held.entry.state) {
            Some(held.commit.command)
        } else {
            // Of one that cannot be read the list says what it can.
            let signed = SignedCommit::read_stored(&stored.bytes).ok();
            let follows = signed.map(|signed| signed.body.follows).unwrap_or_default();
            let followed = follows.iter().filter_map(|id| self.by_commit.get(id));
            let mut below = followed.copied().collect::<Vec<_>>();
            for part in &parts {
                let Ok(scanned) = scan(&part.bytes) else { continue };
                below.extend(scanned.deps().iter().filter_map(|hash| self.by_change.get(hash)));
            }
            below.iter().min().and_then(|first| self.roots.get(first)).copied()
        };
        self.by_change.extend(parts.iter().map(|part| (part.hash, row)));
        self.by_commit.insert(held.commit, row);
        self.roots.extend(root.map(|root| (row, root)));
        Ok(())
    }
}

fn is_held_by_itself(state: &OutboxState) -> bool {
    matches!(state, OutboxState::Held { code } if code != ANCESTOR_HELD)
}
