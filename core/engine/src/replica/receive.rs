//! What the server sends: checked as if a stranger had sent it, then written with the answers and the
//! cursor in one transaction.
//!
//! The server decides the order and who may do what; it cannot change what a person did. So every
//! commit's signature and grant are verified here too, and its changes go through the guard. One that
//! does not hold up, or that only a newer version can read, is kept whole beside the documents
//! ([`super::unread`]), and the rest goes on. What the server did not sign ends the session.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;

use keting_model::{ActorId, ChangeHash, Document, DocumentId};
use keting_store::{StoredPart, StoredRecord};
use keting_sync::{Entry, Moved, Persist};
use keting_trust::guard::{Forks, GuardError, Reading, check_reading, read_commit};
use keting_trust::{
    Announcement, CommitId, DeviceId, Digest, Outcome, Part, RecordKind, Revocation, SignedCommit,
    SignedGrant, SignedHeard, Verdict,
};

use crate::error::EngineError;
use crate::replica::Replica;
use crate::replica::authors::Author;
use crate::replica::cache::Open;
use crate::replica::membership::Issuers;
use crate::replica::unread::{News, Unread};

/// What a group of entries came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// How many commits were new here.
    pub commits: u64,
    /// How many documents came that were not here before.
    pub documents: u64,
    /// How many commits are to be sent that were not to be sent before: their documents came back.
    pub taken_up: u64,
    /// Whether anything of it is signed by the city and is no mere repetition, or held up and was new here. The
    /// rest anybody can send for ever.
    pub has_come_on: bool,
}

/// A commit that held up, ready to be written.
pub(super) struct Accepted {
    /// Its number in the log; none for one's own that the server has yet to see.
    pub(super) number: Option<u64>,
    pub(super) commit: SignedCommit,
    /// Each new change, with its document's heads after it.
    pub(super) changes: Vec<(StoredPart, Vec<ChangeHash>)>,
}

/// The state of one group while it is checked.
#[derive(Default)]
pub(super) struct Group {
    pub(super) documents: BTreeMap<DocumentId, Document>,
    pub(super) opened: BTreeMap<DocumentId, Open>,
    pub(super) accepted: Vec<Accepted>,
    pub(super) records: Vec<StoredRecord>,
    pub(super) unread: Vec<Unread>,
    /// What the group's verdicts hold, with their codes.
    pub(super) held: Vec<(CommitId, String)>,
    /// What the group's verdicts say is superseded.
    pub(super) superseded: Vec<CommitId>,
    /// What the server announces.
    pub(super) announcements: Vec<Announcement>,
    /// The generation of the log these are of, if it is said.
    pub(super) generation: Option<u32>,
    /// Grants of the holder's own.
    pub(super) own_grants: Vec<Vec<u8>>,
    /// The numbers of the ends of this device.
    pub(super) own_ends: Vec<u64>,
    /// The writers of the accepted commits that the file may not have yet.
    pub(super) authors: BTreeMap<ActorId, Author>,
    /// Whether these are the entries that were unread until now.
    pub(super) takes_up_unread: bool,
    /// Whose grants these are, as far as they were asked for.
    holders: BTreeMap<Digest, Holder>,
    forks: Forks,
}

/// Whom a grant was given to.
#[derive(Clone)]
struct Holder {
    device: DeviceId,
    name: String,
}

impl Group {
    /// For what a session received.
    fn of(persist: &Persist) -> Self {
        let at = persist.moved.as_ref().map(|moved| match moved {
            Moved::Log(cursor) => cursor,
            Moved::FirstSync(first_sync) => &first_sync.position.at,
        });
        Self { generation: at.map(|cursor| cursor.generation), ..Self::default() }
    }

    /// For entries that were kept unread.
    pub(super) fn taking_up_unread() -> Self {
        Self { takes_up_unread: true, ..Self::default() }
    }
}

impl Replica {
    /// Checks and keeps what a session received, durably and all at once.
    ///
    /// # Errors
    /// When something does not hold up ([`EngineError::is_of_the_log`]), the server did not sign it
    /// ([`EngineError::LogNotSigned`]) or the file cannot be written. Of the entries nothing is then
    /// kept, and the cursor stays.
    pub fn persist(&mut self, persist: &Persist) -> Result<Kept, EngineError> {
        self.check_and_keep(persist).map_err(|error| {
            self.forget_issuers();
            self.connect_anew_after(error)
        })
    }

    fn check_and_keep(&mut self, persist: &Persist) -> Result<Kept, EngineError> {
        self.settle_incarnation()?;
        if let Some(enrolled) = &persist.enrolled {
            let is_renewal = self.city.is_some();
            self.enrol(enrolled, &persist.channel_binding)?;
            if is_renewal {
                // The session ends by this, and the next one goes on from the cursor.
                return Ok(Kept { has_come_on: true, ..Kept::default() });
            }
        }
        let (group, heard) = self.check_and_take_out(persist)?;
        let says_nothing_new = persist.moved.is_none()
            && persist.answers.is_empty()
            && persist.entries().next().is_none()
            && heard.is_none();
        if says_nothing_new {
            return Ok(Kept::default());
        }
        let has_come_on = persist.enrolled.is_some()
            || !persist.answers.is_empty()
            || matches!(persist.moved, Some(Moved::Log(_)))
            || self.has_news(&group)?;
        self.unacknowledged.forget();
        let news = News::of(&group);
        let mut kept = self.keep_group(group, persist, heard)?;
        kept.has_come_on = has_come_on;
        self.judge_again(news)?;
        // A device that was ended hears of its work by answers alone.
        if persist.moved.is_some() || !persist.answers.is_empty() {
            kept.taken_up = self.put_back()?;
        }
        Ok(kept)
    }

    /// Whether a group holds anything that is not here yet.
    fn has_news(&self, group: &Group) -> Result<bool, EngineError> {
        if group.accepted.iter().any(|accepted| !accepted.changes.is_empty()) {
            return Ok(true);
        }
        for record in &group.records {
            if self.store.record(&record.digest)?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Checks the entries and the server's word on them; the entries on documents without what these,
    /// or the answers beside them, hold, without what these say is superseded, and without what this
    /// replica made in places that were taken before it was rolled back.
    fn check_and_take_out(
        &mut self,
        persist: &Persist,
    ) -> Result<(Group, Option<SignedHeard>), EngineError> {
        let mut group = match self.check_entries(Group::of(persist), persist.entries()) {
            Err(error) if self.has_forked(&error)? => {
                self.begin_anew()?;
                self.check_entries(Group::of(persist), persist.entries())?
            }
            checked => checked?,
        };
        let heard = self.check_heard(persist)?;
        if self.is_in_anothers_place(persist.all_answers())? {
            self.begin_anew()?;
            group = self.check_entries(Group::of(persist), persist.entries())?;
        }
        let held = self.newly_held(persist.all_answers(), &group.held)?;
        if !held.is_empty() {
            self.take_out(&held, None, false)?;
            group = self.check_entries(Group::of(persist), persist.entries())?;
        }
        if self.take_out_superseded(&group.superseded)? {
            group = self.check_entries(Group::of(persist), persist.entries())?;
        }
        Ok((group, heard))
    }

    pub(super) fn check_entries<'e>(
        &mut self,
        mut group: Group,
        entries: impl IntoIterator<Item = &'e Entry>,
    ) -> Result<Group, EngineError> {
        for entry in entries {
            if self.is_behind_unread(&group, entry)? {
                group.unread.push(Unread::of(entry));
                continue;
            }
            match self.check_entry(&mut group, entry) {
                Ok(()) => {}
                Err(error) if error.needs_newer_app() => {
                    // A grant is also kept by its digest: what names it is then unread as well,
                    // and not a stranger's.
                    if entry.record_kind() == Some(RecordKind::Grant) {
                        group.records.push(record(entry));
                    }
                    group.unread.push(Unread::of(entry));
                }
                // Of what this replica did in the same place, whoever called gets the better of.
                Err(error) if self.has_forked(&error)? => return Err(error),
                Err(error) if error.is_of_the_log() => {
                    group.unread.push(Unread::set_aside(entry, &error));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(group)
    }

    fn check_entry(&mut self, group: &mut Group, entry: &Entry) -> Result<(), EngineError> {
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
    pub(super) fn check(
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

    pub(super) fn issuers(&mut self) -> Result<&mut Issuers, EngineError> {
        self.city.as_mut().ok_or(EngineError::NotEnrolled)?.issuers(&self.store)
    }

    /// After entries of which nothing was kept: what their grants taught is not known either.
    fn forget_issuers(&mut self) {
        if let Some(city) = &mut self.city {
            city.issuers = None;
        }
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

pub(super) fn record(entry: &Entry) -> StoredRecord {
    StoredRecord {
        number: Some(entry.number),
        kind: entry.kind,
        digest: *Digest::of(&entry.record).as_bytes(),
        bytes: entry.record.clone(),
    }
}
