//! What the device pushes, on its way to admission and back as answers.

use std::collections::{BTreeMap, BTreeSet};

use super::port::Admitted;
use crate::error::{OwnFault, PeerMisbehaved};
use crate::message::{Answer, CommitKey, PushedCommit, group_of_answers};
use keting_trust::Digest;
use keting_trust::limits::{CODE_BYTES_MAX, PUSH_IN_FLIGHT_BYTES_MAX, PUSH_IN_FLIGHT_COMMITS_MAX};

#[derive(Debug, Default)]
pub(super) struct Intake {
    /// Commits whose answers were not sent yet, and what each costs.
    unanswered: BTreeMap<CommitKey, usize>,
    unanswered_bytes: usize,
    /// The commits of each `Admit` that is under way, and the digests of their signed bytes.
    admitting: BTreeMap<u64, BTreeMap<CommitKey, Digest>>,
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
        let digest = |commit: &PushedCommit| (commit.key, Digest::of(&commit.signed));
        self.admitting.insert(id, commits.iter().map(digest).collect());
    }

    /// Takes the answers of one `Admit`, or nothing if it was answered before. What is given is to be
    /// sent: the answers, and the digest of what they say.
    ///
    /// # Errors
    /// When they are not one for each commit, or the log does not reach as far as they say.
    pub(super) fn take_answers(
        &mut self,
        id: u64,
        admitted: Admitted,
    ) -> Result<Option<(Vec<Answer>, Digest)>, OwnFault> {
        let Some(asked) = self.admitting.remove(&id) else {
            return Ok(None);
        };
        let Admitted { answers, head } = admitted;
        let given: BTreeSet<_> = answers.iter().map(|answer| answer.commit).collect();
        let short = |answer: &Answer| answer.outcome.code().unwrap_or("").len() <= CODE_BYTES_MAX;
        let logged = |answer: &Answer| answer.outcome.number().unwrap_or(0) <= head.number;
        if !given.iter().eq(asked.keys())
            || answers.len() != asked.len()
            || !answers.iter().all(|answer| short(answer) && logged(answer))
        {
            return Err(OwnFault::Driver);
        }
        let group = group_of_answers(&answers, |key| asked.get(key).copied());
        Ok(Some((answers, group.ok_or(OwnFault::Driver)?)))
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
