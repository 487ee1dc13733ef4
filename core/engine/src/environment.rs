//! The clocks and the source of chance, passed in so that a simulation can own them.

use std::time::Duration;

/// What a replica needs from the machine it runs on, beside its file and its vault.
pub trait Environment: Send {
    /// Milliseconds since the Unix epoch by the machine's clock, which anybody may set wrong.
    fn unix_ms(&self) -> u64;

    /// How long the machine has been running, by a clock that nobody can set.
    fn boot(&self) -> Boot;

    /// Fills `bytes` with bytes nobody can foresee.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// How long the machine has been running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boot {
    /// Which start of the machine this is. None where the platform does not say: nothing is then
    /// known to have happened since the same start, and each opening of a file counts as another.
    pub id: Option<[u8; 16]>,
    /// Milliseconds since some moment of this start, the time asleep included.
    pub elapsed_ms: u64,
}

impl dyn Environment + '_ {
    /// A fixed number of unforeseeable bytes.
    pub fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

/// The machine's own clocks and randomness.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemEnvironment;

impl Environment for SystemEnvironment {
    fn unix_ms(&self) -> u64 {
        let now = std::time::SystemTime::now();
        now.duration_since(std::time::UNIX_EPOCH).map_or(0, whole_ms)
    }

    fn boot(&self) -> Boot {
        system::boot()
    }

    /// # Panics
    /// When the operating system gives no randomness: no key or id made without it would be safe.
    #[allow(clippy::expect_used)]
    fn fill(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives randomness");
    }
}

fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Linux and Android count the time asleep and name each start of the machine.
#[cfg(any(target_os = "linux", target_os = "android"))]
mod system {
    use std::sync::OnceLock;

    use rustix::time::{ClockId, clock_gettime};

    use super::{Boot, whole_ms};

    const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

    pub(super) fn boot() -> Boot {
        static ID: OnceLock<Option<[u8; 16]>> = OnceLock::new();
        let id = *ID.get_or_init(|| read_id(&std::fs::read_to_string(BOOT_ID).ok()?));
        let elapsed = clock_gettime(ClockId::Boottime);
        Boot { id, elapsed_ms: elapsed.try_into().map_or(0, whole_ms) }
    }

    /// The sixteen bytes of a UUID.
    fn read_id(text: &str) -> Option<[u8; 16]> {
        let digits: String = text.trim().chars().filter(|char| *char != '-').collect();
        u128::from_str_radix(&digits, 16).ok().map(u128::to_be_bytes)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_machine_names_its_start_and_counts_on_from_it() {
            let (first, second) = (boot(), boot());
            assert!(first.id.is_some() && first.id == second.id);
            assert!(first.elapsed_ms > 0 && first.elapsed_ms <= second.elapsed_ms);
            assert_eq!(
                read_id("00000000-0000-0000-0000-00000000002a\n"),
                Some(42_u128.to_be_bytes())
            );
            assert_eq!(read_id(""), None);
        }
    }
}

/// Elsewhere the process counts from its own start and no start of the machine has a name.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod system {
    use std::sync::OnceLock;
    use std::time::Instant;

    use super::{Boot, whole_ms};

    pub(super) fn boot() -> Boot {
        static START: OnceLock<Instant> = OnceLock::new();
        Boot { id: None, elapsed_ms: whole_ms(START.get_or_init(Instant::now).elapsed()) }
    }
}
