//! The session of one connection: its driver, and what it hears of frames, of the time and of edits.

use std::time::Duration;

use keting_sync::CloseReason;
use keting_trust::limits;
use tokio::time::{Instant, sleep};

use crate::driver::SyncDriver;
use crate::error::EngineError;
use crate::replica::Replica;
use crate::shell::counted::Came;
use crate::shell::local::Local;
use crate::shell::socket::{Incoming, SocketError};

/// A session, until it has ended.
pub(super) struct Session<'a> {
    keting: &'a Local,
    pub(super) driver: SyncDriver,
    started: Instant,
    /// Why the link broke, if it did.
    lost: Option<SocketError>,
}

/// What a session waits for.
enum Happened {
    Frame(Result<Option<Vec<u8>>, SocketError>),
    Timeout,
    Edited,
}

impl<'a> Session<'a> {
    /// Begins a session on a connection of a channel binding.
    pub(super) fn begin(
        keting: &'a Local,
        channel_binding: [u8; 32],
        started: Instant,
    ) -> Result<Self, EngineError> {
        let driver = keting.with_replica(|replica| {
            SyncDriver::start(replica, channel_binding, ms_since(started))
        })?;
        Ok(Self { keting, driver, started, lost: None })
    }

    /// Waits until something happens, and lets the driver know. What has come of a frame that is not whole wakes
    /// nobody; it is told before a timer ends, which may then have longer.
    pub(super) async fn wait(&mut self, incoming: &mut Incoming) {
        let happened = tokio::select! {
            frame = incoming.receive() => Happened::Frame(frame),
            () = sleep(self.patience()) => Happened::Timeout,
            () = self.keting.edited() => Happened::Edited,
        };
        if let Some(Came { bytes, at }) = incoming.came() {
            self.driver.handle_arriving(bytes, ms_between(self.started, at));
        }
        match happened {
            Happened::Frame(Ok(Some(frame))) => {
                self.step(|driver, replica, now_ms| driver.handle_frame(replica, &frame, now_ms));
            }
            Happened::Frame(Ok(None)) => self.step(SyncDriver::handle_disconnected),
            Happened::Frame(Err(error)) => self.lose(error),
            Happened::Timeout => self.step(SyncDriver::handle_timeout),
            Happened::Edited => self.step(SyncDriver::handle_edited),
        }
    }

    /// The link broke.
    pub(super) fn lose(&mut self, error: SocketError) {
        self.lost.get_or_insert(error);
        self.step(SyncDriver::handle_disconnected);
    }

    /// Tells the driver something.
    pub(super) fn step(&mut self, input: impl FnOnce(&mut SyncDriver, &mut Replica, u64)) {
        let now_ms = ms_since(self.started);
        self.keting.with_replica(|replica| input(&mut self.driver, replica, now_ms));
    }

    /// How the session ended, once it has. Why the link broke says more than that it did.
    pub(super) fn ended(&mut self) -> Option<Result<(), EngineError>> {
        let ended = self.driver.take_ended()?;
        Some(match (ended, self.lost.take()) {
            (Err(EngineError::Closed(CloseReason::ConnectionLost)), Some(lost)) => Err(lost.into()),
            (ended, _) => ended,
        })
    }

    /// How long there is until the driver wants to know the time.
    fn patience(&self) -> Duration {
        let at_ms = self.driver.poll_timeout().map(|(at_ms, _why)| at_ms);
        let left_ms = at_ms.map(|at_ms| at_ms.saturating_sub(ms_since(self.started)));
        Duration::from_millis(left_ms.unwrap_or(limits::ANSWER_MS_MAX))
    }
}

/// Milliseconds since a connection was begun.
pub(super) fn ms_since(started: Instant) -> u64 {
    ms_between(started, Instant::now())
}

fn ms_between(started: Instant, at: Instant) -> u64 {
    u64::try_from(at.saturating_duration_since(started).as_millis()).unwrap_or(u64::MAX)
}
