//! Virtual time and chance, as the product sees them.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keting::{Boot, Environment};
use keting_testkit::rng::Rng;

/// The server's wall clock when a run begins, milliseconds since the Unix epoch.
pub const BEGIN_UNIX_MS: u64 = 1_790_000_000_000;

/// The one time of a run: monotonic milliseconds since it began.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    /// The milliseconds since the run began.
    pub fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// The right wall clock, milliseconds since the Unix epoch.
    pub fn unix_ms(&self) -> u64 {
        BEGIN_UNIX_MS + self.now_ms()
    }

    /// Moves on; never back.
    pub fn advance_to(&self, now_ms: u64) {
        self.0.fetch_max(now_ms, Ordering::Relaxed);
    }
}

/// A course of chance that goes on over crashes of whoever draws from it: a device that is started
/// again must not draw the same ids again.
#[derive(Debug, Clone)]
pub struct Chance(Arc<Mutex<Rng>>);

impl Chance {
    /// Begins a course.
    pub fn new(rng: Rng) -> Self {
        Self(Arc::new(Mutex::new(rng)))
    }

    /// Fills the bytes.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes);
    }
}

/// A device's clocks, of which the wall clock may be years off, and its chance.
#[derive(Debug, Clone)]
pub struct DeviceEnvironment {
    clock: Clock,
    offset_ms: Arc<AtomicI64>,
    boot: Arc<Mutex<Start>>,
    chance: Chance,
}

/// The last start of a device's machine.
#[derive(Debug)]
struct Start {
    id: [u8; 16],
    at_ms: u64,
}

impl DeviceEnvironment {
    /// A device whose clock is right so far.
    pub fn new(clock: &Clock, rng: Rng) -> Self {
        let environment = Self {
            clock: clock.clone(),
            offset_ms: Arc::new(AtomicI64::new(0)),
            boot: Arc::new(Mutex::new(Start { id: [0; 16], at_ms: 0 })),
            chance: Chance::new(rng),
        };
        environment.restart();
        environment
    }

    /// The machine starts anew: its boot clock begins again.
    pub fn restart(&self) {
        let mut id = [0; 16];
        self.chance.fill(&mut id);
        *self.start() = Start { id, at_ms: self.clock.now_ms() };
    }

    fn start(&self) -> MutexGuard<'_, Start> {
        self.boot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The milliseconds since the run began.
    pub fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// Whether the clock is wrong.
    pub fn is_off(&self) -> bool {
        self.offset_ms.load(Ordering::Relaxed) != 0
    }

    /// Sets by how much the clock is wrong.
    pub fn set_offset_ms(&self, offset_ms: i64) {
        self.offset_ms.store(offset_ms, Ordering::Relaxed);
    }
}

impl Environment for DeviceEnvironment {
    fn unix_ms(&self) -> u64 {
        self.clock.unix_ms().saturating_add_signed(self.offset_ms.load(Ordering::Relaxed))
    }

    fn boot(&self) -> Boot {
        let start = self.start();
        Boot { id: Some(start.id), elapsed_ms: self.clock.now_ms() - start.at_ms }
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        self.chance.fill(bytes);
    }
}
