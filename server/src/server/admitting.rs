//! Groups go out to be judged, and what became of them comes back.

use std::collections::BTreeMap;

use keting_sync::Admitted;
use tracing::info;

use super::effects::denial;
use super::waiting::Queued;
use super::{Server, effects};
use crate::admission::{Admission, Batch, Outcome, Push};
use crate::metrics::Metrics;
use crate::store::StoreError;

/// A group of pushes to be judged, and the moment of their receipt.
#[derive(Debug)]
pub struct Group {
    /// What devices pushed.
    pub pushes: Vec<Push>,
    /// When, milliseconds since the Unix epoch by the server's clock.
    pub unix_ms: u64,
}

/// Somebody who judges groups while the server's core does other things.
pub trait Admitter: Send {
    /// Begins with a group. What becomes of it is told by [`Server::handle_admitted`]; until then the
    /// core gives no other.
    fn begin(&mut self, group: Group);
}

/// Who judges.
pub(super) enum Judges {
    /// The core itself, within its step.
    Here(Admission),
    /// Somebody else, meanwhile.
    Elsewhere(Box<dyn Admitter>),
}

impl Server {
    /// Lets somebody else judge what is pushed from now on, so that the core answers others
    /// meanwhile.
    pub fn admit_through(&mut self, admitter: Box<dyn Admitter>) {
        self.judges = Judges::Elsewhere(admitter);
    }

    /// Whether something that was pushed is not answered yet, and will be.
    pub fn is_admitting(&self) -> bool {
        self.waiting.is_under_way()
            || (self.clock.suspicion().is_none() && !self.waiting.is_empty())
    }

    /// A group has been judged: what became of it is durable, or the store failed.
    pub fn handle_admitted(&mut self, judged: Result<Batch, StoreError>, now_ms: u64) {
        match judged {
            Ok(batch) => {
                self.fault = None;
                self.count(&batch);
                let head = batch.head.cursor();
                self.take_head(batch.head, now_ms);
                for queued in self.waiting.take_outcomes(batch.answers) {
                    let answers = effects::answers(queued.keys, queued.outcomes);
                    if let Some(open) = self.connections.get_mut(&queued.connection) {
                        let admitted = Admitted { answers, head };
                        open.session.handle_admitted(queued.id, admitted, now_ms);
                        self.touched.insert(queued.connection);
                    }
                }
            }
            Err(error) => {
                self.note_fault(&error);
                for Queued { connection, .. } in self.waiting.give_up() {
                    if let Some(open) = self.connections.get_mut(&connection) {
                        open.session.refuse(denial(error.code(), error.retryable()));
                        self.touched.insert(connection);
                    }
                }
            }
        }
        self.touched.append(&mut self.stalled);
    }

    /// Gives the next group to be judged, if none is; true if there may be more to do now.
    pub(super) fn admit_some(&mut self, now_ms: u64, unix_ms: u64) -> bool {
        // What waits is judged once the time is known again, though its sessions have ended.
        if self.waiting.is_under_way() || self.clock.suspicion().is_some() {
            return false;
        }
        let pushes = self.waiting.take_group();
        if pushes.is_empty() {
            return false;
        }
        match &mut self.judges {
            Judges::Here(admission) => {
                let judged = admission.admit(&mut *self.store, &self.city, &pushes, unix_ms);
                self.handle_admitted(judged, now_ms);
                true
            }
            Judges::Elsewhere(admitter) => {
                admitter.begin(Group { pushes, unix_ms });
                false
            }
        }
    }

    /// Counts what became of a group, and writes into the log why something was not admitted.
    fn count(&mut self, batch: &Batch) {
        self.metrics.commits_repeated += batch.repeated;
        self.metrics.batches_repeated += u64::from(batch.rechecked);
        self.metrics.ops_replayed += batch.spent.replayed_ops;
        self.metrics.earlier_states_made += batch.spent.forks;
        self.metrics.open_documents_bytes = batch.open_documents_bytes;
        let outcomes = || batch.answers.iter().flatten();
        self.metrics.count_batch(outcomes().count() as u64);
        let (mut held, mut refused) = (BTreeMap::new(), BTreeMap::new());
        for outcome in outcomes() {
            match outcome {
                Outcome::Admitted { .. } => self.metrics.commits_admitted += 1,
                Outcome::Superseded { .. } => self.metrics.commits_superseded += 1,
                Outcome::Held { code, .. } => Metrics::count(&mut held, code),
                Outcome::Refused { code } => Metrics::count(&mut refused, code),
            }
        }
        for (code, count) in held {
            info!(code, count, "edits are held");
            *self.metrics.commits_held.entry(code).or_default() += count;
        }
        for (code, count) in refused {
            info!(code, count, "edits are refused for now");
            *self.metrics.commits_refused.entry(code).or_default() += count;
        }
    }
}
