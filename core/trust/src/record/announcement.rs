//! Announcements: where the server is from now on, and which keys it has.

use keting_model::{CityId, HybridTime, LogId};
use minicbor::{Decode, Encode};

use super::{Record, sealed::Checked};
use crate::commit::{first_broken, is_title};
use crate::digest::Digest;
use crate::error::ProofError;
use crate::limits::{NAME_BYTES_MAX, NUMBER_MAX, SERVER_PLACES_MAX};
use crate::log::Place;

/// The addresses and TLS keys of a server: all of them each time, so that a device needs only the
/// last announcement, however long it slept.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Announcement {
    /// The city.
    #[n(0)]
    pub city: CityId,
    /// The log.
    #[n(1)]
    pub log: LogId,
    /// Rises with every announcement; an older one changes nothing.
    #[n(2)]
    pub serial: u64,
    /// Where the server listens, the preferred address first.
    #[n(3)]
    pub urls: Vec<String>,
    /// SHA-256 of the SubjectPublicKeyInfo of its TLS keys, the preferred one first.
    #[n(4)]
    pub keys: Vec<Digest>,
    /// When, by the server's clock, in milliseconds since the Unix epoch.
    #[n(5)]
    pub at_ms: u64,
}

impl Record for Announcement {
    const CONTEXT: &'static str = "keting/announcement/1";
    type Place = Place;
}

impl Checked for Announcement {
    fn check(&self) -> Result<(), ProofError> {
        let some = 1..=SERVER_PLACES_MAX;
        first_broken(&[
            ("serial", (1..=NUMBER_MAX).contains(&self.serial)),
            ("urls", some.contains(&self.urls.len())),
            ("urls", self.urls.iter().all(|url| is_title(url, NAME_BYTES_MAX))),
            ("urls", are_different(&self.urls)),
            ("keys", some.contains(&self.keys.len())),
            ("keys", are_different(&self.keys)),
            ("at_ms", self.at_ms <= HybridTime::UNIX_MS_MAX),
        ])
    }
}

fn are_different<T: PartialEq>(all: &[T]) -> bool {
    all.iter().enumerate().all(|(index, one)| !all.iter().take(index).any(|other| other == one))
}
