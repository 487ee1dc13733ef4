//! The guard: what comes from a peer is hostile until all five steps have let it in.
//!
//! 1. [`scan`]: our own reading of a change's form, before Automerge sees a byte.
//! 2. Its dependencies are here, its actor is its signer's, and no other change of that actor has
//!    its number.
//! 3. The closed grammar of operations.
//! 4. [`replay`]: the same operations, made honestly at the same place, make the same bytes.
//! 5. The rule, which judges values and knows what a household is (`keting_model::rule`).
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
mod replay;
mod scan;
mod text;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use keting_model::role::Family;
use keting_model::rule::{Touched, judge};
use keting_model::{ChangeHash, Document, DocumentId, Op};

pub use self::error::GuardError;
pub use self::forks::Forks;
pub use self::replay::{Replayed, replay, survives_save};
pub use self::scan::{Scanned, scan};
use crate::commit::{Part, SignedCommit};
use crate::limits;

/// A commit whose parts the guard lets in.
#[derive(Debug)]
pub struct Checked<'a> {
    /// The parts, in the order in which they were given.
    pub parts: Vec<CheckedPart<'a>>,
    /// What the author must be allowed to write, by document.
    pub families: BTreeMap<DocumentId, BTreeSet<Family>>,
}

impl Checked<'_> {
    /// The whole documents with the commit's changes in them, to be put in the place of those that
    /// were given.
    pub fn into_documents(self) -> Vec<Document> {
        let changes = self.parts.into_iter().filter_map(|part| part.change);
        changes.map(|change| change.document).collect()
    }
}

/// One part of a commit that the guard lets in.
#[derive(Debug)]
pub struct CheckedPart<'a> {
    /// The document it changes.
    pub document: DocumentId,
    /// Which entry of the commit it is.
    pub entry: usize,
    /// What it does, or `None` if the document is of a kind this version does not know: such bytes
    /// are kept and passed on unread.
    pub change: Option<CheckedChange<'a>>,
}

/// A change that the guard lets in.
#[derive(Debug)]
pub struct CheckedChange<'a> {
    /// The change's hash.
    pub hash: ChangeHash,
    /// Its number among its actor's changes in the document.
    pub seq: u64,
    /// What its author did.
    pub ops: Vec<Op>,
    /// The document as its author saw it.
    pub before: Cow<'a, Document>,
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
pub fn check_commit<'a>(
    commit: &SignedCommit,
    parts: &[Part],
    documents: &'a BTreeMap<DocumentId, Document>,
    forks: &mut Forks,
) -> Result<Checked<'a>, GuardError> {
    let entries = find_entries(commit, parts)?;
    let mut scanned = Vec::new();
    for (part, entry) in parts.iter().zip(entries) {
        let change = match part.document.kind() {
            Some(_) => Some(scan(&part.change)?),
            None if part.change.len() > limits::CHANGE_BYTES_MAX => {
                return Err(GuardError::Limit("too many bytes"));
            }
            None => None,
        };
        scanned.push((part.document, entry, change));
    }
    for change in scanned.iter().filter_map(|(_, _, change)| change.as_ref()) {
        check_stamp(commit, change)?;
    }
    let mut checked = Vec::new();
    for (document, entry, change) in &scanned {
        let change = match change {
            Some(change) => {
                let known = match documents.get(document) {
                    Some(known) => Cow::Borrowed(known),
                    None => Cow::Owned(Document::empty(*document)),
                };
                Some(check_change(known, change, forks)?)
            }
            None => None,
        };
        checked.push(CheckedPart { document: *document, entry: *entry, change });
    }
    let families = judge_parts(commit, &checked)?;
    Ok(Checked { parts: checked, families })
}

/// Lets one change in by steps 2 to 4: its dependencies, its number, grammar and replay.
///
/// `known` is the document with all that is known of it.
///
/// # Errors
/// [`GuardError::MissingDependency`] or [`GuardError::Fork`], or what [`replay`] says.
pub fn check_change<'a>(
    known: Cow<'a, Document>,
    change: &Scanned<'_>,
    forks: &mut Forks,
) -> Result<CheckedChange<'a>, GuardError> {
    if !change.deps().iter().all(|dep| known.has(dep)) {
        return Err(GuardError::MissingDependency);
    }
    let at_heads = forks::is_at(&known, change.deps());
    if !at_heads && has_other(&known, change, change.deps()) {
        return Err(GuardError::Fork);
    }
    let before =
        if at_heads { known.clone() } else { Cow::Owned(forks.at(&known, change.deps())?) };
    let replayed = match replay(&before, change) {
        Ok(replayed) => replayed,
        // Two changes under one number also come out differently; say what is the matter.
        Err(_) if has_other(&known, change, &[]) => return Err(GuardError::Fork),
        Err(error) => return Err(error),
    };
    let Replayed { after, ops, hash } = replayed;
    let document = if at_heads {
        after
    } else {
        let merged = replay::merge(&known, change)?;
        forks.keep(after);
        merged
    };
    Ok(CheckedChange { hash, seq: change.seq(), ops, before, document })
}

/// Finds each part among the commit's entries.
fn find_entries(commit: &SignedCommit, parts: &[Part]) -> Result<Vec<usize>, GuardError> {
    if parts.len() > limits::COMMIT_PARTS_MAX {
        return Err(GuardError::Limit("too many parts"));
    }
    let mut documents = BTreeSet::new();
    let mut entries = Vec::new();
    for part in parts {
        if !documents.insert(part.document) {
            return Err(GuardError::DocumentTwice);
        }
        if part.change.len() > limits::CHANGE_BYTES_MAX {
            return Err(GuardError::Limit("too many bytes"));
        }
        entries.push(commit.find(part).ok_or(GuardError::NotInCommit)?);
    }
    Ok(entries)
}

/// The change says of itself what the signed commit says of it.
fn check_stamp(commit: &SignedCommit, change: &Scanned<'_>) -> Result<(), GuardError> {
    let (stamp, body) = (change.stamp(), &commit.body);
    let same = [
        ("actor", stamp.actor == commit.actor()),
        ("command", stamp.command == body.command),
        ("time", stamp.time == body.time),
        ("city_time", stamp.city == body.city_time),
    ];
    match same.iter().find(|(_, same)| !same) {
        None => Ok(()),
        Some((what, _)) => Err(GuardError::StampDiffers(what)),
    }
}

/// Whether, among what is not below `below`, there is another change of the same actor under the
/// same number.
fn has_other(known: &Document, change: &Scanned<'_>, below: &[ChangeHash]) -> bool {
    let actor = change.actor();
    known.automerge().get_changes_meta(below).iter().any(|other| {
        other.seq == change.seq()
            && other.actor.to_bytes() == actor.as_bytes()
            && other.hash != change.hash()
    })
}

fn judge_parts(
    commit: &SignedCommit,
    parts: &[CheckedPart<'_>],
) -> Result<BTreeMap<DocumentId, BTreeSet<Family>>, GuardError> {
    let changes = parts.iter().filter_map(|part| part.change.as_ref());
    let touched: Vec<_> =
        changes.map(|change| Touched { before: &change.before, ops: &change.ops }).collect();
    if touched.is_empty() {
        return Ok(BTreeMap::new());
    }
    let body = &commit.body;
    Ok(judge(&body.command_name, body.rule_version, body.city_time, &touched)?)
}
