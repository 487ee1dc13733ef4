//! One commit after the other: the guard, the home of each document, authority.

mod places;

use std::collections::{BTreeMap, BTreeSet};

use keting_model::{ActorId, ChangeHash, Document, DocumentId, DocumentKind};
use keting_trust::guard::{Forks, GuardError, ReadPart, Reading, Spent, check_reading};
use keting_trust::limits::{DEVICE_BRANCHES_MAX, DOCUMENT_BRANCHES_MAX};
use keting_trust::{DeviceId, Tree};

use self::places::Found;
use super::Finding;
use super::allowance::Allowances;
use super::crowds::crowds;
use super::documents::{DocumentCache, Loaded, Rows, Working};
use super::follows::Standings;
use super::reached::Reached;
use super::receive::{Item, Opened};
use super::threads::contained;
use crate::authority::{Book, Rights};
use crate::store::{ServerRead, StoreError, StoredRegion};

/// A commit that is to be admitted, if nothing has changed until then.
#[derive(Debug, Clone)]
pub(super) struct Admissible {
    /// In the order of the commit's parts as they came.
    pub(super) parts: Vec<AdmissiblePart>,
    /// The regions it makes or changes.
    pub(super) regions: Vec<StoredRegion>,
    /// Whether its author's role may not read all of it.
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
impl Admissible {
    pub(super) fn homes(&self, items: &[Item<'_>], index: usize) -> Vec<(DocumentId, DocumentId)> {
        let opened = items.get(index).and_then(|item| item.opened.as_ref().ok());
        let documents = opened.iter().flat_map(|opened| opened.parts).map(|part| part.document);
        documents.zip(self.parts.iter().map(|part| part.home)).collect()
    }
}
/// What all checkers of a batch go by.
#[derive(Clone, Copy)]
pub(super) struct Given<'b> {
    pub(super) book: &'b Book,
    /// Whose the actors are that commits of this batch name.
    pub(super) actors: &'b BTreeMap<ActorId, DeviceId>,
    pub(super) allowances: &'b Allowances,
    pub(super) now_ms: u64,
}

/// Checks commits one after the other, each on what the ones before it made.
pub(super) struct Checker<'b> {
    given: Given<'b>,
    documents: BTreeMap<DocumentId, Document>,
    beside: BTreeMap<DocumentId, Working>,
    forks: Forks,
    /// Regions that commits before this one made.
    regions: BTreeMap<DocumentId, StoredRegion>,
    /// Homes that other groups' commits gave documents, and which commit did.
    pub(super) homes: BTreeMap<DocumentId, (usize, DocumentId)>,
    /// Changes that are held in this batch.
    pub(super) held: BTreeSet<(DocumentId, ChangeHash)>,
    /// What became of the commits of this batch.
    pub(super) standings: Standings,
}

impl Tree for Checker<'_> {
    fn parent(&self, region: &DocumentId) -> Option<DocumentId> {
        match self.regions.get(region) {
            Some(region) => region.parent,
            None => self.given.book.parent(region),
        }
    }
}

impl<'b> Checker<'b> {
    pub(super) fn new(given: Given<'b>, documents: BTreeMap<DocumentId, Working>) -> Self {
        let mut checker = Self {
            given,
            documents: BTreeMap::new(),
            beside: BTreeMap::new(),
            forks: Forks::default(),
            regions: BTreeMap::new(),
            homes: BTreeMap::new(),
            held: BTreeSet::new(),
            standings: Standings::default(),
        };
        for (id, mut working) in documents {
            if let Some(document) = working.document.take() {
                checker.documents.insert(id, document);
            }
            checker.beside.insert(id, working);
        }
        checker
    }

    pub(super) fn load(
        &mut self,
        read: &dyn ServerRead,
        cache: &mut DocumentCache,
        rows: &Rows,
        id: &DocumentId,
    ) -> Result<(), StoreError> {
        if self.beside.contains_key(id) {
            return Ok(());
        }
        let loaded = cache.load(read, id, rows.of(id))?;
        self.put(*id, loaded)
    }

    pub(super) fn put(&mut self, id: DocumentId, loaded: Loaded) -> Result<(), StoreError> {
        let mut working = Working::new(id, loaded)?;
        if let Some(document) = working.document.take() {
            self.documents.insert(id, document);
        }
        self.beside.insert(id, working);
        Ok(())
    }

    /// What the guard has taken.
    pub(super) fn spent(&self) -> Spent {
        self.forks.spent()
    }

    /// The documents as they are now.
    pub(super) fn documents(mut self) -> BTreeMap<DocumentId, Working> {
        for (id, document) in self.documents {
            if let Some(working) = self.beside.get_mut(&id) {
                working.document = Some(document);
            }
        }
        self.beside
    }

    /// Checks one commit. `None` puts it off: it takes the store to decide, and there is none.
    pub(super) fn check_one(
        &mut self,
        index: usize,
        opened: &Opened<'_>,
        read: Option<&dyn ServerRead>,
    ) -> Result<Option<Finding>, StoreError> {
        let before = self.forks.spent();
        let finding = match contained(|| self.try_one(index, opened, read)) {
            Some(finding) => finding?,
            None => {
                self.forks.forget();
                Some(self.turn_down(opened, "replay_differs"))
            }
        };
        if let Some(Finding::Held(_) | Finding::Refused(_)) = finding {
            self.given.allowances.waste(&opened.id.device, self.forks.spent().since(before));
        }
        if let Some(finding) = &finding {
            self.standings.note(opened, finding);
        }
        Ok(finding)
    }

    /// Cheap before dear: what the documents say about dependencies, size and branches comes before
    /// any of them is copied or made anew as it was.
    fn try_one(
        &mut self,
        index: usize,
        opened: &Opened<'_>,
        read: Option<&dyn ServerRead>,
    ) -> Result<Option<Finding>, StoreError> {
        if let Some(by) = self.standings.stands_for(opened) {
            return Ok(Some(Finding::Superseded(by)));
        }
        let reading = match &opened.reading {
            Ok(reading) => reading,
            Err(error) => return Ok(Some(self.turn_down(opened, error.code()))),
        };
        if let Some(code) = self.standings.fault(opened, const { &BTreeSet::new() }) {
            return Ok(Some(self.turn_down(opened, code)));
        }
        if self.lacks_dependency(reading) {
            return self.missing_dependency(opened, reading, read);
        }
        match self.judge_room(opened, reading, read)? {
            Some(Judged::PutOff) => return Ok(None),
            Some(Judged::Against(code)) => return Ok(Some(self.turn_down(opened, code))),
            Some(Judged::Admissible(_)) | None => {}
        }
        let guarded = match check_reading(&opened.commit, reading, &self.documents, &mut self.forks)
        {
            Ok(guarded) => Reached::new(opened, guarded),
            Err(GuardError::MissingDependency) => {
                return self.missing_dependency(opened, reading, read);
            }
            Err(error) => return Ok(Some(self.turn_down(opened, error.code()))),
        };
        match self.judge(index, opened, &guarded, read)? {
            Judged::PutOff => Ok(None),
            Judged::Against(code) => Ok(Some(self.turn_down(opened, code))),
            Judged::Admissible(admissible) => {
                if read.is_some() && !guarded.survives() {
                    return Ok(Some(self.turn_down(opened, "replay_differs")));
                }
                self.accept(guarded, &admissible);
                Ok(Some(Finding::Admit(admissible)))
            }
        }
    }

    fn lacks_dependency(&self, reading: &Reading<'_>) -> bool {
        reading.changes().any(|(id, change)| match self.documents.get(&id) {
            Some(known) => !change.deps().iter().all(|dep| known.has(dep)),
            None => !change.deps().is_empty(),
        })
    }

    fn missing_dependency(
        &mut self,
        opened: &Opened<'_>,
        reading: &Reading<'_>,
        read: Option<&dyn ServerRead>,
    ) -> Result<Option<Finding>, StoreError> {
        let Some(read) = read else { return Ok(None) };
        let stands_on_held = self.stands_on_held(reading, read)?;
        let code = if stands_on_held { "ancestor_held" } else { "missing_dependency" };
        Ok(Some(self.turn_down(opened, code)))
    }

    fn judge(
        &self,
        index: usize,
        opened: &Opened<'_>,
        guarded: &Reached,
        read: Option<&dyn ServerRead>,
    ) -> Result<Judged, StoreError> {
        // After the guard: what it is against must not be held with a code a supervisor may accept.
        if let Some(fault) = opened.position_fault {
            return Ok(Judged::Against(fault.code()));
        }
        let author = opened.id.device;
        let rights = self.given.book.known_rights(&author);
        let rights = rights.unwrap_or(const { &Rights::none() });
        let mut homes = BTreeMap::new();
        let mut regions = Vec::new();
        let mut tree = Grown { checker: self, regions: BTreeMap::new() };
        for part in &guarded.parts {
            if let Some(code) = part.clash {
                return Ok(Judged::Against(code));
            }
            if let Some(judged) = self.judge_crowds(&author, &part.facts, read)? {
                return Ok(judged);
            }
            let home = match self.home(index, part, guarded, read)? {
                Found::Home(home) => home,
                Found::Nothing if read.is_none() => return Ok(Judged::PutOff),
                Found::Nothing => return Ok(Judged::Against("missing_dependency")),
            };
            homes.insert(part.id, home);
            if part.kind == DocumentKind::Region {
                let document = &part.document;
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
            let now_ms = self.given.now_ms;
            let receipt = opened.receipt(now_ms);
            if let Err(uncovered) = rights.may_write(&tree, &home, part.kind, families, receipt) {
                // The region may be one that another group of this batch makes.
                return Ok(if read.is_none() && !self.given.book.regions().contains_key(&home) {
                    Judged::PutOff
                } else {
                    Judged::Against(uncovered.code())
                });
            }
            own |= !rights.reads_whole(&tree, &home, part.kind.code(), now_ms);
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

    /// Whether the documents bear the changes, in size and in branches beside what others did. The
    /// order of the log decides that, so nobody else can; and it is known before anything is made.
    fn judge_room(
        &self,
        opened: &Opened<'_>,
        reading: &Reading<'_>,
        read: Option<&dyn ServerRead>,
    ) -> Result<Option<Judged>, StoreError> {
        for (part, came) in reading.parts().iter().zip(opened.parts) {
            let bytes = came.change.len() as u64;
            if self.beside.get(&part.document).is_some_and(|working| working.is_full_for(bytes)) {
                return Ok(Some(Judged::Against("document_full")));
            }
            if let Some(judged) = self.judge_branches(opened, part, read)? {
                return Ok(Some(judged));
            }
        }
        Ok(None)
    }

    fn judge_branches(
        &self,
        opened: &Opened<'_>,
        part: &ReadPart<'_>,
        read: Option<&dyn ServerRead>,
    ) -> Result<Option<Judged>, StoreError> {
        let author = &opened.id.device;
        let (Some(known), Some(change)) = (self.documents.get(&part.document), &part.change) else {
            return Ok(None);
        };
        if let Some(judged) = self.judge_crowds(author, &crowds(known, change), read)? {
            return Ok(Some(judged));
        }
        let is_at_heads = known.heads().iter().all(|head| change.deps().contains(head));
        if !is_at_heads && !self.given.allowances.is_left(author) {
            return Ok(Some(Judged::Against("quota_exceeded")));
        }
        Ok(None)
    }

    /// Whether too many stand side by side, of one device or of all.
    fn judge_crowds(
        &self,
        author: &DeviceId,
        crowds: &[Vec<ActorId>],
        read: Option<&dyn ServerRead>,
    ) -> Result<Option<Judged>, StoreError> {
        for crowd in crowds {
            let Some(read) = read else { return Ok(Some(Judged::PutOff)) };
            if crowd.len() > DOCUMENT_BRANCHES_MAX
                || self.count_of(author, crowd, read)? > DEVICE_BRANCHES_MAX
            {
                return Ok(Some(Judged::Against("too_many_branches")));
            }
        }
        Ok(None)
    }

    /// How many of some actors are a device's.
    fn count_of(
        &self,
        device: &DeviceId,
        actors: &[ActorId],
        read: &dyn ServerRead,
    ) -> Result<usize, StoreError> {
        let mut count = 0;
        for actor in actors {
            let of = match self.given.actors.get(actor) {
                Some(of) => Some(*of),
                None => read.device_of(actor)?,
            };
            count += usize::from(of == Some(*device));
        }
        Ok(count)
    }

    /// Whether one of the dependencies that are not here was held.
    fn stands_on_held(
        &self,
        reading: &Reading<'_>,
        read: &dyn ServerRead,
    ) -> Result<bool, StoreError> {
        for (document, change) in reading.changes() {
            for dep in change.deps() {
                if self.held.contains(&(document, *dep)) || read.is_held(&document, dep)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn turn_down(&mut self, opened: &Opened<'_>, code: &'static str) -> Finding {
        let finding = Finding::against(code);
        if matches!(finding, Finding::Held(_)) {
            self.held.extend(opened.own_changes());
        }
        finding
    }

    fn accept(&mut self, guarded: Reached, admissible: &Admissible) {
        for (part, found) in guarded.parts.into_iter().zip(&admissible.parts) {
            if let Some(working) = self.beside.get_mut(&part.id) {
                working.home = Some(found.home);
                working.added += 1;
                working.bytes += part.bytes;
                working.snapshot.clear();
            }
            self.documents.insert(part.id, part.document);
        }
        for region in &admissible.regions {
            self.regions.insert(region.document, region.clone());
        }
    }
}

enum Judged {
    Admissible(Admissible),
    /// For the reason with this code.
    Against(&'static str),
    PutOff,
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
