//! A query that is answered anew whenever its answer may have changed, for as long as a screen shows it.
//!
//! Nothing is pushed: the next answer is worked out when it is asked for, on the engine's threads, and
//! so a slow screen gets the latest state and never a queue. There is no thread of its own behind it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::{Mutex, watch};

use crate::error::EngineError;
use crate::shell::asking::{Answer, Query, ask};
use crate::shell::changes::Listener;
use crate::shell::hosting::Host;
use crate::shell::keting::Keting;

/// The least time between two answers. A person sees no more than that, and a first sync changes rows
/// by the hundred meanwhile.
const BETWEEN_ANSWERS: Duration = Duration::from_millis(30);

/// A live query. Dropping or cancelling it leaves nothing of it.
///
/// It keeps no file open: it ends when the engine is closed, or the last handle to it is dropped. While
/// the engine is suspended it waits, and asks again when it is resumed.
pub struct Live {
    host: Arc<Host>,
    query: Query,
    listener: Listener,
    given: Mutex<Given>,
    cancelled: watch::Sender<bool>,
}

/// The answer that was given last.
struct Given {
    last: Option<Answer>,
    at: Option<Instant>,
    /// Whether something changed that no answer says. It outlasts a caller who stops waiting.
    is_stale: bool,
}

impl Live {
    pub(super) fn begin(host: &Arc<Host>, query: Query) -> Self {
        Self {
            host: Arc::clone(host),
            listener: host.changes.listen(query.reads()),
            query,
            given: Mutex::new(Given { last: None, at: None, is_stale: true }),
            cancelled: watch::Sender::new(false),
        }
    }

    /// The next answer: the first at once, each further one when it differs from the last, and not sooner
    /// than 30 ms after it. None when the query was cancelled or the engine closed.
    ///
    /// Whoever stops waiting for it loses nothing: the next call answers.
    ///
    /// # Errors
    /// When the file cannot be read: the next call tries again. `not_enrolled` while the device has not joined:
    /// the next call waits until it has, or something else has changed.
    pub async fn next(&self) -> Result<Option<Answer>, EngineError> {
        tokio::select! {
            biased;
            () = self.has_ended() => Ok(None),
            answer = self.next_answer() => match answer {
                Err(EngineError::Shut) => Ok(None),
                answer => answer.map(Some),
            },
        }
    }

    /// Ends it: whoever waits for the next answer hears so at once.
    pub fn cancel(&self) {
        self.cancelled.send_replace(true);
        self.listener.leave();
    }

    async fn has_ended(&self) {
        let mut cancelled = self.cancelled.subscribe();
        tokio::select! {
            _ = cancelled.wait_for(|is_cancelled| *is_cancelled) => {}
            () = self.host.is_to_end() => {}
        }
    }

    async fn next_answer(&self) -> Result<Answer, EngineError> {
        let mut given = self.given.lock().await;
        loop {
            if !given.is_stale {
                self.listener.changed().await;
                given.is_stale = true;
            }
            let since = given.at.map_or(BETWEEN_ANSWERS, |at| at.elapsed());
            if let Some(left) = BETWEEN_ANSWERS.checked_sub(since).filter(|left| !left.is_zero()) {
                self.host.pause(left).await;
            }
            // What was told of until now, the answer says.
            let _ = self.listener.changed().now_or_never();
            let answer = ask(&self.host, self.query.clone()).await;
            given.at = Some(Instant::now());
            given.is_stale = !matches!(answer, Ok(_) | Err(EngineError::NotEnrolled));
            let answer = answer?;
            if given.last.as_ref() != Some(&answer) {
                given.last = Some(answer.clone());
                return Ok(answer);
            }
        }
    }
}

impl Keting {
    /// Asks for as long as a screen shows the answer.
    pub fn live(&self, query: Query) -> Live {
        Live::begin(self.host(), query)
    }

    /// How many live queries there are.
    pub fn live_count(&self) -> usize {
        self.host().changes.count()
    }
}
