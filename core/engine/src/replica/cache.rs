//! The few documents that are open. An open household takes some 43 KB and a document may take
//! hundreds of times that, so a phone keeps them by what they take and reads everything else from
//! projections.

use keting_model::{Document, DocumentId, Row};
use keting_trust::kept::{Kept, memory_of};

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

/// Open documents, the least recently used dropped first once they take too much.
#[derive(Debug)]
pub struct DocumentCache(Kept<DocumentId, Open>);

impl DocumentCache {
    /// An empty cache for documents that take at most `bytes_max`.
    pub fn new(bytes_max: usize) -> Self {
        Self(Kept::new(bytes_max))
    }

    /// What the open documents take, in bytes.
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }

    /// Keeps documents open that take at most `bytes_max`, from now on.
    pub fn keep_within(&mut self, bytes_max: usize) {
        self.0.keep_within(bytes_max);
    }

    /// Closes all documents.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// An open document, which this use makes the most recent.
    pub fn find(&mut self, id: &DocumentId) -> Option<&Open> {
        self.0.get(id)
    }

    /// An open document, which is not open from now on.
    pub fn take(&mut self, id: &DocumentId) -> Option<Open> {
        self.0.take(id)
    }

    /// Closes a document that is not here any more.
    pub fn forget(&mut self, id: &DocumentId) {
        self.0.take(id);
    }

    /// Keeps a document open, in the place of an older state of it.
    pub fn put(&mut self, open: Open) {
        // Its rows say once more what the document says.
        let rows = usize::try_from(open.document.size().bytes).unwrap_or(usize::MAX);
        let bytes = memory_of(&open.document).saturating_add(rows);
        self.0.put(open.document.id(), open, bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keting_model::DocumentKind;

    #[test]
    fn the_least_recently_used_document_is_dropped_first() {
        let mut cache = DocumentCache::new(2 * memory_of(&open(1).document));
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
