//! All timers of both machines, and the table that keeps them.

use std::collections::BTreeMap;

/// A named reason to be called at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// Device: the Welcome, or the key's signature before it, must be there.
    WelcomeDue,
    /// Device: the server owes its first word on its log, or answers, and must give some of it.
    WordDue,
    /// Device: nothing was sent for a while; a Ping keeps the path open and proves it.
    PingDue,
    /// Server: the Hello, and the driver's word on it, must be there.
    HelloDue,
    /// Server: entries are in flight and must be confirmed.
    ConfirmDue,
    /// Server: the device should hear that nothing else concerned it.
    UpToDue,
    /// Server: a device that may only hand over has handed over nothing more for a while.
    HandedOver,
    /// Server: bytes of a frame came that is not whole yet, and the device should hear so.
    ArrivalDue,
    /// Both: nothing was heard from the peer for too long.
    PeerSilent,
}

impl Timer {
    /// The reason, for the log.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::WelcomeDue => "welcome_due",
            Self::WordDue => "word_due",
            Self::PingDue => "ping_due",
            Self::HelloDue => "hello_due",
            Self::ConfirmDue => "confirm_due",
            Self::UpToDue => "up_to_due",
            Self::HandedOver => "handed_over",
            Self::ArrivalDue => "arrival_due",
            Self::PeerSilent => "peer_silent",
        }
    }
}

/// When which timer ends, in monotonic milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Timers(BTreeMap<Timer, u64>);

impl Timers {
    pub(crate) fn set(&mut self, timer: Timer, at_ms: u64) {
        self.0.insert(timer, at_ms);
    }

    /// Sets a timer unless it runs already.
    pub(crate) fn start(&mut self, timer: Timer, at_ms: u64) {
        self.0.entry(timer).or_insert(at_ms);
    }

    /// Lets a timer that runs end so much later, though not after `latest_ms`. Says how much later it ends now.
    pub(crate) fn put_off(&mut self, timer: Timer, by_ms: u64, latest_ms: u64) -> u64 {
        let Some(at_ms) = self.0.get_mut(&timer) else { return 0 };
        let before_ms = *at_ms;
        *at_ms = before_ms.saturating_add(by_ms).min(latest_ms).max(before_ms);
        *at_ms - before_ms
    }

    pub(crate) fn clear(&mut self, timer: Timer) {
        self.0.remove(&timer);
    }

    /// Clears a timer and says when it would have ended.
    pub(crate) fn take(&mut self, timer: Timer) -> Option<u64> {
        self.0.remove(&timer)
    }

    pub(crate) fn clear_all(&mut self) {
        self.0.clear();
    }

    /// The timer that ends first.
    pub(crate) fn next(&self) -> Option<(u64, &'static str)> {
        self.0.iter().map(|(timer, at_ms)| (*at_ms, timer.reason())).min_by_key(|(at_ms, _)| *at_ms)
    }

    /// Takes out a timer that has ended.
    pub(crate) fn take_ended(&mut self, now_ms: u64) -> Option<Timer> {
        let ended = self.0.iter().find(|(_, at_ms)| **at_ms <= now_ms).map(|(timer, _)| *timer)?;
        self.0.remove(&ended);
        Some(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_end_once_and_the_earliest_is_named() {
        let mut timers = Timers::default();
        timers.set(Timer::PeerSilent, 30);
        timers.set(Timer::PingDue, 10);
        timers.start(Timer::PingDue, 5);
        assert_eq!(timers.next(), Some((10, "ping_due")));
        assert_eq!(timers.take_ended(9), None);
        assert_eq!(timers.take_ended(10), Some(Timer::PingDue));
        assert_eq!(timers.take_ended(10), None);
        timers.clear_all();
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn a_timer_is_put_off_if_it_runs_and_never_beyond_the_latest_nor_back() {
        let mut timers = Timers::default();
        assert_eq!(timers.put_off(Timer::PingDue, 5, 100), 0);
        assert_eq!(timers.next(), None);
        timers.set(Timer::PingDue, 30);
        for (by_ms, latest_ms, later_ms, at_ms) in
            [(5, 100, 5, 35), (50, 40, 5, 40), (1, 10, 0, 40)]
        {
            assert_eq!(timers.put_off(Timer::PingDue, by_ms, latest_ms), later_ms);
            assert_eq!(timers.next(), Some((at_ms, "ping_due")));
        }
    }
}
