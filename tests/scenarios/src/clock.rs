//! A phone's clocks as a test sets them, beside the server's real one.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use keting::{Boot, Environment, SystemEnvironment};

/// The clocks of one phone. Clones are the same clocks.
#[derive(Debug, Clone, Default)]
pub struct PhoneClock {
    off_ms: Arc<AtomicI64>,
    starts: Arc<AtomicU64>,
    passed_ms: Arc<AtomicU64>,
}

impl PhoneClock {
    /// A wall clock that is so many milliseconds off.
    pub fn off_by(off_ms: i64) -> Self {
        let clock = Self::default();
        clock.set_off_by(off_ms);
        clock
    }

    /// Somebody sets the wall clock to be so many milliseconds off.
    pub fn set_off_by(&self, off_ms: i64) {
        self.off_ms.store(off_ms, Ordering::Relaxed);
    }

    /// The phone starts anew.
    pub fn restart(&self) {
        self.starts.fetch_add(1, Ordering::Relaxed);
    }

    /// So much time passes on the phone, of which the server knows nothing.
    pub fn pass(&self, ms: u64) {
        self.passed_ms.fetch_add(ms, Ordering::Relaxed);
    }

    fn passed_ms(&self) -> u64 {
        self.passed_ms.load(Ordering::Relaxed)
    }
}

impl Environment for PhoneClock {
    fn unix_ms(&self) -> u64 {
        let now_ms = SystemEnvironment.unix_ms() + self.passed_ms();
        now_ms.saturating_add_signed(self.off_ms.load(Ordering::Relaxed))
    }

    fn boot(&self) -> Boot {
        let id = u128::from(self.starts.load(Ordering::Relaxed)).to_be_bytes();
        Boot { id: Some(id), elapsed_ms: SystemEnvironment.boot().elapsed_ms + self.passed_ms() }
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        SystemEnvironment.fill(bytes);
    }
}
