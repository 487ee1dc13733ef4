//! Erasures: documents that are erased on every replica, and what follows them.

use keting_model::{CityId, DocumentId, HybridTime, LogId};
use minicbor::{Decode, Encode};

use super::{Record, sealed::Checked};
use crate::commit::{CommitId, first_broken};
use crate::error::ProofError;
use crate::log::Place;

/// The erasure of documents at once: all that told of a household, or of one person who is absent
/// from the documents that follow.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Erasure {
    /// The city.
    #[n(0)]
    pub city: CityId,
    /// The log.
    #[n(1)]
    pub log: LogId,
    /// The commit that asked for it.
    #[n(2)]
    pub request: CommitId,
    /// The documents, ascending by document.
    #[n(3)]
    pub documents: Vec<Erased>,
    /// When, by the server's clock, in milliseconds since the Unix epoch.
    #[n(4)]
    pub at_ms: u64,
}

/// A document erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Erased {
    /// The document that says what may still be said; none if nothing follows.
    #[n(0)]
    pub successor: Option<DocumentId>,
    /// The document whose changes and salts are erased.
    #[n(1)]
    pub document: DocumentId,
}

impl Record for Erasure {
    const CONTEXT: &'static str = "keting/erasure/1";
    type Place = Place;
}

impl Checked for Erasure {
    fn check(&self) -> Result<(), ProofError> {
        let follows = |erased: &Erased| {
            erased.successor.is_none_or(|successor| {
                successor.kind_code() == erased.document.kind_code()
                    && self.documents.iter().all(|other| other.document != successor)
            })
        };
        first_broken(&[
            ("documents", !self.documents.is_empty()),
            ("documents", self.documents.windows(2).all(|p| p[0].document < p[1].document)),
            ("documents", self.documents.iter().all(follows)),
            ("at_ms", self.at_ms <= HybridTime::UNIX_MS_MAX),
        ])
    }
}
