//! Documents in memory: those of a batch, and some kept for the next one, bounded by what they take.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use keting_model::{ChangeHash, Document, DocumentId};
use keting_trust::kept::{Kept, memory_of};
use keting_trust::limits::{
    DOCUMENT_BYTES_MAX, DOCUMENT_CHANGES_MAX, SERVER_DOCUMENTS_OPEN_BYTES_MAX,
};

use super::threads::contained;
use crate::store::{ServerRead, StoreError, StoredDocument};

/// A document of a batch, before its bytes are read.
#[derive(Debug)]
pub(super) struct Loaded {
    /// Where it stands in the store; `None` if nobody has changed it yet.
    pub(super) stored: Option<StoredDocument>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// It was open.
    Open(Box<Document>),
    /// Its bytes as stored.
    Bytes(Vec<u8>),
    /// There are none: it is new.
    None,
}

impl Loaded {
    /// The document itself.
    pub(super) fn open(self, id: DocumentId) -> Result<Document, StoreError> {
        match self.content {
            Content::Open(document) => Ok(*document),
            Content::Bytes(bytes) => Document::load(id, &bytes)
                .map_err(|_| StoreError::Damaged("a document does not load")),
            Content::None => Ok(Document::empty(id)),
        }
    }
}

/// Where the documents of a batch stand in the store, looked up once each and without content.
#[derive(Debug, Default)]
pub(super) struct Rows(BTreeMap<DocumentId, Option<StoredDocument>>);

impl Rows {
    pub(super) fn look_up(
        &mut self,
        read: &dyn ServerRead,
        id: &DocumentId,
    ) -> Result<Option<&StoredDocument>, StoreError> {
        let row = match self.0.entry(*id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(read.document(id)?),
        };
        Ok(row.as_ref())
    }

    /// A row that was looked up, if there is one.
    pub(super) fn of(&self, id: &DocumentId) -> Option<StoredDocument> {
        self.0.get(id).cloned().flatten()
    }
}

/// Documents kept open from one batch to the next. One is used only if the store says that its
/// heads are still the document's.
#[derive(Debug)]
pub(super) struct DocumentCache(Kept<DocumentId, AtHeads>);

/// A document and its heads as the store had them.
#[derive(Debug)]
struct AtHeads {
    document: Document,
    heads: Vec<ChangeHash>,
}

impl Default for DocumentCache {
    fn default() -> Self {
        Self(Kept::new(SERVER_DOCUMENTS_OPEN_BYTES_MAX))
    }
}

impl DocumentCache {
    /// What the open documents take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.0.bytes()
    }

    /// Keeps documents open that take at most `bytes_max`, from now on.
    pub(super) fn keep_within(&mut self, bytes_max: usize) {
        self.0.keep_within(bytes_max);
    }

    /// Takes a document out, or reads its bytes. `stored` is where the store has it.
    pub(super) fn load(
        &mut self,
        read: &dyn ServerRead,
        id: &DocumentId,
        stored: Option<StoredDocument>,
    ) -> Result<Loaded, StoreError> {
        let Some(stored) = stored else {
            return Ok(Loaded { stored: None, content: Content::None });
        };
        let kept = self.0.take(id).filter(|kept| kept.heads == stored.heads);
        let content = match kept {
            Some(kept) => Content::Open(Box::new(kept.document)),
            None => Content::Bytes(
                read.document_snapshot(id)?
                    .ok_or(StoreError::Damaged("a document has no content"))?,
            ),
        };
        Ok(Loaded { stored: Some(stored), content })
    }

    /// Keeps a document that is durable as it is.
    pub(super) fn put(&mut self, document: Document, heads: Vec<ChangeHash>) {
        let (id, bytes) = (document.id(), memory_of(&document));
        self.0.put(id, AtHeads { document, heads }, bytes);
    }
}

/// What a batch makes of one document.
#[derive(Debug)]
pub(super) struct Working {
    /// Where it stood in the store.
    pub(super) stored: Option<StoredDocument>,
    /// Its state with all that is to be admitted; `None` while a checker has it.
    pub(super) document: Option<Document>,
    /// Where it lives, once it is known.
    pub(super) home: Option<DocumentId>,
    /// How many changes the batch adds.
    pub(super) added: u64,
    /// How many bytes its content has, with the changes that the batch adds.
    pub(super) bytes: u64,
    /// Its bytes, if the batch adds any change.
    pub(super) snapshot: Vec<u8>,
}

impl Working {
    pub(super) fn new(id: DocumentId, loaded: Loaded) -> Result<Self, StoreError> {
        let stored = loaded.stored.clone();
        let home = stored.as_ref().map(|stored| stored.home);
        let bytes = stored.as_ref().map_or(0, |stored| stored.bytes);
        let document = Some(loaded.open(id)?);
        Ok(Self { stored, document, home, added: 0, bytes, snapshot: Vec::new() })
    }

    /// Whether a change of so many bytes would make the document larger than one may be.
    pub(super) fn is_full_for(&self, bytes: u64) -> bool {
        let stored = self.stored.as_ref().map_or(0, |stored| stored.change_count);
        stored + self.added >= DOCUMENT_CHANGES_MAX || self.bytes + bytes > DOCUMENT_BYTES_MAX
    }

    /// Makes the bytes to store; false if the document would not come back from them.
    pub(super) fn save(&mut self) -> bool {
        let Some(document) = &self.document else { return true };
        let saved = saved(document);
        let survives = saved.is_some();
        self.snapshot = saved.unwrap_or_default();
        survives
    }
}

/// A document's bytes, if they load as the same document. Should Automerge panic on what a stranger
/// made it do, they do not.
fn saved(document: &Document) -> Option<Vec<u8>> {
    contained(|| {
        let bytes = document.save();
        let loaded = Document::load(document.id(), &bytes).ok()?;
        (loaded.heads() == document.heads()).then_some(bytes)
    })
    .flatten()
}
