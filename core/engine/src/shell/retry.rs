//! When to connect again.

use keting_sync::Backoff;

use crate::driver::Progress;

/// The pauses between one connection and the next.
#[derive(Debug)]
pub(super) struct Pauses {
    backoff: Backoff,
}

impl Pauses {
    /// The same seed gives the same pauses.
    pub(super) fn new(seed: u64) -> Self {
        Self { backoff: Backoff::new(seed) }
    }

    /// How long to wait after a connection that came to `progress`, in milliseconds. Longer each
    /// time that nothing came of one: a first sync over a link that keeps breaking is not made to
    /// wait for what it achieves.
    pub(super) fn after_ms(&mut self, progress: &Progress) -> u64 {
        if is_durable(progress) {
            self.backoff.reset();
        }
        self.backoff.next_delay_ms()
    }

    /// Somebody asked for a sync now.
    pub(super) fn reset(&mut self) {
        self.backoff.reset();
    }
}

/// Whether a connection brought something the next one need not bring again. That nothing new is
/// there is such a thing only if what was sent was answered: where answers fail, as on a full disk, a
/// device that has everything would otherwise knock twice a second.
fn is_durable(progress: &Progress) -> bool {
    let is_in_step = progress.commits_answered >= progress.commits_sent;
    (progress.up_to_date.is_some() && is_in_step)
        || progress.first_sync.is_some()
        || progress.commits_answered > 0
        || progress.commits_received > 0
        || progress.documents_entered > 0
}

#[cfg(test)]
mod tests {
    use keting_model::LogId;
    use keting_trust::{Cursor, limits};

    use super::*;

    #[test]
    fn pauses_grow_while_nothing_is_achieved() {
        let mut pauses = Pauses::new(1);
        let nothing = Progress { commits_sent: 9, round_trips: 1, ..Progress::default() };
        let cursor = Cursor::genesis(LogId::new([1; 16]), 0);
        let unanswered = Progress { up_to_date: Some(cursor), ..nothing.clone() };
        for nothing in [nothing, unanswered] {
            let last_ms = (0..20).map(|_| pauses.after_ms(&nothing)).last();
            assert!(last_ms >= Some(limits::BACKOFF_MS_MAX / 2), "{last_ms:?}");
        }
    }

    #[test]
    fn any_durable_progress_brings_the_pause_back_to_the_shortest() {
        let cursor = Cursor::genesis(LogId::new([1; 16]), 0);
        for something in [
            Progress { up_to_date: Some(cursor), ..Progress::default() },
            Progress { first_sync: Some((1, 900)), ..Progress::default() },
            Progress { commits_answered: 1, ..Progress::default() },
            Progress { commits_received: 1, ..Progress::default() },
            Progress { documents_entered: 1, ..Progress::default() },
        ] {
            let mut pauses = Pauses::new(1);
            for _ in 0..20 {
                pauses.after_ms(&Progress::default());
            }
            let pause_ms = pauses.after_ms(&something);
            assert!(pause_ms <= limits::BACKOFF_MS_MIN, "{pause_ms} after {something:?}");
        }
    }
}
