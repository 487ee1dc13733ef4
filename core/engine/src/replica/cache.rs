//! The few documents that are open: an open document costs some 43 KB, so a phone keeps a bounded
//! number and reads everything else from projections.

use std::collections::BTreeMap;

use keting_model::{Document, DocumentId, Row};

/// An open document, with the rows it projects to.
#[derive(Debug, Clone)]
pub struct Open {
    /// The document at all its heads.
    pub document: Document,
    /// Its projection rows as they stand in the file.
    pub rows: Vec<Row>,
    /// How many changes the file holds beyond the document's snapshot.
    pub changes_since_snapshot: usize,
}

impl Open {
    /// Gives the document away and keeps an empty one in its place until it is given back.
    pub fn lend_document(&mut self) -> Document {
        let empty = Document::empty(self.document.id());
        std::mem::replace(&mut self.document, empty)
    }
}

/// Open documents, the least recently used dropped first.
#[derive(Debug)]
pub struct DocumentCache {
    open: BTreeMap<DocumentId, (u64, Open)>,
    uses: u64,
    documents_max: usize,
}

impl DocumentCache {
    /// An empty cache for at most `documents_max` documents.
    pub fn new(documents_max: usize) -> Self {
        Self { open: BTreeMap::new(), uses: 0, documents_max }
    }

    /// An open document, which this use makes the most recent.
    pub fn find(&mut self, id: &DocumentId) -> Option<&Open> {
        self.uses += 1;
        let (used, open) = self.open.get_mut(id)?;
        *used = self.uses;
        Some(open)
    }

    /// Keeps a document open, in the place of an older state of it.
    pub fn put(&mut self, open: Open) {
        self.uses += 1;
        self.open.insert(open.document.id(), (self.uses, open));
        while self.open.len() > self.documents_max {
            let oldest = self.open.iter().min_by_key(|(_, (used, _))| *used).map(|(id, _)| *id);
            match oldest {
                Some(id) => self.open.remove(&id),
                None => return,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keting_model::DocumentKind;

    #[test]
    fn the_least_recently_used_document_is_dropped_first() {
        let mut cache = DocumentCache::new(2);
        cache.put(open(1));
        cache.put(open(2));
        assert!(cache.find(&id(1)).is_some());
        cache.put(open(3));
        assert!(cache.find(&id(2)).is_none());
        assert!(cache.find(&id(1)).is_some() && cache.find(&id(3)).is_some());
    }

    fn open(number: u8) -> Open {
        Open { document: Document::empty(id(number)), rows: Vec::new(), changes_since_snapshot: 0 }
    }

    fn id(number: u8) -> DocumentId {
        DocumentId::from_random(DocumentKind::Household, [number; 14])
    }
}
