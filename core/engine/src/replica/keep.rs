//! Writing what held up: commits, changes, rows, answers and the cursor in one transaction.

use keting_model::{RowChange, difference, project};
use keting_store::{
    CommitRow, OutboxState, StoreError, StoredChange, StoredCommit, StoredRecord, Transaction,
};
use keting_sync::{Answer, Moved, Outcome, Persist};
use keting_trust::guard::{GuardError, survives_save};
use keting_trust::{DeviceId, Digest, SignedHeard, cbor};

use crate::error::EngineError;
use crate::replica::authors::Author;
use crate::replica::cache::Open;
use crate::replica::execute::snapshot_if_due;
use crate::replica::membership::Membership;
use crate::replica::own_grants::OwnGrants;
use crate::replica::receive::{Accepted, Group, Kept};
use crate::replica::{City, Replica, meta};

/// What a group makes of the documents it touched.
struct Projected {
    opened: Vec<Open>,
    changes: Vec<RowChange>,
    /// How many of the documents were not here before.
    new_documents: u64,
}

impl Replica {
    /// Writes a group with the answers and the place in the log that came with it.
    pub(super) fn keep_group(
        &mut self,
        mut group: Group,
        persist: &Persist,
        heard: Option<SignedHeard>,
    ) -> Result<Kept, EngineError> {
        let own = self.device();
        let mut projected = projected(&mut group)?;
        let is_news = |accepted: &&Accepted| {
            accepted.commit.id().device != own && !accepted.changes.is_empty()
        };
        let kept = Kept {
            commits: group.accepted.iter().filter(is_news).count() as u64,
            documents: projected.new_documents,
            ..Kept::default()
        };
        self.write_group(&group, &mut projected, |transaction| {
            answer(transaction, own, persist.all_answers())?;
            if let Some(heard) = &heard {
                transaction.set_meta(meta::HEARD, &heard.bytes)?;
            }
            match &persist.moved {
                Some(Moved::Log(cursor)) => {
                    transaction.set_meta(meta::CURSOR, &cbor::to_vec(cursor))?;
                    transaction.delete_meta(meta::LOG_DIVERGED)?;
                    transaction.delete_meta(meta::FIRST_SYNC)
                }
                Some(Moved::FirstSync(at)) => {
                    transaction.set_meta(meta::FIRST_SYNC, &cbor::to_vec(at))
                }
                None => Ok(()),
            }
        })?;
        if let Some(city) = &mut self.city {
            if let Some(Moved::Log(cursor)) = &persist.moved {
                city.cursor = Some(*cursor);
            }
            city.heard = heard.or(city.heard.take());
        }
        self.take_in(projected.opened, &projected.changes);
        Ok(kept)
    }

    /// The membership with the grants of the holder's own that a group brought, without those that an end
    /// in it took, and with what it announced, if it brought any of it.
    fn renewed(&self, group: &Group) -> Result<Option<(Membership, OwnGrants)>, EngineError> {
        let Some(City { membership: before, grants, .. }) = &self.city else { return Ok(None) };
        let is_new = |bytes: &&Vec<u8>| !before.grants.iter().any(|known| known.0 == **bytes);
        let new: Vec<_> = group.own_grants.iter().filter(is_new).cloned().collect();
        let last = group.announcements.iter().max_by_key(|announcement| announcement.serial);
        let server = last.and_then(|announcement| before.server.following(announcement));
        if new.is_empty() && group.own_ends.is_empty() && server.is_none() {
            return Ok(None);
        }
        let mut membership = before.clone();
        membership.server = server.unwrap_or(membership.server);
        membership.add_grants(new);
        let mut ended = grants.ended().clone();
        for grant in membership.own_grants()? {
            let digest = grant.digest();
            let number = self.number_of(group, &digest)?;
            if group.own_ends.iter().any(|end| number.is_some_and(|number| number < *end)) {
                ended.insert(digest);
            }
        }
        let grants = OwnGrants::of(&membership, ended)?;
        Ok(Some((membership, grants)))
    }

    /// The number of a record in the log; none of one that the log has not brought.
    fn number_of(&self, group: &Group, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let is_it = |record: &&StoredRecord| record.digest == *digest.as_bytes();
        match group.records.iter().find(is_it) {
            Some(record) => Ok(record.number),
            None => Ok(self.store.record(digest.as_bytes())?.and_then(|record| record.number)),
        }
    }

    /// Writes commits that held up and nothing else, and tells those who watch.
    pub(super) fn keep_accepted(
        &mut self,
        mut group: Group,
        also: impl FnOnce(&mut Transaction<'_>) -> Result<(), StoreError>,
    ) -> Result<(), EngineError> {
        let mut projected = projected(&mut group)?;
        self.write_group(&group, &mut projected, also)?;
        self.take_in(projected.opened, &projected.changes);
        Ok(())
    }

    fn write_group(
        &mut self,
        group: &Group,
        projected: &mut Projected,
        also: impl FnOnce(&mut Transaction<'_>) -> Result<(), StoreError>,
    ) -> Result<(), EngineError> {
        let unix_ms = self.now().unix_ms();
        let times = group.accepted.iter().map(|accepted| accepted.commit.body.time);
        let authors: Vec<Author> = group.authors.values().cloned().collect();
        let clock = times.fold(self.clock, |clock, time| clock.adopt(time, unix_ms));
        let renewed = self.renewed(group)?;
        self.store.write(|transaction| {
            also(transaction)?;
            if let Some((membership, grants)) = &renewed {
                transaction.set_meta(meta::MEMBERSHIP, &cbor::to_vec(membership))?;
                transaction.set_meta(meta::OWN_ENDED, &cbor::to_vec(grants.ended()))?;
            }
            for record in &group.records {
                transaction.put_record(record)?;
            }
            for unread in &group.unread {
                unread.write(transaction)?;
            }
            for accepted in &group.accepted {
                write(transaction, accepted, &mut projected.opened, unix_ms)?;
            }
            for open in &mut projected.opened {
                snapshot_if_due(transaction, open)?;
            }
            transaction.put_row_changes(&projected.changes)?;
            for author in &authors {
                author.write(transaction)?;
            }
            clock.keep(transaction)
        })?;
        self.authors.learn(&authors);
        self.clock = clock;
        if let (Some(city), Some((membership, grants))) = (&mut self.city, renewed) {
            (city.membership, city.grants) = (membership, grants);
        }
        Ok(())
    }
}

/// The rows that a group changes. A document is looked at once, however many changes it got.
fn projected(group: &mut Group) -> Result<Projected, EngineError> {
    let mut projected = Projected { opened: Vec::new(), changes: Vec::new(), new_documents: 0 };
    for (id, before) in std::mem::take(&mut group.opened) {
        let Some(document) = group.documents.remove(&id) else { continue };
        if document.heads() == before.document.heads() {
            continue;
        }
        if !survives_save(&document) {
            return Err(EngineError::LogRefused(GuardError::ReplayDiffers("saved and loaded")));
        }
        let rows = project(&document);
        projected.changes.extend(difference(&before.rows, &rows));
        projected.new_documents += u64::from(before.document.heads().is_empty());
        projected.opened.push(Open { document, rows, ..before });
    }
    Ok(projected)
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
        number: accepted.number,
        incarnation: *commit.body.incarnation.as_bytes(),
        sequence: commit.body.sequence,
        received_at_ms: unix_ms,
        replaces: commit.body.replaces.map(|first| first.command),
    })?;
    if accepted.number.is_some() {
        // One's own commit, come back with its number, is the acknowledgement.
        transaction.set_outbox_state(row, &OutboxState::Acknowledged)?;
        transaction.forget_aside(row)?;
    }
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

/// Notes what the server answered to pushed commits. What is held has left its documents by now;
/// what was refused goes again with the next connection.
fn answer<'a>(
    transaction: &mut Transaction<'_>,
    own: DeviceId,
    answers: impl Iterator<Item = &'a Answer>,
) -> Result<(), StoreError> {
    for answer in answers {
        let author = answer.commit.author.unwrap_or(own);
        let known = transaction.commit_of(author.as_bytes(), &answer.commit.command)?;
        let Some((row, commit)) = known else { continue };
        let state = match &answer.outcome {
            // What came with its number is in the log under this number, whatever becomes of a push
            // of it that was still on its way.
            _ if commit.number.is_some() => OutboxState::Acknowledged,
            Outcome::Admitted { number } => {
                transaction.set_commit_number(row, *number)?;
                OutboxState::Acknowledged
            }
            // The verdict proves it, which comes with the log.
            Outcome::Superseded { .. } => continue,
            Outcome::Held { .. }
                if state_of(transaction, row)? == Some(OutboxState::Superseded) =>
            {
                continue;
            }
            Outcome::Held { code, .. } => OutboxState::Held { code: code.clone() },
            Outcome::Refused { .. } if is_decided(transaction, row)? => continue,
            Outcome::Refused { code } => OutboxState::Refused { code: code.clone() },
        };
        transaction.set_outbox_state(row, &state)?;
    }
    Ok(())
}

/// How far work has come, if it is in the outbox.
fn state_of(
    transaction: &Transaction<'_>,
    row: CommitRow,
) -> Result<Option<OutboxState>, StoreError> {
    Ok(transaction.outbox_entry(row)?.map(|entry| entry.state))
}

/// Whether work is held or superseded already.
pub(super) fn is_decided(
    transaction: &Transaction<'_>,
    row: CommitRow,
) -> Result<bool, StoreError> {
    Ok(state_of(transaction, row)?.is_some_and(|state| state.is_decided()))
}
