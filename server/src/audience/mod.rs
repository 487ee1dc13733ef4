//! Whom an entry concerns, and what of it each may see.
//!
//! An entry is filed under the home region and the kind of every document it touches, and a grant
//! under the regions it names (under [`CITY_WIDE`] if it names none). A reader's *coverage* is the
//! set of such keys that are theirs:
//!
//! - of every kind that their grants let them read whole, each region of the grants and all below it;
//! - of regions and of grants also what lies *above* these regions: without it they could neither show
//!   where they are nor verify a commit of somebody above them, and nobody beside their own line of
//!   regions can write what they read;
//! - what is filed as their *own*, whatever the grants: the verdicts on their commits, and those of
//!   their commits that their role does not let them read, as a steward's visits.
//!
//! Of a commit they get the signed bytes, which hold no content, and the parts they may read.

mod documents;
mod log;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use keting_model::region::Level;
use keting_model::role::{Reach, Role};
use keting_model::{DocumentId, DocumentKind};
use keting_trust::{DeviceId, Digest, Grant, Tree as _};

use crate::authority::{Book, Rights, reach};
use crate::city::City;
use crate::store::{AudienceKey, CITY_WIDE, Head, RECORDS_KIND, ServerRead, StoreError};

pub use documents::{DocumentPage, FirstSync};
pub use log::{LogPage, cursor_at, entries_after};

/// What one device may read, as of some entry of the log.
#[derive(Debug, Clone)]
pub struct Coverage {
    device: DeviceId,
    keys: BTreeSet<AudienceKey>,
    /// The regions whose documents a first sync sends first.
    first: BTreeSet<DocumentId>,
    /// Where in a first sync each region comes, in the order of the tree.
    places: BTreeMap<DocumentId, u32>,
    as_of: (u32, u64, u64),
    /// As long as the clock is here, the same grants are live.
    holds: Range<u64>,
    audience: Digest,
}

impl Coverage {
    /// Works out a device's coverage from its grants that are live at `now_ms`. `book` must have
    /// been brought to the view `read`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn of(
        read: &dyn ServerRead,
        head: &Head,
        book: &mut Book,
        city: &City,
        device: &DeviceId,
        now_ms: u64,
    ) -> Result<Self, StoreError> {
        let rights = book.rights(read, city, device)?;
        let grants: Vec<Grant> = rights.live(now_ms).cloned().collect();
        let holds = holds(rights, now_ms);
        let mut coverage = Self {
            device: *device,
            keys: BTreeSet::new(),
            first: BTreeSet::new(),
            places: BTreeMap::new(),
            as_of: as_of(head),
            holds,
            audience: audience_of(book, &grants),
        };
        for grant in &grants {
            coverage.add(read, book, grant)?;
        }
        Ok(coverage)
    }

    /// Whether the coverage is still what the log's prefix up to `head` and the clock make it.
    pub fn is_current(&self, head: &Head, now_ms: u64) -> bool {
        self.as_of == as_of(head) && self.holds.contains(&now_ms)
    }

    /// The digest of what the grants give, which stays when regions are made below theirs or a
    /// grant is renewed. A cursor that was earned under another one does not say that all below it
    /// is there.
    pub fn audience(&self) -> Digest {
        self.audience
    }

    /// Whether any grant gives the device anything.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether documents of a kind with this home may be read whole.
    pub fn contains(&self, key: &AudienceKey) -> bool {
        self.keys.contains(key)
    }

    /// The reader.
    pub fn device(&self) -> &DeviceId {
        &self.device
    }

    /// All keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &AudienceKey> {
        self.keys.iter()
    }

    /// Where in a first sync a region comes.
    fn place(&self, region: &DocumentId) -> u32 {
        self.places.get(region).copied().unwrap_or(u32::MAX)
    }

    fn add(&mut self, read: &dyn ServerRead, book: &Book, grant: &Grant) -> Result<(), StoreError> {
        let mut regions = BTreeSet::new();
        if grant.covers_city() {
            regions.extend(book.regions().keys());
        }
        for region in &grant.regions {
            regions.extend(read.regions_within(region)?);
        }
        let kinds: Vec<u16> = known_kinds(grant)
            .into_iter()
            .filter(|kind| reach(grant, *kind) == Some(Reach::Whole))
            .collect();
        for region in &regions {
            self.places.extend(book.place(region).map(|place| (*region, place)));
            let keys = kinds.iter().map(|kind| AudienceKey { region: *region, kind: *kind });
            self.keys.extend(keys);
            self.keys.insert(AudienceKey { region: *region, kind: RECORDS_KIND });
        }
        self.keys.insert(AudienceKey { region: CITY_WIDE, kind: RECORDS_KIND });
        for region in &grant.regions {
            self.add_above(book, region);
        }
        if let (Role::Steward | Role::MicroGridHead, Some(own)) =
            (grant.role, grant.regions.first())
        {
            self.first.extend(read.regions_within(own)?);
        }
        Ok(())
    }

    fn add_above(&mut self, book: &Book, region: &DocumentId) {
        let mut at = *region;
        // There are six levels; whatever else stands in the table ends here.
        for _ in 0..Level::ALL.len() {
            let Some(above) = book.parent(&at) else { return };
            self.keys.insert(AudienceKey { region: above, kind: DocumentKind::Region.code() });
            self.keys.insert(AudienceKey { region: above, kind: RECORDS_KIND });
            at = above;
        }
    }
}

/// The digest of the kinds and regions that grants give whole, without those that lie in others.
fn audience_of(book: &Book, grants: &[Grant]) -> Digest {
    let mut given = BTreeSet::new();
    for grant in grants {
        let kinds = known_kinds(grant).into_iter().chain([RECORDS_KIND]);
        let whole = |kind: &u16| *kind == RECORDS_KIND || reach(grant, *kind) == Some(Reach::Whole);
        for kind in kinds.filter(whole) {
            let city = grant.covers_city().then_some(CITY_WIDE);
            let regions = grant.regions.iter().copied().chain(city);
            given.extend(regions.map(|region| AudienceKey { region, kind }));
        }
    }
    let is_within_another = |key: &AudienceKey| {
        let above = std::iter::successors(book.parent(&key.region), |at| book.parent(at));
        let mut above = above.take(Level::ALL.len()).chain([CITY_WIDE]);
        key.region != CITY_WIDE
            && above.any(|region| given.contains(&AudienceKey { region, kind: key.kind }))
    };
    let outermost = given.iter().filter(|key| !is_within_another(key));
    let bytes: Vec<u8> = outermost
        .flat_map(|key| key.region.as_bytes().iter().copied().chain(key.kind.to_be_bytes()))
        .collect();
    Digest::of(&bytes)
}

/// The kinds that a grant may speak of: those this version knows, and those it names.
fn known_kinds(grant: &Grant) -> BTreeSet<u16> {
    let known = DocumentKind::ALL.into_iter().map(DocumentKind::code);
    let named = grant.kinds.iter().map(|access| access.kind).filter(|kind| *kind != RECORDS_KIND);
    known.chain(named).collect()
}

/// The time around `now_ms` in which no grant begins or ends. The clock may be set back.
fn holds(rights: &Rights, now_ms: u64) -> Range<u64> {
    let grants = rights.all().filter(|(_, end)| end.is_none()).map(|(grant, _)| grant);
    let turns: Vec<u64> =
        grants.flat_map(|grant| [grant.issued_at_ms, grant.expires_at_ms]).collect();
    let last = turns.iter().copied().filter(|turn| *turn <= now_ms).max();
    let next = turns.iter().copied().filter(|turn| *turn > now_ms).min();
    last.unwrap_or(0)..next.unwrap_or(u64::MAX)
}

fn as_of(head: &Head) -> (u32, u64, u64) {
    (head.generation, head.regions_number, head.grants_number)
}

#[cfg(test)]
mod tests;
