//! The grants of the holder: all that were ever given to the device's key, by enrolments and by
//! renewals that the log brought. What one of them permits is permitted.
//!
//! An end of the device takes the grants that were numbered before it; one that is given later stands. As
//! long as there is none, what was taken goes on as if it were over: the phone shows what it has.
//!
//! Those *count* that are live by the time that the server last told; the device's own clock has no say
//! in it. Where none is live, those count on that lived to the last: they may be renewed, and whether
//! what is entered meanwhile stands is for the server to say. So what grants gave that are over is
//! given up once a grant that is live gives less, and never because of time alone.
//!
//! What no grant that counts covers is hidden, by its place or its kind: it stays in the file, is shown
//! nowhere, and comes back with a grant that covers it. What waits to be sent is sent all the same.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use keting_model::query::Withheld;
use keting_model::{DocumentId, Role};
use keting_trust::{Denied, Digest, Grant, SignedGrant, Tree, check_live, covers, may_read};

use crate::error::EngineError;
use crate::replica::membership::Membership;

/// The grants of the holder, at least one.
#[derive(Debug)]
pub(super) struct OwnGrants {
    longest: SignedGrant,
    others: Vec<SignedGrant>,
    /// Those that an end of the device took.
    ended: BTreeSet<Digest>,
}

impl OwnGrants {
    /// Those that a membership holds, of which an end took some.
    ///
    /// # Errors
    /// When there is none, or a damaged one.
    pub(super) fn of(
        membership: &Membership,
        ended: BTreeSet<Digest>,
    ) -> Result<Self, EngineError> {
        Self::from_all(membership.own_grants()?, ended).ok_or(EngineError::DamagedMeta)
    }

    fn from_all(mut all: Vec<SignedGrant>, ended: BTreeSet<Digest>) -> Option<Self> {
        all.sort_by_key(|signed| {
            let lives_until = Reverse((signed.grant.expires_at_ms, signed.grant.issued_at_ms));
            (ended.contains(&signed.digest()), lives_until)
        });
        let mut all = all.into_iter();
        Some(Self { longest: all.next()?, others: all.collect(), ended })
    }

    /// Those that an end of the device took.
    pub(super) fn ended(&self) -> &BTreeSet<Digest> {
        &self.ended
    }

    /// The one that lives longest; one that was taken only if all were.
    pub(super) fn longest(&self) -> &SignedGrant {
        &self.longest
    }

    /// All of them, those that were taken last, the one that lives longest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &SignedGrant> {
        std::iter::once(&self.longest).chain(&self.others)
    }

    /// The one with a digest.
    pub(super) fn named(&self, digest: &Digest) -> Option<&SignedGrant> {
        self.iter().find(|signed| signed.digest() == *digest)
    }

    /// Those that count, the one that lives longest first: that one always does.
    fn counting(&self, told_ms: u64) -> impl Iterator<Item = &SignedGrant> {
        // The last moment at which any was live, if that is over.
        let at_ms = told_ms.min(self.longest.grant.expires_at_ms.saturating_sub(1));
        let all_were_taken = self.ended.contains(&self.longest.digest());
        self.iter().filter(move |signed| {
            (all_were_taken || !self.ended.contains(&signed.digest()))
                && check_live(&signed.grant, at_ms).is_ok()
        })
    }

    /// What is withheld from the holder.
    ///
    /// # Errors
    /// When the tree cannot be read; it is asked for only if grants were given that do not count.
    pub(super) fn withheld<T: Tree, E>(
        &self,
        told_ms: u64,
        tree: impl FnOnce() -> Result<T, E>,
    ) -> Result<Withheld, E> {
        let counting: Vec<&Grant> = self.counting(told_ms).map(|signed| &signed.grant).collect();
        let reads = |kind| counting.iter().filter_map(|grant| may_read(grant, kind)).min();
        let withheld = Withheld::unless(reads);
        let is_given = |signed: &SignedGrant| {
            counting.iter().any(|other| gives_at_least(other, &signed.grant))
        };
        if self.iter().all(is_given) {
            return Ok(withheld);
        }
        let tree = tree()?;
        let covered =
            |region: &DocumentId| counting.iter().any(|grant| covers(grant, &tree, region));
        let is_outside = |signed: &SignedGrant| {
            signed.grant.covers_city() || !signed.grant.regions.iter().all(covered)
        };
        if counting.iter().any(|grant| grant.covers_city()) || !self.iter().any(is_outside) {
            return Ok(withheld);
        }
        let regions: BTreeSet<DocumentId> =
            counting.iter().flat_map(|grant| &grant.regions).copied().collect();
        let lies_in_another =
            |region: &DocumentId| tree.parent(region).is_some_and(|above| covered(&above));
        Ok(withheld.within(regions.into_iter().filter(|region| !lies_in_another(region)).collect()))
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

/// Whether a grant reaches every region that another does, by their names alone.
fn gives_at_least(grant: &Grant, other: &Grant) -> bool {
    grant.covers_city()
        || (!other.covers_city()
            && other.regions.iter().all(|region| grant.regions.contains(region)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use keting_model::{CityId, DocumentKind, LogId};
    use keting_trust::{Ed25519Signer, KindAccess, Signer as _};

    use super::*;

    #[test]
    fn what_an_older_grant_gave_is_withheld_once_it_is_over_and_a_newer_one_gives_less() {
        let (wide, narrow) = (grant(WIDE, 0, 10), grant(NARROW, 5, 20));
        assert_eq!(shown(&[&wide, &narrow], &[], 9), everywhere());
        assert_eq!(shown(&[&wide, &narrow], &[], 10), only_narrow());
        // Time alone takes nothing, and gives nothing back.
        assert_eq!(shown(&[&wide], &[], 15), everywhere());
        assert_eq!(shown(&[&wide, &narrow], &[], 25), only_narrow());
        let wider = grant(WIDE, 24, 40);
        assert_eq!(shown(&[&wide, &narrow, &wider], &[], 25), everywhere());
    }

    #[test]
    fn what_an_end_took_is_withheld_once_a_later_grant_gives_less_and_not_before() {
        let (wide, narrow) = (grant(WIDE, 0, 30), grant(NARROW, 5, 20));
        assert_eq!(shown(&[&wide], &[&wide], 6), everywhere());
        assert_eq!(shown(&[&wide, &narrow], &[&wide], 6), only_narrow());
        assert_eq!(shown(&[&wide, &narrow], &[&wide, &narrow], 6), everywhere());
    }

    const WIDE: u8 = 1;
    const NARROW: u8 = 2;

    fn region(n: u8) -> DocumentId {
        DocumentId::from_random(DocumentKind::Region, [n; 14])
    }

    fn grant(n: u8, from_s: u64, until_s: u64) -> SignedGrant {
        let [issuer, holder] = [[1; 32], [2; 32]].map(Ed25519Signer::from_seed);
        let grant = Grant {
            city: CityId::new([1; 16]),
            log: LogId::new([2; 16]),
            id: [n; 16],
            issuer: issuer.public_key().clone(),
            holder: holder.public_key().clone(),
            name: "陆德祥".to_owned(),
            role: Role::MicroGridHead,
            regions: vec![region(n)],
            kinds: KindAccess::of_role(Role::MicroGridHead),
            issued_at_ms: from_s * 1_000,
            expires_at_ms: until_s * 1_000,
            parent: None,
            depth: 0,
        };
        SignedGrant::issue(grant, &issuer).unwrap()
    }

    fn shown(all: &[&SignedGrant], ended: &[&SignedGrant], told_s: u64) -> Withheld {
        let all = all.iter().copied().cloned().collect();
        let ended = ended.iter().map(|signed| signed.digest()).collect();
        let tree = BTreeMap::from([(region(NARROW), region(WIDE))]);
        let grants = OwnGrants::from_all(all, ended).unwrap();
        grants.withheld(told_s * 1_000, || Ok::<_, Infallible>(tree)).unwrap()
    }

    fn everywhere() -> Withheld {
        Withheld::from_roles(&[Role::MicroGridHead])
    }

    fn only_narrow() -> Withheld {
        everywhere().within(vec![region(NARROW)])
    }
}
