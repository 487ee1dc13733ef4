//! What leaves the documents with held work: everything of the author's that stands on it.

use std::collections::btree_map::Entry as Place;
use std::collections::{BTreeMap, BTreeSet};

use keting_model::{ChangeHash, DocumentId};
use keting_store::{CommitRow, StoreError, StoredChange, View};
use keting_trust::SignedCommit;
use keting_trust::guard::{Scanned, scan};

use crate::error::EngineError;

/// What is taken out, and what is left.
#[derive(Default)]
pub(super) struct Leaving {
    /// The commits that leave.
    pub(super) commits: BTreeSet<CommitRow>,
    /// The documents they leave.
    pub(super) documents: Vec<Remaining>,
}

/// The changes that remain of a document, in an order in which they apply.
pub(super) struct Remaining {
    pub(super) document: DocumentId,
    pub(super) changes: Vec<Vec<u8>>,
}

impl Leaving {
    /// Finds what leaves with some commits: whatever builds on a change of theirs, whatever follows
    /// them by its author's word, and each commit whole.
    ///
    /// Nothing leaves if something in the log builds on it: then the verdict contradicts the log,
    /// and the log is what every replica has.
    pub(super) fn of(view: &View, roots: BTreeSet<CommitRow>) -> Result<Self, EngineError> {
        let mut documents: BTreeMap<DocumentId, Vec<StoredChange>> = BTreeMap::new();
        let mut commits = BTreeSet::new();
        let mut new = BTreeSet::new();
        for root in roots {
            if stands(view, root)? {
                new.insert(root);
            }
        }
        while !new.is_empty() {
            for part in parts_of(view, &new)? {
                if let Place::Vacant(place) = documents.entry(part) {
                    place.insert(view.changes_of(&part)?);
                }
            }
            commits.append(&mut new);
            for changes in documents.values() {
                new.extend(builders(changes, &commits));
            }
            new.extend(followers(view, &commits)?);
            if any_has_number(view, &new)? {
                return Ok(Self::default());
            }
        }
        let remaining = |(document, changes): (DocumentId, Vec<StoredChange>)| {
            let stay = changes.into_iter().filter(|change| !commits.contains(&change.commit));
            Remaining { document, changes: stay.map(|change| change.bytes).collect() }
        };
        let documents = documents.into_iter().map(remaining).collect();
        Ok(Self { commits, documents })
    }
}

/// Whether a commit has changes, and they are in their documents.
pub(in crate::replica) fn stands(view: &View, commit: CommitRow) -> Result<bool, StoreError> {
    let entry = view.outbox_entry(commit)?;
    Ok(entry.is_some_and(|entry| entry.stands) && !view.parts(commit)?.is_empty())
}

fn parts_of(
    view: &View,
    commits: &BTreeSet<CommitRow>,
) -> Result<BTreeSet<DocumentId>, EngineError> {
    let mut documents = BTreeSet::new();
    for commit in commits {
        documents.extend(view.parts(*commit)?.into_iter().map(|part| part.document));
    }
    Ok(documents)
}

fn any_has_number(view: &View, commits: &BTreeSet<CommitRow>) -> Result<bool, EngineError> {
    for commit in commits {
        if view.commit(*commit)?.is_none_or(|commit| commit.number.is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The commits of a document's changes that build on changes of some commits, however far.
fn builders(changes: &[StoredChange], commits: &BTreeSet<CommitRow>) -> BTreeSet<CommitRow> {
    let mut gone: BTreeSet<ChangeHash> = BTreeSet::new();
    let mut found = BTreeSet::new();
    for change in changes {
        if commits.contains(&change.commit) {
            gone.insert(change.hash);
        } else if builds_on(&change.bytes, &gone) {
            gone.insert(change.hash);
            found.insert(change.commit);
        }
    }
    found
}

fn builds_on(change: &[u8], gone: &BTreeSet<ChangeHash>) -> bool {
    let on = |scanned: Scanned<'_>| scanned.deps().iter().any(|hash| gone.contains(hash));
    !gone.is_empty() && scan(change).is_ok_and(on)
}

/// The unacknowledged commits that stand and say they follow some commits, however far.
fn followers(
    view: &View,
    commits: &BTreeSet<CommitRow>,
) -> Result<BTreeSet<CommitRow>, EngineError> {
    let mut followed = BTreeSet::new();
    let mut found = BTreeSet::new();
    // Whoever follows was entered later.
    for entry in view.outbox_after(commits.first().map(|first| CommitRow(first.0 - 1)), u32::MAX)? {
        let Some(stored) = view.commit(entry.commit)?.filter(|_| entry.stands) else { continue };
        let commit = SignedCommit::read_stored(&stored.bytes)?;
        let is_among = commits.contains(&entry.commit);
        if is_among || commit.body.follows.iter().any(|id| followed.contains(id)) {
            followed.insert(commit.id());
        }
        if !is_among && followed.contains(&commit.id()) {
            found.insert(entry.commit);
        }
    }
    Ok(found)
}
