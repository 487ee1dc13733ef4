//! What a command is planned on: its documents as they are here; or, where it is authored anew, as its
//! author had seen them, with what has been made anew since in the place of what was taken out.
//!
//! Which heads an author saw stands in the outbox beside the command, also of the documents that were
//! only read: the household of a visit, the region above a new one.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::{ChangeHash, Document, DocumentId};
use keting_trust::cbor;
use minicbor::bytes::ByteVec;

use crate::error::EngineError;
use crate::replica::cache::Open;
use crate::replica::{Replica, load};

/// A document that a command is planned on.
pub(super) struct Base {
    /// As it is here.
    pub(super) here: Open,
    /// As the command's author had seen it, if that is something else.
    pub(super) seen: Option<Document>,
}

impl Base {
    /// The document as it is planned on.
    pub(super) fn document(&self) -> &Document {
        self.seen.as_ref().unwrap_or(&self.here.document)
    }

    /// Whether it is planned on as it is here.
    pub(super) fn is_as_here(&self) -> bool {
        self.seen.is_none()
    }

    /// Gives the document away until [`Self::take_back`]: one with a long history is costly to copy.
    pub(super) fn lend(&mut self) -> Document {
        match &mut self.seen {
            Some(seen) => std::mem::replace(seen, Document::empty(seen.id())),
            None => self.here.lend_document(),
        }
    }

    /// Takes the document back.
    pub(super) fn take_back(&mut self, document: Document) {
        match &mut self.seen {
            Some(seen) => *seen = document,
            None => self.here.document = document,
        }
    }
}

/// The heads of some documents as an author saw them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen(BTreeMap<DocumentId, Vec<ChangeHash>>);

impl Seen {
    /// The heads of what a command is planned on.
    pub(super) fn of(bases: &BTreeMap<DocumentId, Base>) -> Self {
        Self(bases.iter().map(|(id, base)| (*id, base.document().heads())).collect())
    }

    /// The heads of a document; none of one that was not planned on.
    pub(super) fn heads(&self, document: &DocumentId) -> &[ChangeHash] {
        self.0.get(document).map_or(&[], Vec::as_slice)
    }

    /// Whether a document is among them.
    pub(super) fn holds(&self, document: &DocumentId) -> bool {
        self.0.contains_key(document)
    }

    /// As the outbox keeps it.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let heads_bytes =
            |heads: &Vec<ChangeHash>| -> Vec<u8> { heads.iter().flat_map(|head| head.0).collect() };
        let all = self.0.iter().map(|(id, heads)| (*id, ByteVec::from(heads_bytes(heads))));
        cbor::to_vec(&all.collect::<Vec<(DocumentId, ByteVec)>>())
    }

    /// Reads what [`Self::to_bytes`] wrote; nothing if it was not kept.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let all: Vec<(DocumentId, ByteVec)> = cbor::from_slice(bytes).ok()?;
        let heads =
            |bytes: ByteVec| bytes.as_chunks::<32>().0.iter().copied().map(ChangeHash).collect();
        Some(Self(all.into_iter().map(|(id, bytes)| (id, heads(bytes))).collect()))
    }
}

impl Replica {
    /// The documents a command is planned on: as they are here, or as they were seen. They are not among the
    /// open ones until [`Self::keep_open`], or the edit is durable.
    pub(super) fn take_bases(
        &mut self,
        documents: Vec<DocumentId>,
        seen: Option<&Seen>,
    ) -> Result<BTreeMap<DocumentId, Base>, EngineError> {
        let mut bases = BTreeMap::new();
        for id in documents {
            let here = match self.documents.take(&id) {
                Some(open) => open,
                None => load(&self.store, &id)?,
            };
            let seen = match seen {
                Some(seen) => Some(here.document.at(seen.heads(&id))?),
                None => None,
            };
            bases.insert(id, Base { here, seen });
        }
        Ok(bases)
    }

    /// Keeps documents open again on which a command was planned that did not change them.
    pub(super) fn keep_open(&mut self, bases: BTreeMap<DocumentId, Base>) {
        let here = bases.into_values().map(|base| base.here);
        here.filter(|open| !open.document.heads().is_empty())
            .for_each(|open| self.documents.put(open));
    }

    /// What of the heads that an author saw is here now: where a change was taken out to be made anew,
    /// what stands in its place. None as long as that is open.
    pub(super) fn survivors(&mut self, seen: &Seen) -> Result<Option<Seen>, EngineError> {
        let mut survivors = BTreeMap::new();
        for (id, heads) in &seen.0 {
            let document = self.open_document(id)?.document;
            let (mut asked, mut found) = (BTreeSet::new(), BTreeSet::new());
            let mut open = heads.clone();
            while let Some(head) = open.pop() {
                if document.has(&head) {
                    found.insert(head);
                } else if asked.insert(head) {
                    match self.store.stand_ins(id, &head)? {
                        Some(heads) => open.extend(heads),
                        None => return Ok(None),
                    }
                }
            }
            survivors.insert(*id, found.into_iter().collect());
        }
        Ok(Some(Seen(survivors)))
    }
}
