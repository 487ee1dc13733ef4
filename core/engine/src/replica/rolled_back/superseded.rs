//! Work whose act stands in the log by another commit.
//!
//! Two copies of a machine may both have an act: one sends it as it was made, the other one as it was made
//! anew. The server admits the first that comes to it, and passes the verdict on the other that it is
//! *superseded*. That one leaves the documents, and what stands on it is made anew on the one that
//! stands. Its author is told nothing: what they entered stands, once.

use keting_store::{CommitRow, OutboxEntry, OutboxState, StoreError, Transaction, View};
use keting_trust::CommitId;

use super::TakenOut;
use super::anew::stand_in;
use super::names::{Names, is_held_for_good};
use crate::error::EngineError;
use crate::replica::Replica;
use crate::replica::held::{ANCESTOR_HELD, Root, stands};
use crate::replica::planned_on::Seen;

impl Replica {
    /// Takes out of the documents what verdicts say is superseded. Says whether they say it of any work
    /// for the first time.
    pub(in crate::replica) fn take_out_superseded(
        &mut self,
        verdicts: &[CommitId],
    ) -> Result<bool, EngineError> {
        let mut rows = Vec::new();
        for commit in verdicts {
            let entry = self.unnumbered(commit)?;
            rows.extend(entry.filter(is_new).map(|entry| entry.commit));
        }
        self.supersede(&rows)?;
        Ok(!rows.is_empty())
    }

    /// Forgets the work whose act the log has brought by another commit, and notes for what stood on it
    /// what stands in its place. To be called once everything that was sent is answered: an answer is
    /// verified with the commit it is about.
    pub(super) fn settle_superseded(&mut self) -> Result<(), EngineError> {
        let superseded = self.store.outbox_superseded()?;
        if superseded.is_empty() {
            return Ok(());
        }
        self.settle_incarnation()?;
        let rows: Vec<_> = superseded
            .iter()
            .filter(|(entry, _)| is_new(entry))
            .map(|(entry, _)| entry.commit)
            .collect();
        self.supersede(&rows)?;
        self.store.write(|transaction| {
            superseded.iter().try_for_each(|(entry, by)| settle(transaction, entry, *by))
        })?;
        Ok(())
    }

    fn supersede(&mut self, rows: &[CommitRow]) -> Result<(), EngineError> {
        if rows.is_empty() {
            return Ok(());
        }
        let held_with = held_with(&self.store, rows)?;
        let due = held_with.into_iter().map(|row| Root::held(row, TakenOut::Due.code()));
        let roots: Vec<_> = rows.iter().map(|row| Root::superseded(*row)).chain(due).collect();
        self.take_out(&roots, Some(&TakenOut::Due.state()), false)
    }
}

/// Whether a verdict is news of work: a device that was ended may have heard of it by an answer, which takes
/// nothing out.
fn is_new(entry: &OutboxEntry) -> bool {
    entry.state != OutboxState::Superseded || entry.stands
}

/// The work that left the documents before, because something was held that is superseded now, and is
/// held for nothing else.
fn held_with(view: &View, superseded: &[CommitRow]) -> Result<Vec<CommitRow>, EngineError> {
    let (mut gone, mut blocked, mut found) = (Names::default(), Names::default(), Vec::new());
    for row in superseded {
        gone.add(view, *row)?;
    }
    // Whatever stands on something was entered later.
    for entry in view.outbox_held()? {
        let row = entry.commit;
        if superseded.contains(&row) {
            continue;
        }
        let is_with_it = is_held_for_another(&entry) && gone.carry(view, row)?;
        if is_with_it && !blocked.carry(view, row)? {
            gone.add(view, row)?;
            found.push(row);
        } else if is_held_for_good(&entry) {
            blocked.add(view, row)?;
        }
    }
    Ok(found)
}

fn is_held_for_another(entry: &OutboxEntry) -> bool {
    match &entry.state {
        OutboxState::Held { code } => code == ANCESTOR_HELD,
        OutboxState::Queued | OutboxState::Sent | OutboxState::Refused { .. } => true,
        OutboxState::Acknowledged | OutboxState::Superseded => false,
    }
}

/// Where the commit that stands is not here, no grant of the holder's covers it any more: then a person
/// has what was entered, to see what is to become of it.
fn settle(
    transaction: &mut Transaction<'_>,
    superseded: &OutboxEntry,
    by: Option<CommitRow>,
) -> Result<(), StoreError> {
    let row = superseded.commit;
    // What something in the log builds on stayed.
    if stands(transaction, row)? {
        return Ok(());
    }
    if by.is_none() {
        return transaction.set_outbox_state(row, &TakenOut::LeftToAPerson.state()).map(drop);
    }
    let seen = Seen::from_bytes(&superseded.planned_on).unwrap_or_default();
    stand_in(transaction, row, by, &seen)?;
    transaction.forget_work(row)
}
