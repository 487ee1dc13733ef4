//! What the guard let in, without the documents it borrowed.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::role::Family;
use keting_model::{ChangeHash, Document, DocumentId, DocumentKind};
use keting_trust::guard::{Checked as Guarded, survives_save};

use super::receive::Opened;

/// What the guard let in, without the documents it borrowed.
pub(super) struct Reached {
    pub(super) parts: Vec<ReachedPart>,
    pub(super) families: BTreeMap<DocumentId, BTreeSet<Family>>,
}

pub(super) struct ReachedPart {
    pub(super) id: DocumentId,
    pub(super) entry: u32,
    pub(super) hash: ChangeHash,
    pub(super) seq: u64,
    /// The document with the change; `None` for an unknown kind.
    pub(super) document: Option<Document>,
    /// Whether it makes a document that is there already and cannot be made twice.
    pub(super) founds_again: bool,
}

impl Reached {
    pub(super) fn new(opened: &Opened<'_>, guarded: Guarded<'_>) -> Self {
        let mut parts = Vec::new();
        for (part, came) in guarded.parts.into_iter().zip(opened.parts) {
            let entry = u32::try_from(part.entry).unwrap_or(u32::MAX);
            parts.push(match part.change {
                Some(change) => {
                    let once = matches!(
                        part.document.kind(),
                        Some(DocumentKind::Region | DocumentKind::Household)
                    );
                    let founds = change.before.heads().is_empty();
                    let alone = change.document.heads() == [change.hash];
                    ReachedPart {
                        id: part.document,
                        entry,
                        hash: change.hash,
                        seq: change.seq,
                        founds_again: once && founds && !alone,
                        document: Some(change.document),
                    }
                }
                // Nobody here knows what is in it: its digest names it, and the commit's place in
                // its author's sequence.
                None => ReachedPart {
                    id: part.document,
                    entry,
                    hash: ChangeHash(*keting_trust::Digest::of(&came.change).as_bytes()),
                    seq: opened.commit.body.sequence,
                    founds_again: false,
                    document: None,
                },
            });
        }
        Self { parts, families: guarded.families }
    }

    pub(super) fn survives(&self) -> bool {
        self.parts.iter().filter_map(|part| part.document.as_ref()).all(survives_save)
    }
}
