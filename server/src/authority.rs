//! Who may do what, as the log's prefix has it: the tree of regions, and each device's grants.
//!
//! Both change seldom and are asked for with every commit, so they are kept, together with the
//! numbers of the entries that last changed them. Every use compares those numbers with the store's
//! own, inside the transaction that relies on the answer, and reads anew what has changed.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::role::{Family, Reach};
use keting_model::{DocumentId, DocumentKind};
use keting_trust::limits::{GRANT_CHAIN_MAX, SERVER_DEVICES_KEPT_MAX};
use keting_trust::{
    Denied, DeviceId, Digest, Grant, KindAccess, PublicKey, SignedGrant, Tree, check_live,
    covers_write, may_read, verify_chain,
};

use crate::city::City;
use crate::store::{Head, ServerRead, StoreError, StoredEnd};

/// Who may do what, up to some number of the log.
#[derive(Debug, Default)]
pub struct Book {
    regions: BTreeMap<DocumentId, Option<DocumentId>>,
    places: BTreeMap<DocumentId, u32>,
    regions_at: Option<(u32, u64)>,
    rights: BTreeMap<DeviceId, Rights>,
    grants_at: Option<(u32, u64)>,
}

/// The grants of one device whose chains lead to the root key.
#[derive(Debug, Clone, Default)]
pub struct Rights {
    grants: Vec<(Digest, Grant)>,
    /// Those that an end of the device took, and the place of the end among its ends.
    ended: Vec<(Digest, Grant, usize)>,
    ends: Vec<StoredEnd>,
}

/// What an end of its device means for a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterEnd {
    /// It was made before the end.
    Good,
    /// The device has not greeted since it made this, nor said that it was told of the end; or it comes late
    /// by the clock.
    Unknown,
    /// It was made after the device was told of the end.
    Beyond,
}

/// The receipt of a commit.
#[derive(Debug, Clone, Copy)]
pub struct Receipt<'e> {
    /// When, milliseconds since the Unix epoch by the server's clock.
    pub now_ms: u64,
    /// What each end of its author means for it, in their order.
    pub ends: &'e [AfterEnd],
}

/// Why no live grant of a device covers something. What passes soonest comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Uncovered {
    /// No grant of the device ever did.
    NeverGranted,
    /// A grant did that was ended before this was made.
    Ended,
    /// A grant did that is over.
    Over,
    /// A grant will that is not valid yet.
    NotYetValid,
}

impl Uncovered {
    /// Why a grant is not good at a time, unless it is.
    pub fn of(grant: &Grant, now_ms: u64) -> Option<Self> {
        match check_live(grant, now_ms) {
            Ok(()) => None,
            Err(Denied::NotYetValid) => Some(Self::NotYetValid),
            Err(_) => Some(Self::Over),
        }
    }

    /// The stable code of the reason.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NeverGranted => "not_granted",
            Self::Ended => "grant_revoked",
            Self::Over => "grant_ended",
            Self::NotYetValid => "grant_not_yet_valid",
        }
    }
}

impl Book {
    /// Brings the book to what a view of the store says.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn refresh(&mut self, read: &dyn ServerRead, head: &Head) -> Result<(), StoreError> {
        let regions_at = Some((head.generation, head.regions_number));
        if self.regions_at != regions_at {
            let by_code = read.regions()?;
            self.places = places(&by_code);
            self.regions = by_code.into_iter().collect();
            self.regions_at = regions_at;
            // Whether a chain of grants holds depends on which region lies in which.
            self.rights.clear();
        }
        let grants_at = Some((head.generation, head.grants_number));
        // Only here: what a batch has looked up must stay until the batch is done.
        if self.grants_at != grants_at || self.rights.len() >= SERVER_DEVICES_KEPT_MAX {
            self.rights.clear();
            self.grants_at = grants_at;
        }
        Ok(())
    }

    /// Whether the book says what a view with this head says.
    pub fn is_current(&self, head: &Head) -> bool {
        self.regions_at == Some((head.generation, head.regions_number))
            && self.grants_at == Some((head.generation, head.grants_number))
    }

    /// The grants of a device, read from the view the book was last brought to.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn rights(
        &mut self,
        read: &dyn ServerRead,
        city: &City,
        device: &DeviceId,
    ) -> Result<&Rights, StoreError> {
        if !self.rights.contains_key(device) {
            let rights = Rights::read(read, city, self, device)?;
            self.rights.insert(*device, rights);
        }
        // Just put there; an empty one would permit nothing.
        Ok(self.rights.get(device).unwrap_or(const { &Rights::none() }))
    }

    /// The grants of a device if they were read before.
    pub fn known_rights(&self, device: &DeviceId) -> Option<&Rights> {
        self.rights.get(device)
    }

    /// The place of a region in the order of the tree: behind the one it lies in, before its next
    /// sibling, siblings by their codes. None for a region that hangs on nothing.
    pub fn place(&self, region: &DocumentId) -> Option<u32> {
        self.places.get(region).copied()
    }

    /// All regions and the ones they lie in.
    pub fn regions(&self) -> &BTreeMap<DocumentId, Option<DocumentId>> {
        &self.regions
    }
}

impl Tree for Book {
    fn parent(&self, region: &DocumentId) -> Option<DocumentId> {
        self.regions.get(region).copied().flatten()
    }
}

impl Rights {
    /// No grant at all.
    pub const fn none() -> Self {
        Self { grants: Vec::new(), ended: Vec::new(), ends: Vec::new() }
    }

    /// Reads the grants of a device for this city and its log and finds for each a chain to the
    /// root key. Expiry is left to the moment of use.
    fn read(
        read: &dyn ServerRead,
        city: &City,
        tree: &dyn Tree,
        device: &DeviceId,
    ) -> Result<Self, StoreError> {
        let mut rights = Self { ends: read.ends_of(device)?, ..Self::none() };
        for stored in read.grants_of(device)? {
            let grant = open_stored(&stored.bytes)?;
            // All links of a chain are of one city and log, so the last one tells.
            if grant.grant.city != city.id || grant.grant.log != city.log {
                continue;
            }
            let mut chain = vec![grant];
            if let Some(expires_at_ms) = chain_to_root(read, &city.root, tree, &mut chain)?
                && let Some(SignedGrant { mut grant, .. }) = chain.into_iter().next_back()
            {
                // A grant ends with the first link of its chain.
                grant.expires_at_ms = grant.expires_at_ms.min(expires_at_ms);
                match rights.ends.iter().position(|end| end.number > stored.number) {
                    Some(end) => rights.ended.push((stored.digest, grant, end)),
                    None => rights.grants.push((stored.digest, grant)),
                }
            }
        }
        Ok(rights)
    }

    /// Whether a grant of the device leads to the root key.
    pub fn has(&self, digest: &Digest) -> bool {
        self.named(digest).is_some()
    }

    /// Why the device has no live grant at all, or `None` if it has one.
    pub fn without_grant(&self, now_ms: u64) -> Option<Uncovered> {
        let ends = vec![AfterEnd::Beyond; self.ends.len()];
        self.any_covers(Receipt { now_ms, ends: &ends }, |_| true).err()
    }

    /// All grants, each with the end that took it.
    pub fn all(&self) -> impl Iterator<Item = (&Grant, Option<&StoredEnd>)> {
        let ended = self.ended.iter().map(|(_, grant, end)| (grant, self.ends.get(*end)));
        ended.chain(self.grants.iter().map(|(_, grant)| (grant, None)))
    }

    /// The ends of the device, in their order.
    pub fn ends(&self) -> &[StoredEnd] {
        &self.ends
    }

    /// A grant of the device by its digest, if it leads to the root key.
    pub fn named(&self, digest: &Digest) -> Option<&Grant> {
        let ended = self.ended.iter().map(|(known, grant, _)| (known, grant));
        let mut all = self.grants.iter().map(|(known, grant)| (known, grant)).chain(ended);
        all.find(|(known, _)| *known == digest).map(|(_, grant)| grant)
    }

    /// The grants that are live at a time by the server's clock.
    pub fn live(&self, now_ms: u64) -> impl Iterator<Item = &Grant> {
        self.grants
            .iter()
            .map(|(_, grant)| grant)
            .filter(move |grant| check_live(grant, now_ms).is_ok())
    }

    /// Whether any live grant reaches a document, as far as can be told without its content: its
    /// home, if it has one, and its kind. What it refuses for good, [`Self::may_write`] does too.
    ///
    /// # Errors
    /// When none does.
    pub fn may_reach(
        &self,
        tree: &dyn Tree,
        home: Option<&DocumentId>,
        kind: DocumentKind,
        receipt: Receipt<'_>,
    ) -> Result<(), Uncovered> {
        match home {
            Some(home) => self.may_write(tree, home, kind, &BTreeSet::new(), receipt),
            None => self.any_covers(receipt, |grant| {
                grant.access(kind.code()).is_some_and(|access| access.write)
            }),
        }
    }

    /// Whether any live grant permits a write.
    ///
    /// # Errors
    /// When none does.
    pub fn may_write(
        &self,
        tree: &dyn Tree,
        home: &DocumentId,
        kind: DocumentKind,
        families: &BTreeSet<Family>,
        receipt: Receipt<'_>,
    ) -> Result<(), Uncovered> {
        self.any_covers(receipt, |grant| covers_write(grant, tree, home, kind, families).is_ok())
    }

    fn any_covers(
        &self,
        receipt: Receipt<'_>,
        covers: impl Fn(&Grant) -> bool,
    ) -> Result<(), Uncovered> {
        let mut uncovered = Uncovered::NeverGranted;
        for (_, grant) in self.grants.iter().filter(|(_, grant)| covers(grant)) {
            match Uncovered::of(grant, receipt.now_ms) {
                None => return Ok(()),
                Some(found) => uncovered = uncovered.max(found),
            }
        }
        for (_, grant, end) in self.ended.iter().filter(|(_, grant, _)| covers(grant)) {
            let was_live = self.ends.get(*end).is_some_and(|e| check_live(grant, e.at_ms).is_ok());
            match receipt.ends.get(*end) {
                Some(AfterEnd::Good) if was_live => return Ok(()),
                Some(AfterEnd::Good | AfterEnd::Unknown) | None => {
                    uncovered = uncovered.max(Uncovered::Over);
                }
                Some(AfterEnd::Beyond) => uncovered = uncovered.max(Uncovered::Ended),
            }
        }
        Err(uncovered)
    }

    /// Whether the holder may read all documents of a kind that live in a region.
    pub fn reads_whole(
        &self,
        tree: &dyn Tree,
        home: &DocumentId,
        kind_code: u16,
        now_ms: u64,
    ) -> bool {
        self.live(now_ms).any(|grant| {
            reach(grant, kind_code) == Some(Reach::Whole) && keting_trust::covers(grant, tree, home)
        })
    }
}

/// The order of the tree over regions that come in the order of their codes.
fn places(by_code: &[(DocumentId, Option<DocumentId>)]) -> BTreeMap<DocumentId, u32> {
    let mut below: BTreeMap<Option<DocumentId>, Vec<DocumentId>> = BTreeMap::new();
    for (region, parent) in by_code.iter().rev() {
        below.entry(*parent).or_default().push(*region);
    }
    let mut places = BTreeMap::new();
    let mut next = below.remove(&None).unwrap_or_default();
    for place in 0.. {
        let Some(region) = next.pop() else { break };
        places.insert(region, place);
        next.extend(below.remove(&Some(region)).unwrap_or_default());
    }
    places
}

/// How much of a kind a grant lets its holder read. Of a kind this version does not know, the
/// grant alone decides: no table of roles here can say more.
pub fn reach(grant: &Grant, kind_code: u16) -> Option<Reach> {
    match DocumentKind::from_code(kind_code) {
        Some(kind) => may_read(grant, kind),
        None => {
            let access = exact(grant, kind_code).filter(|access| access.read)?;
            Some(if access.own_only { Reach::OwnOnly } else { Reach::Whole })
        }
    }
}

/// What a grant says of exactly this kind: "every kind" is for issuing, not for writing blindly.
fn exact(grant: &Grant, kind_code: u16) -> Option<KindAccess> {
    grant.kinds.iter().find(|access| access.kind == kind_code).copied()
}

/// Puts issuers' grants before the last of `chain` until the root key is reached. The answer is
/// when the chain ends, or `None` if there is no way to the root.
///
/// A grant names its issuer's key, so any grant of that key will do that covers it.
fn chain_to_root(
    read: &dyn ServerRead,
    root: &PublicKey,
    tree: &dyn Tree,
    chain: &mut Vec<SignedGrant>,
) -> Result<Option<u64>, StoreError> {
    let Some(first) = chain.first() else { return Ok(None) };
    if first.grant.issuer == *root {
        let starts = chain.iter().map(|link| link.grant.issued_at_ms).max().unwrap_or(0);
        // Verified at a moment at which every link is live; the moment of use is compared later.
        let holds = verify_chain(root, chain, tree, starts).is_ok();
        return Ok(holds.then(|| keting_trust::grant::chain_expires_at_ms(chain)));
    }
    if chain.len() >= GRANT_CHAIN_MAX {
        return Ok(None);
    }
    let issuer = first.grant.issuer.device_id();
    let mut best = None;
    let mut best_chain = None;
    for stored in read.grants_of(&issuer)? {
        let mut longer = chain.clone();
        longer.insert(0, open_stored(&stored.bytes)?);
        let expires = chain_to_root(read, root, tree, &mut longer)?;
        if expires > best {
            best = expires;
            best_chain = Some(longer);
        }
    }
    if let Some(found) = best_chain {
        *chain = found;
    }
    Ok(best)
}

fn open_stored(bytes: &[u8]) -> Result<SignedGrant, StoreError> {
    SignedGrant::read_stored(bytes).map_err(|_| StoreError::Damaged("a grant does not decode"))
}
