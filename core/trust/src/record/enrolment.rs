//! The proof of an enrolment: the issuing key's signature over everything that makes a device one of
//! the city, and over the very connection it was said on.
//!
//! City, root key and grants are known to every member, so whoever left could repeat them and have
//! a device pin another server. Only a live issuing key can sign for this device, this invitation,
//! this server's key and this connection.

use keting_model::{CityId, LogId};
use minicbor::{Decode, Encode};

use super::{Record, sealed::Checked};
use crate::commit::first_broken;
use crate::digest::Digest;
use crate::error::ProofError;
use crate::key::DeviceId;
use crate::limits::{GRANT_CHAIN_MAX, NUMBER_MAX};

/// What an issuing key signs when a device is enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Enrolment {
    /// The city.
    #[n(0)]
    pub city: CityId,
    /// The log.
    #[n(1)]
    pub log: LogId,
    /// The device.
    #[n(2)]
    pub device: DeviceId,
    /// SHA-256 of the SubjectPublicKeyInfo of the TLS key that the server showed.
    #[n(3)]
    pub tls_spki_sha256: Digest,
    /// The value of the connection's TLS exporter.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub channel_binding: [u8; 32],
    /// The digest of the invitation's secret, as the server keeps it.
    #[n(5)]
    pub secret: Digest,
    /// The digests of the grants it was given, in their order.
    #[n(6)]
    pub grants: Vec<Digest>,
    /// The serial up to which announcements are older than the invitation, 0 if none is: what they say
    /// does not count against it.
    #[n(7)]
    pub announced: u64,
}

impl Record for Enrolment {
    const CONTEXT: &'static str = "keting/enrolled/1";
    type Place = ();
}

impl Checked for Enrolment {
    fn check(&self) -> Result<(), ProofError> {
        first_broken(&[
            ("grants", (1..=GRANT_CHAIN_MAX).contains(&self.grants.len())),
            ("announced", self.announced <= NUMBER_MAX),
        ])
    }
}
