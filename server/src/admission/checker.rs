//! One commit after the other: the guard, the home of each document, authority.

mod places;

use std::collections::{BTreeMap, BTreeSet};

use keting_model::rule::RULE_VERSION;
use keting_model::{ActorId, ChangeHash, Document, DocumentId, DocumentKind};
use keting_trust::guard::{self, Forks, GuardError};
use keting_trust::limits::{DEVICE_BRANCHES_MAX, DOCUMENT_BRANCHES_MAX};
use keting_trust::{DeviceId, Tree};

use self::places::Found;
use super::Finding;
use super::documents::{DocumentCache, Loaded, Rows, Working};
use super::reached::{Reached, ReachedPart};
use super::receive::{Item, Opened};
use super::threads::contained;
use crate::authority::{Book, Rights, home_of_unknown};
use crate::store::{ServerRead, StoreError, StoredRegion};

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
impl Admissible {
    pub(super) fn homes(&self, items: &[Item<'_>], index: usize) -> Vec<(DocumentId, DocumentId)> {
        let opened = items.get(index).and_then(|item| item.opened.as_ref().ok());
        let documents = opened.iter().flat_map(|opened| opened.parts).map(|part| part.document);
        documents.zip(self.parts.iter().map(|part| part.home)).collect()
    }
}
/// Checks commits one after the other, each on what the ones before it made.
pub(super) struct Checker<'b> {
    book: &'b Book,
    now_ms: u64,
    documents: BTreeMap<DocumentId, Document>,
    beside: BTreeMap<DocumentId, Working>,
    forks: Forks,
    /// Regions that commits before this one made.
    regions: BTreeMap<DocumentId, StoredRegion>,
    /// Homes that other groups' commits gave documents, and which commit did.
    pub(super) homes: BTreeMap<DocumentId, (usize, DocumentId)>,
    /// Changes that are held in this batch.
    pub(super) held: BTreeSet<(DocumentId, ChangeHash)>,
    /// Whose the actors are that commits of this batch name.
    actors: &'b BTreeMap<ActorId, DeviceId>,
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
    pub(super) fn new(
        book: &'b Book,
        actors: &'b BTreeMap<ActorId, DeviceId>,
        documents: BTreeMap<DocumentId, Working>,
        now_ms: u64,
    ) -> Self {
        let mut checker = Self {
            book,
            now_ms,
            documents: BTreeMap::new(),
            beside: BTreeMap::new(),
            forks: Forks::default(),
            regions: BTreeMap::new(),
            homes: BTreeMap::new(),
            held: BTreeSet::new(),
            actors,
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
        match contained(|| self.try_one(index, opened, read)) {
            Some(finding) => finding,
            None => {
                self.forks = Forks::default();
                Ok(Some(self.hold(opened, "replay_differs")))
            }
        }
    }

    fn try_one(
        &mut self,
        index: usize,
        opened: &Opened<'_>,
        read: Option<&dyn ServerRead>,
    ) -> Result<Option<Finding>, StoreError> {
        if needs_newer_app(opened) {
            // Also what the guard would make of it is not for this version to say.
            return Ok(Some(self.hold(opened, "needs_newer_app")));
        }
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
        // After the guard: what it is against must not be held with a code a supervisor may accept.
        if let Some(fault) = opened.position_fault {
            return Ok(Judged::Held(fault.code()));
        }
        let author = opened.id.device;
        let rights = self.book.known_rights(&author);
        let rights = rights.unwrap_or(const { &Rights::none() });
        let mut homes = BTreeMap::new();
        let mut regions = Vec::new();
        let mut tree = Grown { checker: self, regions: BTreeMap::new() };
        for part in &guarded.parts {
            if let Some(judged) = self.judge_size(opened, part, read)? {
                return Ok(judged);
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
                // The region may be one that another group of this batch makes.
                return Ok(if read.is_none() && !self.book.regions().contains_key(&home) {
                    Judged::PutOff
                } else {
                    Judged::Held(denied.code())
                });
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

    /// Whether the document bears the change: beside what others did, in branches, in size. The
    /// order of the log decides that, so nobody else can.
    fn judge_size(
        &self,
        opened: &Opened<'_>,
        part: &ReachedPart,
        read: Option<&dyn ServerRead>,
    ) -> Result<Option<Judged>, StoreError> {
        if let Some(code) = part.clash {
            return Ok(Some(Judged::Held(code)));
        }
        if self.beside.get(&part.id).is_some_and(|working| working.is_full_for(part.bytes)) {
            return Ok(Some(Judged::Held("document_full")));
        }
        for crowd in &part.crowds {
            let Some(read) = read else { return Ok(Some(Judged::PutOff)) };
            if crowd.len() > DOCUMENT_BRANCHES_MAX
                || self.count_of(&opened.id.device, crowd, read)? > DEVICE_BRANCHES_MAX
            {
                return Ok(Some(Judged::Held("too_many_branches")));
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
            let of = match self.actors.get(actor) {
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
        self.held.extend(opened.own_changes());
        Finding::Held(code)
    }

    fn accept(&mut self, guarded: Reached, admissible: &Admissible) {
        for (part, found) in guarded.parts.into_iter().zip(&admissible.parts) {
            if let Some(working) = self.beside.get_mut(&part.id) {
                working.home = Some(found.home);
                working.added += 1;
                working.bytes += part.bytes;
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

/// Whether a commit was made by rules this version does not know, about documents that it does.
fn needs_newer_app(opened: &Opened<'_>) -> bool {
    opened.commit.body.rule_version > RULE_VERSION
        && opened.parts.iter().any(|part| part.document.kind().is_some())
}

enum Judged {
    Admissible(Admissible),
    Held(&'static str),
    Refused(&'static str),
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
