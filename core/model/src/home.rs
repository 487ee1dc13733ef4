//! Where a document lives, and so who may hold it.

use crate::document::Document;
use crate::id::DocumentId;
use crate::registry::registration;

/// Where a document lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// It is a region, and lives in itself.
    Itself,
    /// It lives in this region.
    Region(DocumentId),
    /// It lives where the document lives that it belongs to.
    Of(DocumentId),
}

/// Where a document lives by its own word, if it is of a known kind and has been founded.
///
/// When two founding changes were concurrent the document shows Automerge's winner; whoever keeps
/// a log takes the first admitted instead.
pub fn home_of(document: &Document) -> Option<Home> {
    (registration(document.id().kind()?)?.home)(document)
}

/// The document id under a key.
pub(crate) fn id_under(document: &Document, key: &str) -> Option<DocumentId> {
    DocumentId::from_slice(document.value(key)?.as_bytes()?).ok()
}
