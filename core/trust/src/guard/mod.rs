//! The guard: what comes from a peer is hostile until all five steps have let it in.
//!
//! 1. [`scan`]: our own reading of a change's form, before Automerge sees a byte.
//! 2. [`read_commit`]: a commit has no more operations than a commit may, its changes say of
//!    themselves what it says of them, and write only what its command writes, in the closed grammar
//!    of operations.
//! 3. Their dependencies are here, and no other change of that actor has their number.
//! 4. [`replay`]: the same operations, made honestly at the same place, make the same bytes.
//! 5. The rule, which judges values and knows what a household is (`keting_model::rule`).
//!
//! Cheap steps come before dear ones: the first two cost as much as the bytes, the third asks the
//! documents, and only the fourth copies one. Parts are made again one by one; when one is refused,
//! nothing of those before it is kept. What the dear steps took is counted ([`Spent`]).
//!
//! All steps are pure functions of the commit and of the documents as their authors saw them, so
//! every replica reaches the same verdict. The signature was verified before ([`SignedCommit`]);
//! whether the signer may write there is asked afterwards ([`crate::authority`]), with the families
//! that the rule found.
//!
//! Once a document and batch, before any of it is kept, ask [`survives_save`].

mod columns;
mod error;
mod forks;
mod grammar;
mod reader;
mod reading;
mod replay;
mod scan;
mod spent;
mod text;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use keting_model::role::Family;
use keting_model::rule::{Touched, judge};
use keting_model::{ChangeHash, Document, DocumentId, Op};

pub use self::error::GuardError;
pub use self::forks::Forks;
pub use self::reading::{ReadPart, Reading, read_commit};
pub use self::replay::{Replayed, replay, survives_save};
pub use self::scan::{Scanned, scan};
pub use self::spent::Spent;
use crate::commit::{Part, SignedCommit};

/// A commit whose parts the guard lets in.
#[derive(Debug)]
pub struct Checked {
    /// The parts, in the order in which they were given.
    pub parts: Vec<CheckedPart>,
    /// What the author must be allowed to write, by document.
    pub families: BTreeMap<DocumentId, BTreeSet<Family>>,
}

impl Checked {
    /// The whole documents with the commit's changes in them, to be put in the place of those that
    /// were given.
    pub fn into_documents(self) -> Vec<Document> {
        let changes = self.parts.into_iter().filter_map(|part| part.change);
        changes.map(|change| change.document).collect()
    }
}

/// One part of a commit that the guard lets in.
#[derive(Debug)]
pub struct CheckedPart {
    /// The document it changes.
    pub document: DocumentId,
    /// Which entry of the commit it is.
    pub entry: usize,
    /// What it does, or `None` if the document is of a kind this version does not know: such bytes
    /// are kept and passed on unread.
    pub change: Option<CheckedChange>,
}

/// A change that the guard lets in.
#[derive(Debug)]
pub struct CheckedChange {
    /// The change's hash.
    pub hash: ChangeHash,
    /// Its number among its actor's changes in the document.
    pub seq: u64,
    /// Whether its author saw nothing of the document.
    pub is_first: bool,
    /// What its author did.
    pub ops: Vec<Op>,
    /// The whole document with the change in it, to be put in the place of the one that was given
    /// before the next commit is checked.
    pub document: Document,
}

/// Lets a commit in, or says why not.
///
/// `documents` holds the documents of the parts with all that is known of them; one that is missing
/// there is one that nobody has changed yet. `parts` may be fewer than the commit has entries: some
/// replicas may hold only some of the documents. `forks` keeps earlier states from one call to the
/// next; give a fresh one if there is none.
///
/// # Errors
/// The first reason found, in the order of the steps; the whole commit is then refused.
pub fn check_commit(
    commit: &SignedCommit,
    parts: &[Part],
    documents: &BTreeMap<DocumentId, Document>,
    forks: &mut Forks,
) -> Result<Checked, GuardError> {
    check_reading(commit, &read_commit(commit, parts)?, documents, forks)
}

/// Lets a commit in whose parts were read, by the steps that take the documents.
///
/// # Errors
/// As [`check_commit`].
pub fn check_reading(
    commit: &SignedCommit,
    reading: &Reading<'_>,
    documents: &BTreeMap<DocumentId, Document>,
    forks: &mut Forks,
) -> Result<Checked, GuardError> {
    let missing = |(id, change): (DocumentId, &Scanned<'_>)| match documents.get(&id) {
        Some(known) => !change.deps().iter().all(|dep| known.has(dep)),
        None => !change.deps().is_empty(),
    };
    if reading.changes().any(missing) {
        return Err(GuardError::MissingDependency);
    }
    let mut checked = Checked { parts: Vec::new(), families: BTreeMap::new() };
    for part in reading.parts() {
        let change = match &part.change {
            Some(change) => {
                let known = match documents.get(&part.document) {
                    Some(known) => Cow::Borrowed(known),
                    None => Cow::Owned(Document::empty(part.document)),
                };
                let (before, change) = check_change(known, change, forks)?;
                checked.families.extend(judge_change(commit, &before, &change.ops)?);
                Some(change)
            }
            None => None,
        };
        checked.parts.push(CheckedPart { document: part.document, entry: part.entry, change });
    }
    Ok(checked)
}

/// Lets one change in by steps 3 and 4: its dependencies, its number, and replay. Gives the document
/// as its author saw it, and the change.
///
/// `known` is the document with all that is known of it.
///
/// # Errors
/// [`GuardError::MissingDependency`] or [`GuardError::Fork`], or what [`replay`] says.
pub fn check_change<'a>(
    known: Cow<'a, Document>,
    change: &Scanned<'_>,
    forks: &mut Forks,
) -> Result<(Cow<'a, Document>, CheckedChange), GuardError> {
    if !change.deps().iter().all(|dep| known.has(dep)) {
        return Err(GuardError::MissingDependency);
    }
    let at_heads = forks::is_at(&known, change.deps());
    if !at_heads && has_other_beside(&known, change) {
        return Err(GuardError::Fork);
    }
    let before =
        if at_heads { known.clone() } else { Cow::Owned(forks.at(&known, change.deps())?) };
    forks.count_replay(change.ops());
    let Replayed { after, ops, hash } = replay(&before, change)?;
    let document = if at_heads {
        after
    } else {
        let merged = replay::merge(&known, change)?;
        forks.keep(after);
        merged
    };
    let (seq, is_first) = (change.seq(), change.deps().is_empty());
    Ok((before, CheckedChange { hash, seq, is_first, ops, document }))
}

/// Whether, beside what its author had seen, there is another change of the same actor under the
/// same number. (Whether there is one among what the author had seen, replay finds out.)
fn has_other_beside(known: &Document, change: &Scanned<'_>) -> bool {
    let actor = change.actor();
    known.automerge().get_changes_meta(change.deps()).iter().any(|other| {
        other.seq == change.seq()
            && other.actor.to_bytes() == actor.as_bytes()
            && other.hash != change.hash()
    })
}

/// Judges one change by itself, as the rule judges each document of a commit.
fn judge_change(
    commit: &SignedCommit,
    before: &Document,
    ops: &[Op],
) -> Result<BTreeMap<DocumentId, BTreeSet<Family>>, GuardError> {
    let body = &commit.body;
    let touched = [Touched { before, ops }];
    Ok(judge(&body.command_name, body.rule_version, body.city_time, &touched)?)
}
