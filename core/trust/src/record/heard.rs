//! What a server says of its log, signed: up to where a device has everything, when that was, and
//! what the entries were that brought it there.
//!
//! It is the device's proof: to a server that was put back from a copy it shows that the log had
//! gone on, and nobody who holds only the server's TLS key can leave entries out or invent an
//! admission.

use keting_model::{CityId, HybridTime};
use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use super::{Record, sealed::Checked};
use crate::commit::first_broken;
use crate::digest::Digest;
use crate::error::ProofError;
use crate::limits::NUMBER_MAX;
use crate::log::Cursor;

/// The server's word on its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Heard {
    /// The city.
    #[n(0)]
    pub city: CityId,
    /// A place in the log. Behind a group of entries: up to where the device now has everything.
    /// Behind answers: where the log stood when they were given.
    #[n(1)]
    pub cursor: Cursor,
    /// When, by the server's clock, in milliseconds since the Unix epoch.
    #[n(2)]
    pub at_ms: u64,
    /// The digest of what it is said of, as [`GroupDigest`] makes it.
    #[n(3)]
    pub group: Digest,
}

impl Record for Heard {
    const CONTEXT: &'static str = "keting/heard/1";
    type Place = ();
}

impl Checked for Heard {
    fn check(&self) -> Result<(), ProofError> {
        first_broken(&[
            ("cursor", self.cursor.number <= NUMBER_MAX),
            ("at_ms", self.at_ms <= HybridTime::UNIX_MS_MAX),
        ])
    }
}

/// The digest of a group of entries: SHA-256("keting/group/1" ‖ for each entry its number as 64-bit
/// big-endian ‖ the code of its kind ‖ the digest of its record).
#[derive(Debug, Clone)]
pub struct GroupDigest(Sha256);

impl GroupDigest {
    /// Of no entry yet.
    pub fn new() -> Self {
        Self(Sha256::new_with_prefix(b"keting/group/1"))
    }

    /// Takes in the next entry.
    pub fn add(&mut self, number: u64, kind: u8, record: &Digest) {
        self.0.update(number.to_be_bytes());
        self.0.update([kind]);
        self.0.update(record.as_bytes());
    }

    /// The digest of what was taken in.
    pub fn finish(self) -> Digest {
        Digest::new(self.0.finalize().into())
    }
}

impl Default for GroupDigest {
    fn default() -> Self {
        Self::new()
    }
}
