//! Whoever gets a commit gets the grant that it names.
//!
//! A commit is judged under any grant of its author that covers it, so that a renewed grant admits
//! what was written under the old one; but a replica believes no commit whose named grant it does
//! not have. The record of a grant is filed where the grant holds. If a commit reaches somewhere
//! else (its author has a grant in two villages, and names the other one), the record of the named
//! grant is put into the log once more, right before the commit and filed where the commit is. A
//! reader has the same record then perhaps twice, which is no error.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::DocumentId;
use keting_trust::{Digest, RecordKind, Tree, covers};

use super::checker::Admissible;
use super::receive::Opened;
use crate::authority::Book;
use crate::store::{AudienceKey, RECORDS_KIND, ServerRead, ServerTransaction, StoreError};

/// Which grants are filed where commits are, as one transaction goes on.
pub(super) struct ShownGrants<'b> {
    book: &'b Book,
    /// The regions that the transaction made.
    regions: BTreeMap<DocumentId, Option<DocumentId>>,
    /// What was found or put there.
    shown: BTreeSet<(Digest, DocumentId)>,
}

impl Tree for ShownGrants<'_> {
    fn parent(&self, region: &DocumentId) -> Option<DocumentId> {
        match self.regions.get(region) {
            Some(parent) => *parent,
            None => self.book.parent(region),
        }
    }
}

impl<'b> ShownGrants<'b> {
    pub(super) fn new(book: &'b Book) -> Self {
        Self { book, regions: BTreeMap::new(), shown: BTreeSet::new() }
    }

    /// Sees to it that the grant which a commit names is filed wherever the commit will be.
    pub(super) fn show(
        &mut self,
        transaction: &mut dyn ServerTransaction,
        opened: &Opened<'_>,
        admissible: &Admissible,
    ) -> Result<(), StoreError> {
        let made = admissible.regions.iter().map(|region| (region.document, region.parent));
        self.regions.extend(made);
        let named = opened.commit.body.grant;
        let rights = self.book.known_rights(&opened.id.device);
        let grant = rights.and_then(|rights| rights.named(&named));
        // Who reads in a region reads the grants of all regions above and below it that are theirs or
        // above theirs; a grant that covers the region is among them.
        let elsewhere: BTreeSet<DocumentId> = admissible
            .parts
            .iter()
            .map(|part| part.home)
            .filter(|home| !grant.is_some_and(|grant| covers(grant, self, home)))
            .collect();
        let mut missing = Vec::new();
        for home in elsewhere {
            if self.shown.insert((named, home)) && !is_filed(transaction, &named, home)? {
                missing.push(home);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let stored = transaction.grant(&named)?.ok_or(StoreError::Damaged("a grant is missing"))?;
        let number = transaction.append(RecordKind::Grant, &stored.bytes)?.number;
        for region in missing {
            transaction.put_audience(number, &AudienceKey { region, kind: RECORDS_KIND })?;
        }
        Ok(())
    }
}

/// Whether the record of a grant is among those filed in a region.
fn is_filed(read: &dyn ServerRead, grant: &Digest, region: DocumentId) -> Result<bool, StoreError> {
    let key = AudienceKey { region, kind: RECORDS_KIND };
    let head = read.head()?.ok_or(StoreError::Empty)?;
    for number in read.numbers_of(&key, 0, head.number, u32::MAX)? {
        if read.entry(number)?.is_some_and(|entry| entry.digest == *grant) {
            return Ok(true);
        }
    }
    Ok(false)
}
