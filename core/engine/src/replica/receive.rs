//! What the server sends: checked as if a stranger had sent it, then written with the answers and the
//! cursor in one transaction.
//!
//! The server decides the order and who may do what; it cannot change what a person did. So every
//! commit's signature and grant are verified here too, and its changes go through the guard. One that
//! does not hold up, or that only a newer version can read, is kept whole beside the documents
//! ([`super::unread`]), and the rest goes on. What the server did not sign ends the session.

mod entry;

use std::collections::BTreeMap;

use keting_model::{ActorId, ChangeHash, Document, DocumentId};
use keting_store::{StoredPart, StoredRecord};
use keting_sync::{Entry, Moved, Persist};
use keting_trust::guard::Forks;
use keting_trust::{
    Announcement, CommitId, DeviceId, Digest, RecordKind, SignedCommit, SignedHeard,
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

pub(super) fn record(entry: &Entry) -> StoredRecord {
    StoredRecord {
        number: Some(entry.number),
        kind: entry.kind,
        digest: *Digest::of(&entry.record).as_bytes(),
        bytes: entry.record.clone(),
    }
}
