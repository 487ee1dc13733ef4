//! Time: the wall's, and what this process used of the processor.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// What something took.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// On the wall.
    pub wall: Duration,
    /// Of the processor, all threads of the process and the kernel on their behalf.
    pub cpu: Duration,
}

/// Measures one run.
pub fn time<T>(work: impl FnOnce() -> T) -> (T, Took) {
    let (wall, cpu) = (Instant::now(), process_cpu());
    let done = work();
    (done, Took { cpu: process_cpu().saturating_sub(cpu), wall: wall.elapsed() })
}

/// The middle one, in milliseconds.
pub fn median_ms(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    ms(times[times.len() / 2])
}

/// The mean, in milliseconds.
pub fn mean_ms(times: &[Duration]) -> f64 {
    ms(times.iter().sum()) / f64::from(u32::try_from(times.len()).unwrap())
}

/// Milliseconds with what is below them.
pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn process_cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap()
}
