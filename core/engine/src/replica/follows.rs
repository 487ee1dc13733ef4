//! What an edit follows: the work of this replica that has no number yet, and stands in the documents
//! the edit was planned on, as they were planned on, in the region it is for, or in a region above.
//!
//! Automerge knows what a change builds on within its document. That a private part belongs to a
//! resident whom another commit made, or a household to a region, it does not know; so the commit
//! says it, and what is held takes with it what makes no sense without it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use keting_model::{ChangeHash, DocumentId, Home, home_of};
use keting_store::{CommitRow, StoreError, View};
use keting_trust::limits::{COMMIT_FOLLOWS_MAX, TREE_DEPTH_MAX};
use keting_trust::{CommitId, DeviceId, SignedCommit, Tree as _};

use crate::error::EngineError;
use crate::replica::Replica;
use crate::replica::execute::Draft;
use crate::replica::planned_on::{Base, Seen};

/// The latest unacknowledged commit of each document that holds any: read once, then kept with every
/// edit, and read anew after the server has said something.
#[derive(Debug, Default)]
pub(super) struct Unacknowledged {
    latest: RefCell<Option<BTreeMap<DocumentId, CommitRow>>>,
}

impl Unacknowledged {
    /// Takes in an edit that is durable.
    pub(super) fn learn(&mut self, commit: CommitRow, documents: &[DocumentId]) {
        if let Some(latest) = self.latest.get_mut() {
            latest.extend(documents.iter().map(|document| (*document, commit)));
        }
    }

    /// The file knows better.
    pub(super) fn forget(&mut self) {
        *self.latest.get_mut() = None;
    }

    fn of(
        &self,
        view: &View,
        documents: &BTreeSet<DocumentId>,
    ) -> Result<BTreeSet<CommitRow>, StoreError> {
        let mut latest = self.latest.borrow_mut();
        let latest = match &mut *latest {
            Some(latest) => latest,
            None => latest.insert(view.latest_unacknowledged()?.into_iter().collect()),
        };
        if latest.is_empty() {
            return Ok(BTreeSet::new());
        }
        Ok(documents.iter().filter_map(|document| latest.get(document)).copied().collect())
    }
}

impl Replica {
    /// The latest work without a number in each of the documents that an edit is planned on.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn followed_in(
        &self,
        bases: &BTreeMap<DocumentId, Base>,
    ) -> Result<BTreeSet<CommitRow>, StoreError> {
        let as_here = bases.iter().filter(|(_, base)| base.is_as_here()).map(|(id, _)| *id);
        let mut followed = self.unacknowledged.of(&self.store, &as_here.collect())?;
        for (id, base) in bases.iter().filter(|(_, base)| !base.is_as_here()) {
            let unacknowledged = self.store.unacknowledged_of(id)?.into_iter();
            let seen = |(_, change): &(CommitRow, ChangeHash)| base.document().has(change);
            followed.extend(unacknowledged.filter(seen).map(|(row, _)| row).take(1));
        }
        Ok(followed)
    }

    /// What an edit follows that follows some work in the documents it was planned on: no commit that
    /// another of them follows, in ascending order.
    ///
    /// # Errors
    /// [`EngineError::TooMuchUnsent`] when that is more than a commit may name, or when the file
    /// cannot be read.
    pub(super) fn follows(
        &self,
        mut followed: BTreeSet<CommitRow>,
        planned_on: &Seen,
        drafts: &[Draft],
    ) -> Result<Vec<CommitId>, EngineError> {
        let mut beside = BTreeSet::new();
        for draft in drafts {
            match home_of(draft.after()) {
                Some(Home::Region(region)) => beside.extend(self.with_ancestors(region)?),
                Some(Home::Itself) => beside.extend(self.with_ancestors(draft.after().id())?),
                Some(Home::Of(owner)) => beside.extend([owner]),
                None => {}
            }
        }
        beside.retain(|document| !planned_on.holds(document));
        followed.extend(self.unacknowledged.of(&self.store, &beside)?);
        let follows = maxima(&self.store, followed)?;
        if follows.len() > COMMIT_FOLLOWS_MAX {
            return Err(EngineError::TooMuchUnsent);
        }
        Ok(follows)
    }

    fn with_ancestors(&self, region: DocumentId) -> Result<Vec<DocumentId>, EngineError> {
        let regions = &self.city()?.regions;
        let above = std::iter::successors(Some(region), |region| regions.parent(region));
        Ok(above.take(TREE_DEPTH_MAX).collect())
    }
}

/// Those of some commits that none of the others follows, however far.
fn maxima(view: &View, commits: BTreeSet<CommitRow>) -> Result<Vec<CommitId>, EngineError> {
    let mut found = BTreeSet::new();
    let mut below = Vec::new();
    for row in &commits {
        let Some(stored) = view.commit(*row)? else { continue };
        let device = DeviceId::new(stored.device);
        found.insert(CommitId { device, command: stored.command });
        if commits.len() > 1 {
            below.extend(SignedCommit::read_stored(&stored.bytes)?.body.follows);
        }
    }
    let mut seen = BTreeSet::new();
    while let Some(id) = below.pop() {
        found.remove(&id);
        let stored = view.commit_of(id.device.as_bytes(), &id.command)?;
        if let Some((row, stored)) = stored
            && Some(&row) > commits.first()
            && seen.insert(row)
        {
            below.extend(SignedCommit::read_stored(&stored.bytes)?.body.follows);
        }
    }
    Ok(found.into_iter().collect())
}
