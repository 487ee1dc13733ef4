//! What sessions ask for, done: letting in and reading have files of their own.

use super::waiting::Queued;
use super::{CONFIRMATIONS_EVERY_MS, ConnectionId, Server};
use crate::admission::{Outcome, PushedCommit};
use crate::metrics::Metrics;
use crate::store::StoredDevice;
use keting_sync::{Admitted, Answer, CommitKey, Denial, Outcome as Answered, ServerEffect};
use keting_trust::Confirmation;

/// What is pushed is answered with this where the device's log is another one: it keeps it, and goes
/// on once the server has its log again.
const LOG_DIVERGED: &str = "log_diverged";

/// What a device confirmed.
#[derive(Debug)]
pub(super) struct Confirmed {
    confirmation: Confirmation,
    /// Whether it is of the incarnation that the session's Hello named.
    is_of_its_hello: bool,
}

impl Server {
    /// Performs what one session asks for until it asks for nothing more.
    pub(super) fn perform_all(&mut self, connection: ConnectionId, now_ms: u64, unix_ms: u64) {
        loop {
            let Some(open) = self.connections.get_mut(&connection) else { return };
            let next = open.stalled.take().or_else(|| open.session.poll_effect());
            let Some(effect) = next else { break };
            if let (ServerEffect::Admit { .. }, Some(device)) = (&effect, &open.device)
                && self.waiting.is_full_for(device)
            {
                open.stalled = Some(effect);
                self.stalled.insert(connection);
                break;
            }
            self.perform(connection, effect, now_ms, unix_ms);
        }
        self.take_events(connection);
        self.note_timeout(connection);
    }

    fn perform(
        &mut self,
        connection: ConnectionId,
        effect: ServerEffect,
        now_ms: u64,
        unix_ms: u64,
    ) {
        match effect {
            ServerEffect::Authenticate { device, software: _, resume, told_of_end } => {
                let made = (resume.incarnation, resume.last_sequence);
                let id = device.device_id();
                if self.note_greeting(connection, &id, Some(made), told_of_end) {
                    self.authenticate(connection, &device, &resume, now_ms, unix_ms);
                }
            }
            ServerEffect::Enrol { device, software: _, secret, name, told_of_end } => {
                if self.note_greeting(connection, &device.device_id(), None, told_of_end) {
                    self.enrol(connection, &device, &secret, &name, now_ms, unix_ms);
                }
            }
            ServerEffect::Admit { id, commits } => {
                self.queue_push(connection, id, commits, now_ms);
            }
            ServerEffect::ReadLog { id, after, until, bytes_max } => {
                let batch = self.read_log(connection, after, until, bytes_max, unix_ms);
                let Some(batch) = self.or_end(connection, batch) else { return };
                self.metrics.entries_sent += batch.entries.len() as u64;
                if let Some(open) = self.connections.get_mut(&connection) {
                    open.session.handle_log(id, batch, now_ms);
                }
            }
            ServerEffect::ReadDocuments { id, from, bytes_max } => {
                let batch = self.read_documents(connection, from.as_ref(), bytes_max, unix_ms);
                let Some(batch) = self.or_end(connection, batch) else { return };
                self.metrics.entries_sent += batch.entries.len() as u64;
                if let Some(open) = self.connections.get_mut(&connection) {
                    open.session.handle_documents(id, batch, now_ms);
                }
            }
            ServerEffect::Confirmed(signed) => {
                let Some(open) = self.connections.get(&connection) else { return };
                if let Some(device) = open.device {
                    let confirmation = signed.record;
                    let is_of_its_hello = open.incarnation == Some(confirmation.incarnation);
                    self.confirmations.insert(device, Confirmed { confirmation, is_of_its_hello });
                    self.confirmations_due
                        .get_or_insert(now_ms.saturating_add(CONFIRMATIONS_EVERY_MS));
                }
            }
            ServerEffect::Close(_) => {
                if let Some(open) = self.connections.get_mut(&connection) {
                    open.is_closed = true;
                }
            }
        }
    }

    fn queue_push(
        &mut self,
        connection: ConnectionId,
        id: u64,
        commits: Vec<keting_sync::PushedCommit>,
        now_ms: u64,
    ) {
        let Some(open) = self.connections.get_mut(&connection) else { return };
        let Some(device) = open.device else { return };
        let keys: Vec<CommitKey> = commits.iter().map(|commit| commit.key).collect();
        if commits.is_empty() || open.is_diverged {
            for _ in &keys {
                Metrics::count(&mut self.metrics.commits_refused, LOG_DIVERGED);
            }
            let refused = Outcome::Refused { code: LOG_DIVERGED };
            let outcomes = vec![refused; keys.len()];
            let admitted = Admitted { answers: answers(keys, outcomes), head: self.head.cursor() };
            return open.session.handle_admitted(id, admitted, now_ms);
        }
        let commits = commits
            .into_iter()
            .map(|commit| PushedCommit {
                expected: Some(super::commit_id(&commit.key, device)),
                signed: commit.signed,
                parts: commit.parts,
            })
            .collect();
        let outcomes = Vec::new();
        self.waiting.push(device, Queued { connection, id, keys, commits, outcomes });
    }

    /// Writes what devices have confirmed since the last time.
    pub(super) fn write_confirmations(&mut self, now_ms: u64, unix_ms: u64) {
        self.confirmations_due = None;
        let confirmations = std::mem::take(&mut self.confirmations);
        if confirmations.is_empty() {
            return;
        }
        let kept = self.clock.due(unix_ms, now_ms, true);
        let written = self.store.begin().and_then(|mut transaction| {
            for (device, Confirmed { confirmation, is_of_its_hello }) in &confirmations {
                if let Some(row) = transaction.device(device)? {
                    let confirmed_number = confirmation.cursor.number;
                    let row = StoredDevice { seen_at_ms: unix_ms, confirmed_number, ..row };
                    transaction.put_device(&row)?;
                    // A device names one incarnation a session. What it confirms of another it says once
                    // more when it comes as that.
                    if *is_of_its_hello {
                        transaction.put_confirmation(device, confirmation)?;
                    }
                }
            }
            if let Some(kept) = kept {
                super::clock::put(&mut *transaction, kept)?;
            }
            transaction.commit()
        });
        self.note_result(written);
    }
}

/// The answers as the protocol has them.
pub(super) fn answers(keys: Vec<CommitKey>, outcomes: Vec<Outcome>) -> Vec<Answer> {
    keys.into_iter()
        .zip(outcomes)
        .map(|(commit, outcome)| Answer {
            commit,
            outcome: match outcome {
                Outcome::Admitted { number } => Answered::Admitted { number },
                Outcome::Held { number, code } => Answered::Held { number, code },
                Outcome::Refused { code } => Answered::Refused { code: code.to_owned() },
                Outcome::Superseded { number } => Answered::Superseded { number },
            },
        })
        .collect()
}

/// Why a device is not served.
pub(super) fn denial(code: &str, retryable: bool) -> Denial {
    let message = match code {
        "unknown_device" => "this server has not enrolled the device",
        "clock_suspect" => "the server does not trust its own clock",
        "grant_ended" => "no grant of the device is valid any more",
        "grant_not_yet_valid" => "no grant of the device is valid yet",
        "audience_changed" => "what the device is given has changed, so it begins anew",
        "invitation_used" => "another device has used the invitation",
        "invitation_expired" => "the invitation is not valid any more",
        "invitation_unknown" => "there is no such invitation",
        "invitation_cancelled" => "the operator took the invitation back",
        "anothers_device" => "the device is another person's",
        _ => "the server cannot serve the device now",
    };
    Denial { code: code.to_owned(), retryable, message: message.to_owned() }
}
