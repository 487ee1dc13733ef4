//! What hangs on a commit that was not admitted, though no document shows it: the commits that its
//! author had before them when planning it.
//!
//! If one of them is held, so is what follows it. If one is not here, it may come, and what follows it
//! comes again.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::CommandId;
use keting_trust::CommitId;

use super::Finding;
use super::receive::Opened;
use crate::store::{CommitState, ServerRead, StoreError};

/// What the store says of the commits that one follows.
#[derive(Debug, Default)]
pub(super) struct Followed {
    is_held: bool,
    /// Those the store does not know. They may stand before it in the batch.
    open: Vec<CommitId>,
}

impl Followed {
    /// Looks up what a commit follows.
    pub(super) fn look_up(read: &dyn ServerRead, ids: &[CommitId]) -> Result<Self, StoreError> {
        let mut followed = Self::default();
        for id in ids {
            match read.commit_state(&id.device, &id.command)?.map(|known| known.state) {
                Some(CommitState::Admitted) => {}
                Some(CommitState::Held { .. }) => followed.is_held = true,
                // What is superseded never comes: its author makes anew what follows it.
                Some(CommitState::Superseded { .. }) | None => followed.open.push(*id),
            }
        }
        Ok(followed)
    }

    /// Those that must stand before it in the batch.
    pub(super) fn open(&self) -> &[CommitId] {
        &self.open
    }
}

/// The first commit of the act that a commit carries out.
pub(super) fn act_of(opened: &Opened<'_>) -> CommitId {
    CommitId { command: opened.commit.body.act(), ..opened.id }
}

/// What became of the commits of a batch so far. Those that were refused, or that another one of their act
/// supersedes, are in it no more than those that never came.
#[derive(Debug, Default)]
pub(super) struct Standings {
    commits: BTreeMap<CommitId, Standing>,
    /// For the acts of which a commit is to be admitted: which one.
    acts: BTreeMap<CommitId, CommandId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Admitted,
    Held,
}

impl Standings {
    /// Notes what was found of a commit.
    pub(super) fn note(&mut self, opened: &Opened<'_>, finding: &Finding) {
        let standing = match finding {
            Finding::Admit(_) => {
                self.acts.insert(act_of(opened), opened.id.command);
                Standing::Admitted
            }
            Finding::Held(_) => Standing::Held,
            // What was answered before is looked up in the store.
            Finding::Refused(_)
            | Finding::Superseded(_)
            | Finding::Answered(_)
            | Finding::SameAs(_) => return,
        };
        self.commits.insert(opened.id, standing);
    }

    /// Takes in what became of others.
    pub(super) fn extend(&mut self, others: Self) {
        self.commits.extend(others.commits);
        self.acts.extend(others.acts);
    }

    /// Which commit of the batch is to be admitted for the act of this one.
    pub(super) fn stands_for(&self, opened: &Opened<'_>) -> Option<CommandId> {
        self.acts.get(&act_of(opened)).copied()
    }

    /// Why a commit cannot stand for what it follows. `pending` are those of the batch before it of
    /// which nothing is known yet.
    pub(super) fn fault(
        &self,
        opened: &Opened<'_>,
        pending: &BTreeSet<CommitId>,
    ) -> Option<&'static str> {
        let followed = &opened.followed;
        let standings = || followed.open.iter().map(|id| (id, self.commits.get(id)));
        if followed.is_held || standings().any(|(_, found)| found == Some(&Standing::Held)) {
            return Some("ancestor_held");
        }
        let is_missing =
            |(id, found): (&CommitId, Option<&Standing>)| found.is_none() && !pending.contains(id);
        standings().any(is_missing).then_some("missing_dependency")
    }
}
