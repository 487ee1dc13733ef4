//! What the server sends: checked as if a stranger had sent it, then written with the answers and the
//! cursor in one transaction.
//!
//! The server decides the order and who may do what; it cannot change what a person did. So every
//! commit's signature and grant are verified here too, and its changes go through the guard. One
//! that does not hold up ends the session with the cursor where it was: nothing is skipped.

use std::collections::BTreeMap;

use keting_model::{ChangeHash, Document, DocumentId, RowChange, difference, project};
use keting_store::{
    OutboxState, StoreError, StoredChange, StoredCommit, StoredPart, StoredRecord, Transaction,
};
use keting_sync::{Answer, Entry, Moved, Outcome, Persist};
use keting_trust::guard::{Forks, GuardError, check_commit, scan, survives_save};
use keting_trust::{DeviceId, Digest, Part, RecordKind, SignedCommit, SignedGrant, cbor};

use crate::error::EngineError;
use crate::replica::cache::Open;
use crate::replica::execute::snapshot_if_due;
use crate::replica::{Replica, meta};

/// What a group of entries came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// How many commits were new here.
    pub commits: u64,
    /// How many documents came that were not here before.
    pub documents: u64,
}

/// A commit that held up, ready to be written.
struct Accepted {
    number: u64,
    commit: SignedCommit,
    /// Each new change, with its document's heads after it.
    changes: Vec<(StoredPart, Vec<ChangeHash>)>,
}

/// The state of one group while it is checked.
#[derive(Default)]
struct Group {
    documents: BTreeMap<DocumentId, Document>,
    opened: BTreeMap<DocumentId, Open>,
    accepted: Vec<Accepted>,
    records: Vec<StoredRecord>,
    forks: Forks,
}

impl Replica {
    /// Checks and keeps what a session received, durably and all at once.
    ///
    /// # Errors
    /// When something does not hold up or the file cannot be written. Nothing is then kept, and the
    /// cursor stays.
    pub fn persist(&mut self, persist: &Persist) -> Result<Kept, EngineError> {
        if let Some(enrolled) = &persist.enrolled {
            self.enrol(enrolled)?;
        }
        let mut group = Group::default();
        for entry in &persist.entries {
            match entry.record_kind() {
                Some(RecordKind::Commit) => self.check(&mut group, entry)?,
                Some(RecordKind::Grant) => self.check_grant(&mut group, entry)?,
                // Not acted on by this version, but kept: a newer one will find them.
                Some(
                    RecordKind::Decision
                    | RecordKind::Verdict
                    | RecordKind::Revocation
                    | RecordKind::Erasure,
                )
                | None => group.records.push(record(entry)),
            }
        }
        self.keep_group(group, persist)
    }

    fn check(&mut self, group: &mut Group, entry: &Entry) -> Result<(), EngineError> {
        let commit = SignedCommit::open(&entry.record)?;
        let city = self.city()?;
        if commit.body.city != city.membership.city || commit.body.log != city.membership.log {
            return Err(EngineError::LogRefused(GuardError::NotInCommit));
        }
        self.require_grant(group, &commit)?;
        let parts = self.new_parts(group, entry)?;
        let checked = match check_commit(&commit, &parts, &group.documents, &mut group.forks) {
            Ok(checked) => checked,
            Err(error) => return Err(EngineError::LogRefused(error)),
        };
        let mut changes = Vec::new();
        let mut after = Vec::new();
        for (part, checked) in parts.iter().zip(checked.parts) {
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
        group.accepted.push(Accepted { number: entry.number, commit, changes });
        Ok(())
    }

    /// The parts of an entry that are not here yet, with their documents opened.
    fn new_parts(&mut self, group: &mut Group, entry: &Entry) -> Result<Vec<Part>, EngineError> {
        let mut new = Vec::new();
        for part in &entry.parts {
            if part.document.kind().is_none() {
                new.push(part.clone());
                continue;
            }
            if !group.opened.contains_key(&part.document) {
                let open = self.open_document(&part.document)?;
                group.documents.insert(part.document, open.document.clone());
                group.opened.insert(part.document, open);
            }
            let known = group.documents.get(&part.document);
            let hash = scan(&part.change).map_err(EngineError::LogRefused)?.hash();
            if !known.is_some_and(|document| document.has(&hash)) {
                new.push(part.clone());
            }
        }
        Ok(new)
    }

    /// A commit counts only under a grant that is here, was given by the city, and is its author's.
    fn require_grant(&self, group: &Group, commit: &SignedCommit) -> Result<(), EngineError> {
        let digest = commit.body.grant;
        let in_group = group.records.iter().find(|record| record.digest == *digest.as_bytes());
        let bytes = match in_group {
            Some(record) => Some(record.bytes.clone()),
            None => self.store.record(digest.as_bytes())?.map(|record| record.bytes),
        };
        let grant = match bytes {
            Some(bytes) => SignedGrant::read_stored(&bytes)?,
            None => return Err(EngineError::Protocol { code: "grant_unknown" }),
        };
        if grant.grant.holder == commit.body.device {
            Ok(())
        } else {
            Err(EngineError::Protocol { code: "grant_of_another" })
        }
    }

    fn check_grant(&self, group: &mut Group, entry: &Entry) -> Result<(), EngineError> {
        let grant = SignedGrant::open(&entry.record)?;
        let membership = &self.city()?.membership;
        if grant.grant.city != membership.city || !membership.issued(&grant.grant.issuer)? {
            return Err(EngineError::Protocol { code: "grant_not_of_the_city" });
        }
        group.records.push(record(entry));
        Ok(())
    }

    fn keep_group(&mut self, group: Group, persist: &Persist) -> Result<Kept, EngineError> {
        let own = self.device();
        let unix_ms = self.environment.unix_ms();
        let mut clock = self.clock;
        let mut kept = Kept::default();
        let mut changes: Vec<RowChange> = Vec::new();
        let mut opened = Vec::new();
        for (id, before) in group.opened {
            let Some(document) = group.documents.get(&id) else { continue };
            if document.heads() == before.document.heads() {
                continue;
            }
            if !survives_save(document) {
                return Err(EngineError::LogRefused(GuardError::ReplayDiffers("saved and loaded")));
            }
            let rows = project(document);
            changes.extend(difference(&before.rows, &rows));
            let was_here = !before.document.heads().is_empty();
            kept.documents += u64::from(!was_here);
            opened.push(Open { document: document.clone(), rows, ..before });
        }
        for accepted in &group.accepted {
            clock = clock.adopt(accepted.commit.body.time, unix_ms);
            kept.commits +=
                u64::from(accepted.commit.id().device != own && !accepted.changes.is_empty());
        }

        let city = self.city.as_mut().ok_or(EngineError::NotEnrolled)?;
        self.store.write(|transaction| {
            for record in &group.records {
                transaction.put_record(record)?;
            }
            for accepted in &group.accepted {
                write(transaction, accepted, &mut opened, unix_ms)?;
            }
            for open in &mut opened {
                snapshot_if_due(transaction, open)?;
            }
            transaction.put_row_changes(&changes)?;
            answer(transaction, own, &persist.answers)?;
            match &persist.moved {
                Some(Moved::Log(cursor)) => {
                    transaction.set_meta(meta::CURSOR, &cbor::to_vec(cursor))?;
                    transaction.delete_meta(meta::FIRST_SYNC)?;
                }
                Some(Moved::FirstSync(at)) => {
                    transaction.set_meta(meta::FIRST_SYNC, &cbor::to_vec(at))?;
                }
                None => {}
            }
            clock.keep(transaction)
        })?;
        if let Some(Moved::Log(cursor)) = &persist.moved {
            city.cursor = Some(*cursor);
        }
        self.clock = clock;
        self.take_in(opened, &changes);
        Ok(kept)
    }
}

fn write(
    transaction: &mut Transaction<'_>,
    accepted: &Accepted,
    opened: &mut [Open],
    unix_ms: u64,
) -> Result<(), StoreError> {
    let commit = &accepted.commit;
    let row = transaction.put_commit(&StoredCommit {
        device: *commit.id().device.as_bytes(),
        command: commit.body.command,
        bytes: commit.bytes.clone(),
        number: Some(accepted.number),
        incarnation: *commit.body.incarnation.as_bytes(),
        sequence: commit.body.sequence,
        received_at_ms: unix_ms,
    })?;
    // One's own commit, come back with its number, is the acknowledgement.
    transaction.set_outbox_state(row, &OutboxState::Acknowledged)?;
    for (part, heads) in &accepted.changes {
        let change = StoredChange {
            hash: part.hash,
            actor: part.actor,
            seq: part.seq,
            commit: row,
            entry: part.entry,
            salt: part.salt.clone(),
            bytes: part.bytes.clone(),
        };
        transaction.put_document_change(&part.document, &change, heads)?;
        if let Some(open) = opened.iter_mut().find(|open| open.document.id() == part.document) {
            open.changes_since_snapshot += 1;
        }
    }
    Ok(())
}

/// Notes what the server answered to pushed commits. What it did not admit stays in the outbox,
/// shown with its code.
fn answer(
    transaction: &mut Transaction<'_>,
    own: DeviceId,
    answers: &[Answer],
) -> Result<(), StoreError> {
    for answer in answers {
        let author = answer.commit.author.unwrap_or(own);
        let known = transaction.commit_of(author.as_bytes(), &answer.commit.command)?;
        let Some((row, _)) = known else { continue };
        let state = match &answer.outcome {
            Outcome::Admitted { number } => {
                transaction.set_commit_number(row, *number)?;
                OutboxState::Acknowledged
            }
            Outcome::Held { code, .. } | Outcome::Refused { code } => {
                OutboxState::Held { code: code.clone() }
            }
        };
        transaction.set_outbox_state(row, &state)?;
    }
    Ok(())
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

fn record(entry: &Entry) -> StoredRecord {
    StoredRecord {
        number: Some(entry.number),
        kind: entry.kind,
        digest: *Digest::of(&entry.record).as_bytes(),
        bytes: entry.record.clone(),
    }
}
