//! Documents in memory: those of a batch, and a bounded number kept for the next one.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use keting_model::{ChangeHash, Document, DocumentId};
use keting_trust::limits::SERVER_DOCUMENTS_OPEN_MAX;

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
    /// There are none: it is new, or of a kind this version does not know.
    None,
}

impl Loaded {
    /// The document itself, or `None` for one of a kind this version does not know.
    pub(super) fn open(self, id: DocumentId) -> Result<Option<Document>, StoreError> {
        if id.kind().is_none() {
            return Ok(None);
        }
        match self.content {
            Content::Open(document) => Ok(Some(*document)),
            Content::Bytes(bytes) => Document::load(id, &bytes)
                .map(Some)
                .map_err(|_| StoreError::Damaged("a document does not load")),
            Content::None => Ok(Some(Document::empty(id))),
        }
    }
}

/// Documents kept open from one batch to the next. One is used only if the store says that its
/// heads are still the document's.
#[derive(Debug, Default)]
pub(super) struct DocumentCache {
    documents: BTreeMap<DocumentId, Kept>,
    clock: u64,
}

#[derive(Debug)]
struct Kept {
    document: Document,
    heads: Vec<ChangeHash>,
    used: u64,
}

impl DocumentCache {
    /// Takes a document out, or reads its bytes.
    pub(super) fn load(
        &mut self,
        read: &dyn ServerRead,
        id: &DocumentId,
    ) -> Result<Loaded, StoreError> {
        let Some(stored) = read.document(id)? else {
            return Ok(Loaded { stored: None, content: Content::None });
        };
        let kept = self.documents.remove(id).filter(|kept| kept.heads == stored.heads);
        let content = match kept {
            Some(kept) => Content::Open(Box::new(kept.document)),
            None if id.kind().is_none() => Content::None,
            None => Content::Bytes(
                read.document_snapshot(id)?
                    .ok_or(StoreError::Damaged("a document has no content"))?,
            ),
        };
        Ok(Loaded { stored: Some(stored), content })
    }

    /// Keeps a document that is durable as it is.
    pub(super) fn put(&mut self, document: Document, heads: Vec<ChangeHash>) {
        self.clock += 1;
        let kept = Kept { heads, used: self.clock, document };
        self.documents.insert(kept.document.id(), kept);
        if self.documents.len() > SERVER_DOCUMENTS_OPEN_MAX {
            self.forget_older_half();
        }
    }

    fn forget_older_half(&mut self) {
        let mut used: Vec<u64> = self.documents.values().map(|kept| kept.used).collect();
        used.sort_unstable();
        let limit = used.get(used.len() / 2).copied().unwrap_or(0);
        self.documents.retain(|_, kept| kept.used > limit);
    }
}

/// What a batch makes of one document.
#[derive(Debug)]
pub(super) struct Working {
    /// Where it stood in the store.
    pub(super) stored: Option<StoredDocument>,
    /// Its state with all that is to be admitted; `None` for an unknown kind.
    pub(super) document: Option<Document>,
    /// Where it lives, once it is known.
    pub(super) home: Option<DocumentId>,
    /// How many changes the batch adds.
    pub(super) added: u64,
    /// Its bytes, if the batch adds any change.
    pub(super) snapshot: Vec<u8>,
}

impl Working {
    pub(super) fn new(id: DocumentId, loaded: Loaded) -> Result<Self, StoreError> {
        let stored = loaded.stored.clone();
        let home = stored.as_ref().map(|stored| stored.home);
        let document = loaded.open(id)?;
        Ok(Self { stored, document, home, added: 0, snapshot: Vec::new() })
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
    let work = || {
        let bytes = document.save();
        let loaded = Document::load(document.id(), &bytes).ok()?;
        (loaded.heads() == document.heads()).then_some(bytes)
    };
    catch_unwind(AssertUnwindSafe(work)).ok().flatten()
}
