//! Syncing on the engine's own thread, for as long as an app wants it or once.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::thread;

use futures_util::FutureExt;
use keting_sync::CloseReason;
use tokio::sync::{oneshot, watch};

use super::{Contact, Host, Local, Sync, Wanted};
use crate::error::EngineError;
use crate::shell::handle::stay_connected;
use crate::shell::news::SyncNews;
use crate::shell::sync_loop::{self, SyncReport, Until};

/// A sync that is under way.
pub(super) struct Syncing {
    pub(super) kind: Sync,
    /// Dropped, it stops the sync.
    stop: Option<oneshot::Sender<Infallible>>,
}

impl Syncing {
    /// Dropped, it stops the sync; none when that is done already.
    pub(super) fn take_stop(&mut self) -> Option<oneshot::Sender<Infallible>> {
        self.stop.take()
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stop.is_none()
    }
}

/// One sync that somebody asked for.
pub(in crate::shell) struct Once {
    pub(in crate::shell) tell: oneshot::Sender<Result<SyncReport, EngineError>>,
    /// Whether it is to be cut short.
    pub(in crate::shell) cut: watch::Receiver<bool>,
}

impl Once {
    pub(super) fn answer(self, ended: Result<SyncReport, EngineError>) {
        let _ = self.tell.send(ended);
    }
}

impl Host {
    /// Says whether syncing is to go on by itself.
    ///
    /// # Errors
    /// When the engine is closed.
    pub(in crate::shell) fn want_sync(&self, is_wanted: bool) -> Result<(), EngineError> {
        self.change(|state| {
            if state.wanted == Wanted::Closed {
                return Err(EngineError::Shut);
            }
            state.is_sync_wanted = is_wanted;
            Ok(())
        })
    }

    /// Asks for one sync.
    ///
    /// # Errors
    /// `sync_running` when there is one already, `closed`.
    pub(in crate::shell) fn ask_for_sync(&self, once: Once) -> Result<(), EngineError> {
        self.change(|state| {
            let situation = state.situation();
            if state.wanted == Wanted::Closed {
                return Err(EngineError::Shut);
            }
            let goes_on = state.is_sync_wanted && state.wanted == Wanted::Running;
            if goes_on || situation.is_once_asked || situation.syncing == Some(Sync::Once) {
                return Err(EngineError::SyncRunning);
            }
            state.once = Some(once);
            Ok(())
        })
    }

    /// Connects at once if a sync waits to try again.
    pub(in crate::shell) fn hurry(&self) {
        self.glance(Local::hurry);
    }

    pub(super) fn start_sync(self: &Arc<Self>, kind: Sync) {
        let (stop, stopped) = oneshot::channel();
        let (local, once) = self.change(|state| {
            state.syncing = Some(Syncing { kind, stop: Some(stop) });
            let once = (kind == Sync::Once).then(|| state.once.take()).flatten();
            (state.local.clone(), once)
        });
        let host = Arc::clone(self);
        self.beside(async move {
            match (local, once) {
                (Some(local), Some(once)) => host.sync_once(local, once, stopped).await,
                (Some(local), None) => {
                    let contact = host.stay_in_sync(local, stopped).await;
                    host.sync_has_ended(contact);
                }
                (None, _) => host.sync_has_ended(Contact::None),
            }
        });
    }

    pub(super) fn stop_sync(&self) {
        let stop = self.change(|state| state.syncing.as_mut().and_then(Syncing::take_stop));
        drop(stop);
    }

    async fn stay_in_sync(&self, local: Local, stopped: oneshot::Receiver<Infallible>) -> Contact {
        self.set_contact(Contact::Working);
        let mut hear = |news| self.hear(&local, &news);
        let staying = AssertUnwindSafe(stay_connected(&local, &mut hear)).catch_unwind();
        let error = tokio::select! {
            ended = staying => self.unless_wrong(ended),
            _ = stopped => return Contact::None,
        };
        self.change(|state| state.is_sync_wanted = false);
        Contact::Stopped { code: error.unwrap_or_else(|fault| fault).code().to_owned() }
    }

    async fn sync_once(&self, local: Local, once: Once, stopped: oneshot::Receiver<Infallible>) {
        self.set_contact(Contact::Working);
        let Once { tell, mut cut } = once;
        let mut hear = |news| self.hear(&local, &news);
        let syncing = sync_loop::run(&local, Until::Quiescent, &mut hear);
        let syncing = AssertUnwindSafe(syncing).catch_unwind();
        let ended = tokio::select! {
            ended = syncing => self.unless_wrong(ended).and_then(|outcome| outcome.ended),
            _ = cut.wait_for(|cut| *cut) => Err(CloseReason::Asked.into()),
            _ = stopped => Err(match self.state().wanted {
                Wanted::Closed => EngineError::Shut,
                Wanted::Running | Wanted::Suspended => CloseReason::Asked.into(),
            }),
        };
        let contact = match &ended {
            Ok(_) | Err(EngineError::Closed(CloseReason::Asked) | EngineError::Shut) => {
                Contact::None
            }
            Err(error) if error.retryable() => {
                Contact::Offline { code: error.code().to_owned(), retry_at_ms: None }
            }
            Err(error) => Contact::Stopped { code: error.code().to_owned() },
        };
        drop(local);
        self.sync_has_ended(contact);
        // Whoever hears that it is over may ask for the next one, or let the phone sleep.
        self.until(|seen| seen.wanted != Wanted::Suspended || !seen.is_in_use).await;
        let _ = tell.send(ended);
    }

    fn hear(&self, local: &Local, news: &SyncNews) {
        if let Some(contact) = Contact::after(news, local.now()) {
            self.set_contact(contact);
        }
    }

    /// What a sync ended with. One that panicked may have left what is in memory half done.
    fn unless_wrong<T>(&self, ended: thread::Result<T>) -> Result<T, EngineError> {
        ended.map_err(|_panic| {
            self.change(|state| state.is_spoilt = true);
            EngineError::Fault
        })
    }

    fn sync_has_ended(&self, contact: Contact) {
        self.set_contact(contact);
        self.change(|state| state.syncing = None);
    }
}
