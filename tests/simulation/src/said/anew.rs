//! Acts that were made anew. A machine that was put back gives what it had not sent another commit, which
//! names the first one that it takes the place of. However many commits that makes, it is one act: it is
//! said once, and comes to the server once.

use std::collections::{BTreeMap, BTreeSet};

use keting_server::store::{CommitState, ServerRead, StoredCommit as AtServer};
use keting_store::{CommitRow, OutboxEntry, Store, StoreError, StoredCommit};
use keting_trust::{CommitId, DeviceId};

use crate::world::Broken;

/// Which commits are one act. An act goes by its first commit.
#[derive(Debug, Default)]
pub struct Anew {
    /// The commits that took the place of the first.
    later: BTreeMap<CommitId, BTreeSet<CommitId>>,
    /// The last commit of each phone's file that was looked at.
    looked_at: BTreeMap<usize, (CommitRow, CommitId)>,
}

/// An act in a phone's file.
pub struct InFile {
    /// Its commit there.
    pub row: CommitRow,
    /// The same.
    pub commit: StoredCommit,
    /// What the outbox has of it. Nothing of what came by the log only.
    pub entry: Option<OutboxEntry>,
}

impl InFile {
    /// The commit's own id.
    pub fn id(&self) -> CommitId {
        id_of(&self.commit)
    }

    /// Whether it stands in the documents.
    pub fn stands(&self) -> bool {
        self.entry.as_ref().is_none_or(|entry| entry.stands)
    }
}

impl Anew {
    /// Looks at what has come into a phone's file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn look(&mut self, file: usize, store: &Store) -> Result<(), StoreError> {
        let mut after = None;
        if let Some((row, last)) = self.looked_at.get(&file) {
            // Put back, the file has fewer; and the last row may have gone and come again.
            let here = store.commit(*row)?.map(|commit| id_of(&commit));
            after = (here.as_ref() == Some(last)).then_some(*row);
        }
        for (row, commit) in store.commits_after(after, u32::MAX)? {
            let id = id_of(&commit);
            if let Some(command) = commit.replaces {
                let first = CommitId { command, ..id };
                self.later.entry(first).or_default().insert(id);
            }
            self.looked_at.insert(file, (row, id));
        }
        Ok(())
    }

    /// How many acts were made anew.
    pub fn count(&self) -> u64 {
        self.later.len() as u64
    }

    fn commits(&self, act: CommitId) -> impl Iterator<Item = CommitId> {
        let later = self.later.get(&act).into_iter().flatten().copied();
        std::iter::once(act).chain(later)
    }

    /// What a phone's file has of an act: of several commits the one that stands there.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn in_file(&self, store: &Store, act: &CommitId) -> Result<Option<InFile>, StoreError> {
        let mut found: Option<InFile> = None;
        for id in self.commits(*act) {
            if let Some((row, commit)) = store.commit_of(id.device.as_bytes(), &id.command)? {
                let here = InFile { row, commit, entry: store.outbox_entry(row)? };
                if found.is_none() || here.stands() {
                    found = Some(here);
                }
            }
        }
        Ok(found)
    }

    /// What the server says of an act: that one of its commits is in the log, or else that one is held.
    ///
    /// # Errors
    /// When the log has it twice.
    pub fn at_server(
        &self,
        read: &dyn ServerRead,
        act: &CommitId,
    ) -> Result<Option<AtServer>, Broken> {
        let state = |id: CommitId| read.commit_state(&id.device, &id.command).unwrap();
        let answered: Vec<_> = self.commits(*act).filter_map(state).collect();
        let is_admitted = |answered: &&AtServer| answered.state == CommitState::Admitted;
        let mut admitted = answered.iter().filter(is_admitted);
        match (admitted.next(), admitted.next()) {
            (Some(_), Some(_)) => Err(format!("{} came to the server twice", act.command)),
            (Some(admitted), None) => Ok(Some(admitted.clone())),
            (None, _) => Ok(answered.into_iter().next()),
        }
    }
}

fn id_of(commit: &StoredCommit) -> CommitId {
    CommitId { device: DeviceId::new(commit.device), command: commit.command }
}
