//! What the guard let in, without the documents it borrowed.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::role::Family;
use keting_model::rule::{current_fact_actors, once_keys};
use keting_model::{ActorId, ChangeHash, Document, DocumentId, DocumentKind, Value};
use keting_trust::guard::{Checked as Guarded, CheckedChange, survives_save};
use keting_trust::limits::DEVICE_BRANCHES_MAX;

use super::receive::Opened;

/// What the guard let in, without the documents it borrowed.
pub(super) struct Reached {
    pub(super) parts: Vec<ReachedPart>,
    pub(super) families: BTreeMap<DocumentId, BTreeSet<Family>>,
}

pub(super) struct ReachedPart {
    pub(super) id: DocumentId,
    pub(super) kind: DocumentKind,
    pub(super) entry: u32,
    pub(super) hash: ChangeHash,
    pub(super) seq: u64,
    pub(super) bytes: u64,
    /// The document with the change.
    pub(super) document: Document,
    /// Why it cannot stand beside what others did that its author had not seen, as a code.
    pub(super) clash: Option<&'static str>,
    /// Who made the facts that are current beside each that it adds, where they are so many that it
    /// must be asked how many are of one device.
    pub(super) facts: Vec<Vec<ActorId>>,
}

impl Reached {
    pub(super) fn new(opened: &Opened<'_>, guarded: Guarded) -> Self {
        let mut parts = Vec::new();
        for (part, came) in guarded.parts.into_iter().zip(opened.parts) {
            let entry = u32::try_from(part.entry).unwrap_or(u32::MAX);
            // A part of another kind was refused before: only a newer version can judge it.
            let (Some(kind), Some(change)) = (part.document.kind(), part.change) else { continue };
            parts.push(ReachedPart {
                id: part.document,
                kind,
                entry,
                hash: change.hash,
                seq: change.seq,
                bytes: came.change.len() as u64,
                clash: find_clash(&opened.commit.body.command_name, &change).err(),
                facts: crowds_of_facts(&change),
                document: change.document,
            });
        }
        Self { parts, families: guarded.families }
    }

    pub(super) fn survives(&self) -> bool {
        self.parts.iter().all(|part| survives_save(&part.document))
    }
}

/// Whether the change follows everything that is in the document.
fn follows_all(change: &CheckedChange) -> bool {
    change.document.heads() == [change.hash]
}

/// What may be made once, and is there already where the author had not seen it. Equal values are no
/// clash: two phones begin the same year of visits in the same words.
fn find_clash(command_name: &str, change: &CheckedChange) -> Result<(), &'static str> {
    if follows_all(change) {
        return Ok(());
    }
    let document = &change.document;
    let once = matches!(document.id().kind(), Some(DocumentKind::Region | DocumentKind::Household));
    if once && change.is_first {
        return Err("document_exists");
    }
    let mut keys = once_keys(command_name, document.id(), &change.ops);
    // Who moved it away meanwhile left an empty place, and said nothing else.
    let is_said = |value: &&Value| **value != Value::Null;
    let clashes = |key: &str| document.values(key).iter().filter(is_said).count() > 1;
    if keys.any(clashes) { Err("already_exists") } else { Ok(()) }
}

fn crowds_of_facts(change: &CheckedChange) -> Vec<Vec<ActorId>> {
    if follows_all(change) {
        return Vec::new();
    }
    let keys = change.ops.iter().filter_map(|op| Some(op.written()?.0));
    keys.map(|key| current_fact_actors(&change.document, key))
        .filter(|actors| actors.len() > DEVICE_BRANCHES_MAX)
        .collect()
}
