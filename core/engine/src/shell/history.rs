//! Who changed a field, with their names and the roles they had.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use keting_model::history::{History, HistoryEntry, history};
use keting_model::{ChangeHash, Document, DocumentId};
use keting_store::{CommitRow, View};
use keting_trust::{Digest, SignedCommit, SignedGrant};

use crate::error::EngineError;
use crate::replica::membership::Membership;
use crate::replica::{document_of, read_membership};
use crate::shell::local::Local;

impl Local {
    /// Who changed a field of a household or of a resident, from what to what, when and in which role; the
    /// latest first, as far as the holder may read it. None if the household is not here.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn history(&self, asked: &History) -> Result<Option<Vec<HistoryEntry>>, EngineError> {
        self.of_city(|view, withheld| {
            if !withheld.shows(view, &asked.household)? {
                return Ok(Ok(None));
            }
            let documents = match documents(view, &asked.documents()) {
                Ok(documents) => documents,
                Err(unreadable) => return Ok(Err(unreadable)),
            };
            if documents.iter().all(|document| document.id() != asked.household) {
                return Ok(Ok(None));
            }
            let mut entries = history(&documents, withheld, asked);
            let named = Writers::of(view).and_then(|mut writers| {
                entries.iter_mut().try_for_each(|entry| writers.name(view, entry))
            });
            Ok(named.map(|()| Some(entries)))
        })?
    }
}

/// Those of some documents that are here.
fn documents(view: &View, ids: &[DocumentId]) -> Result<Vec<Document>, EngineError> {
    let mut documents = Vec::new();
    for id in ids {
        if let Some(stored) = view.document(id)? {
            documents.push(document_of(*id, &stored)?);
        }
    }
    Ok(documents)
}

/// Who wrote which change, by its commit and the grant that this names.
struct Writers {
    membership: Option<Membership>,
    commits: BTreeMap<DocumentId, BTreeMap<ChangeHash, CommitRow>>,
    grants: BTreeMap<Digest, Option<SignedGrant>>,
}

impl Writers {
    fn of(view: &View) -> Result<Self, EngineError> {
        let membership = read_membership(view)?;
        Ok(Self { membership, commits: BTreeMap::new(), grants: BTreeMap::new() })
    }

    /// Names who wrote an entry.
    fn name(&mut self, view: &View, entry: &mut HistoryEntry) -> Result<(), EngineError> {
        let (document, change) = entry.change;
        let commits = match self.commits.entry(document) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let changes = view.changes_of(&document)?.into_iter();
                place.insert(changes.map(|one| (one.hash, one.commit)).collect())
            }
        };
        let Some(row) = commits.get(&change) else { return Ok(()) };
        let Some(stored) = view.commit(*row)? else { return Ok(()) };
        let Ok(commit) = SignedCommit::read_stored(&stored.bytes) else { return Ok(()) };
        entry.entered.device = Some(commit.id().device.to_string());
        if let Some(signed) = self.grant(view, commit.body.grant)? {
            entry.entered.by = Some(signed.grant.name.clone());
            entry.role = Some(signed.grant.role.name().to_owned());
        }
        Ok(())
    }

    /// A grant that is here: in the log, or one's own that the log has not brought yet.
    fn grant(&mut self, view: &View, digest: Digest) -> Result<Option<&SignedGrant>, EngineError> {
        if let Entry::Vacant(place) = self.grants.entry(digest) {
            let of_log = view.record(digest.as_bytes())?.map(|record| record.bytes);
            let own = self.membership.iter().flat_map(|membership| &membership.grants);
            let mut own = own.map(|bytes| &bytes.0).filter(|bytes| Digest::of(bytes) == digest);
            let bytes = of_log.or_else(|| own.next().cloned());
            let grant = bytes.and_then(|bytes| SignedGrant::read_stored(&bytes).ok());
            place.insert(grant);
        }
        Ok(self.grants.get(&digest).and_then(Option::as_ref))
    }
}
