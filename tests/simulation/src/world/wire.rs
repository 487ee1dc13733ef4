//! What happens between a phone and the server: frames leave and arrive, connections break.

use std::collections::BTreeMap;

use keting_server::city::City;
use keting_sync::frame::{decode_device, encode_server};
use keting_sync::message::{Answers, DeviceMessage, ServerMessage, group_of_answers};
use keting_sync::{Answer, Outcome, PushedCommit};
use keting_trust::limits::{FRAME_BYTES_MAX, IDLE_AFTER_MS};
use keting_trust::{Cursor, Digest, Heard, Signed};

use crate::device::Device;
use crate::network::{Arriving, LinkId, Sent, Way};
use crate::world::{Broken, Event, World};

impl World {
    pub(super) fn send(&mut self, link: LinkId, way: Way, frame: Vec<u8>) {
        let latency_ms = 5 + self.rng.below(self.temper.latency_ms);
        let now_ms = self.clock.now_ms();
        let Some(connection) = self.links.get_mut(&link) else { return };
        let len = frame.len();
        match connection.send(way, frame, now_ms, latency_ms) {
            Sent::OnItsWay(arriving) => {
                self.await_bytes(link, way, arriving);
                self.at(arriving.at_ms, Event::Arrive(link, way));
                self.note(&format!("{link} {way:?} {len}"));
                self.trace.count("frames");
            }
            Sent::Lost => {}
            Sent::Cut => {
                self.trace.count("connection cut");
                self.cut_at(link, None);
            }
        }
    }

    /// Queues, second by second, that bytes come of a frame which drips.
    fn await_bytes(&mut self, link: LinkId, way: Way, arriving: Arriving) {
        let Arriving { from_ms, at_ms, bytes_per_s: Some(bytes_per_s) } = arriving else { return };
        let bytes = usize::try_from(bytes_per_s).unwrap();
        for second_ms in (from_ms + 1_000..at_ms).step_by(1_000) {
            self.at(second_ms, Event::Drip(link, way, bytes));
        }
        if at_ms - from_ms > IDLE_AFTER_MS {
            self.trace.count(&format!("a frame took longer than a peer may be silent: {way:?}"));
        }
    }

    /// Bytes come of a frame that is not whole.
    pub(super) fn drip(&mut self, link: LinkId, way: Way, bytes: usize) -> Result<(), Broken> {
        let now_ms = self.clock.now_ms();
        let connection = self.links.get_mut(&link);
        let Some(connection) = connection.filter(|it| it.is_carrying(way)) else { return Ok(()) };
        match way {
            Way::Up => {
                if let (Some(server), Some(id)) = (&mut self.host.server, connection.server) {
                    server.handle_arriving(id, bytes, now_ms);
                    self.queue_server_step();
                }
                Ok(())
            }
            Way::Down => {
                let index = connection.device;
                let session = self.devices.get_mut(index).and_then(|it| it.session.as_mut());
                if let Some(session) = session.filter(|session| session.link == link) {
                    session.driver.handle_arriving(bytes, now_ms);
                    return self.settle_device(index);
                }
                Ok(())
            }
        }
    }

    /// Says what was not kept, once the server has said who it is.
    pub(super) fn send_refusals(&mut self, link: LinkId) {
        let Some(connection) = self.links.get_mut(&link).filter(|link| link.is_answered) else {
            return;
        };
        for frame in std::mem::take(&mut connection.refusals) {
            self.trace.count("push refused");
            self.send(link, Way::Down, frame);
        }
    }

    pub(super) fn arrive(&mut self, link: LinkId, way: Way) -> Result<(), Broken> {
        let now_ms = self.clock.now_ms();
        let Some(connection) = self.links.get_mut(&link) else { return Ok(()) };
        let Some(frame) = connection.arrive(way, now_ms) else { return Ok(()) };
        match way {
            // What waits goes out behind the greeting; but nothing of a stranger's is taken.
            Way::Up if connection.is_strangers => match decode_device(&frame, FRAME_BYTES_MAX) {
                Ok(DeviceMessage::Confirm(_)) | Err(_) => {
                    Err(format!("a phone said {} bytes to a stranger", frame.len()))
                }
                Ok(_) => Ok(()),
            },
            Way::Up => {
                let server = self.host.server.as_ref();
                let refusal = self
                    .host
                    .refusal()
                    .zip(server)
                    .and_then(|(code, server)| refusal_of(&frame, code, server.city()));
                if let Some(refusal) = refusal {
                    connection.refusals.push(refusal);
                    self.send_refusals(link);
                    return Ok(());
                }
                if let (Some(server), Some(id)) = (&mut self.host.server, connection.server) {
                    server.handle_frame(id, &frame, now_ms);
                    self.queue_server_step();
                }
                Ok(())
            }
            Way::Down => {
                let index = connection.device;
                let Some(device) = self.devices.get_mut(index) else { return Ok(()) };
                if let (Some(replica), Some(session)) = (&mut device.replica, &mut device.session)
                    && session.link == link
                {
                    session.confirming.take_frame(&frame);
                    session.driver.handle_frame(replica, &frame, now_ms);
                    return self.settle_device(index);
                }
                Ok(())
            }
        }
    }

    /// Breaks a connection; who broke it needs not be told.
    pub fn cut_at(&mut self, link: LinkId, by: Option<Way>) {
        let now_ms = self.clock.now_ms();
        let Some(connection) = self.links.get_mut(&link) else { return };
        if connection.is_cut {
            return;
        }
        let ends = connection.cut(&mut self.rng, now_ms);
        self.note(&format!("{link} breaks"));
        for (way, heard_at_ms) in ends {
            // The stream up ends at the server, the stream down at the device.
            if let (Some(at_ms), true) = (heard_at_ms, by != Some(other(way))) {
                self.at(at_ms, Event::Hangup(link, way));
            }
        }
    }

    /// The server closed: what it sent still arrives, and then the end.
    pub(super) fn close_gently(&mut self, link: LinkId) {
        let Some(connection) = self.links.get_mut(&link) else { return };
        if connection.is_cut {
            return;
        }
        connection.is_cut = true;
        let last_at_ms = connection.last_at_ms(Way::Down);
        let at_ms = last_at_ms.max(self.clock.now_ms() + 5 + self.temper.latency_ms);
        self.at(at_ms, Event::Hangup(link, Way::Down));
    }

    pub(super) fn hang_up(&mut self, link: LinkId, way: Way) -> Result<(), Broken> {
        let now_ms = self.clock.now_ms();
        let Some(connection) = self.links.get_mut(&link) else { return Ok(()) };
        match way {
            Way::Up => {
                if let (Some(server), Some(id)) = (&mut self.host.server, connection.server.take())
                {
                    server.disconnect(id);
                }
                Ok(())
            }
            Way::Down => {
                let index = connection.device;
                let Some(device) = self.devices.get_mut(index) else { return Ok(()) };
                if let (Some(replica), Some(session)) = (&mut device.replica, &mut device.session)
                    && session.link == link
                {
                    session.driver.handle_disconnected(replica, now_ms);
                    return self.settle_device(index);
                }
                Ok(())
            }
        }
    }

    /// Forgets connections that neither side knows any more.
    pub fn forget_links(&mut self) {
        let devices = &self.devices;
        self.links.retain(|id, link| {
            let used = |device: &Device| {
                device.session.as_ref().is_some_and(|session| session.link == *id)
            };
            link.server.is_some() || devices.get(link.device).is_some_and(used) || !link.is_cut
        });
    }
}

/// The refusal of every edit that a frame brings; none if it brings none.
fn refusal_of(frame: &[u8], code: &str, city: &City) -> Option<Vec<u8>> {
    let Ok(DeviceMessage::Push(push)) = decode_device(frame, FRAME_BYTES_MAX) else { return None };
    let answer = |commit: &PushedCommit| Answer {
        commit: commit.key,
        outcome: Outcome::Refused { code: code.to_owned() },
    };
    let answers: Vec<_> = push.commits.iter().map(answer).collect();
    let digests: BTreeMap<_, _> =
        push.commits.iter().map(|commit| (commit.key, Digest::of(&commit.signed))).collect();
    let group = group_of_answers(&answers, |key| digests.get(key).copied())?;
    let cursor = Cursor::genesis(city.log, 0);
    let heard = Heard { city: city.id, cursor, at_ms: 0, group };
    let heard = Signed::sign(heard, &city.issuing).ok()?.into();
    Some(encode_server(&ServerMessage::Answers(Answers { answers, heard })))
}

fn other(way: Way) -> Way {
    match way {
        Way::Up => Way::Down,
        Way::Down => Way::Up,
    }
}
