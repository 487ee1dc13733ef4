//! The guard, the home of each document, and authority, over a whole batch.
//!
//! First, what shares no document is checked by itself, on several threads. What cannot be decided
//! there without looking into the store is put off: an unknown owner of a document, a missing
//! dependency that may have been held, a document that does not survive being saved. All of that,
//! and every batch that touches a region, then goes through one checker in the order of the batch,
//! which may read.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use keting_model::home::{Home, home_of};
use keting_model::region::Level;
use keting_model::{ActorId, ChangeHash, Document, DocumentId, DocumentKind, Value};
use keting_trust::guard::{self, Checked as Guarded, Forks, GuardError};
use keting_trust::{Tree, guard::survives_save};

use super::documents::{DocumentCache, Loaded};
use super::receive::{Item, Opened};
use super::{Finding, threads};
use crate::authority::{Book, Rights, home_of_unknown};
use crate::store::{Head, ServerRead, StoreError, StoredDocument, StoredRegion};

/// A commit that is to be admitted, if nothing has changed until then.
#[derive(Debug, Clone)]
pub(super) struct Admissible {
    /// In the order of the commit's parts as they came.
    pub(super) parts: Vec<AdmissiblePart>,
    /// The regions it makes or changes.
    pub(super) regions: Vec<StoredRegion>,
    /// Whether its author may not read all of it by his role.
    pub(super) own: bool,
}

/// What is known of one part.
#[derive(Debug, Clone)]
pub(super) struct AdmissiblePart {
    pub(super) entry: u32,
    pub(super) hash: ChangeHash,
    pub(super) actor: ActorId,
    pub(super) seq: u64,
    pub(super) home: DocumentId,
}

/// What a batch makes of one document.
#[derive(Debug)]
pub(super) struct Working {
    /// Where it stood in the store.
    pub(super) stored: Option<StoredDocument>,
    /// Its state with all that is to be admitted; `None` for an unknown kind.
    pub(super) document: Option<Document>,
    /// Where it lives, once it is known.
    pub(super) home: Option<DocumentId>,
    /// How many changes the batch adds.
    pub(super) added: u64,
    /// Its bytes, if the batch adds any change.
    pub(super) snapshot: Vec<u8>,
}

/// A batch with its findings, as of one view of the store.
#[derive(Debug)]
pub(super) struct Checked {
    /// Where the log stood.
    pub(super) head: Head,
    /// One a commit.
    pub(super) findings: Vec<Finding>,
    /// Every document the batch touches.
    pub(super) documents: BTreeMap<DocumentId, Working>,
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

    let mut documents = BTreeMap::new();
    let mut put_off = Vec::new();
    let mut homes = BTreeMap::new();
    let mut held = BTreeSet::new();
    if todo.iter().any(|(_, opened)| touches_region(opened)) {
        put_off.extend(todo);
    } else {
        let groups = group(read, todo, cache)?;
        let done = threads::map(threads, groups, |group| check_group(group, book, now_ms));
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
            held.extend(group.held);
        }
    }

    put_off.sort_unstable_by_key(|(index, _)| *index);
    let mut checker = Checker::new(book, documents, now_ms);
    checker.homes = homes;
    checker.held = held;
    for (index, opened) in put_off {
        for part in opened.parts {
            checker.load(read, cache, &part.document)?;
        }
        // It may read, so it decides.
        let finding = checker.check_one(index, opened, Some(read))?;
        set(&mut findings, index, finding.unwrap_or(Finding::Refused("missing_dependency")));
    }
    let mut documents = checker.documents();
    for working in documents.values_mut().filter(|w| w.added > 0 && w.snapshot.is_empty()) {
        working.save();
    }
    let findings = findings
        .into_iter()
        .map(|finding| finding.unwrap_or(Finding::Refused("store_contradiction")))
        .collect();
    Ok(Checked { head, findings, documents })
}

fn set(findings: &mut [Option<Finding>], index: usize, finding: Finding) {
    if let Some(place) = findings.get_mut(index) {
        *place = Some(finding);
    }
}

fn touches_region(opened: &Opened<'_>) -> bool {
    opened.parts.iter().any(|part| part.document.kind() == Some(DocumentKind::Region))
}

/// Commits that share documents, and the documents.
struct Group<'i, 'p> {
    items: Vec<(usize, &'i Opened<'p>)>,
    loaded: BTreeMap<DocumentId, Loaded>,
}

struct DoneGroup<'i, 'p> {
    findings: Vec<(usize, Finding)>,
    put_off: Vec<(usize, &'i Opened<'p>)>,
    documents: BTreeMap<DocumentId, Working>,
    held: BTreeSet<(DocumentId, ChangeHash)>,
}

/// Divides a batch into groups that share no document, and loads what they touch.
fn group<'i, 'p>(
    read: &dyn ServerRead,
    items: Vec<(usize, &'i Opened<'p>)>,
    cache: &mut DocumentCache,
) -> Result<Vec<Group<'i, 'p>>, StoreError> {
    let mut group_of: BTreeMap<DocumentId, usize> = BTreeMap::new();
    let mut groups: Vec<Option<Vec<(usize, &Opened<'_>)>>> = Vec::new();
    for (index, opened) in items {
        let mut mine = vec![(index, opened)];
        let here = groups.len();
        for part in opened.parts {
            if let Some(there) = group_of.insert(part.document, here)
                && there != here
                && let Some(joined) = groups.get_mut(there).and_then(Option::take)
            {
                for (_, other) in &joined {
                    group_of.extend(other.parts.iter().map(|part| (part.document, here)));
                }
                mine.extend(joined);
            }
        }
        mine.sort_unstable_by_key(|(index, _)| *index);
        groups.push(Some(mine));
    }
    groups
        .into_iter()
        .flatten()
        .map(|items| {
            let mut loaded = BTreeMap::new();
            for part in items.iter().flat_map(|(_, opened)| opened.parts) {
                if let Entry::Vacant(place) = loaded.entry(part.document) {
                    place.insert(cache.load(read, &part.document)?);
                }
            }
            Ok(Group { items, loaded })
        })
        .collect()
}

/// Checks one group by itself, as far as that goes without the store.
fn check_group<'i, 'p>(
    group: Group<'i, 'p>,
    book: &Book,
    now_ms: u64,
) -> Result<DoneGroup<'i, 'p>, StoreError> {
    let Group { items, loaded } = group;
    let mut checker = Checker::new(book, BTreeMap::new(), now_ms);
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
    let mut documents = checker.documents();
    let mut sound = true;
    for working in documents.values_mut().filter(|working| working.added > 0) {
        sound &= working.save();
    }
    if sound {
        Ok(DoneGroup { findings, put_off, documents, held })
    } else {
        // One by one, then; that will show which commit it was.
        Ok(DoneGroup {
            findings: Vec::new(),
            put_off: items,
            documents: BTreeMap::new(),
            held: BTreeSet::new(),
        })
    }
}

impl Working {
    fn new(id: DocumentId, loaded: Loaded) -> Result<Self, StoreError> {
        let stored = loaded.stored.clone();
        let home = stored.as_ref().map(|stored| stored.home);
        let document = loaded.open(id)?;
        Ok(Self { stored, document, home, added: 0, snapshot: Vec::new() })
    }

    /// Makes the bytes to store; false if the document would not come back from them.
    fn save(&mut self) -> bool {
        let Some(document) = &self.document else { return true };
        if !survives_save(document) {
            return false;
        }
        self.snapshot = document.save();
        true
    }
}

impl Admissible {
    fn homes(&self, items: &[Item<'_>], index: usize) -> Vec<(DocumentId, DocumentId)> {
        let opened = items.get(index).and_then(|item| item.opened.as_ref().ok());
        let documents = opened.iter().flat_map(|opened| opened.parts).map(|part| part.document);
        documents.zip(self.parts.iter().map(|part| part.home)).collect()
    }
}

/// Checks commits one after the other, each on what the ones before it made.
struct Checker<'b> {
    book: &'b Book,
    now_ms: u64,
    documents: BTreeMap<DocumentId, Document>,
    beside: BTreeMap<DocumentId, Working>,
    forks: Forks,
    /// Regions that commits before this one made.
    regions: BTreeMap<DocumentId, StoredRegion>,
    /// Homes that other groups' commits gave documents, and which commit did.
    homes: BTreeMap<DocumentId, (usize, DocumentId)>,
    /// Changes that are held in this batch.
    held: BTreeSet<(DocumentId, ChangeHash)>,
}

impl Tree for Checker<'_> {
    fn parent(&self, region: &DocumentId) -> Option<DocumentId> {
        match self.regions.get(region) {
            Some(region) => region.parent,
            None => self.book.parent(region),
        }
    }
}

impl<'b> Checker<'b> {
    fn new(book: &'b Book, documents: BTreeMap<DocumentId, Working>, now_ms: u64) -> Self {
        let mut checker = Self {
            book,
            now_ms,
            documents: BTreeMap::new(),
            beside: BTreeMap::new(),
            forks: Forks::default(),
            regions: BTreeMap::new(),
            homes: BTreeMap::new(),
            held: BTreeSet::new(),
        };
        for (id, mut working) in documents {
            if let Some(document) = working.document.take() {
                checker.documents.insert(id, document);
            }
            checker.beside.insert(id, working);
        }
        checker
    }

    fn load(
        &mut self,
        read: &dyn ServerRead,
        cache: &mut DocumentCache,
        id: &DocumentId,
    ) -> Result<(), StoreError> {
        if self.beside.contains_key(id) {
            return Ok(());
        }
        let loaded = cache.load(read, id)?;
        self.put(*id, loaded)
    }

    fn put(&mut self, id: DocumentId, loaded: Loaded) -> Result<(), StoreError> {
        let mut working = Working::new(id, loaded)?;
        if let Some(document) = working.document.take() {
            self.documents.insert(id, document);
        }
        self.beside.insert(id, working);
        Ok(())
    }

    /// The documents as they are now.
    fn documents(mut self) -> BTreeMap<DocumentId, Working> {
        for (id, document) in self.documents {
            if let Some(working) = self.beside.get_mut(&id) {
                working.document = Some(document);
            }
        }
        self.beside
    }

    /// Checks one commit. `None` puts it off: it takes the store to decide, and there is none.
    fn check_one(
        &mut self,
        index: usize,
        opened: &Opened<'_>,
        read: Option<&dyn ServerRead>,
    ) -> Result<Option<Finding>, StoreError> {
        let guarded =
            guard::check_commit(&opened.commit, opened.parts, &self.documents, &mut self.forks);
        let guarded = match guarded {
            Ok(guarded) => Reached::new(opened, guarded),
            Err(GuardError::MissingDependency) => {
                let Some(read) = read else { return Ok(None) };
                return Ok(Some(if self.stands_on_held(opened, read)? {
                    self.hold(opened, "ancestor_held")
                } else {
                    Finding::Refused("missing_dependency")
                }));
            }
            Err(GuardError::Rule(error)) if error.code() == "needs_newer_app" => {
                return Ok(Some(Finding::Refused("needs_newer_app")));
            }
            Err(error) => return Ok(Some(self.hold(opened, error.code()))),
        };
        match self.judge(index, opened, &guarded, read)? {
            Judged::PutOff => Ok(None),
            Judged::Refused(code) => Ok(Some(Finding::Refused(code))),
            Judged::Held(code) => Ok(Some(self.hold(opened, code))),
            Judged::Admissible(admissible) => {
                if read.is_some() && !guarded.survives() {
                    return Ok(Some(self.hold(opened, "replay_differs")));
                }
                self.accept(guarded, &admissible);
                Ok(Some(Finding::Admit(admissible)))
            }
        }
    }

    fn judge(
        &self,
        index: usize,
        opened: &Opened<'_>,
        guarded: &Reached,
        read: Option<&dyn ServerRead>,
    ) -> Result<Judged, StoreError> {
        let author = opened.id.device;
        let rights = self.book.known_rights(&author);
        let rights = rights.unwrap_or(const { &Rights::none() });
        let mut homes = BTreeMap::new();
        let mut regions = Vec::new();
        let mut tree = Grown { checker: self, regions: BTreeMap::new() };
        for part in &guarded.parts {
            if part.founds_again {
                return Ok(Judged::Held("document_exists"));
            }
            let home = match self.home(index, part, guarded, read)? {
                Found::Home(home) => home,
                Found::OfUnknownKind => {
                    match home_of_unknown(rights, part.id.kind_code(), self.now_ms) {
                        Some(home) => home,
                        None => return Ok(Judged::Held("not_granted")),
                    }
                }
                Found::Nothing if read.is_none() => return Ok(Judged::PutOff),
                Found::Nothing => return Ok(Judged::Refused("missing_dependency")),
            };
            homes.insert(part.id, home);
            if let (Some(DocumentKind::Region), Some(document)) = (part.id.kind(), &part.document) {
                let Some(read) = read else { return Ok(Judged::PutOff) };
                match self.region(document, read)? {
                    Ok(region) => {
                        tree.regions.insert(part.id, region.parent);
                        regions.push(region);
                    }
                    Err(judged) => return Ok(judged),
                }
            }
        }

        let mut parts = Vec::new();
        let mut own = false;
        let none = BTreeSet::new();
        for part in &guarded.parts {
            let Some(home) = homes.get(&part.id).copied() else { continue };
            let families = guarded.families.get(&part.id).unwrap_or(&none);
            let grant = &opened.commit.body.grant;
            if let Err(denied) =
                rights.may_write(grant, &tree, &home, &part.id, families, self.now_ms)
            {
                return Ok(Judged::Held(denied.code()));
            }
            own |= !rights.reads_whole(&tree, &home, part.id.kind_code(), self.now_ms);
            parts.push(AdmissiblePart {
                entry: part.entry,
                hash: part.hash,
                actor: opened.commit.actor(),
                seq: part.seq,
                home,
            });
        }
        Ok(Judged::Admissible(Admissible { parts, regions, own }))
    }

    /// Where a document lives. The first admitted change says so, once and for all.
    fn home(
        &self,
        index: usize,
        part: &ReachedPart,
        guarded: &Reached,
        read: Option<&dyn ServerRead>,
    ) -> Result<Found, StoreError> {
        if let Some(home) = self.beside.get(&part.id).and_then(|working| working.home) {
            return Ok(Found::Home(home));
        }
        let Some(document) = &part.document else { return Ok(Found::OfUnknownKind) };
        let owner = match home_of(document) {
            None => return Ok(Found::Nothing),
            Some(Home::Itself) => return Ok(Found::Home(part.id)),
            Some(Home::Region(region)) => return Ok(Found::Home(region)),
            Some(Home::Of(owner)) => owner,
        };
        // The owner may be made by this very commit, by one before it, or be long there.
        let made_here = guarded.parts.iter().find(|part| part.id == owner);
        if let Some(Home::Region(region)) =
            made_here.and_then(|part| part.document.as_ref()).and_then(home_of)
            && self.beside.get(&owner).is_none_or(|working| working.home.is_none())
        {
            return Ok(Found::Home(region));
        }
        if let Some(home) = self.beside.get(&owner).and_then(|working| working.home) {
            return Ok(Found::Home(home));
        }
        if let Some((maker, home)) = self.homes.get(&owner)
            && *maker < index
        {
            return Ok(Found::Home(*home));
        }
        let stored = match read {
            Some(read) => read.document(&owner)?,
            None => None,
        };
        Ok(stored.map_or(Found::Nothing, |stored| Found::Home(stored.home)))
    }

    /// The row of a region, or why there can be none.
    fn region(
        &self,
        document: &Document,
        read: &dyn ServerRead,
    ) -> Result<Result<StoredRegion, Judged>, StoreError> {
        let text =
            |key: &str| document.value(key).as_ref().and_then(Value::as_text).map(str::to_owned);
        let id = document.id();
        let before = self.known_region(&id, read)?;
        let (Some(code), Some(level), Some(name)) = (text("code"), text("level"), text("name"))
        else {
            return Ok(Err(Judged::Held("incomplete")));
        };
        let parent = document.value("parent");
        let parent = parent
            .as_ref()
            .and_then(Value::as_bytes)
            .and_then(|bytes| DocumentId::from_slice(bytes).ok());
        if let Some(before) = before {
            // Where a region lies changes by a decision only, never by a merge.
            return Ok(Ok(StoredRegion { name, ..before }));
        }
        if let Some(parent) = &parent {
            let Some(parent) = self.known_region(parent, read)? else {
                return Ok(Err(Judged::Refused("missing_dependency")));
            };
            if Level::from_name(&parent.level) >= Level::from_name(&level) {
                return Ok(Err(Judged::Held("wrong_parent")));
            }
        }
        let taken = self.regions.values().any(|region| region.code == code)
            || read.region_by_code(&code)?.is_some();
        if taken {
            return Ok(Err(Judged::Held("code_exists")));
        }
        Ok(Ok(StoredRegion { document: id, code, parent, level, name }))
    }

    fn known_region(
        &self,
        id: &DocumentId,
        read: &dyn ServerRead,
    ) -> Result<Option<StoredRegion>, StoreError> {
        match self.regions.get(id) {
            Some(region) => Ok(Some(region.clone())),
            None => read.region(id),
        }
    }

    /// Whether one of the dependencies that are not here was held.
    fn stands_on_held(
        &self,
        opened: &Opened<'_>,
        read: &dyn ServerRead,
    ) -> Result<bool, StoreError> {
        for part in opened.parts {
            let Ok(scanned) = guard::scan(&part.change) else { continue };
            for dep in scanned.deps() {
                if self.held.contains(&(part.document, *dep))
                    || read.is_held(&part.document, dep)?
                {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn hold(&mut self, opened: &Opened<'_>, code: &'static str) -> Finding {
        for part in opened.parts {
            if let Ok(scanned) = guard::scan(&part.change) {
                self.held.insert((part.document, scanned.hash()));
            }
        }
        Finding::Held(code)
    }

    fn accept(&mut self, guarded: Reached, admissible: &Admissible) {
        for (part, found) in guarded.parts.into_iter().zip(&admissible.parts) {
            if let Some(working) = self.beside.get_mut(&part.id) {
                working.home = Some(found.home);
                working.added += 1;
                working.snapshot.clear();
            }
            if let Some(document) = part.document {
                self.documents.insert(part.id, document);
            }
        }
        for region in &admissible.regions {
            self.regions.insert(region.document, region.clone());
        }
    }
}

enum Judged {
    Admissible(Admissible),
    Held(&'static str),
    Refused(&'static str),
    PutOff,
}

enum Found {
    Home(DocumentId),
    OfUnknownKind,
    Nothing,
}

/// The regions with those that the commit at hand would make.
struct Grown<'c, 'b> {
    checker: &'c Checker<'b>,
    regions: BTreeMap<DocumentId, Option<DocumentId>>,
}

impl Tree for Grown<'_, '_> {
    fn parent(&self, region: &DocumentId) -> Option<DocumentId> {
        match self.regions.get(region) {
            Some(parent) => *parent,
            None => self.checker.parent(region),
        }
    }
}

/// What the guard let in, without the documents it borrowed.
struct Reached {
    parts: Vec<ReachedPart>,
    families: BTreeMap<DocumentId, BTreeSet<keting_model::role::Family>>,
}

struct ReachedPart {
    id: DocumentId,
    entry: u32,
    hash: ChangeHash,
    seq: u64,
    /// The document with the change; `None` for an unknown kind.
    document: Option<Document>,
    /// Whether it makes a document that is there already and cannot be made twice.
    founds_again: bool,
}

impl Reached {
    fn new(opened: &Opened<'_>, guarded: Guarded<'_>) -> Self {
        let mut parts = Vec::new();
        for (part, came) in guarded.parts.into_iter().zip(opened.parts) {
            let entry = u32::try_from(part.entry).unwrap_or(u32::MAX);
            parts.push(match part.change {
                Some(change) => {
                    let once = matches!(
                        part.document.kind(),
                        Some(DocumentKind::Region | DocumentKind::Household)
                    );
                    let founds = change.before.heads().is_empty();
                    let alone = change.document.heads() == [change.hash];
                    ReachedPart {
                        id: part.document,
                        entry,
                        hash: change.hash,
                        seq: change.seq,
                        founds_again: once && founds && !alone,
                        document: Some(change.document),
                    }
                }
                // Nobody here knows what is in it: its digest names it, and the commit's place in
                // its author's sequence.
                None => ReachedPart {
                    id: part.document,
                    entry,
                    hash: ChangeHash(*keting_trust::Digest::of(&came.change).as_bytes()),
                    seq: opened.commit.body.sequence,
                    founds_again: false,
                    document: None,
                },
            });
        }
        Self { parts, families: guarded.families }
    }

    fn survives(&self) -> bool {
        self.parts.iter().filter_map(|part| part.document.as_ref()).all(survives_save)
    }
}
