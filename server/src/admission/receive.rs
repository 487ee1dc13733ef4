//! What a commit must be before anything is looked at in it: signed, whole, for this city, under a
//! grant we gave, within its author's quota, and new.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use keting_model::{ChangeHash, DocumentId};
use keting_trust::guard::{GuardError, Reading, read_commit, scan};
use keting_trust::limits::{COMMIT_WITH_PARTS_BYTES_MAX, DEVICE_DAY_BYTES_MAX};
use keting_trust::{CommitId, DeviceId, Digest, Incarnation, Part, SignedCommit};

use super::allowance::Allowances;
use super::follows::Followed;
use super::position::{PositionFault, Positions};
use super::{Finding, Outcome, Push, threads};
use crate::authority::{AfterEnd, Book, Receipt};
use crate::city::City;
use crate::ending::after_end;
use crate::store::{CommitState, ServerRead, StoreError};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// One commit on its way.
#[derive(Debug)]
pub(super) struct Item<'p> {
    /// The push it came in.
    pub(super) push: usize,
    /// The device that pushed it, its own or a neighbour's.
    pub(super) carrier: DeviceId,
    /// How many bytes came.
    pub(super) bytes: u64,
    /// The verified commit, unless it is refused for good.
    pub(super) opened: Result<Opened<'p>, &'static str>,
    /// What is known of it before the guard looks, if that is all there is to know.
    pub(super) finding: Option<Finding>,
}

/// A commit whose signature holds and whose parts are all there.
#[derive(Debug)]
pub(super) struct Opened<'p> {
    pub(super) commit: SignedCommit,
    pub(super) id: CommitId,
    pub(super) digest: Digest,
    pub(super) parts: &'p [Part],
    /// What its parts say by themselves, or why the guard is against them whatever the documents are.
    pub(super) reading: Result<Reading<'p>, GuardError>,
    /// What is wrong with the position its author claims, if anything is.
    pub(super) position_fault: Option<PositionFault>,
    /// What the store says of the commits that it follows.
    pub(super) followed: Followed,
    /// What each end of its author means for it.
    pub(super) ends: Vec<AfterEnd>,
}

impl Opened<'_> {
    /// The receipt that its author's grants are judged by.
    pub(super) fn receipt(&self, now_ms: u64) -> Receipt<'_> {
        Receipt { now_ms, ends: &self.ends }
    }

    /// What keeping it costs, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        let parts: usize = self.parts.iter().map(|part| part.change.len()).sum();
        (self.commit.bytes.len() + parts) as u64
    }

    /// The changes in it that are its author's, by which a descendant is known if it is held.
    ///
    /// Anybody can wrap somebody else's change in a commit of their own. It is held, but the change
    /// must not be known as held, or its true author's work would be held with it.
    pub(super) fn own_changes(&self) -> Vec<(DocumentId, ChangeHash)> {
        if let Ok(reading) = &self.reading {
            return reading.hashes().collect();
        }
        let own = self.parts.iter().filter_map(|part| {
            let scanned = scan(&part.change).ok()?;
            let own = scanned.actor() == self.commit.actor();
            own.then(|| (part.document, scanned.hash()))
        });
        own.collect()
    }

    /// Why a commit is held for what it says by itself.
    pub(super) fn guard_fault(&self) -> Option<&'static str> {
        self.reading.as_ref().err().map(GuardError::code)
    }
}

/// Verifies the signatures, and that each commit is whole and of this city.
pub(super) fn open<'p>(city: &City, pushes: &'p [Push], threads: usize) -> Vec<Item<'p>> {
    let commits = pushes.iter().enumerate().flat_map(|(push, pushed)| {
        pushed.commits.iter().map(move |commit| (push, pushed.device, commit))
    });
    let (city, log) = (city.id, city.log);
    threads::map(threads, commits.collect(), |(push, carrier, pushed)| {
        let opened = threads::contained(|| open_one(&pushed.signed, &pushed.parts));
        let opened = opened.unwrap_or(Err("malformed"));
        let opened = opened.and_then(|opened| {
            let body = &opened.commit.body;
            if body.city != city || body.log != log {
                Err("other_city")
            } else if pushed.expected.is_some_and(|expected| expected != opened.id) {
                Err("other_commit")
            } else {
                Ok(opened)
            }
        });
        let bytes = bytes_of(&pushed.signed, &pushed.parts) as u64;
        Item { push, carrier, bytes, opened, finding: None }
    })
}

/// Refuses what is left of a push whose rows contradicted others.
pub(super) fn refuse_push(items: &mut [Item<'_>], push: usize) {
    for item in items.iter_mut().filter(|item| item.push == push) {
        item.opened = Err("store_contradiction");
    }
}

/// Finds out what a view of the store knows of each commit: whether it was answered before, the
/// grant it names, its author's quota, whether another commit of its act stands, and the position it
/// claims. Brings the book to the same view.
pub(super) fn look_up(
    read: &dyn ServerRead,
    city: &City,
    items: &mut [Item<'_>],
    book: &mut Book,
    now_ms: u64,
) -> Result<Allowances, StoreError> {
    let head = read.head()?.ok_or(StoreError::Empty)?;
    book.refresh(read, &head)?;
    let mut seen = Seen::default();
    let mut positions = Positions::of(read, head);
    for (index, item) in items.iter_mut().enumerate() {
        item.finding = match &mut item.opened {
            Err(code) => Some(Finding::Refused(code)),
            Ok(opened) => match seen.commits.get(&opened.id) {
                Some((_, digest)) if *digest != opened.digest => {
                    Some(Finding::Refused("other_commit"))
                }
                Some((first, _)) => Some(Finding::SameAs(*first)),
                None => {
                    let carrier = &item.carrier;
                    let finding =
                        look_up_one(read, city, opened, carrier, book, &mut seen, now_ms)?;
                    opened.ends = ends(read, book, opened, now_ms)?;
                    opened.position_fault =
                        positions.fault(&opened.commit.body, &opened.id.device)?;
                    opened.followed = Followed::look_up(read, &opened.commit.body.follows)?;
                    // Bytes nobody granted anything to must not stand in the way of the commit
                    // whose name they bear.
                    if !matches!(finding, Some(Finding::Refused(_))) {
                        seen.commits.insert(opened.id, (index, opened.digest));
                    }
                    finding
                }
            },
        };
    }
    let left = seen.quotas.into_iter().map(|(device, quota)| (device, quota.day_bytes_left()));
    Ok(Allowances::new(left))
}

/// What the commits of a batch that were looked up leave for those behind them.
#[derive(Default)]
struct Seen {
    commits: BTreeMap<CommitId, (usize, Digest)>,
    sequences: BTreeSet<(DeviceId, Incarnation, u64)>,
    quotas: BTreeMap<DeviceId, Quota>,
}

impl Seen {
    fn quota(
        &mut self,
        read: &dyn ServerRead,
        device: &DeviceId,
        now_ms: u64,
    ) -> Result<&mut Quota, StoreError> {
        Ok(match self.quotas.entry(*device) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Quota::read(read, device, now_ms)?),
        })
    }
}

/// What each end of its author means for a commit. How far the author had come changes with each greeting,
/// so that is not what the book holds.
fn ends(
    read: &dyn ServerRead,
    book: &Book,
    opened: &Opened<'_>,
    now_ms: u64,
) -> Result<Vec<AfterEnd>, StoreError> {
    let author = &opened.id.device;
    if book.known_rights(author).is_none_or(|rights| rights.ends().is_empty()) {
        return Ok(Vec::new());
    }
    let ends = read.ends_of(author)?;
    Ok(ends.iter().map(|end| after_end(end, &opened.commit.body, now_ms)).collect())
}

fn bytes_of(signed: &[u8], parts: &[Part]) -> usize {
    signed.len() + parts.iter().map(|part| part.change.len()).sum::<usize>()
}

fn open_one<'p>(signed: &[u8], parts: &'p [Part]) -> Result<Opened<'p>, &'static str> {
    if bytes_of(signed, parts) > COMMIT_WITH_PARTS_BYTES_MAX {
        return Err("too_large");
    }
    let commit = SignedCommit::open(signed).map_err(|error| match error.code() {
        "needs_newer_app" => "server_needs_update",
        code => code,
    })?;
    if parts.len() != commit.body.entries.len() {
        return Err("parts_missing");
    }
    if parts.iter().any(|part| commit.find(part).is_none()) {
        return Err("not_in_commit");
    }
    let (id, digest) = (commit.id(), commit.digest());
    let reading = read_commit(&commit, parts);
    let followed = Followed::default();
    Ok(Opened {
        commit,
        id,
        digest,
        parts,
        reading,
        position_fault: None,
        followed,
        ends: Vec::new(),
    })
}

fn look_up_one(
    read: &dyn ServerRead,
    city: &City,
    opened: &Opened<'_>,
    carrier: &DeviceId,
    book: &mut Book,
    seen: &mut Seen,
    now_ms: u64,
) -> Result<Option<Finding>, StoreError> {
    let author = opened.id.device;
    if let Some(found) = read.commit_state(&author, &opened.id.command)? {
        if found.digest != opened.digest {
            return Ok(Some(Finding::Refused("other_commit")));
        }
        let number = found.number;
        return Ok(Some(Finding::Answered(match found.state {
            CommitState::Admitted => Outcome::Admitted { number },
            CommitState::Held { code } => Outcome::Held { number, code },
            CommitState::Superseded { verdict } => Outcome::Superseded { number: verdict },
        })));
    }
    match read.grant(&opened.commit.body.grant)? {
        None => return Ok(Some(Finding::Refused("unknown_grant"))),
        Some(grant) if grant.device != author => {
            return Ok(Some(Finding::Refused("grant_of_another")));
        }
        Some(_) => {}
    }
    book.rights(read, city, &author)?;
    let within = seen.quota(read, carrier, now_ms)?.is_left()
        && seen.quota(read, &author, now_ms)?.take(opened);
    if !within {
        return Ok(Some(Finding::Refused("quota_exceeded")));
    }
    let body = &opened.commit.body;
    if let Some(stands) = read.admitted_of_act(&author, &body.act())? {
        return Ok(Some(Finding::Superseded(stands.command)));
    }
    // Two commits in one place would make the log tell of its author what was never done in that order.
    let is_first = seen.sequences.insert((author, body.incarnation, body.sequence))
        && !read.is_sequence_taken(&author, &body.incarnation, body.sequence)?;
    Ok(if is_first { None } else { Some(Finding::against("sequence_reused")) })
}

/// What a device may still make the server keep.
struct Quota {
    day_bytes: u64,
}

impl Quota {
    fn read(read: &dyn ServerRead, device: &DeviceId, now_ms: u64) -> Result<Self, StoreError> {
        let today = day(now_ms);
        Ok(match read.device(device)? {
            Some(row) => Self { day_bytes: if row.day == today { row.day_bytes } else { 0 } },
            None => Self { day_bytes: 0 },
        })
    }

    /// Whether the day's bytes are not used up.
    fn is_left(&self) -> bool {
        self.day_bytes <= DEVICE_DAY_BYTES_MAX
    }

    fn day_bytes_left(&self) -> u64 {
        DEVICE_DAY_BYTES_MAX.saturating_sub(self.day_bytes)
    }

    fn take(&mut self, opened: &Opened<'_>) -> bool {
        let day_bytes = self.day_bytes.saturating_add(opened.bytes());
        let within = day_bytes <= DEVICE_DAY_BYTES_MAX;
        if within {
            self.day_bytes = day_bytes;
        }
        within
    }
}

/// The day of a moment, in days since the Unix epoch.
pub(super) fn day(now_ms: u64) -> u64 {
    now_ms / DAY_MS
}
