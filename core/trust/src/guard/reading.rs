//! What a commit's bytes say by themselves: everything the guard can find out before any document is
//! loaded, copied or asked, at the cost of the bytes and no more.
//!
//! So a commit of many small parts that each ask for much is refused for what it asks, not after it
//! was done.

use std::collections::BTreeSet;

use keting_model::keys::{KeyRule, Keys};
use keting_model::{ChangeHash, DocumentId, RuleError};

use super::GuardError;
use super::grammar::{Step, Steps};
use super::scan::{Scanned, scan};
use crate::commit::{Part, SignedCommit};
use crate::limits;

/// A commit's parts, read and not yet held against any document.
#[derive(Debug, Clone)]
pub struct Reading<'a> {
    parts: Vec<ReadPart<'a>>,
}

/// One part of a commit, read.
#[derive(Debug, Clone)]
pub struct ReadPart<'a> {
    /// The document it changes.
    pub document: DocumentId,
    /// Which entry of the commit it is.
    pub entry: usize,
    /// The change, or `None` if the document is of a kind this version does not know.
    pub change: Option<Scanned<'a>>,
}

impl<'a> Reading<'a> {
    /// The parts, in the order in which they were given.
    pub fn parts(&self) -> &[ReadPart<'a>] {
        &self.parts
    }

    /// Leaves only some of the parts: those that are not here yet.
    #[must_use]
    pub fn only(mut self, wanted: impl FnMut(&ReadPart<'a>) -> bool) -> Self {
        self.parts.retain(wanted);
        self
    }

    /// The changes and the documents they are in.
    pub fn changes(&self) -> impl Iterator<Item = (DocumentId, &Scanned<'a>)> {
        self.parts.iter().filter_map(|part| Some((part.document, part.change.as_ref()?)))
    }

    /// The names of the changes.
    pub fn hashes(&self) -> impl Iterator<Item = (DocumentId, ChangeHash)> {
        self.changes().map(|(document, change)| (document, change.hash()))
    }
}

/// Reads a commit's parts: bytes, form, number of operations, stamp, and every key and value against
/// the fields of the document's kind. `parts` may be fewer than the commit has entries.
///
/// # Errors
/// The first reason found; the whole commit is then refused.
pub fn read_commit<'a>(
    commit: &SignedCommit,
    parts: &'a [Part],
) -> Result<Reading<'a>, GuardError> {
    // Whose act it was, theirs it is to make anew.
    if commit.body.replaces.is_some_and(|first| first.device != commit.id().device) {
        return Err(RuleError::BadCommit.into());
    }
    let entries = find_entries(commit, parts)?;
    // What rules this version does not know, it says nothing else about.
    let body = &commit.body;
    let rule = match parts.iter().any(|part| part.document.kind().is_some()) {
        true => Some(KeyRule::of(&body.command_name, body.rule_version, body.city_time)?),
        false => None,
    };
    let mut reading = Reading { parts: Vec::new() };
    let mut ops = 0;
    for (part, entry) in parts.iter().zip(entries) {
        let change = match part.document.kind() {
            Some(_) => Some(scan(&part.change)?),
            None => None,
        };
        ops += change.as_ref().map_or(0, Scanned::ops);
        if ops > limits::COMMIT_OPS_MAX {
            return Err(GuardError::Limit("too many operations in a commit"));
        }
        reading.parts.push(ReadPart { document: part.document, entry, change });
    }
    for (_, change) in reading.changes() {
        check_stamp(commit, change)?;
    }
    if let Some(rule) = rule {
        for (document, change) in reading.changes() {
            check_keys(rule.on(&document)?, change)?;
        }
    }
    Ok(reading)
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

/// The change writes only what the command writes in a document of its kind.
fn check_keys<'a>(mut keys: Keys<'_, 'a>, change: &Scanned<'a>) -> Result<(), GuardError> {
    let mut steps = Steps::new(change);
    while let Some((_, step)) = steps.next_step()? {
        match step {
            Step::Put { key, value } => keys.put(key, &value)?,
            Step::DeleteKey { key } => match steps.next_step()? {
                Some((_, Step::Put { key: put, value })) if put == key => {
                    keys.settle(key, &value)?
                }
                Some(_) | None => return Err(GuardError::Grammar("it deletes a key")),
            },
            Step::MakeText { .. } | Step::Insert { .. } | Step::Delete { .. } => keys.text()?,
        }
    }
    Ok(())
}
