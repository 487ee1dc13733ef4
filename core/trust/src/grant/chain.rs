//! Chains of grants: from the root key down to the holder, each link within the one above it.

use super::{Grant, KindAccess, SignedGrant};
use crate::authority::{Tree, check_live, covers};
use crate::error::GrantError;
use crate::key::PublicKey;
use crate::limits::GRANT_CHAIN_MAX;

/// Verifies a chain of grants, the root's first, and hands out the holder's, which is the last.
///
/// Every link must be live at `now_ms` (the server's clock, never the phone's), be issued by the
/// key that the link above is for, and give no more than that link. So a grant ends with the last
/// live grant of its issuer, whatever it says itself. `tree` says which region is below which; a
/// chain whose only issuer covers the whole city needs none.
///
/// # Errors
/// At the first link that does not hold.
pub fn verify_chain<'a>(
    root: &PublicKey,
    chain: &'a [SignedGrant],
    tree: &dyn Tree,
    now_ms: u64,
) -> Result<&'a Grant, GrantError> {
    let (Some(first), Some(last)) = (chain.first(), chain.last()) else {
        return Err(GrantError::ChainLength);
    };
    if chain.len() > GRANT_CHAIN_MAX {
        return Err(GrantError::ChainLength);
    }
    if first.grant.issuer != *root || first.grant.parent.is_some() {
        return Err(GrantError::BrokenChain);
    }
    chain.iter().try_for_each(|link| check_live(&link.grant, now_ms))?;
    for (above, below) in chain.iter().zip(chain.iter().skip(1)) {
        below.grant.check_within(&above.grant, tree)?;
    }
    Ok(&last.grant)
}

/// When a chain ceases to hold: with the first of its links to expire. In milliseconds since the
/// Unix epoch.
pub fn chain_expires_at_ms(chain: &[SignedGrant]) -> u64 {
    chain.iter().map(|link| link.grant.expires_at_ms).min().unwrap_or(0)
}

impl Grant {
    /// Checks that the holder of `above` may issue this grant.
    ///
    /// # Errors
    /// When another key issued it, or it gives more than `above` may give.
    pub fn check_within(&self, above: &Self, tree: &dyn Tree) -> Result<(), GrantError> {
        if self.issuer != above.holder || self.parent.is_none() {
            return Err(GrantError::BrokenChain);
        }
        if self.city != above.city || self.log != above.log {
            return Err(GrantError::OtherCity);
        }
        let within_kind = |access: &KindAccess| {
            above.access(access.kind).is_some_and(|given| access.is_within(&given))
        };
        let rules = [
            ("depth", self.depth < above.depth),
            ("depth", self.depth <= self.role.delegation_depth()),
            ("role", above.may_give(self.role)),
            ("regions", !self.covers_city() || above.covers_city()),
            ("regions", self.regions.iter().all(|region| covers(above, tree, region))),
            ("kinds", self.kinds.iter().all(within_kind)),
        ];
        match rules.iter().find(|(_, holds)| !holds) {
            None => Ok(()),
            Some((what, _)) => Err(GrantError::Wider { what }),
        }
    }
}

impl KindAccess {
    fn is_within(&self, given: &Self) -> bool {
        (given.read || !self.read)
            && (given.write || !self.write)
            && (self.own_only || !given.own_only)
    }
}
