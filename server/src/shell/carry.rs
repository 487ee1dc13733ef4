//! One WebSocket: frames in to the core, frames out to the device, each way bounded.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use keting_trust::limits::{FRAME_BYTES_MAX, FRAMES_WAITING_MAX, TRANSMIT_FRAMES_MAX};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::server::{Channel, ConnectionId};
use crate::shell::FAREWELL_MS_MAX;
use crate::shell::arriving::Arrived;
use crate::shell::core_thread::{CoreHandle, ToCore};
use crate::shell::writing::write;

/// How long a device may take to read the last frames, and to close.
const FAREWELL_MAX: Duration = Duration::from_millis(FAREWELL_MS_MAX);

/// Carries frames between one WebSocket and the core until either ends.
pub(super) async fn carry(
    upgraded: Upgraded,
    channel: Channel,
    arrived: Arrived,
    core: CoreHandle,
) {
    let config = WebSocketConfig::default()
        .max_message_size(Some(FRAME_BYTES_MAX))
        .max_frame_size(Some(FRAME_BYTES_MAX));
    let io = TokioIo::new(upgraded);
    let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
    let (sink, source) = socket.split();

    let (outgoing, frames) = mpsc::channel(TRANSMIT_FRAMES_MAX);
    let (kept, let_go) = oneshot::channel();
    let (reply, connection) = oneshot::channel();
    if core.send(ToCore::Connect { channel, outgoing, kept, reply }).await.is_err() {
        return;
    }
    let Ok(connection) = connection.await else { return };

    let mut reading = std::pin::pin!(read(source, &arrived, connection, &core));
    let mut writing = std::pin::pin!(write(sink, frames));
    // Whoever has let go still reads what the other sends: closing over unread bytes makes TCP
    // throw away what is under way.
    tokio::select! {
        () = &mut reading => {}
        all_said = &mut writing => if all_said {
            let _ = timeout(FAREWELL_MAX, reading).await;
        },
        _ = let_go => {
            let _ = timeout(FAREWELL_MAX, async { tokio::join!(reading, writing) }).await;
        }
    }
    let _ = core.send(ToCore::Disconnect { connection }).await;
}

/// Reads until the device closes, breaks off, or says what is not of the protocol. What comes when
/// the core takes nothing more is dropped.
async fn read<E>(
    mut source: impl Stream<Item = Result<Message, E>> + Unpin,
    arrived: &Arrived,
    connection: ConnectionId,
    core: &CoreHandle,
) {
    let waiting = Arc::new(Semaphore::new(FRAMES_WAITING_MAX));
    loop {
        let message = tokio::select! {
            message = source.next() => message,
            bytes = arrived.count() => {
                let _ = core.send(ToCore::Arriving { connection, bytes }).await;
                continue;
            }
        };
        arrived.forget();
        let Some(Ok(message)) = message else { return };
        match message {
            Message::Binary(frame) => {
                let Ok(permit) = Arc::clone(&waiting).acquire_owned().await else { return };
                let frame = ToCore::Frame { connection, frame: frame.into(), permit };
                let _ = core.send(frame).await;
            }
            Message::Close(_) | Message::Text(_) => return,
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
}
