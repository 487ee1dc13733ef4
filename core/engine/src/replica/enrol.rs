//! Becoming a device of a city: what the server answered to the invitation, verified and kept.
//!
//! The same is the way back in. An invitation to the city that a device is in already renews address,
//! pinned key and grants, and leaves its keys, its file and its outbox as they are. Until the server
//! has answered and all of it is verified, nothing is replaced; an invitation that led to nothing is
//! given up, and the device goes on as it was.

use std::collections::BTreeMap;

use keting_model::DocumentId;
use keting_store::View;
use keting_sync::device::Purpose;
use keting_sync::message::Enrolled;
use keting_sync::{DeviceConfig, Persisted, Secret};
use keting_trust::record::Enrolment;
use keting_trust::{
    Digest, Invitation, KindAccess, SignedEnrolment, SignedGrant, cbor, verify_chain,
};

use crate::error::EngineError;
use crate::replica::ended::Ended;
use crate::replica::membership::Membership;
use crate::replica::own_grants::OwnGrants;
use crate::replica::regions::Regions;
use crate::replica::status::first_sync;
use crate::replica::whereabouts::Whereabouts;
use crate::replica::{City, Replica, ended, meta};

/// What the server's log and software call this engine.
const SOFTWARE: &str = concat!("keting/", env!("CARGO_PKG_VERSION"));

/// The invitation that is yet to be used.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn invitation(file: &View) -> Result<Option<Invitation>, EngineError> {
    let Some(bytes) = file.meta(meta::INVITATION)? else { return Ok(None) };
    let text = String::from_utf8(bytes).map_err(|_| EngineError::DamagedMeta)?;
    text.parse().map(Some).map_err(|_| EngineError::DamagedMeta)
}

/// Where the server is: by the invitation that is yet to be used, or else as the city's devices know.
///
/// # Errors
/// When there is neither, or the file cannot be read.
pub(super) fn whereabouts(file: &View, city: Option<&City>) -> Result<Whereabouts, EngineError> {
    match (invitation(file)?, city) {
        (Some(invitation), _) => Ok(Whereabouts::invited(&invitation, 0, None)),
        (None, Some(city)) => Ok(city.membership.server.clone()),
        (None, None) => Err(EngineError::NotEnrolled),
    }
}

impl Replica {
    /// What a session with the server starts with: an enrolment, or a sync from where the replica
    /// stands.
    ///
    /// # Errors
    /// When the device is neither enrolled nor invited, or the file cannot be read.
    pub fn session_config(&self) -> Result<DeviceConfig, EngineError> {
        let (city, purpose) = match (self.invitation()?, &self.city) {
            (None, None) => return Err(EngineError::NotEnrolled),
            (None, Some(city)) => (city.membership.city, self.sync_purpose(city)?),
            (Some(invitation), _) => {
                let secret = Secret::new(*invitation.secret.as_bytes());
                let name = self.device().to_string();
                (invitation.city, Purpose::Enrol { secret, name })
            }
        };
        Ok(DeviceConfig {
            versions: keting_sync::VERSIONS.to_vec(),
            city,
            software: SOFTWARE.to_owned(),
            device: self.public_key().clone(),
            purpose,
            told_of_end: Ended::read(&self.store)?.is_some(),
        })
    }

    /// Where to connect, and which server keys to expect there.
    ///
    /// # Errors
    /// When the device is neither enrolled nor invited, or the file cannot be read.
    pub fn server(&self) -> Result<Whereabouts, EngineError> {
        whereabouts(&self.store, self.city.as_ref())
    }

    /// Notes at which of its addresses the server was reached, if that is news. `server` is where it was
    /// known to be when the connection began.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_reached(&mut self, url: &str, server: &Whereabouts) -> Result<(), EngineError> {
        if self.invitation()?.is_some() {
            return Ok(());
        }
        let Some(city) = &mut self.city else { return Ok(()) };
        if let Some(server) = city.membership.server.reached_at(url, server) {
            let membership = Membership { server, ..city.membership.clone() };
            let bytes = cbor::to_vec(&membership);
            self.store.write(|transaction| transaction.set_meta(meta::MEMBERSHIP, &bytes))?;
            city.membership = membership;
        }
        Ok(())
    }

    /// Accepts an invitation, which the next session presents.
    ///
    /// # Errors
    /// When the device is in another city, or the invitation names another root key for its own; when
    /// the file cannot be written.
    pub fn accept(&mut self, invitation: &Invitation) -> Result<(), EngineError> {
        if let Some(City { membership, .. }) = &self.city {
            if invitation.city != membership.city {
                return Err(EngineError::AlreadyEnrolled);
            }
            if invitation.root != membership.root {
                return Err(EngineError::Protocol { code: "other_root_key" });
            }
        }
        let text = invitation.to_text();
        self.store.write(|transaction| transaction.set_meta(meta::INVITATION, text.as_bytes()))?;
        Ok(())
    }

    /// Whether the device is enrolled and is to be enrolled once more.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn is_to_be_renewed(&self) -> Result<bool, EngineError> {
        Ok(self.city.is_some() && self.invitation()?.is_some())
    }

    /// Gives up an invitation that led to nothing, if the device is enrolled without it.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn give_up_invitation(&mut self) -> Result<(), EngineError> {
        if self.is_to_be_renewed()? {
            self.store.write(|transaction| transaction.delete_meta(meta::INVITATION))?;
        }
        Ok(())
    }

    /// Where the replica's own sequence stands, as a session confirms it; of what came nothing is said yet.
    pub fn persisted(&self) -> Persisted {
        let (incarnation, last_sequence) = (self.incarnation, self.clock.sequence);
        Persisted { incarnation, last_sequence, has_come_on: false }
    }

    fn sync_purpose(&self, city: &City) -> Result<Purpose, EngineError> {
        let first_sync = first_sync(&self.store)?;
        Ok(Purpose::Sync {
            cursor: city.cursor,
            first_sync,
            incarnation: self.incarnation,
            last_sequence: self.clock.sequence,
            heard: city.heard.clone().map(|heard| Box::new(heard.into())),
        })
    }

    /// Verifies what enrolment gave against the invitation, the connection and what is here already,
    /// and keeps it, in one transaction.
    ///
    /// # Errors
    /// When the root key is not the invitation's, the grants do not lead from it to this device's
    /// key, no issuing key signed for all of it on this connection, or the file cannot be written.
    pub(super) fn enrol(
        &mut self,
        enrolled: &Enrolled,
        channel_binding: &[u8],
    ) -> Result<(), EngineError> {
        let invitation = self.invitation()?.ok_or(EngineError::AlreadyEnrolled)?;
        if enrolled.root != invitation.root {
            return Err(EngineError::Protocol { code: "other_root_key" });
        }
        if self.city.as_ref().is_some_and(|city| city.membership.log != enrolled.log) {
            return Err(EngineError::Protocol { code: "other_city" });
        }
        let chain: Vec<_> = enrolled
            .grants
            .iter()
            .map(|bytes| SignedGrant::open(bytes))
            .collect::<Result<_, _>>()?;
        // Regions are not here yet, so a chain with a link that covers less than the city is not
        // taken; the server issues with a key that covers all of it.
        let nowhere = BTreeMap::<DocumentId, DocumentId>::new();
        let grant = chain.last().ok_or(EngineError::Protocol { code: "no_grant" })?;
        // The phone's clock decides nothing: the chain must have held when the grant was given.
        verify_chain(&invitation.root, &chain, &nowhere, grant.grant.issued_at_ms)?;
        let of_this_city = (grant.grant.city, grant.grant.log) == (invitation.city, enrolled.log);
        if grant.grant.holder != *self.public_key() || !of_this_city {
            return Err(EngineError::Protocol { code: "grant_of_another" });
        }
        let expected = |announced| Enrolment {
            city: invitation.city,
            log: enrolled.log,
            device: self.device(),
            tls_spki_sha256: Digest::new(invitation.tls_spki_sha256),
            channel_binding: channel_binding.try_into().unwrap_or_default(),
            secret: invitation.secret.digest(),
            grants: chain.iter().map(SignedGrant::digest).collect(),
            announced,
        };
        let announced = check_proof(&enrolled.proof, &chain, expected)?;
        let before = self.city.as_ref().map(|city| &city.membership);
        let mut membership = Membership {
            city: invitation.city,
            city_name: enrolled.city_name.clone(),
            log: enrolled.log,
            root: enrolled.root.clone(),
            server: Whereabouts::invited(&invitation, announced, before.map(|it| &it.server)),
            grants: before.map(|it| it.grants.clone()).unwrap_or_default(),
        };
        membership.add_grants(enrolled.grants.iter().cloned());
        let ended = self.city.as_ref().map(|city| city.grants.ended().clone());
        let grants = OwnGrants::of(&membership, ended.unwrap_or_default())?;
        self.store.write(|transaction| {
            transaction.set_meta(meta::MEMBERSHIP, &cbor::to_vec(&membership))?;
            ended::forget(transaction)?;
            transaction.delete_meta(meta::INVITATION)
        })?;
        let (regions, issuers) = (Regions::default(), None);
        let (cursor, heard) = self.city.take().map_or((None, None), |was| (was.cursor, was.heard));
        self.city = Some(City { membership, grants, cursor, heard, regions, issuers });
        Ok(())
    }
}

/// The proof of an enrolment holds if the issuing key, which the chain leads over, signed for exactly
/// what this device knows itself: its key, its invitation, the server's key and this connection. What it
/// tells beside that is the serial up to which announcements are older than the invitation.
fn check_proof(
    proof: &[u8],
    chain: &[SignedGrant],
    expected: impl Fn(u64) -> Enrolment,
) -> Result<u64, EngineError> {
    let issuing = chain.first().map(|link| &link.grant);
    let issuing = issuing.filter(|grant| grant.kinds == [KindAccess::every_kind()]);
    let signed = issuing.and_then(|grant| SignedEnrolment::open(proof, &grant.holder).ok());
    match signed.map(|signed| signed.record) {
        Some(proven) if proven == expected(proven.announced) => Ok(proven.announced),
        Some(_) | None => Err(EngineError::Protocol { code: "enrolment_not_proven" }),
    }
}
