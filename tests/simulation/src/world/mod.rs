//! The world: virtual time, the queue of what will happen, and how what happens to one side is
//! carried to the other.
//!
//! One thread, one queue: an event is taken, its time becomes now, the product's code is stepped,
//! and what it wants to send or to be woken for is queued. Nothing else ever runs, so that the seed
//! decides everything. What an event does stands beside whom it happens to: a phone ([`phone`]), the
//! server ([`server`]), a connection between them ([`wire`]).

mod phone;
mod server;
mod wire;

use std::collections::BTreeMap;

use keting_testkit::rng::Rng;

use crate::addresses::{Addresses, Answers};
use crate::cast;
use crate::clock::Clock;
use crate::device::Device;
use crate::ending::Ends;
use crate::host::{FIRST_URL, Host};
use crate::moving::Moving;
use crate::network::{Link, LinkId, Way};
use crate::safety::Memory;
use crate::said::Said;
use crate::temper::Temper;
use crate::trace::Trace;

/// What a seed's chance is forked for that lets connections drip.
const DRIPS: u64 = 77;

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
    /// So many bytes arrive of a frame that is not whole.
    Drip(LinkId, Way, usize),
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
    /// Chance for which connections drip, and how; none where none does.
    pub drips: Option<Rng>,
    /// The phones.
    pub devices: Vec<Device>,
    /// The server.
    pub host: Host,
    /// Who answers at which address.
    pub addresses: Addresses,
    /// The server's moves and TLS keys.
    pub moving: Moving,
    /// The connections.
    pub links: BTreeMap<LinkId, Link>,
    /// What happened.
    pub trace: Trace,
    /// What was seen so far and must stay true.
    pub memory: Memory,
    /// What people said.
    pub said: Said,
    /// Whose devices were ended.
    pub ends: Ends,
    /// How much of the time nobody did anything, in milliseconds.
    pub away_ms: u64,
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
        // Of a course of its own: whether anything drips decides nothing else.
        let mut drips = Rng::new(seed).fork(DRIPS);
        let drips = drips.chance(1, 4).then_some(drips);
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
            drips,
            devices,
            host,
            addresses: Addresses::default(),
            moving: Moving::default(),
            links: BTreeMap::new(),
            trace: Trace::new(full_trace),
            memory: Memory::default(),
            said: Said::default(),
            ends: Ends::default(),
            away_ms: 0,
            is_healing: false,
            queue: BTreeMap::new(),
            queued: 0,
            last_link: 0,
            is_step_queued: false,
            rng,
        };
        world.addresses.lead(FIRST_URL, Answers::Server);
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
            Event::Drip(link, way, bytes) => self.drip(link, way, bytes)?,
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
}
