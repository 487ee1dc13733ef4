//! Whether everything in the file is what was signed, and everything on the screens follows from it.
//!
//! For each document: every change belongs to a commit whose signature holds, whose grant is here
//! and is its author's, and which is of the change's actor; the changes replayed from nothing give
//! the heads and the rows that stand in the file; and the holder's grant covers where it lives.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use keting_model::projection::tables;
use keting_model::query::Rows;
use keting_model::{Cell, ChangeHash, Document, DocumentId, Home, Row, home_of, project};
use keting_store::{CommitRow, StoreError, StoredChange};
use keting_trust::{Part, SignedCommit, SignedGrant, covers};

use crate::error::EngineError;
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
type Verified = BTreeMap<CommitRow, Option<SignedCommit>>;

impl Replica {
    /// Verifies every document. `progress` is told documents done and in all.
    ///
    /// # Errors
    /// When the file cannot be read. What does not hold up is no error, but in the report.
    pub fn verify(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<VerifyReport, EngineError> {
        let mut report = VerifyReport::default();
        let mut verified = Verified::new();
        let total = self.store.document_count()?;
        let mut last = None;
        loop {
            let page = self.store.documents_after(last.as_ref(), PAGE)?;
            let Some(end) = page.last() else { break };
            last = Some(*end);
            for id in &page {
                self.verify_document(id, &mut report, &mut verified)?;
                progress(report.documents.len() as u64, total);
            }
        }
        report.commits = verified.values().flatten().count() as u64;
        Ok(report)
    }

    fn verify_document(
        &self,
        id: &DocumentId,
        report: &mut VerifyReport,
        verified: &mut Verified,
    ) -> Result<(), EngineError> {
        let mut found = Vec::new();
        let changes = self.store.changes_of(id)?;
        report.changes += changes.len() as u64;
        for change in &changes {
            found.extend(self.verify_change(id, change, verified)?);
        }
        let heads = self.store.document(id)?.map(|stored| stored.heads).unwrap_or_default();
        if id.kind().is_some() {
            found.extend(self.verify_content(id, &changes, &heads)?);
        }
        report.documents.insert(*id, heads);
        report.differences.extend(found.into_iter().map(|what| Difference { document: *id, what }));
        Ok(())
    }

    fn verify_change(
        &self,
        id: &DocumentId,
        change: &StoredChange,
        verified: &mut Verified,
    ) -> Result<Option<&'static str>, EngineError> {
        let commit = match verified.entry(change.commit) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(self.verify_commit(change.commit)?),
        };
        let Some(commit) = commit else { return Ok(Some("commit_not_proven")) };
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
    fn verify_commit(&self, row: CommitRow) -> Result<Option<SignedCommit>, EngineError> {
        let Some(stored) = self.store.commit(row)? else { return Ok(None) };
        let Ok(commit) = SignedCommit::open(&stored.bytes) else { return Ok(None) };
        let Some(city) = &self.city else { return Ok(None) };
        let record = match self.store.record(commit.body.grant.as_bytes())? {
            Some(record) => record.bytes,
            // One's own grant comes with the enrolment, before the log brings it.
            None if commit.body.grant == city.grant.digest() => city.grant.bytes.clone(),
            None => return Ok(None),
        };
        let Ok(grant) = SignedGrant::open(&record) else { return Ok(None) };
        let issued = city.membership.issued(&grant.grant.issuer)?;
        let proven = issued
            && grant.grant.holder == commit.body.device
            && commit.body.city == city.membership.city;
        Ok(proven.then_some(commit))
    }

    fn verify_content(
        &self,
        id: &DocumentId,
        changes: &[StoredChange],
        heads: &[ChangeHash],
    ) -> Result<Vec<&'static str>, EngineError> {
        let mut replayed = Document::empty(*id);
        for change in changes {
            if replayed.apply(&change.bytes).is_err() {
                return Ok(vec!["changes_do_not_apply"]);
            }
        }
        let mut found = Vec::new();
        if replayed.heads() != heads || load(&self.store, id)?.document.heads() != heads {
            found.push("heads_differ");
        }
        if project(&replayed) != self.rows_of(id)? {
            found.push("rows_differ");
        }
        if !self.is_covered(&replayed)? {
            found.push("not_in_audience");
        }
        Ok(found)
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

    /// Whether the holder may hold the document: what the holder wrote, regions, and what lives in
    /// the grant's regions.
    fn is_covered(&self, document: &Document) -> Result<bool, EngineError> {
        let Some(city) = &self.city else { return Ok(false) };
        city.regions.read(&self.store)?;
        let home = match home_of(document) {
            Some(Home::Itself) => return Ok(true),
            Some(Home::Region(region)) => Some(region),
            Some(Home::Of(owner)) => match home_of(&load(&self.store, &owner)?.document) {
                Some(Home::Region(region)) => Some(region),
                Some(Home::Itself | Home::Of(_)) | None => None,
            },
            None => None,
        };
        Ok(home.is_some_and(|home| covers(&city.grant.grant, &city.regions, &home)))
    }
}
