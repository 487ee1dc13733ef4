//! What a server waits for: any sign of the device, what it confirms, and what it hands over. Bytes of a frame that
//! is not whole yet put all of it off, so that a thin line may take its time; and nothing is confirmed before it
//! has arrived.

use super::{EndOf, ServerSession, Stage};
use crate::error::CloseReason;
use crate::message::{Ended, ServerMessage};
use crate::pace::pace_ms;
use crate::timer::Timer;
use keting_trust::limits::{ARRIVAL_TOLD_AFTER_MS, CONFIRM_MS_MAX, HAND_OVER_MS};

impl ServerSession {
    /// So many bytes of a frame came that is not whole yet. A driver says so every second or so. Whatever the
    /// session waits for it then waits for longer, at the pace of the thinnest line that still counts, and
    /// the device hears now and then that its bytes arrive.
    pub fn handle_arriving(&mut self, bytes: usize, now_ms: u64) {
        self.word.take_time(now_ms);
        if !matches!(self.stage, Stage::Live { .. }) {
            return;
        }
        let (by_ms, confirm_ms) = (pace_ms(bytes), now_ms.saturating_add(CONFIRM_MS_MAX));
        self.timers.put_off(Timer::PeerSilent, by_ms, self.silent_at(now_ms));
        self.timers.put_off(Timer::ConfirmDue, by_ms, confirm_ms);
        self.timers.start(Timer::ArrivalDue, now_ms.saturating_add(ARRIVAL_TOLD_AFTER_MS));
        self.wait_for_more(now_ms);
    }

    /// The device may hand over and no more, and hears of its end then.
    pub(super) fn hand_over(&mut self, ending: EndOf, now_ms: u64) {
        self.ending = Some(ending);
        self.wait_for_more(now_ms);
    }

    pub(super) fn wait_for_more(&mut self, now_ms: u64) {
        if self.ending.is_some() {
            self.timers.set(Timer::HandedOver, now_ms.saturating_add(HAND_OVER_MS));
        }
    }

    pub(super) fn end_hand_over(&mut self, now_ms: u64) {
        if self.intake.awaits_answers() {
            self.wait_for_more(now_ms);
        } else if let (Some(ending), Stage::Live { device }) = (self.ending.take(), &self.stage) {
            let (device, binding) = (device.device_id(), &self.channel_binding);
            match self.word.sign_end(ending.log, device, binding, ending.why) {
                Ok(proof) => {
                    let ended = Ended { proof };
                    self.send(&ServerMessage::Ended(ended.clone()));
                    self.close_with(CloseReason::Ended(Box::new(ended)));
                }
                Err(fault) => self.close_with(fault.into()),
            }
        }
    }

    pub(super) fn await_confirm(&mut self, now_ms: u64) {
        if let Some(bytes) = self.feed.next_to_be_confirmed_bytes() {
            let after_ms = CONFIRM_MS_MAX + pace_ms(bytes);
            self.timers.start(Timer::ConfirmDue, now_ms.saturating_add(after_ms));
        }
    }

    pub(super) fn silent_at(&self, now_ms: u64) -> u64 {
        now_ms.saturating_add(self.config.idle_after_ms)
    }
}
