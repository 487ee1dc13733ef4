//! Verdicts: what became of a commit that was not simply admitted.

use keting_model::{CityId, HybridTime, LogId};
use minicbor::{Decode, Encode};

use super::{Record, sealed::Checked};
use crate::commit::{CommitId, first_broken, is_name};
use crate::error::ProofError;
use crate::log::Place;

/// The longest code of a verdict, in bytes: one is a few words joined by underscores.
const CODE_BYTES_MAX: usize = 64;

/// A word of the server on one commit; the last one in the log counts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Verdict {
    /// The city.
    #[n(0)]
    pub city: CityId,
    /// The log.
    #[n(1)]
    pub log: LogId,
    /// The commit it is about.
    #[n(2)]
    pub commit: CommitId,
    /// What became of it.
    #[n(3)]
    pub outcome: Outcome,
    /// When, by the server's clock, in milliseconds since the Unix epoch.
    #[n(4)]
    pub at_ms: u64,
}

/// What became of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Outcome {
    /// Kept and not admitted; replicas that had it rebuild without it.
    #[n(1)]
    Held {
        /// Why, as a code a person can be told.
        #[n(0)]
        code: String,
    },
    /// Admitted after all, by a supervisor.
    #[n(2)]
    Accepted {
        /// The supervisor's commit that asked for it.
        #[n(0)]
        by: CommitId,
    },
    /// Dropped for good, by a supervisor.
    #[n(3)]
    Discarded {
        /// The supervisor's commit that asked for it.
        #[n(0)]
        by: CommitId,
    },
    /// What it changed landed as a supervisor's own commit.
    #[n(4)]
    TakenOver {
        /// The supervisor's commit.
        #[n(0)]
        by: CommitId,
    },
    /// Another commit of the same act was admitted before it.
    #[n(5)]
    Superseded {
        /// The one that was.
        #[n(0)]
        by: CommitId,
    },
}

impl Record for Verdict {
    const CONTEXT: &'static str = "keting/verdict/1";
    type Place = Place;
}

impl Checked for Verdict {
    fn check(&self) -> Result<(), ProofError> {
        let outcome = match &self.outcome {
            Outcome::Held { code } => is_name(code, CODE_BYTES_MAX),
            Outcome::Accepted { by }
            | Outcome::Discarded { by }
            | Outcome::TakenOver { by }
            | Outcome::Superseded { by } => *by != self.commit,
        };
        first_broken(&[("outcome", outcome), ("at_ms", self.at_ms <= HybridTime::UNIX_MS_MAX)])
    }
}
