//! Decisions: the server's answers to requests that only the order of the log can settle.

use keting_model::{CityId, DocumentId, DocumentKind, HybridTime, LogId};
use minicbor::{Decode, Encode};

use super::{Record, sealed::Checked};
use crate::commit::{CommitId, first_broken};
use crate::error::ProofError;
use crate::key::DeviceId;
use crate::log::Place;

/// An answer to the request in a commit, in the same transaction of the log.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Decision {
    /// The city.
    #[n(0)]
    pub city: CityId,
    /// The log.
    #[n(1)]
    pub log: LogId,
    /// The commit that asked.
    #[n(2)]
    pub request: CommitId,
    /// What was decided.
    #[n(3)]
    pub ruling: Ruling,
    /// When, by the server's clock, in milliseconds since the Unix epoch.
    #[n(4)]
    pub at_ms: u64,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Ruling {
    /// A document lives in another region from now on, and so other people may hold it.
    #[n(1)]
    Home(#[n(0)] Moved),
    /// Who takes part in a confidential document.
    #[n(2)]
    Participants(#[n(0)] Participants),
    /// Regions were redrawn.
    #[n(3)]
    Redrawing(#[n(0)] Redrawing),
    /// A document got the next number of a gapless sequence.
    #[n(4)]
    CaseNumber(#[n(0)] CaseNumber),
}

/// A document or a region, and the region it lies in from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct Moved {
    /// What moves.
    #[n(0)]
    pub document: DocumentId,
    /// Whereto.
    #[n(1)]
    pub region: DocumentId,
}

/// Who takes part in a confidential document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Participants {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// The devices of all who take part, ascending.
    #[n(1)]
    pub devices: Vec<DeviceId>,
}

/// Regions redrawn at once, with the documents that follow.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Redrawing {
    /// Regions that lie in another one from now on, ascending by region.
    #[n(0)]
    pub regions: Vec<Moved>,
    /// Documents that live in another region from now on, ascending by document.
    #[n(1)]
    pub documents: Vec<Moved>,
}

/// A number of a gapless sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct CaseNumber {
    /// The document that got it.
    #[n(0)]
    pub document: DocumentId,
    /// Whose sequence it is: the document of the committee or station.
    #[n(1)]
    pub series: DocumentId,
    /// The year of the sequence.
    #[n(2)]
    pub year: u16,
    /// The number, from 1.
    #[n(3)]
    pub number: u64,
}

impl Record for Decision {
    const CONTEXT: &'static str = "keting/decision/1";
    type Place = Place;
}

impl Checked for Decision {
    fn check(&self) -> Result<(), ProofError> {
        first_broken(&[
            ("ruling", self.ruling.is_sound()),
            ("at_ms", self.at_ms <= HybridTime::UNIX_MS_MAX),
        ])
    }
}

impl Ruling {
    fn is_sound(&self) -> bool {
        match self {
            Self::Home(moved) => moved.is_sound(),
            Self::Participants(participants) => {
                participants.devices.windows(2).all(|pair| pair[0] < pair[1])
            }
            Self::Redrawing(redrawing) => {
                let ascending =
                    |all: &[Moved]| all.windows(2).all(|p| p[0].document < p[1].document);
                let of_regions = redrawing.regions.iter().all(|moved| is_region(&moved.document));
                let of_others = redrawing.documents.iter().all(|moved| !is_region(&moved.document));
                ascending(&redrawing.regions)
                    && ascending(&redrawing.documents)
                    && (of_regions && of_others)
                    && redrawing.regions.iter().chain(&redrawing.documents).all(Moved::is_sound)
            }
            Self::CaseNumber(case) => case.number >= 1,
        }
    }
}

impl Moved {
    fn is_sound(&self) -> bool {
        is_region(&self.region) && self.document != self.region
    }
}

fn is_region(id: &DocumentId) -> bool {
    id.kind() == Some(DocumentKind::Region)
}
