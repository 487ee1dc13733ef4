//! The world: virtual time, the queue of what will happen, and how what happens to one side is
//! carried to the other.
//!
//! One thread, one queue: an event is taken, its time becomes now, the product's code is stepped,
//! and what it wants to send or to be woken for is queued. Nothing else ever runs, so that the seed
//! decides everything.

use std::collections::BTreeMap;

use keting::parts::SyncDriver;
use keting::{EngineError, ErrorKind};
use keting_sync::frame::{decode_device, encode_server};
use keting_sync::message::{Answers, DeviceMessage, ServerMessage};
use keting_sync::{Answer, Outcome, PushedCommit};
use keting_testkit::rng::Rng;
use keting_trust::limits::FRAME_BYTES_MAX;

use crate::cast;
use crate::clock::Clock;
use crate::device::{Device, Session};
use crate::host::Host;
use crate::network::{Link, LinkId, Sent, Way};
use crate::safety::Memory;
use crate::temper::Temper;
use crate::trace::Trace;

/// Says what must not have happened.
pub type Broken = String;

/// What will happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The holder of a device does something.
    Act(usize),
    /// A device connects, if it is not connected.
    Connect(usize),
    /// A device's app is started, if it does not run.
    Start(usize),
    /// A driver's timer may have ended.
    Timer(usize),
    /// A frame arrives.
    Arrive(LinkId, Way),
    /// A side hears that a connection is gone.
    Hangup(LinkId, Way),
    /// The server does what there is to do.
    Step,
    /// A timer of the server may have ended.
    ServerTimer,
    /// The server is started, if it does not run.
    StartServer,
    /// A bad thing happens.
    Fault,
}

/// Everything there is in a run.
pub struct World {
    /// The seed.
    pub seed: u64,
    /// Chance for what happens; each device and the server have their own.
    pub rng: Rng,
    /// Time.
    pub clock: Clock,
    /// How hard this run is.
    pub temper: Temper,
    /// The phones.
    pub devices: Vec<Device>,
    /// The server.
    pub host: Host,
    /// The connections.
    pub links: BTreeMap<LinkId, Link>,
    /// What happened.
    pub trace: Trace,
    /// What was seen so far and must stay true.
    pub memory: Memory,
    /// Whether bad things are over.
    pub is_healing: bool,
    queue: BTreeMap<(u64, u64), Event>,
    queued: u64,
    last_link: LinkId,
    is_step_queued: bool,
}

impl World {
    /// A city with its server and invited people.
    pub fn new(seed: u64, full_trace: bool) -> Self {
        let mut rng = Rng::new(seed);
        let clock = Clock::default();
        let temper = Temper::draw(&mut rng);
        let mut host = Host::new(&clock, &rng.fork(1));
        let mut devices: Vec<_> = cast::PEOPLE
            .iter()
            .take(temper.people)
            .zip(10..)
            .map(|(part, purpose)| {
                Device::new(*part, host.invite(part), &clock, &rng.fork(purpose))
            })
            .collect();
        if temper.mallory {
            let invitation = host.invite(&cast::MALLORY);
            let mut mallory = Device::new(cast::MALLORY, invitation, &clock, &rng.fork(2));
            mallory.is_honest = false;
            devices.push(mallory);
        }
        let mut world = Self {
            seed,
            clock,
            temper,
            devices,
            host,
            links: BTreeMap::new(),
            trace: Trace::new(full_trace),
            memory: Memory::default(),
            is_healing: false,
            queue: BTreeMap::new(),
            queued: 0,
            last_link: 0,
            is_step_queued: false,
            rng,
        };
        let server = world.host.server.as_mut().unwrap();
        let read = server.store().snapshot().unwrap();
        for line in cast::REGIONS.lines().skip(1) {
            let code = line.split(',').next().unwrap_or_default();
            let region = read.region_by_code(code).unwrap().unwrap();
            world.memory.regions.insert(code.to_owned(), region.document);
        }
        drop(read);
        let first_fault_ms = 3_000 + world.rng.below(30_000);
        world.after(first_fault_ms, Event::Fault);
        for device in 0..world.devices.len() {
            let (first_ms, second_ms) = (world.rng.below(2_000), world.rng.below(20_000));
            world.after(first_ms, Event::Start(device));
            world.after(first_ms + second_ms, Event::Connect(device));
            world.after(5_000 + second_ms, Event::Act(device));
        }
        world
    }

    /// Queues an event for later.
    pub fn after(&mut self, delay_ms: u64, event: Event) {
        self.at(self.clock.now_ms().saturating_add(delay_ms), event);
    }

    fn at(&mut self, at_ms: u64, event: Event) {
        self.queued += 1;
        self.queue.insert((at_ms, self.queued), event);
    }

    /// Takes the next event and lets it happen. False when nothing is left.
    ///
    /// # Errors
    /// When something happened that must not.
    pub fn step(&mut self) -> Result<bool, Broken> {
        let Some(((at_ms, _), event)) = self.queue.pop_first() else { return Ok(false) };
        self.clock.advance_to(at_ms);
        match event {
            Event::Act(device) => self.act(device)?,
            Event::Connect(device) => self.connect(device)?,
            Event::Start(device) => self.start(device)?,
            Event::Timer(device) => self.timer(device)?,
            Event::Arrive(link, way) => self.arrive(link, way)?,
            Event::Hangup(link, way) => self.hang_up(link, way)?,
            Event::Step => {
                self.is_step_queued = false;
                self.step_server();
            }
            Event::ServerTimer => {
                let timeout = self.host.server.as_ref().and_then(|server| server.poll_timeout());
                if timeout.is_some_and(|(due_ms, _)| due_ms <= at_ms) {
                    self.step_server();
                }
            }
            Event::StartServer => self.start_server()?,
            Event::Fault => self.fault()?,
        }
        Ok(true)
    }

    /// Writes a line into the trace.
    pub fn note(&mut self, what: &str) {
        self.trace.line(self.clock.now_ms(), what);
    }

    // ---- devices ----

    fn start(&mut self, index: usize) -> Result<(), Broken> {
        let Some(device) = self.devices.get_mut(index) else { return Ok(()) };
        if device.replica.is_some() {
            return Ok(());
        }
        let (name, was_troubled) = (device.name.clone(), device.is_troubled);
        match device.start() {
            Ok(()) => {
                self.note(&format!("{name} starts"));
                self.check_device(index)
            }
            Err(error) if was_troubled => {
                self.note(&format!("{name} does not start: {}", error.code()));
                self.mend_disk(index);
                self.after(1_000, Event::Start(index));
                Ok(())
            }
            Err(error) => Err(format!("{name} does not start: {} {error:?}", error.code())),
        }
    }

    fn connect(&mut self, index: usize) -> Result<(), Broken> {
        let again_ms = 1_000 + self.rng.below(self.temper.pause_ms);
        let Some(device) = self.devices.get_mut(index) else { return Ok(()) };
        let (Some(replica), None) = (device.replica.as_mut(), device.session.as_ref()) else {
            if device.replica.is_none() {
                self.after(again_ms, Event::Connect(index));
            }
            return Ok(());
        };
        let Some(server) = self.host.server.as_mut() else {
            self.after(again_ms, Event::Connect(index));
            return Ok(());
        };
        let mut binding = [0; 32];
        self.rng.fill(&mut binding);
        let now_ms = self.clock.now_ms();
        match SyncDriver::start(replica, binding, now_ms) {
            Ok(driver) => {
                let connection = server.connect(binding, now_ms);
                self.last_link += 1;
                let link = self.last_link;
                let cut_after = (!self.is_healing && self.rng.chance(self.temper.cuts_in_8, 8))
                    .then(|| self.rng.below(16));
                self.links.insert(link, Link::new(link, index, connection, cut_after));
                device.session = Some(Session { link, driver });
                let what = format!("{} connects as {link}", device.name);
                self.note(&what);
                self.trace.count("connections");
                self.queue_server_step();
                self.settle_device(index)
            }
            Err(error) => {
                self.after(again_ms, Event::Connect(index));
                self.judge_error(index, &error)
            }
        }
    }

    fn timer(&mut self, index: usize) -> Result<(), Broken> {
        let now_ms = self.clock.now_ms();
        let Some(device) = self.devices.get_mut(index) else { return Ok(()) };
        if let (Some(replica), Some(session)) = (&mut device.replica, &mut device.session)
            && session.driver.poll_timeout().is_some_and(|(at_ms, _)| at_ms <= now_ms)
        {
            session.driver.handle_timeout(replica, now_ms);
            return self.settle_device(index);
        }
        Ok(())
    }

    /// After anything a driver was told: sends what it gives, ends what has ended, and queues its
    /// next timer.
    pub fn settle_device(&mut self, index: usize) -> Result<(), Broken> {
        let Some(device) = self.devices.get_mut(index) else { return Ok(()) };
        device.note_enrolment();
        let Some(session) = &mut device.session else { return Ok(()) };
        let link = session.link;
        let mut frames = Vec::new();
        while let Some(frame) = session.driver.poll_transmit() {
            frames.push(frame);
        }
        let ended = session.driver.take_ended();
        let timeout = session.driver.poll_timeout();
        for frame in frames {
            self.send(link, Way::Up, frame);
        }
        if let Some(ended) = ended {
            let code = ended.as_ref().err().map_or("ok", EngineError::code).to_owned();
            let device = &mut self.devices[index];
            device.session = None;
            let what = format!("{} ends {link}: {code}", device.name);
            self.note(&what);
            self.trace.count(&format!("session ended: {code}"));
            self.cut_at(link, Some(Way::Up));
            let pause_ms = if self.is_healing { 2_000 } else { self.temper.pause_ms };
            let pause_ms = 500 + self.rng.below(pause_ms);
            self.after(pause_ms, Event::Connect(index));
            return match ended {
                Ok(()) => Ok(()),
                Err(error) => self.judge_error(index, &error),
            };
        }
        if let Some((at_ms, _)) = timeout {
            self.at(at_ms.max(self.clock.now_ms()), Event::Timer(index));
        }
        // What was refused goes again with the next connection, so the app makes one.
        if self.is_healing && self.devices[index].was_refused() {
            self.hang_up_by_phone(index);
        }
        Ok(())
    }

    /// Ends a phone's connection from its side. It connects again after a while.
    pub fn hang_up_by_phone(&mut self, index: usize) {
        let now_ms = self.clock.now_ms();
        let Some(device) = self.devices.get_mut(index) else { return };
        let Some(mut session) = device.session.take() else { return };
        if let Some(replica) = &mut device.replica {
            session.driver.handle_disconnected(replica, now_ms);
        }
        self.cut_at(session.link, Some(Way::Up));
        let pause_ms = 500 + self.rng.below(2_000);
        self.after(pause_ms, Event::Connect(index));
    }

    /// Whether an error was to be expected. One of the disk ends the app, which is started again
    /// soon.
    pub fn judge_error(&mut self, index: usize, error: &EngineError) -> Result<(), Broken> {
        let device = &self.devices[index];
        let expected = match error.kind() {
            // What no later connection can mend ends an app's syncing for good.
            ErrorKind::Network => error.retryable() || !device.is_honest,
            ErrorKind::File => device.is_troubled,
            ErrorKind::Refused
            | ErrorKind::NotFound
            | ErrorKind::NeedsUpdate
            | ErrorKind::Internal => false,
        };
        if !expected {
            return Err(format!("{} had {}: {error:?}", device.name, error.code()));
        }
        if error.kind() == ErrorKind::File {
            self.trace.count("disk error seen by a device");
            // Some apps give up at once, some go on with the connection they have.
            if self.rng.chance(1, 2) {
                self.stop_device(index);
            }
            self.mend_disk(index);
        }
        Ok(())
    }

    /// Ends an app at once. It is started again after a while.
    pub fn stop_device(&mut self, index: usize) {
        if let Some(link) = self.devices[index].stop() {
            self.cut_at(link, Some(Way::Up));
            let pause_ms = 1_000 + self.rng.below(self.temper.pause_ms);
            self.after(pause_ms, Event::Connect(index));
        }
        let pause_ms = self.rng.below(10_000);
        self.after(pause_ms, Event::Start(index));
    }

    // ---- the server ----

    fn start_server(&mut self) -> Result<(), Broken> {
        if self.host.server.is_some() {
            return Ok(());
        }
        match self.host.start() {
            Ok(()) => {
                self.note("server starts");
                self.check_server()
            }
            Err(code) if self.host.is_troubled => {
                self.note(&format!("server does not start: {code}"));
                self.host.disk.clear_faults();
                self.host.disk.set_capacity_bytes(None);
                self.after(1_000, Event::StartServer);
                Ok(())
            }
            Err(code) => Err(format!("the server does not start: {code}")),
        }
    }

    /// Ends the server's process at once. It is started again after a while.
    pub fn stop_server(&mut self) {
        if self.host.server.is_none() {
            return;
        }
        self.host.disk.kill_processes();
        self.host.server = None;
        for link in self.links.keys().copied().collect::<Vec<_>>() {
            if let Some(link) = self.links.get_mut(&link) {
                link.server = None;
            }
            self.cut_at(link, Some(Way::Down));
        }
        let pause_ms = self.rng.below(20_000);
        self.after(pause_ms, Event::StartServer);
    }

    /// Lets the server gather input for a moment, so that several devices' pushes meet in a group.
    pub fn queue_server_step(&mut self) {
        if !self.is_step_queued {
            self.is_step_queued = true;
            let delay_ms = self.rng.below(30);
            self.after(delay_ms, Event::Step);
        }
    }

    /// Lets the server do everything there is to do now.
    pub fn step_server(&mut self) {
        let (now_ms, unix_ms) = (self.clock.now_ms(), self.clock.unix_ms());
        if let Some(server) = &mut self.host.server {
            server.step(now_ms, unix_ms);
        }
        self.flush_server();
    }

    /// Sends what the server has for everybody, and forgets whom it closed.
    pub fn flush_server(&mut self) {
        for id in self.links.keys().copied().collect::<Vec<_>>() {
            let Some(connection) = self.links.get(&id).and_then(|link| link.server) else {
                continue;
            };
            let mut frames = Vec::new();
            let Some(server) = &mut self.host.server else { return };
            while let Some(frame) = server.poll_transmit(connection) {
                frames.push(frame);
            }
            let is_closed = server.is_closed(connection);
            for frame in frames {
                if let Some(link) = self.links.get_mut(&id) {
                    link.is_answered = true;
                }
                self.send(id, Way::Down, frame);
            }
            self.send_refusals(id);
            if is_closed {
                if let Some(server) = &mut self.host.server {
                    server.disconnect(connection);
                }
                if let Some(link) = self.links.get_mut(&id) {
                    link.server = None;
                }
                self.close_gently(id);
            }
        }
        if let Some((at_ms, _)) = self.host.server.as_ref().and_then(|server| server.poll_timeout())
        {
            self.at(at_ms.max(self.clock.now_ms()), Event::ServerTimer);
        }
    }

    // ---- the network ----

    fn send(&mut self, link: LinkId, way: Way, frame: Vec<u8>) {
        let latency_ms = 5 + self.rng.below(self.temper.latency_ms);
        let now_ms = self.clock.now_ms();
        let Some(connection) = self.links.get_mut(&link) else { return };
        let len = frame.len();
        match connection.send(way, frame, now_ms, latency_ms) {
            Sent::At(at_ms) => {
                self.at(at_ms, Event::Arrive(link, way));
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

    /// Says what was not kept, once the server has said who it is.
    fn send_refusals(&mut self, link: LinkId) {
        let Some(connection) = self.links.get_mut(&link).filter(|link| link.is_answered) else {
            return;
        };
        for frame in std::mem::take(&mut connection.refusals) {
            self.trace.count("push refused");
            self.send(link, Way::Down, frame);
        }
    }

    fn arrive(&mut self, link: LinkId, way: Way) -> Result<(), Broken> {
        let now_ms = self.clock.now_ms();
        let Some(connection) = self.links.get_mut(&link) else { return Ok(()) };
        let Some(frame) = connection.arrive(way, now_ms) else { return Ok(()) };
        match way {
            Way::Up => {
                let refusal = self.host.refusal().and_then(|code| refusal_of(&frame, code));
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
                    session.driver.handle_frame(replica, &frame, now_ms);
                    return self.settle_device(index);
                }
                Ok(())
            }
        }
    }

    /// Breaks a connection; who broke it himself needs not be told.
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
    fn close_gently(&mut self, link: LinkId) {
        let Some(connection) = self.links.get_mut(&link) else { return };
        if connection.is_cut {
            return;
        }
        connection.is_cut = true;
        let delay_ms = 5 + self.temper.latency_ms;
        self.after(delay_ms, Event::Hangup(link, Way::Down));
    }

    fn hang_up(&mut self, link: LinkId, way: Way) -> Result<(), Broken> {
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
fn refusal_of(frame: &[u8], code: &str) -> Option<Vec<u8>> {
    let Ok(DeviceMessage::Push(push)) = decode_device(frame, FRAME_BYTES_MAX) else { return None };
    let answer = |commit: &PushedCommit| Answer {
        commit: commit.key,
        outcome: Outcome::Refused { code: code.to_owned() },
    };
    let answers = push.commits.iter().map(answer).collect();
    Some(encode_server(&ServerMessage::Answers(Answers { answers })))
}

fn other(way: Way) -> Way {
    match way {
        Way::Up => Way::Down,
        Way::Down => Way::Up,
    }
}
