//! A device and a server with a link between them, in virtual time.
//!
//! A link that was cut keeps delivering to the server what was under way, while the device already
//! speaks over the next one: that is how the server meets delayed and repeated pushes.

use std::collections::VecDeque;

use keting_trust::{SignError, SignedConfirmation, Signer as _};

use super::model::{ModelReplica, ModelServer};
use super::values::{BINDING, LOG, SERVER_TIME_MS, alice, config, server_config};
use crate::backoff::Jitter;
use crate::device::{DeviceEffect, DeviceEvent, DeviceSession, Purpose};
use crate::error::CloseReason;
use crate::message::Enrolled;
use crate::server::{Admitted, Enrolment, ServerConfig, ServerEffect, ServerSession};

/// One connection.
pub(super) struct Link {
    pub(super) device: Option<DeviceSession>,
    pub(super) server: ServerSession,
    to_server: VecDeque<(u64, Vec<u8>)>,
    to_device: VecDeque<(u64, Vec<u8>)>,
    pub(super) line_up: Line,
    pub(super) line_down: Line,
    device_work: VecDeque<(u64, DeviceEffect)>,
    server_work: VecDeque<(u64, ServerEffect)>,
    stalled: bool,
    pub(super) device_closed: Option<CloseReason>,
    pub(super) server_closed: Option<CloseReason>,
    pub(super) up_bytes: usize,
    pub(super) down_bytes: usize,
    /// How many bytes had gone either way after each frame.
    pub(super) marks: Vec<usize>,
    /// Frames up, frames down.
    pub(super) frames: (u32, u32),
}

/// A thin line one way.
#[derive(Default)]
pub(super) struct Line {
    /// When so many bytes of a frame have come that is not whole yet.
    pub(super) arriving: VecDeque<(u64, usize)>,
    /// When it has carried all that was sent.
    free_at_ms: u64,
}

/// The whole little world.
pub(super) struct Pair {
    pub(super) now_ms: u64,
    pub(super) server_config: ServerConfig,
    pub(super) server: ModelServer,
    pub(super) replica: ModelReplica,
    /// The last one is the current one.
    pub(super) links: Vec<Link>,
    pub(super) events: Vec<DeviceEvent>,
    pub(super) confirmations: Vec<SignedConfirmation>,
    pub(super) latency_ms: u64,
    /// How many bytes the line to the server carries in a second, if it is a thin one.
    pub(super) up_bytes_per_s: Option<usize>,
    /// The same of the line to the device.
    pub(super) down_bytes_per_s: Option<usize>,
    /// Whether the server's store does nothing more than to let devices in.
    pub(super) is_server_stalled: bool,
    /// How long a store or a key takes, at most.
    pub(super) work_ms_max: u64,
    /// The connection is cut when so many bytes have gone either way.
    pub(super) cut_at_bytes: Option<usize>,
    jitter: Jitter,
}

impl Line {
    /// Carries a frame, behind what goes before it, and the other end hears each second of what came.
    /// Says how long that takes.
    fn carry(&mut self, bytes: usize, bytes_per_s: usize, now_ms: u64) -> u64 {
        let begin_ms = self.free_at_ms.max(now_ms);
        let seconds = (1..=bytes / bytes_per_s).map(|second| second as u64 * 1_000);
        self.arriving.extend(seconds.map(|after_ms| (begin_ms + after_ms, bytes_per_s)));
        self.free_at_ms = begin_ms + (bytes * 1_000 / bytes_per_s) as u64;
        self.free_at_ms - now_ms
    }

    /// The next bytes that have come.
    fn arrived(&mut self, now_ms: u64) -> Option<usize> {
        self.arriving.pop_front_if(|(at_ms, _)| *at_ms <= now_ms).map(|(_, bytes)| bytes)
    }
}

impl Pair {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            now_ms: 0,
            server_config: server_config(),
            server: ModelServer::new(),
            replica: ModelReplica::default(),
            links: Vec::new(),
            events: Vec::new(),
            confirmations: Vec::new(),
            latency_ms: 50,
            up_bytes_per_s: None,
            down_bytes_per_s: None,
            is_server_stalled: false,
            work_ms_max: 0,
            cut_at_bytes: None,
            jitter: Jitter::new(seed),
        }
    }

    /// A pair whose device has everything of a log with so many entries.
    pub(super) fn in_step(seed: u64, entries: u64) -> Self {
        let mut pair = Self::new(seed);
        for _ in 0..entries {
            pair.server.add_foreign(true, 1, 10);
        }
        pair.connect();
        pair.run_until_quiescent();
        pair.cut();
        pair.links.clear();
        pair.events.clear();
        pair
    }

    pub(super) fn connect(&mut self) {
        self.connect_for(self.replica.purpose());
    }

    pub(super) fn connect_for(&mut self, purpose: Purpose) {
        let mut device = DeviceSession::new(config(purpose), self.jitter.below(u64::MAX));
        let mut server =
            ServerSession::new(self.server_config.clone(), self.jitter.below(u64::MAX));
        server.handle_connected(&BINDING, self.now_ms);
        device.handle_connected(&BINDING, self.now_ms);
        self.links.push(Link {
            device: Some(device),
            server,
            to_server: VecDeque::new(),
            to_device: VecDeque::new(),
            line_up: Line::default(),
            line_down: Line::default(),
            device_work: VecDeque::new(),
            server_work: VecDeque::new(),
            stalled: false,
            device_closed: None,
            server_closed: None,
            up_bytes: 0,
            down_bytes: 0,
            marks: Vec::new(),
            frames: (0, 0),
        });
        self.drive();
    }

    pub(super) fn link(&mut self) -> &mut Link {
        self.links.last_mut().expect("a link")
    }

    pub(super) fn device(&mut self) -> &mut DeviceSession {
        self.link().device.as_mut().expect("a device that is connected")
    }

    /// The device loses the connection. What it sent still arrives; what it was about to store is
    /// stored or not, by chance.
    pub(super) fn cut(&mut self) {
        let stores = self.jitter.below(2) == 0;
        let (now_ms, replica, server) = (self.now_ms, &mut self.replica, &self.server);
        let Some(link) = self.links.last_mut() else { return };
        let Some(mut device) = link.device.take() else { return };
        device.handle_disconnected();
        for (_, effect) in std::mem::take(&mut link.device_work) {
            if let (DeviceEffect::Persist(persist), true) = (effect, stores) {
                let id = persist.id;
                device.handle_persisted(id, Ok(replica.persist(persist, server)), now_ms);
            }
        }
        self.events.extend(std::iter::from_fn(|| device.poll_event()));
        link.device_closed.get_or_insert(CloseReason::ConnectionLost);
        link.to_device.clear();
    }

    pub(super) fn enqueue(&mut self, bytes: usize) {
        self.replica.enqueue(bytes);
        let now_ms = self.now_ms;
        if let Some(device) = self.links.last_mut().and_then(|link| link.device.as_mut()) {
            device.handle_outbox_changed(now_ms);
        }
        self.drive();
    }

    pub(super) fn add_foreign(&mut self, covered: bool, document: u8, bytes: usize) {
        self.server.add_foreign(covered, document, bytes);
        self.announce();
        self.drive();
    }

    /// What the device asks for from here on is never done, on this connection.
    pub(super) fn stall_device(&mut self) {
        self.link().stalled = true;
    }

    /// What the server asks its store for from here on is never done, but for who a device is.
    pub(super) fn stall_server(&mut self) {
        self.is_server_stalled = true;
    }

    pub(super) fn is_quiescent(&self) -> bool {
        let link = self.links.last();
        link.and_then(|link| link.device.as_ref()).is_some_and(DeviceSession::is_quiescent)
    }

    pub(super) fn run_until_quiescent(&mut self) {
        self.run_until(Self::is_quiescent);
    }

    /// Until the device has everything the server has now, and says so.
    pub(super) fn run_until_caught_up(&mut self) {
        self.run_until(|pair| {
            pair.is_quiescent() && pair.replica.cursor == Some(pair.server.head())
        });
    }

    pub(super) fn run_until(&mut self, done: impl Fn(&Self) -> bool) {
        for _ in 0..100_000 {
            if done(self) {
                return;
            }
            assert!(self.step(), "nothing left to happen at {} ms", self.now_ms);
        }
        panic!("not done after 100,000 steps, at {} ms", self.now_ms);
    }

    pub(super) fn run_for(&mut self, ms: u64) {
        let end_ms = self.now_ms + ms;
        while self.next_at().is_some_and(|at_ms| at_ms <= end_ms) {
            self.step();
        }
        self.now_ms = end_ms;
        self.drive();
    }

    /// Lets the next thing happen. Says whether there was any.
    pub(super) fn step(&mut self) -> bool {
        let Some(at_ms) = self.next_at() else { return false };
        self.now_ms = self.now_ms.max(at_ms);
        let now_ms = self.now_ms;
        for index in 0..self.links.len() {
            self.deliver(index);
            self.work(index);
            let link = &mut self.links[index];
            if link.server.poll_timeout().is_some_and(|(at_ms, _)| at_ms <= now_ms) {
                link.server.handle_timeout(now_ms);
            }
            if let Some(device) = &mut link.device
                && device.poll_timeout().is_some_and(|(at_ms, _)| at_ms <= now_ms)
            {
                device.handle_timeout(now_ms);
            }
        }
        self.drive();
        true
    }

    fn next_at(&self) -> Option<u64> {
        let of_link = |link: &Link| {
            [
                link.to_server.front().map(|(at_ms, _)| *at_ms),
                link.line_up.arriving.front().map(|(at_ms, _)| *at_ms),
                link.line_down.arriving.front().map(|(at_ms, _)| *at_ms),
                link.to_device.front().map(|(at_ms, _)| *at_ms),
                link.device_work.front().map(|(at_ms, _)| *at_ms),
                link.server_work.front().map(|(at_ms, _)| *at_ms),
                link.server.poll_timeout().map(|(at_ms, _)| at_ms),
                link.device.as_ref().and_then(|device| device.poll_timeout()).map(|(at, _)| at),
            ]
        };
        self.links.iter().flat_map(of_link).flatten().min()
    }

    fn deliver(&mut self, index: usize) {
        let now_ms = self.now_ms;
        let link = &mut self.links[index];
        while let Some(bytes) = link.line_up.arrived(now_ms) {
            link.server.handle_arriving(bytes, now_ms);
        }
        while let Some(bytes) = link.line_down.arrived(now_ms) {
            if let Some(device) = &mut link.device {
                device.handle_arriving(bytes, now_ms);
            }
        }
        while link.to_server.front().is_some_and(|(at_ms, _)| *at_ms <= now_ms) {
            let (_, frame) = link.to_server.pop_front().unwrap();
            link.server.handle_frame(&frame, now_ms);
        }
        while link.to_device.front().is_some_and(|(at_ms, _)| *at_ms <= now_ms) {
            let (_, frame) = link.to_device.pop_front().unwrap();
            if let Some(device) = &mut link.device {
                device.handle_frame(&frame, now_ms);
            }
        }
    }

    fn work(&mut self, index: usize) -> bool {
        let mut busy = false;
        let now_ms = self.now_ms;
        while let Some((_, effect)) =
            self.links[index].device_work.pop_front_if(|(at_ms, _)| *at_ms <= now_ms)
        {
            busy = true;
            self.perform_device(index, effect);
        }
        while let Some((_, effect)) =
            self.links[index].server_work.pop_front_if(|(at_ms, _)| *at_ms <= now_ms)
        {
            busy = true;
            self.perform_server(index, effect);
        }
        busy
    }

    fn perform_device(&mut self, index: usize, effect: DeviceEffect) {
        let now_ms = self.now_ms;
        let Link { device: Some(device), stalled: false, .. } = &mut self.links[index] else {
            return;
        };
        match effect {
            DeviceEffect::SignHello { id, bytes } => {
                device.handle_signed(id, alice().sign(&bytes), now_ms);
            }
            DeviceEffect::SignConfirmation { id, confirmation } => {
                let signed = SignedConfirmation::sign(confirmation, &alice());
                let bytes: Result<_, SignError> = signed.map(|signed| signed.bytes);
                device.handle_signed(id, bytes, now_ms);
            }
            DeviceEffect::ReadOutbox { id, after, commits_max, bytes_max } => {
                let batch = self.replica.read_outbox(after, commits_max, bytes_max);
                device.handle_outbox(id, Ok(batch), now_ms);
            }
            DeviceEffect::Persist(persist) => {
                let id = persist.id;
                let persisted = self.replica.persist(persist, &self.server);
                device.handle_persisted(id, Ok(persisted), now_ms);
            }
            DeviceEffect::Close(reason) => {
                self.links[index].device_closed = Some(reason);
                self.links[index].to_device.clear();
            }
        }
    }

    fn perform_server(&mut self, index: usize, effect: ServerEffect) {
        let now_ms = self.now_ms;
        let session = &mut self.links[index].server;
        match effect {
            ServerEffect::Admit { .. }
            | ServerEffect::ReadLog { .. }
            | ServerEffect::ReadDocuments { .. }
                if self.is_server_stalled => {}
            ServerEffect::Authenticate { resume, .. } => {
                session.handle_authenticated(self.server.standing(&resume, now_ms), now_ms);
            }
            ServerEffect::Enrol { .. } => {
                let enrolled = Enrolled {
                    city_name: "Haining".to_owned(),
                    log: LOG,
                    root: alice().public_key().clone(),
                    grants: vec![vec![1], vec![2]],
                    proof: vec![3],
                };
                let head = self.server.head();
                let server_time_ms = SERVER_TIME_MS + now_ms;
                let enrolment = Enrolment { enrolled, head, backed_up_to: 0, server_time_ms };
                session.handle_enrolled(enrolment, now_ms);
            }
            ServerEffect::Admit { id, commits } => {
                let answers = self.server.admit(&commits);
                let admitted = Admitted { answers, head: self.server.head() };
                session.handle_admitted(id, admitted, now_ms);
                self.announce();
            }
            ServerEffect::ReadLog { id, after, until, bytes_max } => {
                let batch = self.server.read_log(after, until, bytes_max);
                session.handle_log(id, batch, now_ms);
            }
            ServerEffect::ReadDocuments { id, from, bytes_max } => {
                let batch = self.server.read_documents(from, bytes_max);
                session.handle_documents(id, batch, now_ms);
            }
            ServerEffect::Confirmed(confirmation) => self.confirmations.push(confirmation),
            ServerEffect::Close(reason) => self.links[index].server_closed = Some(reason),
        }
    }

    fn announce(&mut self) {
        let (number, now_ms) = (self.server.head().number, self.now_ms);
        self.links.iter_mut().for_each(|link| link.server.handle_log_advanced(number, now_ms));
    }

    /// Polls everything until nothing comes; what takes no time happens at once.
    pub(super) fn drive(&mut self) {
        while (0..self.links.len()).any(|index| self.poll(index)) {}
    }

    fn poll(&mut self, index: usize) -> bool {
        let mut busy = false;
        let due_ms = self.now_ms + self.latency_ms;
        let link = &mut self.links[index];
        if let Some(device) = &mut link.device {
            while let Some(effect) = device.poll_effect() {
                busy = true;
                let at_ms = self.now_ms + self.jitter.below(self.work_ms_max + 1);
                let at_ms = link.device_work.back().map_or(at_ms, |(last, _)| at_ms.max(*last));
                link.device_work.push_back((at_ms, effect));
            }
            while let Some(frame) = device.poll_transmit() {
                busy = true;
                link.up_bytes += frame.len();
                link.frames.0 += 1;
                link.marks.push(link.up_bytes + link.down_bytes);
                let carried_ms = self.up_bytes_per_s.map_or(0, |bytes_per_s| {
                    link.line_up.carry(frame.len(), bytes_per_s, self.now_ms)
                });
                if self.cut_at_bytes.is_none_or(|cut| link.up_bytes + link.down_bytes < cut) {
                    link.to_server.push_back((due_ms + carried_ms, frame));
                }
            }
            self.events.extend(std::iter::from_fn(|| device.poll_event()));
        }
        while let Some(effect) = link.server.poll_effect() {
            busy = true;
            let at_ms = self.now_ms + self.jitter.below(self.work_ms_max + 1);
            let at_ms = link.server_work.back().map_or(at_ms, |(last, _)| at_ms.max(*last));
            link.server_work.push_back((at_ms, effect));
        }
        while let Some(frame) = link.server.poll_transmit() {
            busy = true;
            link.down_bytes += frame.len();
            link.frames.1 += 1;
            link.marks.push(link.up_bytes + link.down_bytes);
            let whole = self.cut_at_bytes.is_none_or(|cut| link.up_bytes + link.down_bytes < cut);
            if whole && link.device.is_some() {
                let carried_ms = self.down_bytes_per_s.map_or(0, |bytes_per_s| {
                    link.line_down.carry(frame.len(), bytes_per_s, self.now_ms)
                });
                link.to_device.push_back((due_ms + carried_ms, frame));
            }
        }
        while link.server.poll_event().is_some() {}
        let cut = self.cut_at_bytes.is_some_and(|cut| link.up_bytes + link.down_bytes >= cut);
        if cut && link.device.is_some() && index + 1 == self.links.len() {
            self.cut();
            return true;
        }
        self.work(index) || busy
    }
}
