//! What makes a replica a device of a city: the log it belongs to, the root key it trusts, and the
//! grants its holder has.

use keting_model::{CityId, LogId};
use keting_trust::{PublicKey, SignedGrant};
use minicbor::{Decode, Encode};

use crate::error::EngineError;

/// What enrolment gave. Kept in the file from then on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Membership {
    /// The city.
    #[n(0)]
    pub city: CityId,
    /// Its name.
    #[n(1)]
    pub city_name: String,
    /// The log of the city.
    #[n(2)]
    pub log: LogId,
    /// The city's root key, as the invitation named it.
    #[n(3)]
    pub root: PublicKey,
    /// Where the server listens.
    #[n(4)]
    pub url: String,
    /// SHA-256 of the server's TLS key.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub tls_spki_sha256: [u8; 32],
    /// The signed grants from the one below the root down to the holder's own, the last.
    #[n(6)]
    pub chain: Vec<GrantBytes>,
}

/// The signed bytes of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct GrantBytes(#[cbor(n(0), with = "minicbor::bytes")] pub Vec<u8>);

impl Membership {
    /// The holders of the grants above one's own.
    fn issuers(&self) -> Result<Vec<PublicKey>, EngineError> {
        let above = self.chain.split_last().map_or(&[][..], |(_, above)| above);
        let holder = |GrantBytes(bytes): &GrantBytes| {
            SignedGrant::read_stored(bytes).map(|signed| signed.grant.holder)
        };
        above.iter().map(holder).collect::<Result<_, _>>().map_err(|_| EngineError::DamagedMeta)
    }

    /// Whether a key may issue grants in the city.
    ///
    /// # Errors
    /// When a grant in the file is damaged.
    pub fn issued(&self, issuer: &PublicKey) -> Result<bool, EngineError> {
        Ok(*issuer == self.root || self.issuers()?.contains(issuer))
    }

    /// The holder's own grant.
    ///
    /// # Errors
    /// When the file holds none, or a damaged one.
    pub fn own_grant(&self) -> Result<SignedGrant, EngineError> {
        let GrantBytes(bytes) = self.chain.last().ok_or(EngineError::DamagedMeta)?;
        SignedGrant::open(bytes).map_err(|_| EngineError::DamagedMeta)
    }
}
