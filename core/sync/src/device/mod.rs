//! The device's side of a session.
//!
//! What comes from the server is `inbound`'s: groups of entries, what is to be persisted, and what is
//! confirmed. What goes up is `outbound`'s: the outbox. This file holds the handshake, the timers
//! and the order in which things happen.

mod arriving;
mod confirming;
mod handshake;
mod inbound;
mod outbound;
mod owed;
mod port;

use std::collections::VecDeque;

use keting_trust::{Cursor, SignError};

use crate::backoff::Jitter;
use crate::error::{CloseReason, OwnFault, PeerMisbehaved};
use crate::frame::{decode_server, encode_device};
use crate::message::{DeviceMessage, Hello, PushedCommit, ServerMessage, Welcome};
use crate::timer::{Timer, Timers};
use keting_trust::limits::{
    ANSWER_MS_MAX, FRAME_BYTES_MAX, IDLE_AFTER_MS_MIN, KEEPALIVE_EVERY_MS, WORD_MS_MAX,
};

use arriving::ARRIVAL_MS_MAX;
use inbound::Inbound;
use outbound::Outbound;
pub use port::{
    DeviceConfig, DeviceEffect, DeviceEvent, FirstSync, Group, Moved, OutboxBatch, OutboxItem,
    Persist, Persisted, Purpose, Status,
};

/// The device's side of one connection to the server, from the TLS handshake to the close.
///
/// *Getters* ([`Self::status`], [`Self::is_quiescent`], [`Self::cursor`]) change nothing. *Inputs*
/// (`handle_…`) say what happened and when. *Commands* ([`Self::close`]) say what the application
/// wants. *Outputs* (`poll_…`) say what is to be done.
///
/// The driver calls `new` and `handle_connected` once, then one input at a time. After each it asks
/// `poll_effect`, `poll_transmit` and `poll_event` until all three give nothing, and then
/// `poll_timeout` for when to call `handle_timeout` if nothing else happens. Effects may be
/// performed at once or later, but `Persist`s in the order in which they come; each is answered
/// with the id it carries. Frames are sent in the order in which they come. A late or repeated
/// answer, and any input after the close, is ignored; asking or calling too often is safe.
///
/// `now_ms` is monotonic milliseconds from any start. A session is never used again: the next
/// connection gets a new one, made from what the replica holds by then.
#[derive(Debug)]
pub struct DeviceSession {
    config: DeviceConfig,
    stage: Stage,
    last_id: u64,
    jitter: Jitter,
    timers: Timers,
    welcomed: Option<Welcome>,
    inbound: Inbound,
    outbound: Outbound,
    /// How long the server may still take for what it owes, in milliseconds, while its time does not run.
    word_left_ms: u64,
    /// How much longer it may still take since bytes come of it, in milliseconds.
    arrival_left_ms: u64,
    ping_due: bool,
    transmit: VecDeque<Vec<u8>>,
    effects: VecDeque<DeviceEffect>,
    events: VecDeque<DeviceEvent>,
}

#[derive(Debug)]
enum Stage {
    Unconnected,
    SigningHello { id: u64, hello: Box<Hello> },
    AwaitingWelcome,
    AwaitingEnrolled,
    Live,
    Closed,
}

impl DeviceSession {
    /// Makes a session. Nothing happens before `handle_connected`.
    pub fn new(config: DeviceConfig, seed: u64) -> Self {
        let inbound = Inbound::new(config.city, &config.purpose);
        Self {
            config,
            stage: Stage::Unconnected,
            last_id: 0,
            jitter: Jitter::new(seed),
            timers: Timers::default(),
            welcomed: None,
            inbound,
            outbound: Outbound::default(),
            word_left_ms: WORD_MS_MAX,
            arrival_left_ms: ARRIVAL_MS_MAX,
            ping_due: false,
            transmit: VecDeque::new(),
            effects: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// The state an application can show.
    pub fn status(&self) -> Status {
        Status { connected: matches!(self.stage, Stage::Live), ..self.inbound.status() }
    }

    /// Up to where the replica has the log, by what was persisted in this session and before.
    pub fn cursor(&self) -> Option<Cursor> {
        self.inbound.cursor()
    }

    /// Whether the session stands and has nothing left to do: the outbox is answered, everything
    /// the server had is persisted, the device's own commits included, and confirmed. A session that
    /// receives nothing, because the logs parted, has only the outbox to do.
    pub fn is_quiescent(&self) -> bool {
        self.has_exchanged()
            && self.transmit.is_empty()
            && self.effects.is_empty()
            && self.inbound.is_idle()
    }

    /// Whether the outbox is answered and everything the server had is persisted, though it may have
    /// to be confirmed yet.
    pub fn has_exchanged(&self) -> bool {
        matches!(self.stage, Stage::Live) && self.outbound.is_idle() && self.inbound.is_persisted()
    }

    /// The connection stands. `channel_binding` is the value of its TLS exporter.
    pub fn handle_connected(&mut self, channel_binding: &[u8], now_ms: u64) {
        if !matches!(self.stage, Stage::Unconnected) {
            return;
        }
        self.inbound.connect(channel_binding);
        self.begin_hello(channel_binding, now_ms);
    }

    /// The key signed what a `SignHello` or `SignConfirmation` asked for, or could not.
    pub fn handle_signed(&mut self, id: u64, signed: Result<Vec<u8>, SignError>, now_ms: u64) {
        if matches!(self.stage, Stage::Closed) {
            return;
        }
        let asked = self.inbound.confirming.is_signing(id)
            || matches!(&self.stage, Stage::SigningHello { id: asked, .. } if *asked == id);
        match signed {
            _ if !asked => {}
            Err(_) => self.close_with(OwnFault::Signer.into()),
            Ok(signature) => {
                if !self.inbound.confirming.take_signature(id, &signature) {
                    self.send_hello(signature);
                }
                self.go_on(now_ms);
            }
        }
    }

    /// A frame came: one binary message of the WebSocket.
    pub fn handle_frame(&mut self, frame: &[u8], now_ms: u64) {
        if matches!(self.stage, Stage::Closed) {
            return;
        }
        let handled = decode_server(frame, FRAME_BYTES_MAX)
            .and_then(|message| self.handle_message(message, now_ms));
        if let Err(misbehaved) = handled {
            return self.close_with(misbehaved.into());
        }
        if let (Some(at_ms), false) = (self.silent_at(now_ms), matches!(self.stage, Stage::Closed))
        {
            self.timers.set(Timer::PeerSilent, at_ms);
        }
        self.go_on(now_ms);
    }

    /// The time is `now_ms`; timers that have ended take effect.
    pub fn handle_timeout(&mut self, now_ms: u64) {
        while let Some(timer) = self.timers.take_ended(now_ms) {
            match timer {
                Timer::PingDue => self.ping_due = true,
                Timer::WelcomeDue
                | Timer::WordDue
                | Timer::PeerSilent
                | Timer::HelloDue
                | Timer::ConfirmDue
                | Timer::UpToDue
                | Timer::HandedOver
                | Timer::ArrivalDue => {
                    self.close_with(CloseReason::PeerSilent { waited_for: timer.reason() });
                }
            }
        }
        self.go_on(now_ms);
    }

    /// The outbox may hold commits that it did not hold before.
    pub fn handle_outbox_changed(&mut self, now_ms: u64) {
        self.outbound.changed();
        self.go_on(now_ms);
    }

    /// The answer to a `ReadOutbox`.
    pub fn handle_outbox(&mut self, id: u64, batch: Result<OutboxBatch, OwnFault>, now_ms: u64) {
        match batch {
            Ok(batch) => {
                let unsendable = self.outbound.take_batch(id, batch);
                self.events.extend(unsendable.into_iter().map(DeviceEvent::Unsendable));
            }
            Err(fault) => return self.close_with(fault.into()),
        }
        self.go_on(now_ms);
    }

    /// The answer to a `Persist`: everything in it is durable, or nothing is. It counts after the
    /// close as well: what is durable is durable.
    pub fn handle_persisted(
        &mut self,
        id: u64,
        persisted: Result<Persisted, OwnFault>,
        now_ms: u64,
    ) {
        match persisted {
            Ok(persisted) => {
                let taken = self.inbound.take_persisted(id, persisted, &mut self.events);
                if taken.has_come_on {
                    self.note_given();
                }
                if taken.is_enrolled {
                    self.outbound.open();
                }
            }
            Err(fault) => return self.close_with(fault.into()),
        }
        self.go_on(now_ms);
    }

    /// The connection broke.
    pub fn handle_disconnected(&mut self) {
        self.close_with(CloseReason::ConnectionLost);
    }

    /// Ends the session.
    pub fn close(&mut self) {
        self.close_with(CloseReason::Asked);
    }

    /// The next frame to send.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        if let Some(frame) = self.transmit.pop_front() {
            return Some(frame);
        }
        if !matches!(self.stage, Stage::Live) {
            return None;
        }
        // What is due is put together now, so that a slow connection carries the latest only.
        if let Some(confirm) = self.inbound.confirming.take() {
            self.ping_due = false;
            return Some(encode_device(&DeviceMessage::Confirm(confirm)));
        }
        std::mem::take(&mut self.ping_due).then(|| encode_device(&DeviceMessage::Ping))
    }

    /// The next thing to do.
    pub fn poll_effect(&mut self) -> Option<DeviceEffect> {
        self.effects.pop_front()
    }

    /// The next thing to tell.
    pub fn poll_event(&mut self) -> Option<DeviceEvent> {
        self.events.pop_front()
    }

    /// When to call `handle_timeout`, and why.
    pub fn poll_timeout(&self) -> Option<(u64, &'static str)> {
        self.timers.next()
    }

    fn handle_message(
        &mut self,
        message: ServerMessage,
        now_ms: u64,
    ) -> Result<(), PeerMisbehaved> {
        match (&self.stage, message) {
            (Stage::Closed, _) => Ok(()),
            (_, ServerMessage::Refused(refused)) => {
                self.handle_refused(refused);
                Ok(())
            }
            (Stage::AwaitingWelcome, ServerMessage::Welcome(welcome)) => {
                self.handle_welcome(welcome, now_ms)
            }
            (Stage::Unconnected | Stage::SigningHello { .. } | Stage::AwaitingWelcome, _) => {
                Err(PeerMisbehaved::WelcomeMissing)
            }
            (_, ServerMessage::Ended(ended)) => {
                self.close_with(CloseReason::Ended(Box::new(ended)));
                Ok(())
            }
            (_, ServerMessage::Welcome(_)) => Err(PeerMisbehaved::WelcomeRepeated),
            (Stage::AwaitingEnrolled, ServerMessage::Enrolled(enrolled)) => {
                self.handle_enrolled(enrolled)
            }
            (Stage::AwaitingEnrolled, _) | (_, ServerMessage::Enrolled(_)) => {
                Err(PeerMisbehaved::EnrolledOutOfPlace)
            }
            (Stage::Live, message) => self.handle_live(message),
        }
    }

    fn handle_live(&mut self, message: ServerMessage) -> Result<(), PeerMisbehaved> {
        match message {
            ServerMessage::Entries(entries) => self.inbound.take_entries(entries.entries),
            ServerMessage::UpTo(up_to) => self.inbound.take_up_to(up_to),
            ServerMessage::Progress(progress) => self.inbound.take_progress(progress),
            ServerMessage::Answers(answers) => {
                let mut keys = answers.answers.iter().map(|answer| answer.commit);
                keys.try_for_each(|key| self.outbound.take_answer(&key))?;
                self.inbound.take_answers(answers);
                Ok(())
            }
            ServerMessage::NewGeneration(notice) => {
                self.events.push_back(self.inbound.take_new_generation(&notice)?);
                Ok(())
            }
            ServerMessage::Pong => Ok(()),
            ServerMessage::Welcome(_) => Err(PeerMisbehaved::WelcomeRepeated),
            ServerMessage::Enrolled(_) => Err(PeerMisbehaved::EnrolledOutOfPlace),
            ServerMessage::Ended(ended) => {
                self.close_with(CloseReason::Ended(Box::new(ended)));
                Ok(())
            }
            ServerMessage::Refused(refused) => {
                self.handle_refused(refused);
                Ok(())
            }
        }
    }

    /// Asks for whatever is due next and keeps the timer of the pings.
    fn go_on(&mut self, now_ms: u64) {
        if matches!(self.stage, Stage::Closed) {
            return;
        }
        for push in self.outbound.take_pushes() {
            self.owe_answers(push.commits.iter().map(PushedCommit::cost_bytes).sum());
            let keys = push.commits.iter().map(|commit| commit.key).collect();
            self.events.push_back(DeviceEvent::Pushed(keys));
            self.send(&DeviceMessage::Push(push));
        }
        let (outbound, inbound) = (&mut self.outbound, &mut self.inbound);
        let last_id = &mut self.last_id;
        let mut next_id = || {
            *last_id += 1;
            *last_id
        };
        self.effects.extend(outbound.next_read(&mut next_id));
        inbound.go_on(&mut next_id, &mut self.effects);
        self.await_word(now_ms);
        let sending =
            self.ping_due || !self.transmit.is_empty() || self.inbound.confirming.is_due();
        if let (true, Some(welcome)) = (sending, &self.welcomed) {
            let every_ms = self.ping_after_ms(welcome);
            let early_ms = self.jitter.below(every_ms / 8);
            self.timers.set(Timer::PingDue, now_ms.saturating_add(every_ms - early_ms));
        }
    }

    /// After how long without sending anything a Ping is due: the server takes us for gone after
    /// three times that, and the path's routers forget us after a minute or more.
    fn ping_after_ms(&self, welcome: &Welcome) -> u64 {
        (welcome.limits.idle_after_ms().max(IDLE_AFTER_MS_MIN) / 3).min(KEEPALIVE_EVERY_MS)
    }

    /// When the server counts as gone if nothing more is heard of it, once it has let us in.
    fn silent_at(&self, now_ms: u64) -> Option<u64> {
        let after_ms = self.ping_after_ms(self.welcomed.as_ref()?).saturating_add(ANSWER_MS_MAX);
        Some(now_ms.saturating_add(after_ms))
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn send(&mut self, message: &DeviceMessage) {
        self.transmit.push_back(encode_device(message));
    }

    fn close_with(&mut self, reason: CloseReason) {
        if matches!(self.stage, Stage::Closed) {
            return;
        }
        self.stage = Stage::Closed;
        self.timers.clear_all();
        self.transmit.clear();
        self.effects.push_back(DeviceEffect::Close(reason.clone()));
        self.events.push_back(DeviceEvent::Closed(reason));
    }
}
