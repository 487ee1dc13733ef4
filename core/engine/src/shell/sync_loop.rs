//! One connection from beginning to end: the socket on one side, the driver on the other.

use std::time::{Duration, Instant};

use keting_sync::CloseReason;
use keting_trust::Cursor;

use crate::driver::{Progress, SyncDriver};
use crate::error::EngineError;
use crate::shell::facade::Keting;
use crate::shell::socket::Socket;

/// When a connection is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// When everything is exchanged.
    Quiescent,
    /// When the other side or the link ends it.
    Stopped,
}

/// How a sync goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncNews {
    /// The server is reached.
    Connected,
    /// Documents received and in all, during a first sync.
    FirstSync {
        /// Received.
        done: u64,
        /// In all.
        total: u64,
    },
    /// Everything the server had for this device is here.
    UpToDate,
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

pub(super) async fn run(
    keting: &Keting,
    until: Until,
    news: &mut (dyn FnMut(SyncNews) + Send),
) -> Result<SyncReport, EngineError> {
    let started = Instant::now();
    let (url, pin) = keting.replica().server()?;
    let mut socket = Socket::connect(&url, pin).await?;
    let now_ms = move || u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut driver = SyncDriver::start(&mut keting.replica(), socket.binding(), now_ms())?;
    news(SyncNews::Connected);

    let mut lost = None;
    let mut told = Progress::default();
    let ended = loop {
        while let Some(frame) = driver.poll_transmit() {
            if let Err(error) = socket.send(frame).await {
                lost.get_or_insert(error);
                driver.handle_disconnected(&mut keting.replica(), now_ms());
            }
        }
        tell(&mut told, driver.progress(), news);
        if until == Until::Quiescent && driver.is_quiescent() {
            driver.close(&mut keting.replica(), now_ms());
        }
        if let Some(ended) = driver.take_ended() {
            break ended;
        }
        let patience = driver.poll_timeout().map_or(Duration::from_secs(60), |(at_ms, _why)| {
            Duration::from_millis(at_ms.saturating_sub(now_ms()))
        });
        tokio::select! {
            frame = socket.receive() => match frame {
                Ok(Some(frame)) => driver.handle_frame(&mut keting.replica(), &frame, now_ms()),
                Ok(None) => driver.handle_disconnected(&mut keting.replica(), now_ms()),
                Err(error) => {
                    lost.get_or_insert(error);
                    driver.handle_disconnected(&mut keting.replica(), now_ms());
                }
            },
            () = tokio::time::sleep(patience) => {
                driver.handle_timeout(&mut keting.replica(), now_ms());
            }
            () = keting.edited() => driver.handle_edited(&mut keting.replica(), now_ms()),
        }
    };
    let (bytes_up, bytes_down) = socket.bytes();
    while let Some(frame) = driver.poll_transmit() {
        if socket.send(frame).await.is_err() {
            break;
        }
    }
    socket.close().await;
    match (ended, lost) {
        (Ok(()), _) => {}
        // Why the link broke says more than that it did.
        (Err(EngineError::Closed(CloseReason::ConnectionLost)), Some(error)) => {
            return Err(error.into());
        }
        (Err(error), _) => return Err(error),
    }
    Ok(SyncReport {
        progress: driver.progress().clone(),
        bytes_up,
        bytes_down,
        took_ms: now_ms(),
        cursor: keting.replica().status()?.cursor,
    })
}

fn tell(told: &mut Progress, now: &Progress, news: &mut (dyn FnMut(SyncNews) + Send)) {
    if now.first_sync != told.first_sync
        && let Some((done, total)) = now.first_sync
    {
        news(SyncNews::FirstSync { done, total });
    }
    if now.up_to_date != told.up_to_date && now.up_to_date.is_some() {
        news(SyncNews::UpToDate);
    }
    *told = now.clone();
}
