//! Everything a server holds, worked out again from what authors and the server signed.
//!
//! It trusts nothing that is derived: the chain is computed anew from the records, every signature
//! is verified, every change goes before the guard and the rule once more, every document is made
//! again from its parts, and the rows that decide who may see what (audiences, homes, regions) are
//! compared with what the log says.

mod announcements;
mod documents;
mod rows;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet};

use keting_model::{CommandId, DocumentId};
use keting_trust::{
    ChainHash, DeviceId, Digest, Part, RecordKind, SignedCommit, SignedGrant, SignedRevocation,
    Signer as _,
};

use crate::authority::Book;
use crate::city::City;
use crate::ending::audience_of;
use crate::store::{
    AudienceKey, CITY_WIDE, CommitState, Head, RECORDS_KIND, ServerRead, StoreError, StoredCommit,
    StoredEntry,
};

/// How many rows are read at once.
const ROWS_AT_ONCE: u32 = 512;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The entry it is about, if it is about one.
    pub number: Option<u64>,
    /// The document it is about, if it is about one.
    pub document: Option<DocumentId>,
    /// What is wrong, as a stable code.
    pub code: &'static str,
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Entries of the log.
    pub entries: u64,
    /// Commits among them.
    pub commits: u64,
    /// Changes.
    pub changes: u64,
    /// Documents.
    pub documents: u64,
    /// What is not as it must be; empty if all is well.
    pub differences: Vec<Difference>,
}

impl Report {
    /// Whether everything is as it must be.
    pub fn is_clean(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Checks everything in one view of a store. `progress` is told after each step how many entries
/// and documents are done.
///
/// # Errors
/// When the store cannot be read; what it holds wrongly is in the report.
pub fn verify(read: &dyn ServerRead, progress: &mut dyn FnMut(u64)) -> Result<Report, StoreError> {
    let city = City::read(read)?;
    let head = read.head()?.ok_or(StoreError::Empty)?;
    let mut book = Book::default();
    book.refresh(read, &head)?;
    let mut check = Check {
        read,
        city: &city,
        report: Report::default(),
        book,
        sequences: BTreeMap::new(),
        acts: BTreeSet::new(),
        announced: 0,
    };
    check.log(&head, progress)?;
    check.documents(progress)?;
    check.rows()?;
    check.last_announcement()?;
    Ok(check.report)
}

struct Check<'r> {
    read: &'r dyn ServerRead,
    city: &'r City,
    report: Report,
    book: Book,
    /// The commits seen of each life of each device, to find one number given twice.
    sequences: BTreeMap<(DeviceId, [u8; 8]), BTreeSet<u64>>,
    /// The acts of which a commit was seen, to find one that was admitted twice.
    acts: BTreeSet<(DeviceId, CommandId)>,
    /// The serial of the last announcement seen.
    announced: u64,
}

impl Check<'_> {
    fn log(&mut self, head: &Head, progress: &mut dyn FnMut(u64)) -> Result<(), StoreError> {
        let mut chain = ChainHash::genesis(&head.log, head.generation);
        let mut number = 0;
        loop {
            let entries = self.read.entries(number, ROWS_AT_ONCE)?;
            if entries.is_empty() {
                break;
            }
            for entry in entries {
                number += 1;
                if entry.number != number {
                    self.entry_is(&entry, "number_missing");
                    number = entry.number;
                }
                let digest = Digest::of(&entry.record);
                chain = chain.next(entry.number, entry.kind, &digest);
                if entry.digest != digest || entry.chain != chain {
                    self.entry_is(&entry, "chain_differs");
                    chain = entry.chain;
                }
                self.report.entries += 1;
                self.record(&entry)?;
            }
            progress(self.report.entries);
        }
        if (head.number, head.chain) != (number, chain) {
            self.differs(Some(head.number), None, "head_differs");
        }
        Ok(())
    }

    fn record(&mut self, entry: &StoredEntry) -> Result<(), StoreError> {
        match entry.kind {
            RecordKind::Commit => self.commit(entry),
            RecordKind::Grant => self.grant(entry),
            RecordKind::Verdict => self.verdict(entry),
            RecordKind::Revocation => self.revocation(entry),
            RecordKind::Announcement => self.announcement(entry),
            RecordKind::Decision | RecordKind::Erasure => Ok(()),
        }
    }

    fn commit(&mut self, entry: &StoredEntry) -> Result<(), StoreError> {
        self.report.commits += 1;
        let Ok(commit) = SignedCommit::open(&entry.record) else {
            self.entry_is(entry, "commit_not_signed");
            return Ok(());
        };
        let id = commit.id();
        if commit.body.city != self.city.id || commit.body.log != self.city.log {
            self.entry_is(entry, "commit_of_other_city");
        }
        match self.read.grant(&commit.body.grant)? {
            Some(grant) if grant.device == id.device && grant.number < entry.number => {}
            Some(_) | None => self.entry_is(entry, "commit_without_grant"),
        }
        let state = self.read.commit_state(&id.device, &id.command)?;
        let act = commit.body.act();
        let is_admitted = |row: StoredCommit| {
            row.state == CommitState::Admitted && row.number == entry.number && row.act == act
        };
        if !state.is_some_and(is_admitted) {
            self.entry_is(entry, "commit_row_differs");
        }
        if !self.acts.insert((id.device, act)) {
            self.entry_is(entry, "act_admitted_twice");
        }
        let life = (id.device, *commit.body.incarnation.as_bytes());
        if !self.sequences.entry(life).or_default().insert(commit.body.sequence) {
            self.entry_is(entry, "sequence_twice");
        }
        self.parts(entry, &commit)
    }

    fn parts(&mut self, entry: &StoredEntry, commit: &SignedCommit) -> Result<(), StoreError> {
        let parts = self.read.parts(entry.number)?;
        self.report.changes += parts.len() as u64;
        if parts.len() != commit.body.entries.len() {
            self.entry_is(entry, "part_missing");
        }
        let mut audiences = BTreeSet::new();
        for part in &parts {
            let travelled =
                Part { salt: part.salt, document: part.document, change: part.change.clone() };
            if commit.find(&travelled) != usize::try_from(part.entry).ok() {
                self.differs(Some(entry.number), Some(part.document), "part_not_in_commit");
            }
            if part.actor != commit.actor() {
                self.differs(Some(entry.number), Some(part.document), "actor_differs");
            }
            match self.read.document(&part.document)? {
                Some(document) => {
                    audiences.insert(AudienceKey {
                        region: document.home,
                        kind: part.document.kind_code(),
                    });
                }
                None => self.differs(Some(entry.number), Some(part.document), "document_missing"),
            }
        }
        self.audience(entry, &audiences)
    }

    fn grant(&mut self, entry: &StoredEntry) -> Result<(), StoreError> {
        let Ok(grant) = SignedGrant::open(&entry.record) else {
            self.entry_is(entry, "grant_not_signed");
            return Ok(());
        };
        let row = self.read.grant(&entry.digest)?;
        let holder = grant.grant.holder.device_id();
        if row.as_ref().is_some_and(|row| row.number < entry.number) {
            // Once more, for those who get a commit that names it without being where it holds.
            return self.is_seen(entry);
        }
        if !row.is_some_and(|row| row.number == entry.number && row.device == holder) {
            self.entry_is(entry, "grant_row_differs");
        }
        if !self.book.rights(self.read, self.city, &holder)?.has(&entry.digest) {
            self.entry_is(entry, "grant_without_chain");
        }
        let regions = &grant.grant.regions;
        let regions = if regions.is_empty() { &[CITY_WIDE][..] } else { regions };
        let keys = regions.iter().map(|region| AudienceKey { region: *region, kind: RECORDS_KIND });
        self.audience(entry, &keys.collect())
    }

    /// Somebody must be able to see the entry, whoever it is.
    fn is_seen(&mut self, entry: &StoredEntry) -> Result<(), StoreError> {
        let audiences = self.read.audiences(entry.number.saturating_sub(1), entry.number)?;
        if audiences.is_empty() || audiences.iter().any(|(_, key)| key.kind != RECORDS_KIND) {
            self.entry_is(entry, "audience_differs");
        }
        Ok(())
    }

    fn revocation(&mut self, entry: &StoredEntry) -> Result<(), StoreError> {
        let issuing = self.city.issuing.public_key();
        let Ok(revocation) = SignedRevocation::open(&entry.record, issuing) else {
            self.entry_is(entry, "revocation_not_signed");
            return Ok(());
        };
        if revocation.place.number != entry.number {
            self.entry_is(entry, "record_of_another_place");
        }
        let holder = revocation.record.holder;
        if !self.read.ends_of(&holder)?.iter().any(|end| end.number == entry.number) {
            self.entry_is(entry, "end_row_missing");
        }
        let audience = audience_of(self.read, &holder, entry.number)?;
        self.audience(entry, &audience)
    }

    fn audience(
        &mut self,
        entry: &StoredEntry,
        expected: &BTreeSet<AudienceKey>,
    ) -> Result<(), StoreError> {
        let found = self.read.audiences(entry.number.saturating_sub(1), entry.number)?;
        let found: BTreeSet<AudienceKey> = found.into_iter().map(|(_, key)| key).collect();
        if found != *expected {
            self.entry_is(entry, "audience_differs");
        }
        for key in expected {
            let before = entry.number.saturating_sub(1);
            if self.read.numbers_of(key, before, entry.number, 1)? != [entry.number] {
                self.entry_is(entry, "audience_differs");
            }
        }
        Ok(())
    }

    fn entry_is(&mut self, entry: &StoredEntry, code: &'static str) {
        self.differs(Some(entry.number), None, code);
    }

    fn differs(&mut self, number: Option<u64>, document: Option<DocumentId>, code: &'static str) {
        self.report.differences.push(Difference { number, document, code });
    }
}

#[cfg(test)]
mod tests;
