//! One entry, by its kind: who signed it, under which grant, and what the guard says of it.

use std::collections::btree_map::Entry as Place;

use keting_model::ChangeHash;
use keting_store::{StoredPart, StoredRecord};
use keting_sync::Entry;
use keting_trust::guard::{GuardError, Reading, check_reading, read_commit};
use keting_trust::{
    Digest, Outcome, Part, RecordKind, Revocation, SignedCommit, SignedGrant, Verdict,
};

use super::{Accepted, Group, Holder, record};
use crate::error::EngineError;
use crate::replica::Replica;
use crate::replica::authors::Author;

impl Replica {
    pub(super) fn check_entry(
        &mut self,
        group: &mut Group,
        entry: &Entry,
    ) -> Result<(), EngineError> {
        match entry.record_kind() {
            Some(RecordKind::Commit) => {
                let commit = SignedCommit::open(&entry.record)?;
                self.check(group, Some(entry.number), commit, &entry.parts)
            }
            Some(RecordKind::Grant) => self.check_grant(group, entry),
            Some(RecordKind::Verdict) => self.check_verdict(group, entry),
            Some(RecordKind::Revocation) => self.check_revocation(group, entry),
            Some(RecordKind::Announcement) => self.check_announcement(group, entry),
            // Not acted on by this version, but kept: a newer one will find them.
            Some(RecordKind::Decision | RecordKind::Erasure) | None => {
                group.records.push(record(entry));
                Ok(())
            }
        }
    }

    /// Puts a commit before the guard, on what the group's earlier commits made.
    pub(in crate::replica) fn check(
        &mut self,
        group: &mut Group,
        number: Option<u64>,
        commit: SignedCommit,
        parts: &[Part],
    ) -> Result<(), EngineError> {
        let membership = &self.city()?.membership;
        if commit.body.city != membership.city || commit.body.log != membership.log {
            return Err(EngineError::LogRefused(GuardError::NotInCommit));
        }
        self.require_grant(group, &commit)?;
        let reading = read_commit(&commit, parts).map_err(EngineError::LogRefused)?;
        let reading = self.only_new(group, reading)?;
        let checked = check_reading(&commit, &reading, &group.documents, &mut group.forks)
            .map_err(EngineError::LogRefused)?;
        let mut changes = Vec::new();
        let mut after = Vec::new();
        for checked in checked.parts {
            let part = parts.iter().find(|part| part.document == checked.document);
            let Some(part) = part else { continue };
            let entry = u32::try_from(checked.entry).unwrap_or(u32::MAX);
            let Some(change) = checked.change else {
                changes.push(opaque(&commit, part, entry));
                continue;
            };
            let stored = stored_part(&commit, part, entry, change.hash, change.seq);
            changes.push((stored, change.document.heads()));
            after.push(change.document);
        }
        group.documents.extend(after.into_iter().map(|document| (document.id(), document)));
        group.accepted.push(Accepted { number, commit, changes });
        Ok(())
    }

    /// Leaves the parts that are not here yet, and opens the documents of all.
    fn only_new<'p>(
        &mut self,
        group: &mut Group,
        reading: Reading<'p>,
    ) -> Result<Reading<'p>, EngineError> {
        for (id, _) in reading.changes() {
            if let Place::Vacant(place) = group.opened.entry(id) {
                let open = self.open_document(&id)?;
                group.documents.insert(id, open.document.clone());
                place.insert(open);
            }
        }
        Ok(reading.only(|part| {
            let known = group.documents.get(&part.document);
            let change = part.change.as_ref();
            !known.zip(change).is_some_and(|(known, change)| known.has(&change.hash()))
        }))
    }

    /// A commit counts only under a grant that is here, was given by the city, and is its author's.
    fn require_grant(
        &mut self,
        group: &mut Group,
        commit: &SignedCommit,
    ) -> Result<(), EngineError> {
        let digest = commit.body.grant;
        let holder = match group.holders.entry(digest) {
            Place::Occupied(known) => known.into_mut(),
            Place::Vacant(place) => place.insert(self.holder_of(&group.records, &digest)?),
        };
        if holder.device != commit.id().device {
            return Err(EngineError::Protocol { code: "grant_of_another" });
        }
        if self.authors.lacks(&commit.actor(), &digest) {
            group.authors.insert(commit.actor(), Author::of(commit, &holder.name));
        }
        Ok(())
    }

    fn holder_of(
        &mut self,
        in_group: &[StoredRecord],
        grant: &Digest,
    ) -> Result<Holder, EngineError> {
        let city = self.city()?;
        if let Some(own) = city.grants.named(grant) {
            return Ok(Holder { device: self.device(), name: own.grant.name.clone() });
        }
        let in_group = in_group.iter().find(|record| record.digest == *grant.as_bytes());
        let record = match in_group {
            Some(record) => Some(record.clone()),
            None => self.store.record(grant.as_bytes())?,
        };
        let record = record.filter(|record| record.kind == RecordKind::Grant.code());
        let record = record.ok_or(EngineError::Protocol { code: "unknown_grant" })?;
        let SignedGrant { grant, .. } = SignedGrant::open(&record.bytes)?;
        // One that was kept unread was not judged when it came.
        if self.issuers()?.let_give(&grant) {
            Ok(Holder { device: grant.holder.device_id(), name: grant.name })
        } else {
            Err(EngineError::Protocol { code: "grant_not_of_the_city" })
        }
    }

    fn check_grant(&mut self, group: &mut Group, entry: &Entry) -> Result<(), EngineError> {
        let signed = SignedGrant::open(&entry.record)?;
        if !self.issuers()?.take(&signed.grant) {
            return Err(EngineError::Protocol { code: "grant_not_of_the_city" });
        }
        if signed.grant.holder == *self.public_key() {
            group.own_grants.push(entry.record.clone());
        }
        group.records.push(record(entry));
        Ok(())
    }

    /// A verdict counts if an issuing key signed it: the server's.
    fn check_verdict(&mut self, group: &mut Group, entry: &Entry) -> Result<(), EngineError> {
        let Verdict { commit, outcome, .. } = self.verified(group, entry)?.record;
        match outcome {
            Outcome::Held { code } => group.held.push((commit, code)),
            Outcome::Superseded { .. } => group.superseded.push(commit),
            // Passed by a later version only.
            Outcome::Accepted { .. } | Outcome::Discarded { .. } | Outcome::TakenOver { .. } => {}
        }
        group.records.push(record(entry));
        Ok(())
    }

    /// An end counts as a verdict does. Those of others are kept and change nothing here.
    fn check_revocation(&mut self, group: &mut Group, entry: &Entry) -> Result<(), EngineError> {
        let signed = self.verified::<Revocation>(group, entry)?;
        // An end of one grant only is of a later version.
        if signed.record.holder == self.device() && signed.record.grant.is_none() {
            group.own_ends.push(entry.number);
        }
        group.records.push(record(entry));
        Ok(())
    }
}

/// A change of a kind this version does not know: kept and passed on unread, under the commit's
/// own place in its incarnation.
fn opaque(commit: &SignedCommit, part: &Part, entry: u32) -> (StoredPart, Vec<ChangeHash>) {
    let hash = ChangeHash(*Digest::of(&part.change).as_bytes());
    (stored_part(commit, part, entry, hash, commit.body.sequence), vec![hash])
}

fn stored_part(
    commit: &SignedCommit,
    part: &Part,
    entry: u32,
    hash: ChangeHash,
    seq: u64,
) -> StoredPart {
    StoredPart {
        entry,
        document: part.document,
        actor: commit.actor(),
        seq,
        hash,
        salt: part.salt.to_vec(),
        bytes: part.change.clone(),
    }
}
