//! Whether everything in the file is what was signed, and everything on the screens follows from it.
//!
//! For each document: every change belongs to a commit of this city's log whose signature holds,
//! whose grant is here, was given by a key that may give it and is its author's, and which is of the
//! change's actor; the changes replayed from nothing give the heads and the rows that stand in the
//! file; and the holder may read it: by kind, by region, and whose work it is. And there is no row of
//! a document that is not here, and no act that has two numbers.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use keting_model::projection::tables;
use keting_model::query::Rows;
use keting_model::roster::WRONG_LINES;
use keting_model::{
    Cell, ChangeHash, Document, DocumentId, DocumentKind, Home, Reach, Row, home_of, project,
};
use keting_store::{CommitRow, StoreError, StoredChange};
use keting_trust::{Grant, Part, SignedCommit, SignedGrant, Tree, covers, may_read};

use crate::error::EngineError;
use crate::replica::authors::ExpectedAuthors;
use crate::replica::membership::Issuers;
use crate::replica::{Replica, load};

const PAGE: u32 = 1_000;

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// The heads of each document, by which two replicas are compared.
    pub documents: BTreeMap<DocumentId, Vec<ChangeHash>>,
    /// How many commits' signatures were verified.
    pub commits: u64,
    /// How many changes were replayed.
    pub changes: u64,
    /// What does not hold up.
    pub differences: Vec<Difference>,
}

/// Something that does not hold up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The document.
    pub document: DocumentId,
    /// What is the matter, as a stable code.
    pub what: &'static str,
}

/// Commits whose signature and grant were verified already: many changes share one.
type Verified = BTreeMap<CommitRow, Option<Proven>>;

/// A commit whose signature and grant hold.
struct Proven {
    commit: SignedCommit,
    /// The holder's name, as the grant has it.
    name: String,
    is_numbered: bool,
}

/// What is looked up for every document.
struct Work {
    report: VerifyReport,
    verified: Verified,
    issuers: Option<Issuers>,
    authors: ExpectedAuthors,
}

impl Replica {
    /// Verifies every document. `progress` is told documents done and in all.
    ///
    /// # Errors
    /// When the file cannot be read. What does not hold up is no error, but in the report.
    pub fn verify(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<VerifyReport, EngineError> {
        let city = self.city.as_ref();
        let issuers = city.map(|city| Issuers::read(&self.store, &city.membership)).transpose()?;
        let mut work = Work {
            report: VerifyReport::default(),
            verified: Verified::new(),
            issuers,
            authors: ExpectedAuthors::default(),
        };
        let total = self.store.document_count()?;
        let mut last = None;
        loop {
            let page = self.store.documents_after(last.as_ref(), PAGE)?;
            let Some(end) = page.last() else { break };
            last = Some(*end);
            for id in &page {
                self.verify_document(id, &mut work)?;
                progress(work.report.documents.len() as u64, total);
            }
        }
        self.find_stray_rows(&mut work.report)?;
        self.find_wrong_lines(&mut work.report)?;
        self.find_acts_twice(&mut work)?;
        self.find_wrong_authors(&work.authors, &mut work.report)?;
        work.report.commits = work.verified.values().flatten().count() as u64;
        Ok(work.report)
    }

    fn verify_document(&self, id: &DocumentId, work: &mut Work) -> Result<(), EngineError> {
        let mut found = Vec::new();
        let changes = self.store.changes_of(id)?;
        work.report.changes += changes.len() as u64;
        for change in &changes {
            found.extend(self.verify_change(id, change, work)?);
        }
        let own = self.device();
        let is_own = |change: &StoredChange| {
            let proven = work.verified.get(&change.commit).and_then(Option::as_ref);
            proven.is_some_and(|proven| proven.commit.id().device == own)
        };
        let all_own = changes.iter().all(is_own);
        let heads = self.store.document(id)?.map(|stored| stored.heads).unwrap_or_default();
        let home = if id.kind().is_some() {
            let replayed = self.verify_content(id, &changes, &heads, &mut found)?;
            replayed.map(|document| self.region_of(&document)).transpose()?.flatten()
        } else {
            None
        };
        if !self.may_hold(id, home, all_own)? {
            found.push("not_in_audience");
        }
        work.report.documents.insert(*id, heads);
        let differences = found.into_iter().map(|what| Difference { document: *id, what });
        work.report.differences.extend(differences);
        Ok(())
    }

    fn verify_change(
        &self,
        id: &DocumentId,
        change: &StoredChange,
        work: &mut Work,
    ) -> Result<Option<&'static str>, EngineError> {
        let proven = match work.verified.entry(change.commit) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                new.insert(self.verify_commit(change.commit, work.issuers.as_ref())?)
            }
        };
        let Some(Proven { commit, name, .. }) = proven else {
            return Ok(Some("commit_not_proven"));
        };
        work.authors.expect(id, commit, name);
        let Ok(salt) = change.salt.as_slice().try_into() else {
            return Ok(Some("part_not_in_commit"));
        };
        let part = Part { salt, document: *id, change: change.bytes.clone() };
        Ok(if commit.find(&part).is_none() {
            Some("part_not_in_commit")
        } else if commit.actor() != change.actor {
            Some("actor_not_the_authors")
        } else {
            None
        })
    }

    /// The commit, if its signature and its grant hold.
    fn verify_commit(
        &self,
        row: CommitRow,
        issuers: Option<&Issuers>,
    ) -> Result<Option<Proven>, EngineError> {
        let Some(stored) = self.store.commit(row)? else { return Ok(None) };
        let Ok(commit) = SignedCommit::open(&stored.bytes) else { return Ok(None) };
        let (Some(city), Some(issuers)) = (&self.city, issuers) else { return Ok(None) };
        let record = match self.store.record(commit.body.grant.as_bytes())? {
            Some(record) => record.bytes,
            // One's own grant comes with the enrolment, before the log brings it.
            None => match city.grants.named(&commit.body.grant) {
                Some(own) => own.bytes.clone(),
                None => return Ok(None),
            },
        };
        let Ok(grant) = SignedGrant::open(&record) else { return Ok(None) };
        let membership = &city.membership;
        let proven = issuers.let_give(&grant.grant)
            && grant.grant.holder == commit.body.device
            && (commit.body.city, commit.body.log) == (membership.city, membership.log);
        let (name, is_numbered) = (grant.grant.name.clone(), stored.number.is_some());
        Ok(proven.then_some(Proven { commit, name, is_numbered }))
    }

    /// Replays a document from nothing and compares it with what stands in the file.
    fn verify_content(
        &self,
        id: &DocumentId,
        changes: &[StoredChange],
        heads: &[ChangeHash],
        found: &mut Vec<&'static str>,
    ) -> Result<Option<Document>, EngineError> {
        let mut replayed = Document::empty(*id);
        for change in changes {
            if replayed.apply(&change.bytes).is_err() {
                found.push("changes_do_not_apply");
                return Ok(None);
            }
        }
        if replayed.heads() != heads {
            found.push("heads_differ");
        }
        match self.load_sound(id)? {
            Some(document) if document.heads() == heads => {}
            Some(_) => found.push("heads_differ"),
            None => found.push("snapshot_unreadable"),
        }
        if project(&replayed) != self.rows_of(id)? {
            found.push("rows_differ");
        }
        Ok(Some(replayed))
    }

    /// Finds rows of documents that are not in the file: nothing follows from them.
    fn find_stray_rows(&self, report: &mut VerifyReport) -> Result<(), EngineError> {
        for table in tables() {
            let sql = format!(
                "SELECT DISTINCT document FROM {} WHERE document NOT IN (SELECT id FROM documents)",
                table.name
            );
            self.store.query(&sql, &[], &mut |cells| {
                if let [Cell::Blob(id)] = cells
                    && let Ok(document) = DocumentId::from_slice(id)
                {
                    report.differences.push(Difference { document, what: "row_without_document" });
                }
            })?;
        }
        Ok(())
    }

    /// Finds households that lists would put elsewhere than they belong.
    fn find_wrong_lines(&self, report: &mut VerifyReport) -> Result<(), EngineError> {
        self.store.query(WRONG_LINES, &[], &mut |cells| {
            if let [Cell::Blob(id)] = cells
                && let Ok(document) = DocumentId::from_slice(id)
            {
                report.differences.push(Difference { document, what: "roster_differs" });
            }
        })?;
        Ok(())
    }

    /// Finds commits with a number whose act another commit with a number carries out.
    fn find_acts_twice(&self, work: &mut Work) -> Result<(), StoreError> {
        let mut acts = BTreeSet::new();
        let numbered = |(row, proven): (&CommitRow, &Option<Proven>)| {
            let Proven { commit, is_numbered, .. } = proven.as_ref()?;
            is_numbered.then(|| (*row, (commit.id().device, commit.body.act())))
        };
        for (row, act) in work.verified.iter().filter_map(numbered) {
            if !acts.insert(act) {
                let documents = self.store.parts(row)?.into_iter().map(|part| part.document);
                let twice = |document| Difference { document, what: "act_admitted_twice" };
                work.report.differences.extend(documents.map(twice));
            }
        }
        Ok(())
    }

    /// The rows of a document as they stand in the file, in the order of [`project`].
    fn rows_of(&self, id: &DocumentId) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        for table in tables() {
            let columns = table.columns.join(", ");
            let sql = format!(
                "SELECT item, {columns} FROM {} WHERE document = ?1 ORDER BY item",
                table.name
            );
            let parameters = [Cell::Blob(id.as_bytes().to_vec())];
            self.store.query(&sql, &parameters, &mut |cells| {
                if let Some((Cell::Blob(item), cells)) = cells.split_first() {
                    let (item, cells) = (item.clone(), cells.to_vec());
                    rows.push(Row { table, document: *id, item, cells });
                }
            })?;
        }
        Ok(rows)
    }

    /// The region a document lives in.
    fn region_of(&self, document: &Document) -> Result<Option<DocumentId>, EngineError> {
        let owner = match home_of(document) {
            Some(Home::Itself) => return Ok(Some(document.id())),
            Some(Home::Region(region)) => return Ok(Some(region)),
            Some(Home::Of(owner)) => owner,
            None => return Ok(None),
        };
        Ok(match self.load_sound(&owner)?.as_ref().and_then(home_of) {
            Some(Home::Region(region)) => Some(region),
            Some(Home::Itself | Home::Of(_)) | None => None,
        })
    }

    /// A document as screens open it, if it can be made of what stands in the file.
    fn load_sound(&self, id: &DocumentId) -> Result<Option<Document>, EngineError> {
        match load(&self.store, id) {
            Ok(open) => Ok(Some(open.document)),
            Err(EngineError::Document(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the holder may have a document: what their grant lets them read where it covers, and
    /// what is all their own work.
    fn may_hold(
        &self,
        id: &DocumentId,
        home: Option<DocumentId>,
        all_own: bool,
    ) -> Result<bool, EngineError> {
        let Some(city) = &self.city else { return Ok(false) };
        city.regions.read(&self.store)?;
        let may = |signed: &SignedGrant| may_hold(&signed.grant, &city.regions, id, home);
        Ok(match id.kind() {
            // Without the regions no authority can be worked out, so everybody has all of them.
            Some(DocumentKind::Region) => city.grants.iter().any(may),
            _ => all_own || city.grants.iter().any(may),
        })
    }
}

/// Whether a grant lets its holder have a document that lives in a region, whole.
fn may_hold(grant: &Grant, tree: &dyn Tree, id: &DocumentId, home: Option<DocumentId>) -> bool {
    let reach = match id.kind() {
        Some(DocumentKind::Region) => return may_read(grant, DocumentKind::Region).is_some(),
        Some(kind) => may_read(grant, kind),
        None => grant
            .access(id.kind_code())
            .filter(|access| access.read)
            .map(|access| if access.own_only { Reach::OwnOnly } else { Reach::Whole }),
    };
    home.is_none_or(|home| covers(grant, tree, &home)) && reach == Some(Reach::Whole)
}
