//! The loop that joins a sync session and a replica: it performs what the session asks for.
//!
//! It has no thread, socket or clock: the shell feeds it frames and sends what it gives, and so does
//! the simulation. One driver lives as long as one connection.

use keting_store::CommitRow;
use keting_sync::{
    CloseReason, CommitKey, DeviceEffect, DeviceEvent, DeviceSession, OutboxBatch, OutboxItem,
    Outcome, OwnFault, Persist, Persisted, PushedCommit, Refused,
};
use keting_trust::{Cursor, Incarnation, SignedConfirmation, limits};

use crate::environment::Boot;
use crate::error::EngineError;
use crate::replica::{Moot, Replica, Waiting};

/// What a session came to so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Whether the device, which was one of the city already, was enrolled once more. The session ends
    /// with it.
    pub renewed: bool,
    /// Whether the server served this device: something that it said held up and is kept here, or it said
    /// that the device was ended. Who only takes the connection does not.
    pub is_served: bool,
    /// Whether the server has told its time.
    pub time_heard: bool,
    /// Commits that were sent.
    pub commits_sent: u64,
    /// Commits the server answered, well or not.
    pub commits_answered: u64,
    /// Commits of others that came and were new here.
    pub commits_received: u64,
    /// Documents that came and were not here before.
    pub documents_entered: u64,
    /// Documents that left because no grant covers them any more.
    pub documents_left: u64,
    /// Commits the server did not admit.
    pub held: u64,
    /// Edits from before this replica was put back to an earlier state that needed not be made anew.
    pub moot: Vec<Moot>,
    /// Documents received and in all, during a first sync.
    pub first_sync: Option<(u64, u64)>,
    /// Up to where everything is here, once the server said so.
    pub up_to_date: Option<Cursor>,
    /// How often the device sent something and then waited for what came back.
    pub round_trips: u64,
}

impl Progress {
    /// Counts also what was exchanged on the connection just before this one.
    pub(crate) fn add_exchanged(&mut self, earlier: &Self) {
        self.commits_sent += earlier.commits_sent;
        self.commits_answered += earlier.commits_answered;
        self.commits_received += earlier.commits_received;
        self.documents_entered += earlier.documents_entered;
        self.documents_left += earlier.documents_left;
        self.held += earlier.held;
        self.round_trips += earlier.round_trips;
        self.moot.splice(..0, earlier.moot.iter().cloned());
    }
}

/// One connection's session with the replica behind it.
///
/// After each input the caller sends what [`Self::poll_transmit`] gives, asks [`Self::take_ended`],
/// and calls [`Self::handle_timeout`] at the time of [`Self::poll_timeout`] if nothing else happens.
/// `now_ms` is monotonic milliseconds from any start.
pub struct SyncDriver {
    session: DeviceSession,
    /// When the server was asked.
    asked_at: Boot,
    progress: Progress,
    is_renewal: bool,
    /// The last commit in the file when the Hello was made.
    greeted_with: Option<CommitRow>,
    sent_since_received: bool,
    /// The incarnation that the Hello names.
    incarnation: Incarnation,
    /// The value of the connection's TLS exporter.
    channel_binding: [u8; 32],
    /// What the server answered that another commit of its act stands for.
    superseded: Vec<CommitKey>,
    fault: Option<EngineError>,
    ended: Option<CloseReason>,
}

impl SyncDriver {
    /// Begins a session on a connection that stands. `channel_binding` is the value of its TLS
    /// exporter.
    ///
    /// # Errors
    /// When the device is neither enrolled nor invited, or the file cannot be read.
    pub fn start(
        replica: &mut Replica,
        channel_binding: [u8; 32],
        now_ms: u64,
    ) -> Result<Self, EngineError> {
        replica.put_back()?;
        let seed = u64::from_be_bytes(replica.environment().random());
        let session = DeviceSession::new(replica.session_config()?, seed);
        let asked_at = replica.environment().boot();
        let mut driver = Self {
            session,
            asked_at,
            progress: Progress::default(),
            is_renewal: replica.is_to_be_renewed()?,
            greeted_with: replica.last_commit()?,
            sent_since_received: false,
            incarnation: replica.persisted().incarnation,
            channel_binding,
            superseded: Vec::new(),
            fault: None,
            ended: None,
        };
        driver.session.handle_connected(&channel_binding, now_ms);
        driver.perform(replica, now_ms);
        Ok(driver)
    }

    /// What the session came to so far.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Whether everything is exchanged and nothing is under way.
    pub fn is_quiescent(&self) -> bool {
        self.session.is_quiescent()
    }

    /// A frame came.
    pub fn handle_frame(&mut self, replica: &mut Replica, frame: &[u8], now_ms: u64) {
        if std::mem::take(&mut self.sent_since_received) {
            self.progress.round_trips += 1;
        }
        self.session.handle_frame(frame, now_ms);
        self.perform(replica, now_ms);
    }

    /// So many bytes came, the last of them at `at_ms`; their frame need not be whole. To be said before a frame
    /// or the time is.
    pub fn handle_arriving(&mut self, bytes: usize, at_ms: u64) {
        self.session.handle_arriving(bytes, at_ms);
    }

    /// The time is `now_ms`.
    pub fn handle_timeout(&mut self, replica: &mut Replica, now_ms: u64) {
        self.session.handle_timeout(now_ms);
        self.perform(replica, now_ms);
    }

    /// Somebody edited: there may be more to send.
    pub fn handle_edited(&mut self, replica: &mut Replica, now_ms: u64) {
        self.session.handle_outbox_changed(now_ms);
        self.perform(replica, now_ms);
    }

    /// The connection broke, or the other side closed it.
    pub fn handle_disconnected(&mut self, replica: &mut Replica, now_ms: u64) {
        self.session.handle_disconnected();
        self.perform(replica, now_ms);
    }

    /// Ends the session from this side.
    pub fn close(&mut self, replica: &mut Replica, now_ms: u64) {
        self.session.close();
        self.perform(replica, now_ms);
    }

    /// The next frame to send.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        let frame = self.session.poll_transmit();
        self.sent_since_received |= frame.is_some();
        frame
    }

    /// When to call [`Self::handle_timeout`], and why.
    pub fn poll_timeout(&self) -> Option<(u64, &'static str)> {
        self.session.poll_timeout()
    }

    /// How the session ended, once it has: well if this side asked for it, else with the reason.
    pub fn take_ended(&mut self) -> Option<Result<(), EngineError>> {
        let reason = self.ended.take()?;
        Some(match (self.fault.take(), reason) {
            (Some(fault), _) => Err(fault),
            (None, CloseReason::Asked) => Ok(()),
            (None, reason) => Err(reason.into()),
        })
    }

    fn perform(&mut self, replica: &mut Replica, now_ms: u64) {
        loop {
            if let Some(effect) = self.session.poll_effect() {
                self.perform_one(replica, effect, now_ms);
            } else if let Some(event) = self.session.poll_event() {
                self.note(replica, event, now_ms);
            } else if self.author_anew(replica, now_ms) {
                continue;
            } else if self.fault.is_some() && self.session.is_quiescent() {
                // Nothing is received where the logs parted, and what had to go out is answered.
                self.session.close();
            } else {
                return;
            }
        }
    }

    /// Once everything is here and answered, makes anew what this replica made before it knew that it
    /// had been rolled back. Says whether there is more to do.
    fn author_anew(&mut self, replica: &mut Replica, now_ms: u64) -> bool {
        if self.fault.is_some() || !self.session.has_exchanged() {
            return false;
        }
        match replica.author_anew() {
            Ok(authored) => {
                self.progress.moot.extend(authored.moot);
                let is_any = authored.to_send > 0;
                if is_any {
                    self.session.handle_outbox_changed(now_ms);
                }
                is_any
            }
            failed @ Err(_) => {
                self.end_if_failed(failed.map(drop));
                true
            }
        }
    }

    fn perform_one(&mut self, replica: &mut Replica, effect: DeviceEffect, now_ms: u64) {
        match effect {
            DeviceEffect::SignHello { id, bytes } => {
                let signed = replica.signer().sign(&bytes);
                self.session.handle_signed(id, signed, now_ms);
            }
            DeviceEffect::SignConfirmation { id, confirmation } => {
                let signed = SignedConfirmation::sign(confirmation, replica.signer());
                self.session.handle_signed(id, signed.map(|signed| signed.bytes), now_ms);
            }
            DeviceEffect::ReadOutbox { id, after, commits_max, bytes_max } => {
                let count_max = u32::try_from(commits_max).unwrap_or(u32::MAX);
                let batch = replica
                    .waiting(row_of(after), count_max, bytes_max as u64)
                    .map(|waiting| outbox_batch(replica, waiting))
                    .map_err(|error| self.keep_fault(error));
                self.session.handle_outbox(id, batch, now_ms);
            }
            DeviceEffect::Persist(persist) => self.persist(replica, &persist, now_ms),
            DeviceEffect::Close(reason) => self.ended = Some(reason),
        }
    }

    fn persist(&mut self, replica: &mut Replica, persist: &Persist, now_ms: u64) {
        match replica.persist(persist) {
            Ok(kept) => {
                // A server whose log is another one answers too, and is of no use.
                self.progress.is_served |= self.fault.is_none();
                self.progress.commits_received += kept.commits;
                self.progress.documents_entered += kept.documents;
                let persisted = Persisted { has_come_on: kept.has_come_on, ..replica.persisted() };
                self.session.handle_persisted(persist.id, Ok(persisted), now_ms);
                if kept.taken_up > 0 {
                    self.session.handle_outbox_changed(now_ms);
                }
            }
            Err(error) => {
                let fault = self.keep_fault(error);
                self.session.handle_persisted(persist.id, Err(fault), now_ms);
            }
        }
    }

    /// The session only hears that its own side failed; the application hears why.
    fn keep_fault(&mut self, error: EngineError) -> OwnFault {
        self.fault.get_or_insert(error);
        OwnFault::Store
    }

    /// Whether more time passed since the server was asked than an answer may take, the time in which
    /// the machine slept included: the session's own clock may stand still then.
    fn is_answer_too_old(&self, replica: &mut Replica) -> bool {
        let now = replica.environment().boot();
        let since_ms = now.elapsed_ms.saturating_sub(self.asked_at.elapsed_ms);
        now.id != self.asked_at.id || since_ms > limits::ANSWER_MS_MAX
    }

    fn end_if_failed(&mut self, noted: Result<(), EngineError>) {
        if let Err(error) = noted {
            self.keep_fault(error);
            self.session.close();
        }
    }

    fn note(&mut self, replica: &mut Replica, event: DeviceEvent, now_ms: u64) {
        match event {
            DeviceEvent::Pushed(commits) => {
                self.progress.commits_sent += commits.len() as u64;
                let noted = replica.note_sent(&commits);
                self.end_if_failed(noted);
            }
            DeviceEvent::Answered(answers) => {
                self.progress.commits_answered += answers.len() as u64;
                let superseded = answers.iter().filter(|answer| match answer.outcome {
                    Outcome::Superseded { .. } => true,
                    Outcome::Admitted { .. } | Outcome::Held { .. } | Outcome::Refused { .. } => {
                        false
                    }
                });
                self.superseded.extend(superseded.map(|answer| answer.commit));
                let held = answers.iter().filter(|answer| match answer.outcome {
                    Outcome::Admitted { .. } | Outcome::Superseded { .. } => false,
                    Outcome::Held { .. } | Outcome::Refused { .. } => true,
                });
                self.progress.held += held.count() as u64;
            }
            DeviceEvent::Progress { done, total } => {
                self.progress.first_sync = Some((done, total));
            }
            DeviceEvent::UpToDate { cursor, at_ms } => match replica.note_up_to_date(at_ms) {
                Ok(was_ended) => {
                    self.progress.up_to_date = Some(cursor);
                    if was_ended {
                        self.session.handle_outbox_changed(now_ms);
                    }
                }
                Err(error) => self.end_if_failed(Err(error)),
            },
            DeviceEvent::Unsendable(commit) => {
                self.progress.held += 1;
                let noted = replica.hold(&commit, "too_large");
                self.end_if_failed(noted);
            }
            DeviceEvent::LogDiverged { .. } => {
                let noted = replica.note_log_diverged();
                self.keep_fault(EngineError::Protocol { code: "log_diverged" });
                self.end_if_failed(noted);
            }
            // The phone slept meanwhile: the time in it is an old one, and the server has given up.
            DeviceEvent::Welcomed(_) if self.is_answer_too_old(replica) => {
                self.session.handle_disconnected();
            }
            DeviceEvent::Welcomed(welcome) => {
                let noted = replica.note_welcome(welcome.server_time_ms, welcome.backed_up_to);
                self.progress.time_heard = noted.is_ok();
                self.end_if_failed(noted);
                let noted = replica.note_highest(&self.incarnation, welcome.highest.as_ref());
                self.end_if_failed(noted);
                if let Some(grant) = &welcome.issuing_grant {
                    let taken = replica.take_issuing_grant(grant);
                    self.end_if_failed(taken);
                }
            }
            DeviceEvent::Closed(CloseReason::Ended(ended)) => {
                let proven = replica.check_end(&ended.proof, &self.channel_binding);
                self.progress.is_served |= proven.is_ok();
                let noted = proven
                    .and_then(|why| replica.note_ended(&why, self.greeted_with, &self.superseded));
                self.end_if_failed(noted);
            }
            // Whoever has the server's TLS key can say so. The city signs it.
            DeviceEvent::Closed(CloseReason::Refused(refused))
                if refused.code == Refused::DEVICE_ENDED =>
            {
                self.keep_fault(EngineError::LogNotSigned);
            }
            DeviceEvent::Enrolled => {
                if self.is_renewal {
                    self.progress.renewed = true;
                    self.session.close();
                }
            }
            DeviceEvent::Closed(_) => {}
        }
    }
}

fn outbox_batch(replica: &Replica, waiting: Vec<Waiting>) -> OutboxBatch {
    let own = replica.device();
    let more = !waiting.is_empty();
    let items = waiting.into_iter().map(|waiting| {
        let author = (waiting.commit.device != own).then_some(waiting.commit.device);
        let key = CommitKey { author, command: waiting.commit.command };
        let commit = PushedCommit { key, signed: waiting.bytes, parts: waiting.parts };
        OutboxItem { place: place_of(waiting.row), commit }
    });
    OutboxBatch { items: items.collect(), more }
}

/// A place in the outbox for the session, which counts above 0.
fn place_of(row: CommitRow) -> u64 {
    u64::try_from(row.0).unwrap_or(0)
}

fn row_of(place: u64) -> Option<CommitRow> {
    i64::try_from(place).ok().filter(|row| *row > 0).map(CommitRow)
}
