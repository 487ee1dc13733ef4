//! A TCP stream that counts what goes over it, so that a sync can say what it cost, and that a server is heard
//! before its frame is whole.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// Bytes that went over a stream so far.
#[derive(Debug, Clone)]
pub struct Counts {
    up: Arc<AtomicU64>,
    down: Arc<AtomicU64>,
    since: Instant,
    /// When the last bytes came, in milliseconds since then.
    came_after_ms: Arc<AtomicU64>,
}

/// What came over a stream since somebody last asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Came {
    /// How many bytes.
    pub bytes: usize,
    /// When the last of them came.
    pub at: Instant,
}

/// Asks what came over a stream, again and again.
#[derive(Debug)]
pub struct Coming {
    counts: Counts,
    told: u64,
}

impl Counts {
    fn begin() -> Self {
        Self {
            up: Arc::default(),
            down: Arc::default(),
            since: Instant::now(),
            came_after_ms: Arc::default(),
        }
    }

    /// Says what comes from now on.
    pub fn coming(&self) -> Coming {
        Coming { counts: self.clone(), told: self.so_far().1 }
    }

    /// Bytes written and bytes read.
    pub fn so_far(&self) -> (u64, u64) {
        (self.up.load(Ordering::Relaxed), self.down.load(Ordering::Relaxed))
    }

    fn note_down(&self, bytes: usize) {
        if bytes > 0 {
            let after_ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.came_after_ms.store(after_ms, Ordering::Relaxed);
            self.down.fetch_add(bytes as u64, Ordering::Relaxed);
        }
    }
}

impl Coming {
    /// What came since this was last asked, if anything did.
    pub fn take(&mut self) -> Option<Came> {
        let (_, down) = self.counts.so_far();
        let bytes = down.saturating_sub(std::mem::replace(&mut self.told, down));
        let after = Duration::from_millis(self.counts.came_after_ms.load(Ordering::Relaxed));
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        (bytes > 0).then(|| Came { bytes, at: self.counts.since + after })
    }
}

/// The stream.
#[derive(Debug)]
pub struct Counted {
    stream: TcpStream,
    counts: Counts,
}

impl Counted {
    /// Counts what goes over `stream` from now on.
    pub fn new(stream: TcpStream) -> (Self, Counts) {
        let counts = Counts::begin();
        (Self { stream, counts: counts.clone() }, counts)
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.counts.note_down(buffer.filled().len().saturating_sub(before));
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(written)) = &polled {
            self.counts.up.fetch_add(*written as u64, Ordering::Relaxed);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn what_came_is_told_once_with_the_time_of_its_last_bytes() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut far, _) = listener.accept().await.unwrap();
        let (mut counted, counts) = Counted::new(near);
        far.write_all(&[0; 100]).await.unwrap();
        counted.read_exact(&mut [0; 100]).await.unwrap();
        let mut coming = counts.coming();
        assert_eq!(coming.take(), None, "what came before is no news");
        let before = Instant::now() - Duration::from_millis(1);
        far.write_all(&[0; 600]).await.unwrap();
        counted.read_exact(&mut [0; 600]).await.unwrap();
        let after = Instant::now();
        let came = coming.take().unwrap();
        assert_eq!(came.bytes, 600);
        assert!((before..=after).contains(&came.at));
        assert_eq!(coming.take(), None);
    }
}
