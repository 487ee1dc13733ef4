//! How syncing goes on, told to an app.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use keting_trust::limits;

use crate::replica::Moot;

/// How syncing goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncNews {
    /// The server is reached.
    Connected,
    /// By the server's time the device's own clock is off. Dates are right all the same; the person
    /// should set the clock. Said once a connection, and again if it is found off once more.
    ClockOff {
        /// By how many milliseconds it is ahead, or behind if negative.
        off_ms: i64,
    },
    /// Everything is here, and among it no grant that is good for more than thirty days by the server's
    /// time: somebody should renew what there is. Said once a connection.
    GrantEndsSoon {
        /// When the last of them ends, milliseconds since the Unix epoch.
        expires_at_ms: u64,
    },
    /// Documents received and in all, during a first sync.
    FirstSync {
        /// Received.
        done: u64,
        /// In all.
        total: u64,
    },
    /// An edit from before this phone was put back to an earlier state needed not be made anew: what it
    /// says stood there already. It is said once, and nothing is to be done.
    Moot(Box<Moot>),
    /// Everything the server had for this device is here.
    UpToDate,
    /// There is no connection, or no longer one. Edits and queries work as ever.
    Disconnected {
        /// Why, as a stable code: see [`crate::error::known`] for what to tell a person.
        code: String,
        /// In how many milliseconds it is tried again; none when that would not help, and syncing
        /// has ended.
        retry_in_ms: Option<u64>,
    },
}

/// News of one sync in the order it came. As an iterator it waits for each, and is at its end when
/// syncing has ended. Clones share the news: each hears what no other has heard.
#[derive(Debug, Clone, Default)]
pub struct News {
    queue: Arc<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    heard: Condvar,
}

#[derive(Debug, Default)]
struct State {
    news: VecDeque<SyncNews>,
    ended: bool,
}

impl News {
    /// Tells one; nobody has to listen.
    pub(super) fn tell(&self, news: SyncNews) {
        let mut state = self.state();
        if state.news.len() == limits::SYNC_NEWS_MAX {
            state.news.pop_front();
        }
        state.news.push_back(news);
        self.queue.heard.notify_all();
    }

    /// There will be no more.
    pub(super) fn end(&self) {
        self.state().ended = true;
        self.queue.heard.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.queue.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Iterator for News {
    type Item = SyncNews;

    fn next(&mut self) -> Option<SyncNews> {
        let nothing_yet = |state: &mut State| state.news.is_empty() && !state.ended;
        self.queue
            .heard
            .wait_while(self.state(), nothing_yet)
            .unwrap_or_else(PoisonError::into_inner)
            .news
            .pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_that_does_not_look_hears_the_latest_news_and_then_the_end() {
        let news = News::default();
        let total = limits::SYNC_NEWS_MAX as u64 + 3;
        for done in 1..=total {
            news.tell(SyncNews::FirstSync { done, total });
        }
        news.end();
        let heard: Vec<_> = news.collect();
        assert_eq!(heard.len(), limits::SYNC_NEWS_MAX);
        assert_eq!(heard.last(), Some(&SyncNews::FirstSync { done: total, total }));
    }
}
