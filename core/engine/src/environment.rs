//! The wall clock and the source of chance, passed in so that a simulation can own both.

/// What a replica needs from the machine it runs on, beside its file and its vault.
pub trait Environment: Send {
    /// Milliseconds since the Unix epoch by the machine's clock, which may be wrong.
    fn unix_ms(&self) -> u64;

    /// Fills `bytes` with bytes nobody can foresee.
    fn fill(&mut self, bytes: &mut [u8]);
}

impl dyn Environment + '_ {
    /// A fixed number of unforeseeable bytes.
    pub fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

/// The machine's own clock and randomness.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemEnvironment;

impl Environment for SystemEnvironment {
    fn unix_ms(&self) -> u64 {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    /// # Panics
    /// When the operating system gives no randomness: no key or id made without it would be safe.
    #[allow(clippy::expect_used)]
    fn fill(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives randomness");
    }
}
