//! One connection from beginning to end: the socket on one side, the driver on the other.

use std::pin::pin;
use std::time::Duration;

use keting_trust::Cursor;
use tokio::time::Instant;

use crate::driver::{Progress, SyncDriver};
use crate::error::EngineError;
use crate::replica::Replica;
use crate::replica::whereabouts::Whereabouts;
use crate::shell::local::Local;
use crate::shell::news::SyncNews;
use crate::shell::reaching::reach;
use crate::shell::session::{Session, ms_since};
use crate::shell::socket::Socket;
use crate::shell::tls::KeyPin;

/// What a server says to a device that it let in, whose grants have changed or are over since.
const OTHER_RIGHTS: [&str; 2] = ["grant_ended", "audience_changed"];

/// How long after it did so a device may come again at once. A server that is broken may say each time that
/// rights have changed.
const COMES_AGAIN_AFTER: Duration = Duration::from_secs(60);

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

/// What came of one connection, or of several that followed each other at once: what was exchanged is kept,
/// however it ended.
pub(super) struct Outcome {
    pub(super) progress: Progress,
    bytes_up: u64,
    bytes_down: u64,
    pub(super) ended: Result<SyncReport, EngineError>,
}

impl Outcome {
    /// Whether the server let the device in and served it no longer, as its rights had changed meanwhile.
    fn has_other_rights(&self) -> bool {
        let is_other = |error: &EngineError| OTHER_RIGHTS.contains(&error.code());
        self.progress.time_heard && self.ended.as_ref().is_err_and(is_other)
    }

    /// With what was exchanged on the connection just before it.
    fn after(mut self, earlier: &Self) -> Self {
        self.progress.add_exchanged(&earlier.progress);
        self.bytes_up += earlier.bytes_up;
        self.bytes_down += earlier.bytes_down;
        if let Ok(report) = &mut self.ended {
            report.progress = self.progress.clone();
            (report.bytes_up, report.bytes_down) = (self.bytes_up, self.bytes_down);
        }
        self
    }
}

impl From<EngineError> for Outcome {
    fn from(error: EngineError) -> Self {
        Self { progress: Progress::default(), bytes_up: 0, bytes_down: 0, ended: Err(error) }
    }
}

/// Connects, exchanges what there is, and disconnects. A device that was enrolled once more comes again
/// as what it is now; an invitation that led to nothing is given up.
///
/// A device that was let in, and then not served to the end, has other rights by now than it came with, or
/// none. Which, the server tells whoever greets it: one that was ended hands over then, and hears why. So it
/// comes again at once, at most once a minute, and what is told is how that went.
pub(super) async fn run(
    keting: &Local,
    until: Until,
    news: &mut (dyn FnMut(SyncNews) + Send),
) -> Outcome {
    let mut came_again: Option<Instant> = None;
    let mut earlier: Option<Outcome> = None;
    loop {
        let outcome = reach(keting, until, news).await;
        let outcome = match earlier.take() {
            Some(earlier) => outcome.after(&earlier),
            None => outcome,
        };
        let is_renewed = outcome.ended.is_ok() && outcome.progress.renewed;
        let may_come = came_again.is_none_or(|at| at.elapsed() >= COMES_AGAIN_AFTER);
        if is_renewed || (outcome.has_other_rights() && may_come) {
            came_again = if is_renewed { came_again } else { Some(Instant::now()) };
            earlier = Some(outcome);
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
    let progress = connection.session.driver.progress().clone();
    let (bytes_up, bytes_down) = connection.end().await;
    let report = ended.and_then(|()| {
        let cursor = keting.status()?.cursor;
        let took_ms = ms_since(started);
        Ok(SyncReport { progress: progress.clone(), bytes_up, bytes_down, took_ms, cursor })
    });
    Outcome { progress, bytes_up, bytes_down, ended: report }
}

/// A connection that stands, and the session on it.
struct Connection<'a> {
    keting: &'a Local,
    /// Where the server was known to be when it began, and at which of the addresses it is.
    server: &'a Whereabouts,
    url: &'a str,
    socket: Socket,
    session: Session<'a>,
    told: Progress,
    clock_off_told: bool,
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
        let session = Session::begin(keting, socket.binding(), started)?;
        let told = Progress::default();
        Ok(Self { keting, server, url, socket, session, told, clock_off_told: false })
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
            if until == Until::Quiescent && self.session.driver.is_quiescent() {
                self.session.step(SyncDriver::close);
            }
            if let Some(ended) = self.session.ended() {
                return ended;
            }
            self.session.wait(&mut self.socket.incoming).await;
        }
    }

    /// Sends every frame there is, until the session ends. A peer that takes nothing, or a line on which one
    /// frame takes minutes, holds up the sending, never the session's time nor what the peer says.
    async fn send_all(&mut self) -> Option<Result<(), EngineError>> {
        while let Some(frame) = self.session.driver.poll_transmit() {
            let Self { socket, session, .. } = self;
            let mut sending = pin!(socket.outgoing.send(frame));
            let sent = loop {
                tokio::select! {
                    sent = &mut sending => break sent,
                    () = session.wait(&mut socket.incoming) => {
                        if let Some(ended) = session.ended() {
                            return Some(ended);
                        }
                    }
                }
            };
            if let Err(error) = sent {
                session.lose(error);
                break;
            }
        }
        None
    }

    fn tell(&mut self, news: &mut (dyn FnMut(SyncNews) + Send)) {
        let now = self.session.driver.progress();
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
        let last_words = std::iter::from_fn(|| self.session.driver.poll_transmit());
        self.socket.close(last_words).await;
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_exchanged_before_a_device_came_again_is_in_its_report() {
        let connection = |sent, bytes_up, ends_well: bool| {
            let progress = Progress { commits_sent: sent, ..Progress::default() };
            let report = SyncReport {
                progress: progress.clone(),
                bytes_up,
                bytes_down: 0,
                took_ms: 0,
                cursor: None,
            };
            let ended = if ends_well { Ok(report) } else { Err(EngineError::Shut) };
            Outcome { progress, bytes_up, bytes_down: 0, ended }
        };
        let both = connection(1, 40, true).after(&connection(3, 100, false));
        let report = both.ended.unwrap();
        assert_eq!((report.progress.commits_sent, report.bytes_up), (4, 140));
        assert_eq!((both.progress.commits_sent, both.bytes_up), (4, 140));
    }
}
