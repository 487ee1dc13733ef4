//! The server's side of a session with one device.
//!
//! What the device pushes is `intake`'s, what flows to it is `feed`'s, how long what is waited for
//! `waiting`'s. This file holds the handshake, the timers and the order in which things happen.

mod feed;
mod handshake;
mod intake;
mod port;
mod waiting;
mod word;

use std::collections::VecDeque;

use keting_model::LogId;
use keting_trust::PublicKey;

use crate::backoff::Jitter;
use crate::error::{CloseReason, OwnFault, PeerMisbehaved};
use crate::frame::{decode_device, encode_server};
use crate::message::{
    Answers, CommitKey, DeviceMessage, Progress, PushedCommit, Refused, Resume, ServerMessage,
    UpTo, group_of_progress,
};
use crate::timer::{Timer, Timers};
use keting_trust::limits::{
    CODE_BYTES_MAX, EFFECTS_MAX, FRAME_BYTES_MAX, HELLO_MS_MAX, MESSAGE_BYTES_MAX,
};

use feed::{Feed, Said};
use intake::Intake;
pub use port::{
    Admitted, Denial, DocumentBatch, Enrolment, LogBatch, Resumption, ServerConfig, ServerEffect,
    ServerEvent, Standing,
};
pub use word::IssuingKey;
use word::Word;

/// The server's side of one connection from a device, from the TLS handshake to the close.
///
/// *Getter*: [`Self::device`]. *Inputs* (`handle_…`) say what happened and when. *Command*:
/// [`Self::refuse`]. *Outputs* (`poll_…`) say what is to be done.
///
/// The driver calls `new` and `handle_connected` once, then one input at a time. After each it asks
/// `poll_effect`, `poll_transmit` and `poll_event` until all three give nothing, and then
/// `poll_timeout` for when to call `handle_timeout` if nothing else happens. A driver whose
/// connection takes no more bytes leaves frames in `poll_transmit`: windows keep their number
/// small. Effects may be performed later and in any order; each is answered with the id it carries.
/// A late or repeated answer, and any input after the close, is ignored.
///
/// `now_ms` is monotonic milliseconds from any start.
#[derive(Debug)]
pub struct ServerSession {
    config: ServerConfig,
    stage: Stage,
    version: u16,
    last_id: u64,
    jitter: Jitter,
    timers: Timers,
    word: Word,
    feed: Feed,
    intake: Intake,
    /// Pushes that came before the driver's word on the device.
    early: Vec<Vec<PushedCommit>>,
    early_bytes: usize,
    pong_due: bool,
    /// The value of this connection's TLS exporter.
    channel_binding: Vec<u8>,
    /// What a device that may only hand over is told in the end.
    ending: Option<EndOf>,
    transmit: VecDeque<Outgoing>,
    effects: VecDeque<ServerEffect>,
    events: VecDeque<ServerEvent>,
}

#[derive(Debug)]
enum Stage {
    Unconnected,
    AwaitingHello,
    /// The driver decides; `resume` is `None` for a device that wants to be enrolled.
    Deciding {
        device: PublicKey,
        resume: Option<Resume>,
    },
    Live {
        device: PublicKey,
    },
    Closed,
}

/// Of which log a device was ended, and why.
#[derive(Debug)]
struct EndOf {
    log: LogId,
    why: String,
}

/// A frame, and the commits it answers: they count as unanswered until it is taken to be sent, so
/// that a device that does not read cannot make us keep answers without end.
#[derive(Debug)]
struct Outgoing {
    frame: Vec<u8>,
    answers: Vec<CommitKey>,
}

impl ServerSession {
    /// Makes a session. Nothing happens before `handle_connected`.
    pub fn new(config: ServerConfig, seed: u64) -> Self {
        let feed = Feed::new(&config);
        let word = Word::new(config.city, config.key.clone());
        Self {
            config,
            stage: Stage::Unconnected,
            version: 0,
            last_id: 0,
            jitter: Jitter::new(seed),
            timers: Timers::default(),
            word,
            feed,
            intake: Intake::default(),
            early: Vec::new(),
            early_bytes: 0,
            pong_due: false,
            channel_binding: Vec::new(),
            ending: None,
            transmit: VecDeque::new(),
            effects: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// The device's key, once it has proved to hold it and the driver let it in.
    pub fn device(&self) -> Option<&PublicKey> {
        match &self.stage {
            Stage::Live { device } => Some(device),
            Stage::Unconnected | Stage::AwaitingHello | Stage::Deciding { .. } | Stage::Closed => {
                None
            }
        }
    }

    /// The connection stands. `channel_binding` is the value of its TLS exporter.
    pub fn handle_connected(&mut self, channel_binding: &[u8], now_ms: u64) {
        self.word.take_time(now_ms);
        if matches!(self.stage, Stage::Unconnected) {
            self.channel_binding = channel_binding.to_vec();
            self.stage = Stage::AwaitingHello;
            self.timers.set(Timer::HelloDue, now_ms.saturating_add(HELLO_MS_MAX));
        }
    }

    /// A frame came: one binary message of the WebSocket.
    pub fn handle_frame(&mut self, frame: &[u8], now_ms: u64) {
        self.word.take_time(now_ms);
        let handled = match &self.stage {
            Stage::Unconnected | Stage::Closed => return,
            Stage::AwaitingHello => self.handle_first_frame(frame),
            Stage::Deciding { resume, .. } => {
                let may_push = resume.is_some();
                self.handle_early_frame(frame, may_push)
            }
            Stage::Live { device } => {
                let device = device.clone();
                self.timers.set(Timer::PeerSilent, self.silent_at(now_ms));
                self.handle_live_frame(frame, &device, now_ms)
            }
        };
        if let Err(misbehaved) = handled {
            return self.close_misbehaved(misbehaved);
        }
        self.go_on(now_ms);
    }

    /// The time is `now_ms`; timers that have ended take effect.
    pub fn handle_timeout(&mut self, now_ms: u64) {
        self.word.take_time(now_ms);
        while let Some(timer) = self.timers.take_ended(now_ms) {
            match timer {
                Timer::UpToDue => {
                    let said = self.feed.up_to(&[]);
                    self.say_all(said);
                }
                Timer::HandedOver => self.end_hand_over(now_ms),
                Timer::ArrivalDue => self.pong_due = true,
                Timer::HelloDue
                | Timer::ConfirmDue
                | Timer::PeerSilent
                | Timer::WelcomeDue
                | Timer::WordDue
                | Timer::PingDue => {
                    self.close_with(CloseReason::PeerSilent { waited_for: timer.reason() });
                }
            }
        }
        self.go_on(now_ms);
    }

    /// The driver's word on `Authenticate` or `Enrol`: no.
    pub fn handle_denied(&mut self, denial: Denial) {
        if matches!(self.stage, Stage::Deciding { .. }) {
            self.refuse(denial);
        }
    }

    /// The answer to an `Admit`: one answer a commit, each durable. A driver that has none, nor what was
    /// to be read, ends the session by [`Self::refuse`], so that the device hears why.
    pub fn handle_admitted(&mut self, id: u64, admitted: Admitted, now_ms: u64) {
        self.word.take_time(now_ms);
        if matches!(self.stage, Stage::Closed) {
            return;
        }
        match self.answers(id, admitted) {
            Ok(None) => return,
            Ok(Some(answers)) => {
                self.feed.note_own(&answers.answers);
                let keys = answers.answers.iter().map(|answer| answer.commit).collect();
                let frame = encode_server(&ServerMessage::Answers(answers));
                self.transmit.push_back(Outgoing { frame, answers: keys });
            }
            Err(fault) => return self.close_with(fault.into()),
        }
        self.wait_for_more(now_ms);
        self.go_on(now_ms);
    }

    /// The answer to a `ReadLog`.
    pub fn handle_log(&mut self, id: u64, batch: LogBatch, now_ms: u64) {
        let messages = self.feed.take_log(id, batch);
        self.feed_on(messages, now_ms);
    }

    /// The answer to a `ReadDocuments`.
    pub fn handle_documents(&mut self, id: u64, batch: DocumentBatch, now_ms: u64) {
        let messages = self.feed.take_documents(id, batch);
        self.feed_on(messages, now_ms);
    }

    /// The log has grown to `number`, durably.
    pub fn handle_log_advanced(&mut self, number: u64, now_ms: u64) {
        self.word.take_time(now_ms);
        self.feed.take_head(number);
        self.go_on(now_ms);
    }

    /// The connection broke.
    pub fn handle_disconnected(&mut self) {
        self.close_with(CloseReason::ConnectionLost);
    }

    /// Ends the session and tells the device why.
    pub fn refuse(&mut self, denial: Denial) {
        if matches!(self.stage, Stage::Closed) {
            return;
        }
        let refused = self.refused(denial);
        self.send(&ServerMessage::Refused(refused.clone()));
        self.close_with(CloseReason::Refused(refused));
    }

    /// The next frame to send.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        if let Some(outgoing) = self.transmit.pop_front() {
            self.intake.release(&outgoing.answers);
            return Some(outgoing.frame);
        }
        // An answer to a Ping is put together now: however many came, one is enough.
        if !std::mem::take(&mut self.pong_due) || !matches!(self.stage, Stage::Live { .. }) {
            return None;
        }
        let pong = Said::Message(ServerMessage::Pong);
        let said = self.feed.up_to_again().unwrap_or(pong);
        self.say(said);
        self.transmit.pop_front().map(|outgoing| outgoing.frame)
    }

    /// The next thing to do.
    pub fn poll_effect(&mut self) -> Option<ServerEffect> {
        self.effects.pop_front()
    }

    /// The next thing to tell.
    pub fn poll_event(&mut self) -> Option<ServerEvent> {
        self.events.pop_front()
    }

    /// When to call `handle_timeout`, and why.
    pub fn poll_timeout(&self) -> Option<(u64, &'static str)> {
        self.timers.next()
    }

    fn handle_live_frame(
        &mut self,
        frame: &[u8],
        device: &PublicKey,
        now_ms: u64,
    ) -> Result<(), PeerMisbehaved> {
        match decode_device(frame, FRAME_BYTES_MAX)? {
            DeviceMessage::Hello(_) => return Err(PeerMisbehaved::HelloRepeated),
            DeviceMessage::Push(push) => {
                self.intake.take_push(&push.commits)?;
                self.admit(push.commits)?;
                self.wait_for_more(now_ms);
            }
            DeviceMessage::Confirm(confirm) => {
                let confirmed = self.feed.take_confirm(&confirm, device)?;
                self.effects.extend(confirmed.map(ServerEffect::Confirmed));
                self.timers.clear(Timer::ConfirmDue);
            }
            DeviceMessage::Ping => self.pong_due = true,
        }
        self.await_confirm(now_ms);
        Ok(())
    }

    fn feed_on(&mut self, said: Result<Vec<Said>, OwnFault>, now_ms: u64) {
        self.word.take_time(now_ms);
        match said {
            Ok(said) => self.say_all(said),
            Err(fault) => return self.close_with(fault.into()),
        }
        self.await_confirm(now_ms);
        self.go_on(now_ms);
    }

    /// Asks for whatever is due next and keeps the timer of the UpTo.
    fn go_on(&mut self, now_ms: u64) {
        if !matches!(self.stage, Stage::Live { .. }) {
            return;
        }
        if let Some(read) = self.feed.next_read(self.last_id + 1) {
            self.last_id += 1;
            self.effects.push_back(read);
        }
        if self.feed.has_untold() {
            let every_ms = self.config.up_to_every_ms;
            let after_ms = every_ms - self.jitter.below(every_ms / 4);
            self.timers.start(Timer::UpToDue, now_ms.saturating_add(after_ms));
        } else {
            self.timers.clear(Timer::UpToDue);
        }
    }

    /// # Errors
    /// When the driver has not come to what was pushed before, which only a swarm of tiny pushes
    /// brings about.
    fn admit(&mut self, commits: Vec<PushedCommit>) -> Result<(), PeerMisbehaved> {
        if self.effects.len() >= EFFECTS_MAX {
            return Err(PeerMisbehaved::TooManyPushed);
        }
        self.last_id += 1;
        self.intake.admitting(self.last_id, &commits);
        self.effects.push_back(ServerEffect::Admit { id: self.last_id, commits });
        Ok(())
    }

    fn refused(&self, denial: Denial) -> Refused {
        Refused {
            code: clipped(denial.code, CODE_BYTES_MAX),
            retryable: denial.retryable,
            message: clipped(denial.message, MESSAGE_BYTES_MAX),
            versions: self.config.versions.clone(),
        }
    }

    fn send(&mut self, message: &ServerMessage) {
        let frame = encode_server(message);
        self.transmit.push_back(Outgoing { frame, answers: Vec::new() });
    }

    fn say_all(&mut self, said: impl IntoIterator<Item = Said>) {
        said.into_iter().for_each(|said| self.say(said));
    }

    fn say(&mut self, said: Said) {
        match said {
            Said::Message(message) => self.send(&message),
            Said::UpTo { cursor, more, group } => match self.word.sign(cursor, group) {
                Ok(heard) => self.send(&ServerMessage::UpTo(UpTo { heard, more })),
                Err(fault) => self.close_with(fault.into()),
            },
            Said::Progress { position, done, total, group } => {
                // Nothing flows to anybody else.
                let Stage::Live { device } = &self.stage else { return };
                let device = device.device_id();
                let group = group_of_progress(
                    &group,
                    &device,
                    &self.channel_binding,
                    &position,
                    done,
                    total,
                );
                match self.word.sign(position.at, group) {
                    Ok(heard) => {
                        let progress = Progress { position, done, total, heard };
                        self.send(&ServerMessage::Progress(progress));
                    }
                    Err(fault) => self.close_with(fault.into()),
                }
            }
        }
    }

    /// The answers to one `Admit` with the server's word on them, unless it was answered before.
    fn answers(&mut self, id: u64, admitted: Admitted) -> Result<Option<Answers>, OwnFault> {
        let head = admitted.head;
        let Some((answers, group)) = self.intake.take_answers(id, admitted)? else {
            return Ok(None);
        };
        Ok(Some(Answers { answers, heard: self.word.sign(head, group)? }))
    }

    fn close_misbehaved(&mut self, misbehaved: PeerMisbehaved) {
        let refused = self.refused(Denial {
            code: misbehaved.code().to_owned(),
            retryable: false,
            message: misbehaved.to_string(),
        });
        self.send(&ServerMessage::Refused(refused));
        self.close_with(misbehaved.into());
    }

    fn close_with(&mut self, reason: CloseReason) {
        if matches!(self.stage, Stage::Closed) {
            return;
        }
        self.stage = Stage::Closed;
        self.timers.clear_all();
        self.early.clear();
        self.effects.push_back(ServerEffect::Close(reason.clone()));
        self.events.push_back(ServerEvent::Closed(reason));
    }
}

/// A text cut to so many bytes: what says why we close must itself be a message that fits.
fn clipped(mut text: String, bytes_max: usize) -> String {
    text.truncate(text.floor_char_boundary(bytes_max));
    text
}
