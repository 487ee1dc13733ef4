//! The one who runs the server: they look at its clock when it says that it does not trust it, and put
//! it right, or do not notice that it is wrong.

use crate::world::World;

/// How far the server's clock may be set wrong: more than two years either way.
const WRONG_MS_MAX: u64 = 800 * 86_400_000;
/// So little that nobody can notice.
pub const UNNOTICED_MS_MAX: u64 = 9 * 60_000;

impl World {
    /// The server's clock is set, mostly wrong, now and then right again.
    pub fn set_server_clock(&mut self) {
        let off_ms = match self.rng.below(8) {
            0 => 0,
            1 | 2 => self.rng.below(UNNOTICED_MS_MAX),
            _ => self.rng.below(WRONG_MS_MAX),
        };
        let off_ms = i64::try_from(off_ms).unwrap();
        self.host.clock_off_ms = if self.rng.chance(1, 2) { off_ms } else { -off_ms };
        self.note(&format!("the server's clock is {} ms off", self.host.clock_off_ms));
    }

    /// What the operator does now and then.
    pub fn operate(&mut self) {
        if self.rng.chance(1, 3) {
            self.look_after_clock();
        }
    }

    /// If the server says that its clock is suspect: puts it right and says so, or takes it for right
    /// as it stands.
    fn look_after_clock(&mut self) {
        let Some(server) = &self.host.server else { return };
        if server.clock_suspicion().is_none() {
            return;
        }
        let is_noticed = self.rng.chance(3, 4);
        self.trace.count(if is_noticed {
            "the clock was put right"
        } else {
            "a wrong clock was confirmed"
        });
        self.confirm_clock(is_noticed);
    }

    /// Says that the server's clock is right, having put it right or not.
    pub fn confirm_clock(&mut self, is_put_right: bool) {
        if is_put_right {
            self.host.clock_off_ms = 0;
        }
        let (now_ms, unix_ms) = (self.clock.now_ms(), self.host.unix_ms());
        let Some(server) = &mut self.host.server else { return };
        // A disk that fails leaves the clock suspect; the operator comes again.
        if server.confirm_clock(now_ms, unix_ms).is_ok() {
            self.note(&format!("the clock is confirmed, {} ms off", self.host.clock_off_ms));
        }
    }

    /// Whether the server serves, by a clock that is about right.
    pub fn is_on_time(&mut self) -> bool {
        self.step_server();
        let server = self.host.server.as_ref();
        self.host.clock_off_ms.unsigned_abs() <= UNNOTICED_MS_MAX
            && server.is_some_and(|server| server.clock_suspicion().is_none())
    }

    /// Remembers which times the server tells.
    pub fn note_told_time(&mut self) {
        if self.host.server.as_ref().is_some_and(|server| server.clock_suspicion().is_none()) {
            self.memory.told_off_ms.insert(self.host.clock_off_ms);
        }
    }
}
