//! Syncing on a thread of its own, for as long as an app wants it.

use std::convert::Infallible;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use keting_sync::CloseReason;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::error::EngineError;
use crate::shell::local::{Local, random};
use crate::shell::news::{News, SyncNews};
use crate::shell::retry::Pauses;
use crate::shell::sync_loop::{self, SyncReport, Until};
use crate::shell::turn::Turn;

const THREAD: &str = "keting-sync";

/// Syncing that goes on by itself. Dropping it stops it, and waits for nothing.
pub struct SyncHandle {
    keting: Local,
    news: News,
    /// Dropped, it stops the thread.
    stop: oneshot::Sender<Infallible>,
    thread: JoinHandle<Result<(), EngineError>>,
}

impl SyncHandle {
    pub(super) fn start(keting: &Local, turn: Turn) -> Result<Self, EngineError> {
        let runtime = runtime()?;
        let (stop, stopped) = oneshot::channel();
        let news = News::default();
        let (syncing, told) = (keting.clone(), news.clone());
        let body = move || {
            let mut tell = |what| told.tell(what);
            let ended = runtime.block_on(async {
                tokio::select! {
                    error = stay_connected(&syncing, &mut tell) => Err(error),
                    _ = stopped => Ok(()),
                }
            });
            // A name that is being looked up cannot be called off, and must not be waited for.
            runtime.shutdown_background();
            drop((syncing, turn));
            told.end();
            ended
        };
        let thread = thread::Builder::new().name(THREAD.to_owned()).spawn(body);
        let thread = thread.map_err(EngineError::NoThread)?;
        Ok(Self { keting: keting.clone(), news, stop, thread })
    }

    /// How it goes on. Nobody has to listen.
    pub fn news(&self) -> News {
        self.news.clone()
    }

    /// Connects at once if it waits to try again: the signal is back, or a person asked.
    pub fn try_now(&self) {
        self.keting.hurry();
    }

    /// Stops syncing, and returns once it has stopped.
    ///
    /// # Errors
    /// Why it had ended by itself, if it had.
    pub fn stop(self) -> Result<(), EngineError> {
        drop(self.stop);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Syncs once, on a thread of its own: it may be called from anywhere, also from a runtime's thread.
pub(super) fn sync_once(
    keting: &Local,
    news: &mut (dyn FnMut(SyncNews) + Send),
) -> Result<SyncReport, EngineError> {
    let runtime = runtime()?;
    thread::scope(|scope| {
        let body = || {
            let outcome = runtime.block_on(sync_loop::run(keting, Until::Quiescent, news));
            runtime.shutdown_background();
            outcome.ended
        };
        let syncing = thread::Builder::new().name(THREAD.to_owned()).spawn_scoped(scope, body);
        match syncing.map_err(EngineError::NoThread)?.join() {
            Ok(ended) => ended,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Stays connected, and connects again when the link breaks, until that would not help.
pub(super) async fn stay_connected(
    keting: &Local,
    news: &mut (dyn FnMut(SyncNews) + Send),
) -> EngineError {
    let mut pauses = Pauses::new(u64::from_be_bytes(random()));
    loop {
        let outcome = sync_loop::run(keting, Until::Stopped, news).await;
        let error = outcome.ended.err().unwrap_or(CloseReason::Asked.into());
        let retry_in_ms = error.retryable().then(|| pauses.after_ms(&outcome.progress));
        news(SyncNews::Disconnected { code: error.code().to_owned(), retry_in_ms });
        let Some(pause_ms) = retry_in_ms else { return error };
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(pause_ms)) => {}
            () = keting.hurried() => pauses.reset(),
        }
    }
}

/// A runtime of one thread: a device has one connection.
pub(super) fn runtime() -> Result<Runtime, EngineError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(EngineError::NoThread)
}
