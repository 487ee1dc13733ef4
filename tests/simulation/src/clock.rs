//! Virtual time and chance, as the product sees them.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use keting::Environment;
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

/// A device's clock, which may be years off, and its chance.
#[derive(Debug, Clone)]
pub struct DeviceEnvironment {
    clock: Clock,
    offset_ms: Arc<AtomicI64>,
    chance: Chance,
}

impl DeviceEnvironment {
    /// A device whose clock is right so far.
    pub fn new(clock: &Clock, rng: Rng) -> Self {
        let offset_ms = Arc::new(AtomicI64::new(0));
        Self { clock: clock.clone(), offset_ms, chance: Chance::new(rng) }
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

    fn fill(&mut self, bytes: &mut [u8]) {
        self.chance.fill(bytes);
    }
}
