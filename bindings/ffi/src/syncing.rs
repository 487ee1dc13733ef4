//! Syncing: one that goes on by itself, or one that somebody waits for.

use std::sync::Arc;

use keting::{EngineError, NetworkState, Phase};

use crate::core::Core;
use crate::failure::KetingError;
use crate::guarded;

#[uniffi::remote(Enum)]
pub enum NetworkState {
    /// There seems to be none.
    None,
    /// There is one that costs money.
    Metered,
    /// There is one that costs nothing.
    Unmetered,
}

#[uniffi::remote(Enum)]
pub enum Phase {
    /// The device is in no city and was not invited to one.
    NotJoined,
    /// The device has an invitation that is yet to be used.
    Joining,
    /// Documents come for the first time.
    FirstSync {
        /// Received.
        done: u64,
        /// In all.
        total: u64,
    },
    /// There is a connection, in it the server said, signed, that everything is here, and nothing waits.
    UpToDate,
    /// Something is under way.
    Working,
    /// There is no connection. What is entered is kept here.
    Offline {
        /// Why, as a code; `sync_stopped` where nobody syncs.
        code: String,
        /// When it is tried again by the city's time, milliseconds since the Unix epoch; none if it is
        /// not by itself.
        retry_at_ms: Option<u64>,
    },
    /// Syncing has ended by itself, since trying again would not help.
    Stopped {
        /// Why, as a code.
        code: String,
    },
}

/// What a sync came to.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncReport {
    /// Edits that were sent.
    pub sent: u64,
    /// Edits of others that came and were new here.
    pub received: u64,
    /// Edits the server did not admit.
    pub held: u64,
    /// Bytes sent on the connection, with TLS.
    pub bytes_up: u64,
    /// Bytes received on the connection, with TLS.
    pub bytes_down: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// One sync. It goes on when nobody waits for it any more, to its end or its deadline.
#[derive(uniffi::Object)]
pub struct SyncRun {
    run: keting::SyncRun,
}

#[uniffi::export]
impl SyncRun {
    /// Waits for its end and says what it came to. It is told once: whoever asks again hears `not_found`.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses; `sync_stopped` when it was cancelled or its deadline
    /// passed. What was exchanged until then is kept.
    pub async fn finish(&self) -> Result<SyncReport, KetingError> {
        guarded::soon(async { Ok::<_, EngineError>(self.run.finish().await?.into()) }).await
    }

    /// Cuts it short.
    ///
    /// # Errors
    /// `internal`.
    pub fn cancel(&self) -> Result<(), KetingError> {
        guarded::now(|| {
            self.run.cancel();
            Ok::<_, EngineError>(())
        })
    }
}

impl From<keting::SyncReport> for SyncReport {
    fn from(report: keting::SyncReport) -> Self {
        Self {
            sent: report.progress.commits_sent,
            received: report.progress.commits_received,
            held: report.progress.held,
            bytes_up: report.bytes_up,
            bytes_down: report.bytes_down,
            took_ms: report.took_ms,
        }
    }
}

#[uniffi::export]
impl Core {
    /// Stays connected from now on, exchanging whatever comes up, and connects again with a growing delay
    /// when the link breaks, until it is stopped. Suspending interrupts it.
    ///
    /// # Errors
    /// `closed`.
    pub fn start_sync(&self) -> Result<(), KetingError> {
        guarded::now(|| self.keting.start_sync())
    }

    /// Stops syncing, and waits for nothing.
    ///
    /// # Errors
    /// `closed`.
    pub fn stop_sync(&self) -> Result<(), KetingError> {
        guarded::now(|| self.keting.stop_sync())
    }

    /// Connects at once if it waits to try again: a person asked.
    ///
    /// # Errors
    /// `internal`.
    pub fn try_now(&self) -> Result<(), KetingError> {
        guarded::now(|| {
            self.keting.try_now();
            Ok::<_, EngineError>(())
        })
    }

    /// Says what is known of the phone's network: a hint, which never keeps anybody from trying. Where
    /// there is one again, it is tried at once.
    ///
    /// # Errors
    /// `internal`.
    pub fn network(&self, state: NetworkState) -> Result<(), KetingError> {
        guarded::now(|| {
            self.keting.network(state);
            Ok::<_, EngineError>(())
        })
    }

    /// Says that somebody set the phone's clock, or it slept: what depends on today is asked again if
    /// another day has begun.
    ///
    /// # Errors
    /// `internal`.
    pub fn clock_changed(&self) -> Result<(), KetingError> {
        guarded::now(|| {
            self.keting.clock_changed();
            Ok::<_, EngineError>(())
        })
    }

    /// Exchanges everything with the server once, and gives up after so many milliseconds. While the
    /// replica is suspended it opens the file for its own length, and for nobody else.
    ///
    /// # Errors
    /// `sync_running` when this replica is syncing already, `closed`.
    pub fn sync_once(&self, deadline_ms: u32) -> Result<Arc<SyncRun>, KetingError> {
        guarded::now(|| {
            let run = self.keting.sync_once(deadline_ms)?;
            Ok::<_, EngineError>(Arc::new(SyncRun { run }))
        })
    }
}
