//! The handshake: Hello in, the driver's word on the device, Welcome out.

use keting_trust::{Cursor, PublicKey};

use super::port::{Denial, Enrolment, Resumption, ServerEffect, ServerEvent, Standing};
use super::{EndOf, ServerSession, Stage};
use crate::error::{OwnFault, PeerMisbehaved};
use crate::frame::{decode_device, payload};
use crate::message::{
    DeviceMessage, Hello, NewGeneration, Refused, Request, ServerMessage, Welcome, offered_versions,
};
use crate::timer::Timer;
use keting_trust::limits::{EARLY_BYTES_MAX, FRAME_BYTES_MAX, HELLO_BYTES_MAX};

impl ServerSession {
    /// The driver's word on `Authenticate`: the device may sync.
    pub fn handle_authenticated(&mut self, standing: Standing, now_ms: u64) {
        self.word.take_time(now_ms);
        let Stage::Deciding { device, resume: Some(resume) } = &self.stage else {
            return;
        };
        let (device, head) = (device.clone(), standing.head);
        let of_this_log = |cursor: &Cursor| {
            cursor.log == head.log
                && cursor.generation == head.generation
                && cursor.number <= head.number
        };
        let fits = match &standing.resumption {
            Resumption::Tail { cursor: from } => resume.cursor == Some(*from) && of_this_log(from),
            Resumption::FirstSync { from } => {
                resume.cursor.is_none() && from.as_ref().is_none_or(|from| of_this_log(&from.at))
            }
            Resumption::Again { from } => resume.cursor.is_some_and(|cursor| {
                let at = from.as_ref().map_or(&head, |from| &from.at);
                of_this_log(&cursor) && of_this_log(at) && cursor.number <= at.number
            }),
            Resumption::Diverged { .. } => {
                resume.cursor.is_some() || resume.first_sync.is_some() || resume.heard.is_some()
            }
            Resumption::HandOver { .. } => true,
        };
        if !fits {
            return self.close_with(OwnFault::Driver.into());
        }
        self.word.set_clock(standing.server_time_ms);
        self.send(&ServerMessage::Welcome(Welcome {
            highest: standing.highest,
            issuing_grant: standing.issuing_grant,
            ..self.welcome(&head, standing.backed_up_to, standing.server_time_ms)
        }));
        match &standing.resumption {
            Resumption::Diverged { shared_number } => {
                let shared_number = *shared_number;
                self.send(&ServerMessage::NewGeneration(NewGeneration { head, shared_number }));
            }
            Resumption::HandOver { why } => {
                self.hand_over(EndOf { log: head.log, why: why.clone() }, now_ms);
            }
            Resumption::Tail { .. } | Resumption::FirstSync { .. } | Resumption::Again { .. } => {}
        }
        self.begin(device, &head, standing.resumption, now_ms);
    }

    /// The driver's word on `Enrol`: the device is enrolled.
    pub fn handle_enrolled(&mut self, enrolment: Enrolment, now_ms: u64) {
        self.word.take_time(now_ms);
        let Stage::Deciding { device, resume: None } = &self.stage else {
            return;
        };
        let (device, head) = (device.clone(), enrolment.head);
        self.word.set_clock(enrolment.server_time_ms);
        self.send(&ServerMessage::Welcome(self.welcome(
            &head,
            enrolment.backed_up_to,
            enrolment.server_time_ms,
        )));
        self.send(&ServerMessage::Enrolled(enrolment.enrolled));
        self.begin(device, &head, Resumption::FirstSync { from: None }, now_ms);
    }

    pub(super) fn handle_first_frame(&mut self, frame: &[u8]) -> Result<(), PeerMisbehaved> {
        let bytes = payload(frame, HELLO_BYTES_MAX)?;
        if let Some(offered) = offered_versions(bytes) {
            let Some(version) = self.choose(&offered) else {
                self.refuse(Denial {
                    code: Refused::NO_COMMON_VERSION.to_owned(),
                    retryable: false,
                    message: "no version of the protocol in common".to_owned(),
                });
                return Ok(());
            };
            self.version = version;
        }
        match decode_device(frame, HELLO_BYTES_MAX)? {
            DeviceMessage::Hello(hello) => self.handle_hello(*hello),
            DeviceMessage::Push(_) | DeviceMessage::Confirm(_) | DeviceMessage::Ping => {
                Err(PeerMisbehaved::HelloMissing)
            }
        }
    }

    fn handle_hello(&mut self, hello: Hello) -> Result<(), PeerMisbehaved> {
        if !matches!(self.stage, Stage::AwaitingHello) {
            return Err(PeerMisbehaved::HelloRepeated);
        }
        let signed = hello.signed_bytes(&self.channel_binding);
        hello
            .device
            .verify(&signed, &hello.signature)
            .map_err(|_| PeerMisbehaved::HelloNotSigned)?;
        if hello.city != self.config.city {
            self.refuse(Denial {
                code: Refused::OTHER_CITY.to_owned(),
                retryable: false,
                message: "this server serves another city".to_owned(),
            });
            return Ok(());
        }
        let Hello { device, software, request, told_of_end, .. } = hello;
        let resume = match &request {
            Request::Enrol { .. } => None,
            Request::Resume(resume) => Some(resume.clone()),
        };
        self.stage = Stage::Deciding { device: device.clone(), resume };
        self.effects.push_back(match request {
            Request::Enrol { secret, name } => {
                ServerEffect::Enrol { device, software, secret, name, told_of_end }
            }
            Request::Resume(resume) => {
                ServerEffect::Authenticate { device, software, resume, told_of_end }
            }
        });
        Ok(())
    }

    pub(super) fn handle_early_frame(
        &mut self,
        frame: &[u8],
        may_push: bool,
    ) -> Result<(), PeerMisbehaved> {
        let room = if may_push { EARLY_BYTES_MAX - self.early_bytes } else { 0 };
        if frame.len() > room {
            return Err(PeerMisbehaved::TooEarly);
        }
        self.early_bytes += frame.len();
        match decode_device(frame, FRAME_BYTES_MAX)? {
            DeviceMessage::Push(push) => {
                self.intake.take_push(&push.commits)?;
                self.early.push(push.commits);
                Ok(())
            }
            DeviceMessage::Hello(_) => Err(PeerMisbehaved::HelloRepeated),
            DeviceMessage::Confirm(_) => Err(PeerMisbehaved::ConfirmNotSent),
            DeviceMessage::Ping => Err(PeerMisbehaved::TooEarly),
        }
    }

    fn begin(&mut self, device: PublicKey, head: &Cursor, resumption: Resumption, now_ms: u64) {
        self.stage = Stage::Live { device };
        self.timers.clear(Timer::HelloDue);
        self.timers.set(Timer::PeerSilent, self.silent_at(now_ms));
        self.events.push_back(ServerEvent::Welcomed);
        let up_to = self.feed.begin(head, resumption);
        self.say_all(up_to);
        for commits in std::mem::take(&mut self.early) {
            if let Err(misbehaved) = self.admit(commits) {
                return self.close_misbehaved(misbehaved);
            }
        }
        self.go_on(now_ms);
    }

    fn choose(&self, offered: &[u16]) -> Option<u16> {
        self.config.versions.iter().copied().find(|version| offered.contains(version))
    }

    fn welcome(&self, head: &Cursor, backed_up_to: u64, server_time_ms: u64) -> Welcome {
        Welcome {
            version: self.version,
            city: self.config.city,
            log: head.log,
            generation: head.generation,
            head_number: head.number,
            backed_up_to,
            server_time_ms,
            limits: self.config.limits(),
            highest: None,
            issuing_grant: None,
        }
    }
}
