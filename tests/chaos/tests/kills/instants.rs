//! When something is killed.

use std::time::Duration;

use keting_testkit::rng::Rng;

use crate::SEED;

/// Seeded instants, from the start of something to a little after its end.
///
/// How long it takes is measured once, while other tests keep the machine busy, and is another time a
/// moment later. So the span follows what the kills find: it grows while they come too early and
/// shrinks while they come too late. Half of them then come before the end, whatever the machine does.
pub struct Instants {
    span: Duration,
    rng: Rng,
}

impl Instants {
    /// Instants within something that took `whole` when nothing disturbed it.
    pub const fn within(whole: Duration) -> Self {
        Self { span: whole, rng: Rng::new(SEED) }
    }

    /// The next instant, counted from the start.
    pub fn draw(&mut self) -> Duration {
        let thousandths = u32::try_from(self.rng.below(1_100)).unwrap();
        self.span * thousandths / 1_000
    }

    /// Takes into account whether the last kill came when everything was over already.
    pub fn note(&mut self, was_over: bool) {
        const SHRUNK: f64 = 0.8;
        self.span = self.span.mul_f64(if was_over { SHRUNK } else { 1.0 / SHRUNK });
    }
}
