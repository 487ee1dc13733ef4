//! The handshake: Hello out, Welcome in, and Enrolled for a new device.

use super::port::{DeviceEffect, DeviceEvent, Purpose};
use super::{DeviceSession, Stage};
use crate::error::{CloseReason, PeerMisbehaved};
use crate::message::{DeviceMessage, Enrolled, Hello, Refused, Request, Resume, Welcome};
use crate::timer::Timer;
use keting_trust::limits::ANSWER_MS_MAX;

impl DeviceSession {
    /// Makes the Hello and asks for its signature.
    pub(super) fn begin_hello(&mut self, channel_binding: &[u8], now_ms: u64) {
        let request = match &self.config.purpose {
            Purpose::Enrol { secret, name } => {
                Request::Enrol { secret: secret.clone(), name: name.clone() }
            }
            Purpose::Sync { cursor, first_sync, incarnation, last_sequence, heard } => {
                Request::Resume(Resume {
                    cursor: *cursor,
                    first_sync: first_sync.as_ref().map(|first_sync| first_sync.position.clone()),
                    incarnation: *incarnation,
                    last_sequence: *last_sequence,
                    heard: heard.clone(),
                })
            }
        };
        let hello = Hello {
            versions: self.config.versions.clone(),
            city: self.config.city,
            software: self.config.software.clone(),
            device: self.config.device.clone(),
            request,
            told_of_end: self.config.told_of_end,
            signature: Vec::new(),
        };
        let id = self.next_id();
        let bytes = hello.signed_bytes(channel_binding);
        self.effects.push_back(DeviceEffect::SignHello { id, bytes });
        self.stage = Stage::SigningHello { id, hello: Box::new(hello) };
        self.timers.set(Timer::WelcomeDue, now_ms.saturating_add(ANSWER_MS_MAX));
    }

    /// Sends the signed Hello, and lets a Push follow it at once where that is allowed.
    pub(super) fn send_hello(&mut self, signature: Vec<u8>) {
        let stage = std::mem::replace(&mut self.stage, Stage::AwaitingWelcome);
        let Stage::SigningHello { mut hello, .. } = stage else {
            self.stage = stage;
            return;
        };
        hello.signature = signature;
        self.send(&DeviceMessage::Hello(hello));
        // Before the Welcome the version is only known if there is no choice.
        let one_version = self.config.versions.len() == 1;
        if one_version && matches!(self.config.purpose, Purpose::Sync { .. }) {
            self.outbound.open_early();
        }
    }

    pub(super) fn handle_welcome(
        &mut self,
        welcome: Welcome,
        now_ms: u64,
    ) -> Result<(), PeerMisbehaved> {
        if !self.config.versions.contains(&welcome.version) {
            return Err(PeerMisbehaved::VersionNotOffered);
        }
        if welcome.city != self.config.city {
            return Err(PeerMisbehaved::OtherCity);
        }
        self.timers.clear(Timer::WelcomeDue);
        self.timers.start(Timer::PingDue, now_ms.saturating_add(self.ping_after_ms(&welcome)));
        self.inbound.begin(&welcome);
        self.events.push_back(DeviceEvent::Welcomed(welcome.clone()));
        self.welcomed = Some(welcome);
        self.stage = match self.config.purpose {
            Purpose::Enrol { .. } => Stage::AwaitingEnrolled,
            Purpose::Sync { .. } => Stage::Live,
        };
        if matches!(self.stage, Stage::Live) {
            self.outbound.open();
        }
        Ok(())
    }

    pub(super) fn handle_enrolled(&mut self, enrolled: Enrolled) -> Result<(), PeerMisbehaved> {
        if self.welcomed.as_ref().is_none_or(|welcome| welcome.log != enrolled.log) {
            return Err(PeerMisbehaved::OtherCity);
        }
        // The outbox is opened once this is durable: before, there may be no replica to hold one.
        self.inbound.take_enrolled(enrolled);
        self.stage = Stage::Live;
        Ok(())
    }

    pub(super) fn handle_refused(&mut self, refused: Refused) {
        self.close_with(if refused.code == Refused::NO_COMMON_VERSION {
            CloseReason::Incompatible { supported: refused.versions }
        } else {
            CloseReason::Refused(refused)
        });
    }
}
