//! Frames out to a device, for as long as its line takes them at the pace of the thinnest that still counts.
//!
//! What a socket has taken may be on its way for minutes: the kernel holds hundreds of kilobytes, and takes more
//! only when much of them is gone. So it is reckoned when all that was handed over would have arrived on the
//! thinnest line, and a device that takes nothing more long after that does not read.

use std::time::Duration;

use futures_util::{Sink, SinkExt};
use keting_sync::pace_ms;
use keting_trust::limits::{CONFIRM_MS_MAX, FRAME_BYTES_MAX};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::Message;

/// How long after all should have arrived a device is taken to read no more: as long as its session would wait to
/// hear of it.
const PATIENCE: Duration = Duration::from_millis(CONFIRM_MS_MAX);

/// When what was handed to a socket has arrived, if the line is the thinnest.
struct Arrival(Instant);

impl Arrival {
    /// Hands over so many bytes more. Says when the socket must have taken them.
    fn hand_over(&mut self, bytes: usize) -> Instant {
        let now = Instant::now();
        // Of what went before, most has arrived long ago if the line is a good one.
        let latest = now + Duration::from_millis(pace_ms(FRAME_BYTES_MAX));
        let arrives_at = self.0.max(now) + Duration::from_millis(pace_ms(bytes));
        self.0 = arrives_at.min(latest);
        self.0 + PATIENCE
    }
}

/// Writes until the core has said all, which is true, or the device does not read.
pub(super) async fn write(
    mut sink: impl Sink<Message> + Unpin,
    mut frames: mpsc::Receiver<Vec<u8>>,
) -> bool {
    let mut arrival = Arrival(Instant::now());
    while let Some(frame) = frames.recv().await {
        let deadline = arrival.hand_over(frame.len());
        let sent = timeout_at(deadline, sink.send(Message::Binary(frame.into()))).await;
        if !matches!(sent, Ok(Ok(()))) {
            return false;
        }
    }
    matches!(timeout_at(arrival.hand_over(0), sink.close()).await, Ok(Ok(())))
}

#[cfg(test)]
mod tests {
    use keting_trust::limits::{
        COMMIT_WITH_PARTS_BYTES_MAX, LINE_BYTES_PER_S_MIN, TRANSMIT_FRAMES_MAX,
    };
    use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};
    use tokio::task::JoinHandle;
    use tokio::time::sleep;
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    const LARGEST: usize = COMMIT_WITH_PARTS_BYTES_MAX;
    /// What a kernel takes in before a line has carried any of it, in bytes.
    const KERNEL_BYTES: usize = 64 * 1024;

    #[tokio::test(start_paused = true)]
    async fn the_largest_frame_is_written_on_the_thinnest_line_and_one_behind_it() {
        let (mut line, frames, writing) = writer().await;
        let begun = Instant::now();
        frames.send(vec![0; LARGEST]).await.unwrap();
        frames.send(vec![0; 100]).await.unwrap();
        drop(frames);
        let mut read = 0;
        while let Ok(bytes @ 1..) = line.read(&mut [0; LINE_BYTES_PER_S_MIN]).await {
            read += bytes;
            sleep(Duration::from_millis(pace_ms(bytes))).await;
        }
        assert!(writing.await.unwrap(), "given up after {:?}", begun.elapsed());
        assert!(read > LARGEST + 100);
        assert!(begun.elapsed() > 10 * PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_stops_reading_in_the_middle_of_a_frame_is_given_up() {
        let (mut line, frames, writing) = writer().await;
        let begun = Instant::now();
        frames.send(vec![0; LARGEST]).await.unwrap();
        let mut half = vec![0; LARGEST / 2];
        line.read_exact(&mut half).await.unwrap();
        for _ in 0..TRANSMIT_FRAMES_MAX {
            frames.try_send(vec![0; LARGEST]).unwrap();
        }
        assert!(frames.try_send(vec![0]).is_err(), "no more waits for a device that does not read");
        assert!(!writing.await.unwrap());
        let bound = PATIENCE + Duration::from_millis(pace_ms(LARGEST));
        assert!((bound..bound + Duration::from_secs(1)).contains(&begun.elapsed()));
        assert!(frames.is_closed());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_read_a_hundred_frames_at_once_is_given_up_no_later_than_after_the_largest() {
        let (mut line, frames, writing) = writer().await;
        for _ in 0..100 {
            frames.send(vec![0; LARGEST]).await.unwrap();
            line.read_exact(&mut vec![0; LARGEST]).await.unwrap();
        }
        frames.send(vec![0; LARGEST]).await.unwrap();
        let begun = Instant::now();
        assert!(!writing.await.unwrap());
        assert!(begun.elapsed() <= PATIENCE + Duration::from_millis(pace_ms(FRAME_BYTES_MAX)));
    }

    /// A line to a device, what is to be written to it, and who writes.
    async fn writer() -> (DuplexStream, mpsc::Sender<Vec<u8>>, JoinHandle<bool>) {
        let (near, far) = duplex(KERNEL_BYTES);
        let socket = WebSocketStream::from_raw_socket(near, Role::Server, None).await;
        let (outgoing, frames) = mpsc::channel(TRANSMIT_FRAMES_MAX);
        (far, outgoing, tokio::spawn(write(socket, frames)))
    }
}
