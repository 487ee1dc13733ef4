//! Bytes that come before their frame is whole. An entry takes minutes on a thin line, and a server that is heard
//! all the while is not silent.
//!
//! For what the server owes they count for so long as the largest frame takes, and anew with each part that is
//! given: whoever only lets bytes come does not keep a device from the next address for ever.

use keting_trust::limits::{FRAME_BYTES_MAX, LINE_BYTES_PER_S_MIN, WORD_MS_MAX};

use super::{DeviceSession, Stage};
use crate::pace::pace_ms;
use crate::timer::Timer;

/// How much longer what the server owes may take since bytes come of it, in milliseconds.
pub(super) const ARRIVAL_MS_MAX: u64 = (FRAME_BYTES_MAX / LINE_BYTES_PER_S_MIN) as u64 * 1_000;

impl DeviceSession {
    /// So many bytes came, the last of them at `now_ms`; their frame need not be whole. A driver says so before it
    /// tells of a frame or of the time. The session then waits for longer, at the pace of the thinnest line
    /// that still counts.
    pub fn handle_arriving(&mut self, bytes: usize, now_ms: u64) {
        if matches!(self.stage, Stage::Closed) {
            return;
        }
        let by_ms = pace_ms(bytes);
        if let Some(latest_ms) = self.silent_at(now_ms) {
            self.timers.put_off(Timer::PeerSilent, by_ms, latest_ms);
        }
        let (by_ms, latest_ms) =
            (by_ms.min(self.arrival_left_ms), now_ms.saturating_add(WORD_MS_MAX));
        self.arrival_left_ms -= self.timers.put_off(Timer::WordDue, by_ms, latest_ms);
    }
}
