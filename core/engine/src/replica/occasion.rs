//! Why a command is carried out, and what goes with its commit in the same transaction.

use keting_store::{CommitRow, StoreError, Transaction};

use crate::replica::rolled_back::Anew;

/// Why a command is carried out.
#[derive(Clone, Copy)]
pub(super) enum Occasion<'c> {
    /// A person gave it, perhaps by saving a form of which there is a draft: that goes with it.
    Given { draft: Option<&'c str> },
    /// An earlier attempt goes with it: it is planned on what its author had seen, and its commit takes the
    /// place of another.
    Anew(&'c Anew),
}

impl<'c> Occasion<'c> {
    /// The earlier attempt that goes with it.
    pub(super) fn anew(self) -> Option<&'c Anew> {
        match self {
            Self::Given { .. } => None,
            Self::Anew(anew) => Some(anew),
        }
    }

    /// Writes what goes with the commit.
    pub(super) fn settle(
        self,
        transaction: &mut Transaction<'_>,
        commit: CommitRow,
    ) -> Result<(), StoreError> {
        match self {
            Self::Given { draft: Some(key) } => transaction.discard_draft(key),
            Self::Given { draft: None } => Ok(()),
            Self::Anew(anew) => anew.settle(transaction, Some(commit)),
        }
    }
}
