//! What of a frame has come before it is whole: on a thin line that takes minutes, and a device that is heard
//! all the while is not silent. Bytes are counted as TCP brings them, since TLS gives 16 KiB at once.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use keting_trust::limits::ARRIVAL_LOOKED_AT_EVERY_MS;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::sleep;

const LOOK_EVERY: Duration = Duration::from_millis(ARRIVAL_LOOKED_AT_EVERY_MS);

/// How many bytes have come since somebody last asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Arrived {
    bytes: Arc<AtomicUsize>,
    some_came: Arc<Notify>,
}

impl Arrived {
    /// Waits until bytes have come, and a moment longer, and counts them. Whoever waits on a connection that is
    /// silent is not woken.
    pub(super) async fn count(&self) -> usize {
        loop {
            self.some_came.notified().await;
            sleep(LOOK_EVERY).await;
            let bytes = self.forget();
            if bytes > 0 {
                return bytes;
            }
        }
    }

    /// Counts anew, and gives what was counted so far.
    pub(super) fn forget(&self) -> usize {
        self.bytes.swap(0, Ordering::Relaxed)
    }

    fn note(&self, bytes: usize) {
        if bytes > 0 {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
            self.some_came.notify_one();
        }
    }
}

/// A stream whose bytes are counted as they come.
pub(super) struct Arriving<S> {
    stream: S,
    arrived: Arrived,
}

impl<S> Arriving<S> {
    /// Counts what comes over a stream from now on.
    pub(super) fn over(stream: S) -> (Self, Arrived) {
        let arrived = Arrived::default();
        (Self { stream, arrived: arrived.clone() }, arrived)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Arriving<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.arrived.note(buffer.filled().len().saturating_sub(before));
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Arriving<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
