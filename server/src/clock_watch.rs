//! Whether the server's own clock is to be believed.
//!
//! Nobody tells the server the right time, and whatever it says of time others rely on: which grants
//! are over, what day it is on every phone. But it can notice that its clock is not to be trusted:
//!
//! - the wall clock goes apart from one that nobody can set;
//! - at a start it stands behind the last *heartbeat*, a time that was kept while it was trusted, or
//!   far ahead of it.
//!
//! It is then *suspect* until the operator confirms it, also over a restart. This is a pure machine:
//! its driver tells it the time and keeps what it says is to be kept.

use keting_trust::limits::{CLOCK_AHEAD_MS_MAX, CLOCK_APART_MS_MAX, HEARTBEAT_EVERY_MS};

/// Why the clock is not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// It went apart from the clock that nobody can set.
    WentApart,
    /// At the start it stood behind the last heartbeat.
    Behind,
    /// At the start it stood far ahead of the last heartbeat.
    FarAhead,
    /// It was suspect when the server last stopped, and nobody confirmed it since.
    Unconfirmed,
}

impl Suspicion {
    /// What to say of it in a log.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::WentApart => "the clock was set while the server ran",
            Self::Behind => "the clock stands behind the time at which the server last ran",
            Self::FarAhead => "the clock stands far ahead of the time at which the server last ran",
            Self::Unconfirmed => "nobody has confirmed the clock yet",
        }
    }
}

/// What of the watch outlives the process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeptClock {
    /// The last time that was trusted, in milliseconds since the Unix epoch; 0 for none.
    pub heartbeat_ms: u64,
    /// Whether the clock is suspect.
    pub is_suspect: bool,
}

/// The watch.
///
/// *Inputs*: [`Self::look`], with the wall clock and one that nobody can set, both in milliseconds.
/// *Command*: [`Self::confirm`]. *Outputs*: [`Self::suspicion`], and [`Self::due`], what is to be
/// kept.
#[derive(Debug)]
pub struct ClockWatch {
    kept: KeptClock,
    suspicion: Option<Suspicion>,
    /// Both clocks as they stood together when they were last trusted.
    together: Option<(u64, u64)>,
    /// When keeping was last asked for, by the clock that nobody can set.
    asked_at_ms: Option<u64>,
}

impl ClockWatch {
    /// A watch that goes on from what was kept.
    pub fn new(kept: KeptClock) -> Self {
        let suspicion = kept.is_suspect.then_some(Suspicion::Unconfirmed);
        Self { kept, suspicion, together: None, asked_at_ms: None }
    }

    /// Looks at the clocks; true when the clock has become suspect by this.
    pub fn look(&mut self, unix_ms: u64, now_ms: u64) -> bool {
        let Some((unix_then, now_then)) = self.together else {
            self.together = Some((unix_ms, now_ms));
            return self.suspect(at_start(self.kept.heartbeat_ms, unix_ms));
        };
        let expected = unix_then.saturating_add(now_ms.saturating_sub(now_then));
        let is_apart = unix_ms.abs_diff(expected) > CLOCK_APART_MS_MAX;
        self.suspect(is_apart.then_some(Suspicion::WentApart))
    }

    /// Why the clock is not to be believed, unless it is.
    pub fn suspicion(&self) -> Option<Suspicion> {
        self.suspicion
    }

    /// The operator says that the clock is right as it stands.
    pub fn confirm(&mut self, unix_ms: u64, now_ms: u64) {
        *self = Self::new(KeptClock { heartbeat_ms: unix_ms, is_suspect: false });
        self.together = Some((unix_ms, now_ms));
    }

    /// What is to be kept now: at once that the clock became suspect, a heartbeat every few minutes.
    /// `with_others` says that something else is written anyway.
    pub fn due(&mut self, unix_ms: u64, now_ms: u64, with_others: bool) -> Option<KeptClock> {
        let is_suspect = self.suspicion.is_some();
        let after_ms = if with_others { HEARTBEAT_EVERY_MS / 2 } else { HEARTBEAT_EVERY_MS };
        let is_early = self.asked_at_ms.is_some_and(|at| now_ms.saturating_sub(at) < after_ms);
        if is_suspect == self.kept.is_suspect && (is_suspect || is_early) {
            return None;
        }
        self.asked_at_ms = Some(now_ms);
        self.kept.is_suspect = is_suspect;
        if !is_suspect {
            self.kept.heartbeat_ms = unix_ms;
        }
        Some(self.kept)
    }

    fn suspect(&mut self, suspicion: Option<Suspicion>) -> bool {
        let is_new = self.suspicion.is_none() && suspicion.is_some();
        self.suspicion = self.suspicion.or(suspicion);
        is_new
    }
}

fn at_start(heartbeat_ms: u64, unix_ms: u64) -> Option<Suspicion> {
    if heartbeat_ms.saturating_sub(unix_ms) > CLOCK_APART_MS_MAX {
        Some(Suspicion::Behind)
    } else if heartbeat_ms > 0 && unix_ms.saturating_sub(heartbeat_ms) > CLOCK_AHEAD_MS_MAX {
        Some(Suspicion::FarAhead)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
    const WALL_MS: u64 = 1_790_000_000_000;

    fn started_at(heartbeat_ms: u64, unix_ms: u64) -> Option<Suspicion> {
        let mut watch = ClockWatch::new(KeptClock { heartbeat_ms, is_suspect: false });
        watch.look(unix_ms, 5);
        watch.suspicion()
    }

    #[test]
    fn a_clock_that_is_set_by_more_than_ten_minutes_is_suspect_until_it_is_confirmed() {
        for (set_by, found) in [
            (0, None),
            (CLOCK_APART_MS_MAX.cast_signed(), None),
            (-CLOCK_APART_MS_MAX.cast_signed(), None),
            (CLOCK_APART_MS_MAX.cast_signed() + 1, Some(Suspicion::WentApart)),
            (-CLOCK_APART_MS_MAX.cast_signed() - 1, Some(Suspicion::WentApart)),
            (800 * DAY_MS.cast_signed(), Some(Suspicion::WentApart)),
        ] {
            let mut watch = ClockWatch::new(KeptClock::default());
            assert!(!watch.look(WALL_MS, 0));
            let later = (WALL_MS + DAY_MS).saturating_add_signed(set_by);
            assert_eq!(watch.look(later, DAY_MS), found.is_some(), "{set_by}");
            assert_eq!(watch.suspicion(), found, "{set_by}");
            // That it is right again is for the operator to say.
            assert!(!watch.look(WALL_MS + DAY_MS, DAY_MS));
            assert_eq!(watch.suspicion(), found);
            watch.confirm(WALL_MS + DAY_MS, DAY_MS);
            assert!(!watch.look(WALL_MS + 2 * DAY_MS, 2 * DAY_MS));
            assert_eq!(watch.suspicion(), None);
        }
    }

    #[test]
    fn steps_that_are_small_each_are_not_small_together() {
        let mut watch = ClockWatch::new(KeptClock::default());
        watch.look(WALL_MS, 0);
        let step = CLOCK_APART_MS_MAX / 2 + 1;
        assert!(!watch.look(WALL_MS + step, 0));
        assert!(watch.look(WALL_MS + 2 * step, 0));
    }

    #[test]
    fn at_a_start_the_clock_stands_at_the_last_heartbeat_or_up_to_thirty_days_later() {
        assert_eq!(started_at(0, WALL_MS), None, "a server that never ran");
        assert_eq!(started_at(WALL_MS, WALL_MS), None);
        assert_eq!(started_at(WALL_MS, WALL_MS - CLOCK_APART_MS_MAX), None, "it was put right");
        let behind = WALL_MS - CLOCK_APART_MS_MAX - 1;
        assert_eq!(started_at(WALL_MS, behind), Some(Suspicion::Behind));
        assert_eq!(started_at(WALL_MS, WALL_MS + CLOCK_AHEAD_MS_MAX), None);
        let far = WALL_MS + CLOCK_AHEAD_MS_MAX + 1;
        assert_eq!(started_at(WALL_MS, far), Some(Suspicion::FarAhead));
    }

    #[test]
    fn a_heartbeat_is_kept_every_few_minutes_and_sooner_with_something_else() {
        let mut watch = ClockWatch::new(KeptClock::default());
        watch.look(WALL_MS, 0);
        let heartbeat = |ms: u64| KeptClock { heartbeat_ms: WALL_MS + ms, is_suspect: false };
        let mut due = |ms: u64, with_others| watch.due(WALL_MS + ms, ms, with_others);
        assert_eq!(due(0, false), Some(heartbeat(0)));
        let half = HEARTBEAT_EVERY_MS / 2;
        assert_eq!((due(half - 1, true), due(half, false)), (None, None));
        assert_eq!(due(half, true), Some(heartbeat(half)));
        let next = half + HEARTBEAT_EVERY_MS;
        assert_eq!((due(next - 1, false), due(next, false)), (None, Some(heartbeat(next))));
    }

    #[test]
    fn that_the_clock_is_suspect_is_kept_at_once_and_no_heartbeat_while_it_is() {
        let mut watch = ClockWatch::new(KeptClock::default());
        watch.look(WALL_MS, 0);
        watch.due(WALL_MS, 0, false);
        assert!(watch.look(WALL_MS + 800 * DAY_MS, 1));
        let kept = KeptClock { heartbeat_ms: WALL_MS, is_suspect: true };
        assert_eq!(watch.due(WALL_MS + 800 * DAY_MS, 1, false), Some(kept));
        assert_eq!(watch.due(WALL_MS + 801 * DAY_MS, DAY_MS, true), None);

        let mut restarted = ClockWatch::new(kept);
        restarted.look(WALL_MS, 0);
        assert_eq!(restarted.suspicion(), Some(Suspicion::Unconfirmed));
        restarted.confirm(WALL_MS, 0);
        assert_eq!(
            (restarted.suspicion(), restarted.due(WALL_MS, 0, false).is_some()),
            (None, true)
        );
    }
}
