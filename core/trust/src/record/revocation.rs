//! Revocations: the end of a grant, or of all grants of a key.

use keting_model::{CityId, HybridTime, LogId};
use minicbor::{Decode, Encode};

use super::{Record, sealed::Checked};
use crate::commit::{CommitId, first_broken, is_title};
use crate::digest::Digest;
use crate::error::ProofError;
use crate::key::DeviceId;
use crate::limits::WHY_BYTES_MAX;
use crate::log::Place;

/// The end of a grant, or of all grants of a key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Revocation {
    /// The city.
    #[n(0)]
    pub city: CityId,
    /// The log.
    #[n(1)]
    pub log: LogId,
    /// The key whose grants end.
    #[n(2)]
    pub holder: DeviceId,
    /// The grant that ends; none for all grants of the key.
    #[n(3)]
    pub grant: Option<Digest>,
    /// What becomes of work under it.
    #[n(4)]
    pub manner: Manner,
    /// The commit that asked for it; none if the server's operator did.
    #[n(5)]
    pub request: Option<CommitId>,
    /// Why, in the words of whoever ended it. The holder reads it.
    #[n(6)]
    pub why: String,
    /// When, by the server's clock, in milliseconds since the Unix epoch.
    #[n(7)]
    pub at_ms: u64,
}

/// How a grant ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Manner {
    /// The holder's service ended: earlier work stays good, and work not yet sent too.
    #[n(1)]
    Ended,
    /// The key is in strange hands: everything not yet admitted is held, and the device hands over
    /// and wipes.
    #[n(2)]
    Compromised,
}

impl Record for Revocation {
    const CONTEXT: &'static str = "keting/revocation/1";
    type Place = Place;
}

impl Checked for Revocation {
    fn check(&self) -> Result<(), ProofError> {
        first_broken(&[
            ("why", is_title(&self.why, WHY_BYTES_MAX)),
            ("at_ms", self.at_ms <= HybridTime::UNIX_MS_MAX),
        ])
    }
}
