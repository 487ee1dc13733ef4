//! The grants of the holder: all that were ever given to the device's key, by enrolments and by
//! renewals that the log brought. What one of them permits is permitted.

use std::cmp::Reverse;

use keting_model::Role;
use keting_trust::{Denied, Digest, Grant, SignedGrant, check_live};

use crate::error::EngineError;
use crate::replica::membership::Membership;

/// The grants of the holder, at least one.
#[derive(Debug)]
pub(super) struct OwnGrants {
    longest: SignedGrant,
    others: Vec<SignedGrant>,
}

impl OwnGrants {
    /// Those that a membership holds.
    ///
    /// # Errors
    /// When there is none, or a damaged one.
    pub(super) fn of(membership: &Membership) -> Result<Self, EngineError> {
        let mut all = membership.own_grants()?;
        all.sort_by_key(|signed| Reverse((signed.grant.expires_at_ms, signed.grant.issued_at_ms)));
        let mut all = all.into_iter();
        let longest = all.next().ok_or(EngineError::DamagedMeta)?;
        Ok(Self { longest, others: all.collect() })
    }

    /// The one that lives longest.
    pub(super) fn longest(&self) -> &SignedGrant {
        &self.longest
    }

    /// All of them, the one that lives longest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &SignedGrant> {
        std::iter::once(&self.longest).chain(&self.others)
    }

    /// The one with a digest.
    pub(super) fn named(&self, digest: &Digest) -> Option<&SignedGrant> {
        self.iter().find(|signed| signed.digest() == *digest)
    }

    /// Those that count, the one that lives longest first: the live ones by the time that the server
    /// last told. Where none is, the one that lived longest counts on: it may be renewed, and whether
    /// what is entered meanwhile stands is for the server to say.
    fn counting(&self, told_ms: u64) -> impl Iterator<Item = &SignedGrant> {
        let is_live = move |signed: &&SignedGrant| check_live(&signed.grant, told_ms).is_ok();
        let none_is = !self.iter().any(|signed| is_live(&signed));
        self.iter().filter(is_live).chain(none_is.then_some(&self.longest))
    }

    /// The roles of those that count.
    pub(super) fn roles(&self, told_ms: u64) -> Vec<Role> {
        self.counting(told_ms).map(|signed| signed.grant.role).collect()
    }

    /// Of those that count and cover something, the one that lives longest.
    ///
    /// # Errors
    /// When none does: what the one says that lives longest.
    pub(super) fn covering(
        &self,
        told_ms: u64,
        covers: impl Fn(&Grant) -> Result<(), Denied>,
    ) -> Result<&SignedGrant, Denied> {
        let mut refused = Denied::Role;
        for (place, signed) in self.counting(told_ms).enumerate() {
            match covers(&signed.grant) {
                Ok(()) => return Ok(signed),
                Err(denied) if place == 0 => refused = denied,
                Err(_) => {}
            }
        }
        Err(refused)
    }
}
