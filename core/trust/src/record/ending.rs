//! The proof of an end: the issuing key's signature over what a device that was ended is told, and over
//! the very connection it is said on.
//!
//! The revocation itself is in the log, and whoever sees the regions of the grants that it takes has
//! it: repeated after a later invitation it would end the device once more. Only a live issuing key can sign
//! for this connection.

use keting_model::{CityId, HybridTime, LogId};
use minicbor::{Decode, Encode};

use super::{Record, sealed::Checked};
use crate::commit::{first_broken, is_title};
use crate::error::ProofError;
use crate::key::DeviceId;
use crate::limits::WHY_BYTES_MAX;

/// What an issuing key signs when it tells a device that it was ended.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Ending {
    /// The city.
    #[n(0)]
    pub city: CityId,
    /// The log.
    #[n(1)]
    pub log: LogId,
    /// The device.
    #[n(2)]
    pub device: DeviceId,
    /// The value of the connection's TLS exporter.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub channel_binding: [u8; 32],
    /// Why, in the words of the operator: the holder reads it.
    #[n(4)]
    pub why: String,
    /// When it was said, by the server's clock, in milliseconds since the Unix epoch.
    #[n(5)]
    pub at_ms: u64,
}

impl Record for Ending {
    const CONTEXT: &'static str = "keting/ended/1";
    type Place = ();
}

impl Checked for Ending {
    fn check(&self) -> Result<(), ProofError> {
        first_broken(&[
            ("why", is_title(&self.why, WHY_BYTES_MAX)),
            ("at_ms", self.at_ms <= HybridTime::UNIX_MS_MAX),
        ])
    }
}
