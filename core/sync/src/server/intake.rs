//! What the device pushes, on its way to admission and back as answers.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{OwnFault, PeerMisbehaved};
use crate::message::{Answer, Answers, CommitKey, PushedCommit};
use keting_trust::limits::{CODE_BYTES_MAX, PUSH_IN_FLIGHT_BYTES_MAX, PUSH_IN_FLIGHT_COMMITS_MAX};

#[derive(Debug, Default)]
pub(super) struct Intake {
    /// Commits whose answers were not sent yet, and what each costs.
    unanswered: BTreeMap<CommitKey, usize>,
    unanswered_bytes: usize,
    /// The commits of each `Admit` that is under way.
    admitting: BTreeMap<u64, BTreeSet<CommitKey>>,
}

impl Intake {
    /// Counts the commits of a Push.
    ///
    /// # Errors
    /// When one is still without its answer, or they are too many.
    pub(super) fn take_push(&mut self, commits: &[PushedCommit]) -> Result<(), PeerMisbehaved> {
        for commit in commits {
            let cost = commit.cost_bytes();
            if self.unanswered.insert(commit.key, cost).is_some() {
                return Err(PeerMisbehaved::PushedTwice);
            }
            self.unanswered_bytes += cost;
        }
        if self.unanswered.len() > PUSH_IN_FLIGHT_COMMITS_MAX
            || self.unanswered_bytes > PUSH_IN_FLIGHT_BYTES_MAX
        {
            return Err(PeerMisbehaved::TooManyPushed);
        }
        Ok(())
    }

    pub(super) fn admitting(&mut self, id: u64, commits: &[PushedCommit]) {
        self.admitting.insert(id, commits.iter().map(|commit| commit.key).collect());
    }

    /// Takes the answers of one `Admit`, or nothing if it was answered before.
    ///
    /// # Errors
    /// When they are not one for each commit.
    pub(super) fn take_answers(
        &mut self,
        id: u64,
        answers: Vec<Answer>,
    ) -> Result<Option<Answers>, OwnFault> {
        let Some(asked) = self.admitting.remove(&id) else {
            return Ok(None);
        };
        let given: BTreeSet<_> = answers.iter().map(|answer| answer.commit).collect();
        let short = |answer: &Answer| answer.outcome.code().unwrap_or("").len() <= CODE_BYTES_MAX;
        if given != asked || answers.len() != asked.len() || !answers.iter().all(short) {
            return Err(OwnFault::Driver);
        }
        Ok(Some(Answers { answers }))
    }

    /// Whether commits are without the answers the driver owes them.
    pub(super) fn awaits_answers(&self) -> bool {
        !self.admitting.is_empty()
    }

    /// Notes that answers were taken to be sent.
    pub(super) fn release(&mut self, keys: &[CommitKey]) {
        for key in keys {
            self.unanswered_bytes -= self.unanswered.remove(key).unwrap_or(0);
        }
    }
}
