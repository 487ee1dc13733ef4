//! What the server owes: the first word on its log, all of a first sync, the answers to what was pushed.
//!
//! Signs of life do not count, nor does what anybody could send for ever; so nobody who greets keeps a
//! device from the next address. The server's time does not run while this side is at work: a slow disk or
//! a slow key is no fault of the server's. And it has as much more as what was pushed takes on the thinnest
//! line: it cannot answer what has not arrived.

use keting_trust::limits::WORD_MS_MAX;

use super::arriving::ARRIVAL_MS_MAX;
use super::{DeviceSession, Stage};
use crate::pace::pace_ms;
use crate::timer::Timer;

impl DeviceSession {
    /// Keeps the timer of what the server owes.
    pub(super) fn await_word(&mut self, now_ms: u64) {
        if !self.is_owed() {
            self.note_given();
        } else if self.inbound.is_at_work() {
            if let Some(at_ms) = self.timers.take(Timer::WordDue) {
                self.word_left_ms = at_ms.saturating_sub(now_ms);
            }
        } else {
            self.timers.start(Timer::WordDue, now_ms.saturating_add(self.word_left_ms));
        }
    }

    /// Notes that the server gave some of what it owes, or owes nothing.
    pub(super) fn note_given(&mut self) {
        self.timers.clear(Timer::WordDue);
        self.word_left_ms = WORD_MS_MAX + pace_ms(self.outbound.unanswered_bytes());
        self.arrival_left_ms = ARRIVAL_MS_MAX;
    }

    /// Notes that so many bytes more are pushed.
    pub(super) fn owe_answers(&mut self, bytes: usize) {
        let by_ms = pace_ms(bytes);
        self.word_left_ms += by_ms;
        self.timers.put_off(Timer::WordDue, by_ms, u64::MAX);
    }

    fn is_owed(&self) -> bool {
        match self.stage {
            Stage::AwaitingEnrolled => true,
            Stage::Live => self.outbound.is_unanswered() || self.inbound.is_owed(),
            Stage::Unconnected
            | Stage::SigningHello { .. }
            | Stage::AwaitingWelcome
            | Stage::Closed => false,
        }
    }
}
