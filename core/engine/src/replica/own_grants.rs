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

    /// The roles of those that are live at a time; of the one that lived longest, if none is.
    pub(super) fn roles(&self, now_ms: u64) -> Vec<Role> {
        let live = self.iter().map(|signed| &signed.grant);
        let live = live.filter(|grant| check_live(grant, now_ms).is_ok());
        let roles: Vec<Role> = live.map(|grant| grant.role).collect();
        if roles.is_empty() { vec![self.longest.grant.role] } else { roles }
    }

    /// Of those that permit something, the one that lives longest.
    ///
    /// # Errors
    /// When none does: what the one says that lives longest.
    pub(super) fn permitting(
        &self,
        permits: impl Fn(&Grant) -> Result<(), Denied>,
    ) -> Result<&SignedGrant, Denied> {
        let refused = match permits(&self.longest.grant) {
            Ok(()) => return Ok(&self.longest),
            Err(denied) => denied,
        };
        self.others.iter().find(|signed| permits(&signed.grant).is_ok()).ok_or(refused)
    }
}
