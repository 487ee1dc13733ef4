//! The guard, the home of each document, and authority, over a whole batch.
//!
//! First, whatever the guard is against by the bytes alone, whatever follows what is held or not here,
//! and whatever is out of its author's reach by the rows of the documents is turned down: no content is
//! loaded for it and it slows nobody. What the guard finds in the bytes comes first, so that it is not
//! held with a code that a supervisor may accept; of what only a newer version can judge, nothing else
//! is said. Then what shares no document and does not follow each other is checked by itself, on
//! several threads. What cannot be decided
//! there without looking into the store is put off: an unknown region or owner, a missing dependency
//! that may have been held, a document with many branches, one that does not survive being saved. All
//! of that, and what shares a document with a commit that touches a region, then goes through one
//! checker in the order of the batch, which may read.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use keting_model::{ActorId, ChangeHash, DocumentId, DocumentKind};
use keting_trust::guard::Spent;
use keting_trust::{CommitId, DeviceId};

use super::allowance::Allowances;
use super::checker::{Checker, Given};
use super::documents::{DocumentCache, Loaded, Rows, Working};
use super::follows::{Standings, act_of};
use super::receive::{Item, Opened};
use super::{Finding, threads};
use crate::authority::{Book, Rights};
use crate::store::{Head, ServerRead, StoreError};

/// A batch with its findings, as of one view of the store.
#[derive(Debug)]
pub(super) struct Checked {
    /// Where the log stood.
    pub(super) head: Head,
    /// One a commit.
    pub(super) findings: Vec<Finding>,
    /// Every document the batch touches.
    pub(super) documents: BTreeMap<DocumentId, Working>,
    /// What was done for nothing.
    pub(super) allowances: Allowances,
    /// What the guard took.
    pub(super) spent: Spent,
}

impl Checked {
    /// Keeps the documents for the next batch: they are durable as they are.
    pub(super) fn keep(self, cache: &mut DocumentCache) {
        for working in self.documents.into_values() {
            if let Some(document) = working.document
                && (working.added > 0 || working.stored.is_some())
            {
                let heads = document.heads();
                cache.put(document, heads);
            }
        }
    }

    /// Gives back the documents that were not changed; the others are not durable.
    pub(super) fn discard(self, cache: &mut DocumentCache) {
        for working in self.documents.into_values() {
            if let (Some(document), Some(stored), 0) =
                (working.document, working.stored, working.added)
            {
                cache.put(document, stored.heads);
            }
        }
    }
}

/// Checks a batch against one view of the store.
pub(super) fn check(
    read: &dyn ServerRead,
    items: &mut [Item<'_>],
    book: &Book,
    cache: &mut DocumentCache,
    allowances: Allowances,
    threads: usize,
    now_ms: u64,
) -> Result<Checked, StoreError> {
    let head = read.head()?.ok_or(StoreError::Empty)?;
    let mut findings: Vec<Option<Finding>> =
        items.iter_mut().map(|item| item.finding.take()).collect();
    let todo: Vec<(usize, &Opened<'_>)> = items
        .iter()
        .enumerate()
        .filter(|(index, _)| findings.get(*index).is_some_and(Option::is_none))
        .filter_map(|(index, item)| item.opened.as_ref().ok().map(|opened| (index, opened)))
        .collect();

    let (mut held, mut standings) = held_before(items, &findings);
    let mut rows = Rows::default();
    let (mut within, mut pending) = (Vec::new(), BTreeSet::new());
    for (index, opened) in todo {
        let fault = match opened.guard_fault().or_else(|| standings.fault(opened, &pending)) {
            None => out_of_reach(read, book, &mut rows, opened, now_ms)?,
            fault => fault,
        };
        match fault.map(Finding::against) {
            Some(finding) => {
                if matches!(finding, Finding::Held(_)) {
                    held.extend(opened.own_changes());
                }
                standings.note(opened, &finding);
                set(&mut findings, index, finding);
            }
            None => {
                pending.insert(opened.id);
                within.push((index, opened));
            }
        }
    }

    let actors: BTreeMap<ActorId, DeviceId> =
        within.iter().map(|(_, opened)| (opened.commit.actor(), opened.id.device)).collect();
    let mut documents = BTreeMap::new();
    let mut homes = BTreeMap::new();
    let mut spent = Spent::default();
    let (with_regions, groups) =
        group(within).into_iter().partition::<Vec<_>, _>(|group| touches_region(group));
    let mut put_off: Vec<(usize, &Opened<'_>)> = with_regions.into_iter().flatten().collect();
    let groups = load(read, groups, cache, &rows)?;
    let given = Given { book, actors: &actors, allowances: &allowances, now_ms };
    let done = threads::map(threads, groups, |group| check_group(group, given));
    for group in done {
        let group = group?;
        for (index, finding) in group.findings {
            if let Finding::Admit(admit) = &finding {
                for (id, home) in admit.homes(items, index) {
                    homes.entry(id).or_insert((index, home));
                }
            }
            set(&mut findings, index, finding);
        }
        put_off.extend(group.put_off);
        documents.extend(group.documents);
        spent = spent.plus(group.spent);
        held.extend(group.held);
        standings.extend(group.standings);
    }

    put_off.sort_unstable_by_key(|(index, _)| *index);
    let mut checker = Checker::new(given, documents);
    checker.homes = homes;
    checker.held = held;
    checker.standings = standings;
    for (index, opened) in put_off {
        for part in opened.parts {
            checker.load(read, cache, &rows, &part.document)?;
        }
        // It may read, so it decides.
        let finding = checker.check_one(index, opened, Some(read))?;
        set(&mut findings, index, finding.unwrap_or(Finding::Refused("missing_dependency")));
    }
    spent = spent.plus(checker.spent());
    let mut documents = checker.documents();
    for working in documents.values_mut().filter(|w| w.added > 0 && w.snapshot.is_empty()) {
        if !working.save() {
            return Err(StoreError::Damaged("a document that was tried does not load"));
        }
    }
    let findings = findings
        .into_iter()
        .map(|finding| finding.unwrap_or(Finding::Refused("store_contradiction")))
        .collect();
    Ok(Checked { head, findings, documents, allowances, spent })
}

fn set(findings: &mut [Option<Finding>], index: usize, finding: Finding) {
    if let Some(place) = findings.get_mut(index) {
        *place = Some(finding);
    }
}

fn touches_region(items: &[(usize, &Opened<'_>)]) -> bool {
    let mut parts = items.iter().flat_map(|(_, opened)| opened.parts);
    parts.any(|part| part.document.kind() == Some(DocumentKind::Region))
}

/// The changes of commits that are held before anything in them is looked at, and their standings.
fn held_before(
    items: &[Item<'_>],
    findings: &[Option<Finding>],
) -> (BTreeSet<(DocumentId, ChangeHash)>, Standings) {
    let (mut held, mut standings) = (BTreeSet::new(), Standings::default());
    for (item, finding) in items.iter().zip(findings) {
        if let (Ok(opened), Some(finding @ Finding::Held(_))) = (&item.opened, finding) {
            held.extend(opened.own_changes());
            standings.note(opened, finding);
        }
    }
    (held, standings)
}

/// Why a commit cannot be within its author's grants, by the homes and kinds of its documents.
fn out_of_reach(
    read: &dyn ServerRead,
    book: &Book,
    rows: &mut Rows,
    opened: &Opened<'_>,
    now_ms: u64,
) -> Result<Option<&'static str>, StoreError> {
    let rights = book.known_rights(&opened.id.device);
    let rights = rights.unwrap_or(const { &Rights::none() });
    for part in opened.parts {
        let Some(kind) = part.document.kind() else { return Ok(Some("unknown_kind")) };
        let home = rows.look_up(read, &part.document)?.map(|row| row.home);
        if let Err(uncovered) = rights.may_reach(book, home.as_ref(), kind, opened.receipt(now_ms))
        {
            return Ok(Some(uncovered.code()));
        }
    }
    Ok(None)
}

/// Commits that are tied together, and their documents.
struct Group<'i, 'p> {
    items: Vec<(usize, &'i Opened<'p>)>,
    loaded: BTreeMap<DocumentId, Loaded>,
}

struct DoneGroup<'i, 'p> {
    findings: Vec<(usize, Finding)>,
    put_off: Vec<(usize, &'i Opened<'p>)>,
    documents: BTreeMap<DocumentId, Working>,
    held: BTreeSet<(DocumentId, ChangeHash)>,
    standings: Standings,
    spent: Spent,
}

/// What ties commits together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tie {
    Document(DocumentId),
    Commit(CommitId),
}

/// The documents of a commit, itself, its act, and what it follows of the batch.
fn ties<'o>(opened: &'o Opened<'_>) -> impl Iterator<Item = Tie> + 'o {
    let documents = opened.parts.iter().map(|part| Tie::Document(part.document));
    let commits = opened.followed.open().iter().copied().chain([opened.id, act_of(opened)]);
    documents.chain(commits.map(Tie::Commit))
}

/// Divides a batch into groups that share no document and do not follow each other.
fn group<'i, 'p>(items: Vec<(usize, &'i Opened<'p>)>) -> Vec<Vec<(usize, &'i Opened<'p>)>> {
    let mut group_of: BTreeMap<Tie, usize> = BTreeMap::new();
    let mut groups: Vec<Option<Vec<(usize, &Opened<'_>)>>> = Vec::new();
    for (index, opened) in items {
        let mut mine = vec![(index, opened)];
        let here = groups.len();
        for tie in ties(opened) {
            if let Some(there) = group_of.insert(tie, here)
                && there != here
                && let Some(joined) = groups.get_mut(there).and_then(Option::take)
            {
                for (_, other) in &joined {
                    group_of.extend(ties(other).map(|tie| (tie, here)));
                }
                mine.extend(joined);
            }
        }
        mine.sort_unstable_by_key(|(index, _)| *index);
        groups.push(Some(mine));
    }
    groups.into_iter().flatten().collect()
}

/// Loads what groups touch.
fn load<'i, 'p>(
    read: &dyn ServerRead,
    groups: Vec<Vec<(usize, &'i Opened<'p>)>>,
    cache: &mut DocumentCache,
    rows: &Rows,
) -> Result<Vec<Group<'i, 'p>>, StoreError> {
    groups
        .into_iter()
        .map(|items| {
            let mut loaded = BTreeMap::new();
            for part in items.iter().flat_map(|(_, opened)| opened.parts) {
                if let Entry::Vacant(place) = loaded.entry(part.document) {
                    place.insert(cache.load(read, &part.document, rows.of(&part.document))?);
                }
            }
            Ok(Group { items, loaded })
        })
        .collect()
}

/// Checks one group by itself, as far as that goes without the store.
fn check_group<'i, 'p>(
    group: Group<'i, 'p>,
    given: Given<'_>,
) -> Result<DoneGroup<'i, 'p>, StoreError> {
    let Group { items, loaded } = group;
    let mut checker = Checker::new(given, BTreeMap::new());
    for (id, loaded) in loaded {
        checker.put(id, loaded)?;
    }
    let mut findings = Vec::new();
    let mut rest = items.iter();
    let mut put_off = Vec::new();
    for (index, opened) in rest.by_ref() {
        match checker.check_one(*index, opened, None)? {
            Some(finding) => findings.push((*index, finding)),
            None => {
                put_off.push((*index, *opened));
                break;
            }
        }
    }
    put_off.extend(rest.copied());
    let held = std::mem::take(&mut checker.held);
    let standings = std::mem::take(&mut checker.standings);
    let spent = checker.spent();
    let mut documents = checker.documents();
    let mut sound = true;
    for working in documents.values_mut().filter(|working| working.added > 0) {
        sound &= working.save();
    }
    if sound {
        Ok(DoneGroup { findings, put_off, documents, held, standings, spent })
    } else {
        // One by one, then; that will show which commit it was.
        Ok(DoneGroup {
            findings: Vec::new(),
            put_off: items,
            documents: BTreeMap::new(),
            held: BTreeSet::new(),
            standings: Standings::default(),
            spent,
        })
    }
}
