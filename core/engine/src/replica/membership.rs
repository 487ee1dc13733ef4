//! What makes a replica a device of a city: the log it belongs to, the root key it trusts, and the
//! grants its holder has.

use std::collections::BTreeSet;

use keting_model::{CityId, LogId};
use keting_store::View;
use keting_trust::{Grant, PublicKey, RecordKind, SignedGrant};
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
    /// The holder's own grant.
    ///
    /// # Errors
    /// When the file holds none, or a damaged one.
    pub fn own_grant(&self) -> Result<SignedGrant, EngineError> {
        let GrantBytes(bytes) = self.chain.last().ok_or(EngineError::DamagedMeta)?;
        SignedGrant::open(bytes).map_err(|_| EngineError::DamagedMeta)
    }
}

/// The keys whose grants count in the city: the root's, and those that a grant which counts lets
/// issue further ones. So an issuing key that the server renewed is known as soon as its own grant,
/// signed by the root, is in the log.
#[derive(Debug, Default)]
pub struct Issuers {
    keys: BTreeSet<PublicKey>,
}

impl Issuers {
    /// Reads them from the file, unless that was done. Most opens of a file never need them.
    ///
    /// # Errors
    /// When the file cannot be read, or a grant in it is damaged.
    pub fn read(&mut self, store: &View, membership: &Membership) -> Result<(), EngineError> {
        if !self.keys.is_empty() {
            return Ok(());
        }
        let above = membership.chain.split_last().map_or(&[][..], |(_, above)| above);
        for GrantBytes(bytes) in above {
            let signed = SignedGrant::read_stored(bytes).map_err(|_| EngineError::DamagedMeta)?;
            self.learn(&signed.grant);
        }
        for record in store.records_of(RecordKind::Grant.code())? {
            // One of a newer version is not understood yet, and lets nobody issue anything here.
            if let Ok(signed) = SignedGrant::read_stored(&record.bytes) {
                self.learn(&signed.grant);
            }
        }
        self.keys.insert(membership.root.clone());
        Ok(())
    }

    /// Takes in a grant that counts.
    pub fn learn(&mut self, grant: &Grant) {
        if grant.depth > 0 {
            self.keys.insert(grant.holder.clone());
        }
    }

    /// Whether a key's grants count.
    pub fn contain(&self, key: &PublicKey) -> bool {
        self.keys.contains(key)
    }
}
