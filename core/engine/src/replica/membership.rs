//! What makes a replica a device of a city: the log it belongs to, the root key it trusts, and the
//! grants its holder has.

use std::collections::BTreeMap;

use keting_model::{CityId, DocumentId, LogId};
use keting_store::View;
use keting_trust::{DeviceId, Grant, KindAccess, PublicKey, RecordKind, SignedGrant, check_live};
use minicbor::{Decode, Encode};

use crate::error::EngineError;
use crate::replica::whereabouts::Whereabouts;

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
    /// Where the server is, and which TLS keys it may show.
    #[n(4)]
    pub server: Whereabouts,
    /// Signed grants in the order in which they came: those of issuing keys, and the holder's own. The
    /// last is one of the holder's.
    #[n(5)]
    pub grants: Vec<GrantBytes>,
}

/// The signed bytes of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct GrantBytes(#[cbor(n(0), with = "minicbor::bytes")] pub Vec<u8>);

impl Membership {
    /// The holder's own grants. Their signatures were verified when they came.
    ///
    /// # Errors
    /// When the file holds none, or a damaged one.
    pub fn own_grants(&self) -> Result<Vec<SignedGrant>, EngineError> {
        let open = |GrantBytes(bytes): &GrantBytes| {
            SignedGrant::read_stored(bytes).map_err(|_| EngineError::DamagedMeta)
        };
        let all: Vec<_> = self.grants.iter().map(open).collect::<Result<_, _>>()?;
        let holder = all.last().ok_or(EngineError::DamagedMeta)?.grant.holder.clone();
        Ok(all.into_iter().filter(|signed| signed.grant.holder == holder).collect())
    }

    /// Takes in further grants, the last of them one of the holder's own.
    pub fn add_grants(&mut self, further: impl IntoIterator<Item = Vec<u8>>) {
        let further: Vec<_> = further.into_iter().map(GrantBytes).collect();
        self.grants.retain(|known| !further.contains(known));
        self.grants.extend(further);
    }
}

/// Whose grants count in the city: those that the root key gave, and those that a grant which counts
/// lets its holder give. So an issuing key that the server renewed is known as soon as its own grant,
/// signed by the root, is in the log.
///
/// No region is known when a first sync brings the grants, before any document. So whoever may issue
/// for some regions only, gives on exactly these; the server's keys are for the whole city.
#[derive(Debug)]
pub struct Issuers {
    city: CityId,
    log: LogId,
    root: PublicKey,
    /// The grants that let each key give others.
    grants: BTreeMap<PublicKey, Vec<Grant>>,
}

impl Issuers {
    /// Reads them from the file.
    ///
    /// # Errors
    /// When the file cannot be read, or a grant in it is damaged.
    pub fn read(store: &View, membership: &Membership) -> Result<Self, EngineError> {
        let Membership { city, log, root, .. } = membership.clone();
        let mut issuers = Self { city, log, root, grants: BTreeMap::new() };
        for GrantBytes(bytes) in &membership.grants {
            let signed = SignedGrant::read_stored(bytes).map_err(|_| EngineError::DamagedMeta)?;
            issuers.take(&signed.grant);
        }
        for record in store.records_of(RecordKind::Grant.code())? {
            // One that an older version could not read was kept unproven, so it is proven here; one
            // of a newer version lets nobody issue anything.
            let gives = |signed: &SignedGrant| signed.grant.depth > 0;
            if SignedGrant::read_stored(&record.bytes).is_ok_and(|signed| gives(&signed))
                && let Ok(signed) = SignedGrant::open(&record.bytes)
            {
                issuers.take(&signed.grant);
            }
        }
        Ok(issuers)
    }

    /// The key of an id, if it is one that issues for the whole city: the root key granted it every
    /// kind of document, now or once. Such keys sign what the server says.
    pub fn issuing_key(&self, id: &DeviceId) -> Option<&PublicKey> {
        let (key, grants) = self.grants.iter().find(|(key, _)| key.device_id() == *id)?;
        grants.iter().any(|grant| self.is_issuing(grant)).then_some(key)
    }

    /// Whether a grant whose signature holds makes its holder an issuing key of this city.
    pub fn is_issuing(&self, grant: &Grant) -> bool {
        grant.issuer == self.root
            && grant.kinds == [KindAccess::every_kind()]
            && grant.depth > 0
            && self.let_give(grant)
    }

    /// When the root key last made a key an issuing key, as far as is known here, in milliseconds since the
    /// Unix epoch.
    pub fn latest_issuing_ms(&self) -> u64 {
        let known = self.grants.values().flatten().filter(|grant| self.is_issuing(grant));
        known.map(|grant| grant.issued_at_ms).max().unwrap_or(0)
    }

    /// Whether a grant that lets its holder give others is known here.
    pub fn has(&self, grant: &Grant) -> bool {
        self.grants.get(&grant.holder).is_some_and(|known| known.contains(grant))
    }

    /// Takes in a grant whose signature holds, if it counts, and says whether it does.
    pub fn take(&mut self, grant: &Grant) -> bool {
        let counts = self.let_give(grant);
        if counts && grant.depth > 0 {
            self.grants.entry(grant.holder.clone()).or_default().push(grant.clone());
        }
        counts
    }

    /// Whether a grant whose signature holds counts: the root key gave it, or a key that had a grant,
    /// when it was given, which lets its holder give this much.
    pub fn let_give(&self, grant: &Grant) -> bool {
        if (grant.city, grant.log) != (self.city, self.log) {
            return false;
        }
        if grant.issuer == self.root {
            return grant.parent.is_none();
        }
        let nowhere = BTreeMap::<DocumentId, DocumentId>::new();
        let lets = |above: &Grant| {
            check_live(above, grant.issued_at_ms).is_ok()
                && grant.check_within(above, &nowhere).is_ok()
        };
        self.grants.get(&grant.issuer).into_iter().flatten().any(lets)
    }
}
