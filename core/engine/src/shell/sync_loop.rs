//! One connection from beginning to end: the socket on one side, the driver on the other.

use std::pin::pin;
use std::time::Duration;

use keting_sync::CloseReason;
use keting_trust::{Cursor, limits};
use tokio::time::{Instant, sleep};

use crate::driver::{Progress, SyncDriver};
use crate::error::EngineError;
use crate::replica::Replica;
use crate::replica::whereabouts::Whereabouts;
use crate::shell::local::Local;
use crate::shell::news::SyncNews;
use crate::shell::reaching::reach;
use crate::shell::socket::{Socket, SocketError};
use crate::shell::tls::KeyPin;

/// When a connection is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// When everything is exchanged.
    Quiescent,
    /// When the other side or the link ends it.
    Stopped,
}

/// What a sync came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncReport {
    /// What was exchanged.
    pub progress: Progress,
    /// Bytes sent on the connection after the WebSocket upgrade, with TLS.
    pub bytes_up: u64,
    /// Bytes received on the connection after the WebSocket upgrade, with TLS.
    pub bytes_down: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Up to where the log is here.
    pub cursor: Option<Cursor>,
}

/// What came of one connection: what it exchanged is kept, however it ended.
pub(super) struct Outcome {
    pub(super) progress: Progress,
    pub(super) ended: Result<SyncReport, EngineError>,
}

impl From<EngineError> for Outcome {
    fn from(error: EngineError) -> Self {
        Self { progress: Progress::default(), ended: Err(error) }
    }
}

/// Connects, exchanges what there is, and disconnects. A device that was enrolled once more comes again
/// as what it is now; an invitation that led to nothing is given up.
pub(super) async fn run(
    keting: &Local,
    until: Until,
    news: &mut (dyn FnMut(SyncNews) + Send),
) -> Outcome {
    loop {
        let outcome = reach(keting, until, news).await;
        if outcome.ended.is_ok() && outcome.progress.renewed {
            continue;
        }
        if outcome.ended.is_err() {
            // If the file cannot be written, the next connection tries it once more.
            let _ = keting.with_replica(Replica::give_up_invitation);
        }
        return outcome;
    }
}

/// Connects to one address of the server, and has a session there.
pub(super) async fn sync_at(
    keting: &Local,
    server: &Whereabouts,
    url: &str,
    started: Instant,
    until: Until,
    news: &mut (dyn FnMut(SyncNews) + Send),
) -> Outcome {
    let mut connection = match Connection::begin(keting, server, url, started).await {
        Ok(connection) => connection,
        Err(error) => return error.into(),
    };
    news(SyncNews::Connected);
    let ended = connection.converse(until, news).await;
    let progress = connection.driver.progress().clone();
    let (bytes_up, bytes_down) = connection.end().await;
    let report = ended.and_then(|()| {
        let cursor = keting.status()?.cursor;
        let took_ms = ms_since(started);
        Ok(SyncReport { progress: progress.clone(), bytes_up, bytes_down, took_ms, cursor })
    });
    Outcome { progress, ended: report }
}

/// A connection that stands, and the session on it.
struct Connection<'a> {
    keting: &'a Local,
    /// Where the server was known to be when it began, and at which of the addresses it is.
    server: &'a Whereabouts,
    url: &'a str,
    socket: Socket,
    driver: SyncDriver,
    started: Instant,
    told: Progress,
    clock_off_told: bool,
    /// Why the link broke, if it did.
    lost: Option<SocketError>,
}

impl<'a> Connection<'a> {
    async fn begin(
        keting: &'a Local,
        server: &'a Whereabouts,
        url: &'a str,
        started: Instant,
    ) -> Result<Self, EngineError> {
        let pins: Vec<KeyPin> = server.keys().iter().map(|key| *key.as_bytes()).collect();
        let socket = Socket::connect(url, &pins).await?;
        let driver = keting.with_replica(|replica| {
            SyncDriver::start(replica, socket.binding(), ms_since(started))
        })?;
        let told = Progress::default();
        let (clock_off_told, lost) = (false, None);
        Ok(Self { keting, server, url, socket, driver, started, told, clock_off_told, lost })
    }

    async fn converse(
        &mut self,
        until: Until,
        news: &mut (dyn FnMut(SyncNews) + Send),
    ) -> Result<(), EngineError> {
        loop {
            if let Some(ended) = self.send_all().await {
                return ended;
            }
            self.tell(news);
            if until == Until::Quiescent && self.driver.is_quiescent() {
                self.step(SyncDriver::close);
            }
            if let Some(ended) = self.ended() {
                return ended;
            }
            self.wait().await;
        }
    }

    /// Sends every frame there is, until the session ends. A peer that takes nothing holds up the
    /// sending, never the session's time.
    async fn send_all(&mut self) -> Option<Result<(), EngineError>> {
        while let Some(frame) = self.driver.poll_transmit() {
            let sent = {
                let Self { keting, socket, driver, started, .. } = self;
                let mut sending = pin!(socket.send(frame));
                loop {
                    tokio::select! {
                        sent = &mut sending => break sent,
                        () = sleep(patience(driver, *started)) => {
                            let now_ms = ms_since(*started);
                            keting.with_replica(|replica| driver.handle_timeout(replica, now_ms));
                            if let Some(ended) = driver.take_ended() {
                                return Some(ended);
                            }
                        }
                    }
                }
            };
            if let Err(error) = sent {
                self.lose(error);
                break;
            }
        }
        None
    }

    /// Waits until something happens, and lets the session know.
    async fn wait(&mut self) {
        tokio::select! {
            frame = self.socket.receive() => match frame {
                Ok(Some(frame)) => {
                    self.step(|driver, replica, now_ms| driver.handle_frame(replica, &frame, now_ms));
                }
                Ok(None) => self.step(SyncDriver::handle_disconnected),
                Err(error) => self.lose(error),
            },
            () = sleep(patience(&self.driver, self.started)) => {
                self.step(SyncDriver::handle_timeout);
            }
            () = self.keting.edited() => self.step(SyncDriver::handle_edited),
        }
    }

    fn lose(&mut self, error: SocketError) {
        self.lost.get_or_insert(error);
        self.step(SyncDriver::handle_disconnected);
    }

    fn step(&mut self, input: impl FnOnce(&mut SyncDriver, &mut Replica, u64)) {
        let now_ms = ms_since(self.started);
        self.keting.with_replica(|replica| input(&mut self.driver, replica, now_ms));
    }

    /// How the session ended, once it has. Why the link broke says more than that it did.
    fn ended(&mut self) -> Option<Result<(), EngineError>> {
        let ended = self.driver.take_ended()?;
        Some(match (ended, self.lost.take()) {
            (Err(EngineError::Closed(CloseReason::ConnectionLost)), Some(lost)) => Err(lost.into()),
            (ended, _) => ended,
        })
    }

    fn tell(&mut self, news: &mut (dyn FnMut(SyncNews) + Send)) {
        let now = self.driver.progress();
        if now.is_served && !self.told.is_served {
            // If it cannot be noted, the next connection tries the addresses in the same order.
            let noted = |replica: &mut Replica| replica.note_reached(self.url, self.server);
            let _ = self.keting.with_replica(noted);
        }
        if now.first_sync != self.told.first_sync
            && let Some((done, total)) = now.first_sync
        {
            news(SyncNews::FirstSync { done, total });
        }
        for moot in now.moot.iter().skip(self.told.moot.len()) {
            news(SyncNews::Moot(Box::new(moot.clone())));
        }
        let is_first = self.told.up_to_date.is_none();
        let is_up_to_date = now.up_to_date != self.told.up_to_date && now.up_to_date.is_some();
        if is_up_to_date {
            news(SyncNews::UpToDate);
        }
        self.told = now.clone();
        self.tell_of_clock(news);
        if is_first && is_up_to_date {
            self.tell_of_grant(news);
        }
    }

    /// To be called once everything is here: the server may have renewed the grant just now.
    fn tell_of_grant(&self, news: &mut (dyn FnMut(SyncNews) + Send)) {
        let status = self.keting.status().ok().filter(|status| status.grant_ends_soon);
        if let Some(expires_at_ms) = status.and_then(|status| status.grant_expires_at_ms) {
            news(SyncNews::GrantEndsSoon { expires_at_ms });
        }
    }

    fn tell_of_clock(&mut self, news: &mut (dyn FnMut(SyncNews) + Send)) {
        let heard = self.told.time_heard;
        let off_ms = heard.then(|| self.keting.clocks().1).flatten();
        if let Some(off_ms) = off_ms.filter(|_| !self.clock_off_told) {
            news(SyncNews::ClockOff { off_ms });
        }
        self.clock_off_told = off_ms.is_some();
    }

    /// Says goodbye. Gives the bytes that went up and down until then.
    async fn end(mut self) -> (u64, u64) {
        let bytes = self.socket.bytes();
        let last_words = std::iter::from_fn(|| self.driver.poll_transmit());
        self.socket.close(last_words).await;
        bytes
    }
}

/// How long there is until the session wants to know the time.
fn patience(driver: &SyncDriver, started: Instant) -> Duration {
    let at_ms = driver.poll_timeout().map(|(at_ms, _why)| at_ms);
    let left_ms = at_ms.map(|at_ms| at_ms.saturating_sub(ms_since(started)));
    Duration::from_millis(left_ms.unwrap_or(limits::ANSWER_MS_MAX))
}

fn ms_since(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}
