//! Verdicts: whether the rows say of each commit what the log says.

use keting_trust::{Outcome, SignedVerdict, Signer as _, Verdict};

use super::Check;
use crate::store::{CommitState, StoreError, StoredCommit, StoredEntry};

impl Check<'_> {
    pub(super) fn verdict(&mut self, entry: &StoredEntry) -> Result<(), StoreError> {
        let Ok(verdict) = SignedVerdict::open(&entry.record, self.city.issuing.public_key()) else {
            self.entry_is(entry, "verdict_not_signed");
            return Ok(());
        };
        if verdict.place.number != entry.number {
            self.entry_is(entry, "record_of_another_place");
        }
        if !self.is_in_its_row(entry.number, &verdict.record)? {
            self.entry_is(entry, "commit_row_differs");
        }
        let device = &verdict.record.commit.device;
        let before = entry.number.saturating_sub(1);
        if self.read.own_numbers(device, before, entry.number, 1)? != [entry.number] {
            self.entry_is(entry, "own_row_missing");
        }
        self.audience(entry, &Default::default())
    }

    fn is_in_its_row(&self, number: u64, verdict: &Verdict) -> Result<bool, StoreError> {
        let id = &verdict.commit;
        let Some(row) = self.read.commit_state(&id.device, &id.command)? else { return Ok(false) };
        Ok(match &verdict.outcome {
            Outcome::Held { code } => {
                let is_held = match &row.state {
                    CommitState::Held { code: held } => held == code,
                    CommitState::Superseded { verdict } => *verdict > number,
                    CommitState::Admitted => false,
                };
                is_held && row.number == number
            }
            Outcome::Superseded { by } => {
                let stands = self.read.admitted_of_act(&id.device, &row.act)?;
                let is_it = |stands: StoredCommit| {
                    (stands.device, stands.command) == (by.device, by.command)
                        && stands.number < number
                };
                row.state == CommitState::Superseded { verdict: number }
                    && stands.is_some_and(is_it)
            }
            // Nobody passes them in this version.
            Outcome::Accepted { .. } | Outcome::Discarded { .. } | Outcome::TakenOver { .. } => {
                false
            }
        })
    }
}
