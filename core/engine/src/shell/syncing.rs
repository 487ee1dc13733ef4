//! Syncing as an app asks for it: one that goes on by itself, or one that somebody waits for.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, oneshot, watch};

use crate::error::EngineError;
use crate::shell::hosting::{Host, Once};
use crate::shell::keting::Keting;
use crate::shell::sync_loop::SyncReport;

type Ended = oneshot::Receiver<Result<SyncReport, EngineError>>;

/// One sync. It goes on if this is dropped, to its end or its deadline.
pub struct SyncRun {
    ended: Mutex<Option<Ended>>,
    cut: Arc<watch::Sender<bool>>,
}

impl SyncRun {
    /// Begins a sync that is cut short after `deadline`.
    ///
    /// # Errors
    /// `sync_running` when there is one already, `closed`.
    pub(super) fn begin(host: &Arc<Host>, deadline: Duration) -> Result<Self, EngineError> {
        let (tell, ended) = oneshot::channel();
        let (cut, is_cut) = watch::channel(false);
        host.ask_for_sync(Once { tell, cut: is_cut })?;
        let cut = Arc::new(cut);
        let at_deadline = Arc::clone(&cut);
        host.beside(async move {
            tokio::select! {
                () = tokio::time::sleep(deadline) => drop(at_deadline.send_replace(true)),
                () = at_deadline.closed() => {}
            }
        });
        Ok(Self { ended: Mutex::new(Some(ended)), cut })
    }

    /// Waits for its end and says what it came to. It is told once: whoever asks again hears `not_found`.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses; `sync_stopped` when it was cancelled or its deadline
    /// passed. What was exchanged until then is kept.
    pub async fn finish(&self) -> Result<SyncReport, EngineError> {
        let mut waiting = self.ended.lock().await;
        let ended = waiting.as_mut().ok_or(EngineError::NotFound { what: "the sync's report" })?;
        let told = ended.await;
        *waiting = None;
        told.unwrap_or(Err(EngineError::Shut))
    }

    /// Cuts it short.
    pub fn cancel(&self) {
        self.cut.send_replace(true);
    }
}

/// What an app knows of the phone's network. It is a hint, and never keeps anybody from trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkState {
    /// There seems to be none.
    None,
    /// There is one that costs money.
    Metered,
    /// There is one that costs nothing.
    Unmetered,
}

impl Keting {
    /// Stays connected from now on, exchanging whatever comes up, and connects again with a growing delay
    /// when the link breaks, until [`Self::stop_sync`]. Suspending interrupts it. How it goes is the
    /// answer to [`Query::Sync`](crate::Query::Sync).
    ///
    /// # Errors
    /// `closed`.
    pub fn start_sync(&self) -> Result<(), EngineError> {
        self.host().want_sync(true)
    }

    /// Stops syncing, and waits for nothing.
    ///
    /// # Errors
    /// `closed`.
    pub fn stop_sync(&self) -> Result<(), EngineError> {
        self.host().want_sync(false)
    }

    /// Connects at once if it waits to try again: a person asked.
    pub fn try_now(&self) {
        self.host().hurry();
    }

    /// Says what is known of the network. Where there is one again, it is tried at once.
    pub fn network(&self, state: NetworkState) {
        match state {
            NetworkState::None => {}
            NetworkState::Metered | NetworkState::Unmetered => self.host().hurry(),
        }
    }

    /// Says that somebody set the machine's clock, or it slept: what depends on today is asked again if
    /// another day has begun.
    pub fn clock_changed(&self) {
        self.host().look_at_day();
    }

    /// Exchanges everything with the server once, and gives up after so many milliseconds. While the engine
    /// is suspended it opens the file for its own length, and for nobody else.
    ///
    /// # Errors
    /// `sync_running` when this replica is syncing already, `closed`.
    pub fn sync_once(&self, deadline_ms: u32) -> Result<SyncRun, EngineError> {
        SyncRun::begin(self.host(), Duration::from_millis(deadline_ms.into()))
    }
}
