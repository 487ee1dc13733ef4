//! The thread that owns the server's core. Sockets talk to it through a channel; it performs what
//! has gathered as one group, so that many devices' pushes share a transaction.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::{mpsc as tokio_mpsc, oneshot};

use crate::enrol::{InviteError, InviteRequest};
use crate::server::{ConnectionId, Health, Server};

/// How many messages are taken in before the core steps, at most. A bound on how long one group
/// keeps the first of it waiting.
const GROUP_MAX: usize = 4_096;

/// What the sockets ask of the core.
pub enum ToCore {
    /// A device's WebSocket is open; frames for it go to `outgoing`.
    Connect {
        /// The TLS exporter's value of the connection.
        binding: [u8; 32],
        /// Where the core puts frames for the device. Dropped by the core to close.
        outgoing: tokio_mpsc::UnboundedSender<Vec<u8>>,
        /// Answers with the connection's id.
        reply: oneshot::Sender<ConnectionId>,
    },
    /// A frame came.
    Frame {
        /// From which connection.
        connection: ConnectionId,
        /// Its bytes.
        frame: Vec<u8>,
        /// Kept until the frame was handled, so that a flooding device waits.
        permit: tokio::sync::OwnedSemaphorePermit,
    },
    /// The connection is gone.
    Disconnect {
        /// Which one.
        connection: ConnectionId,
    },
    /// The operator asks for an invitation.
    Invite {
        /// For whom.
        request: InviteRequest,
        /// The invitation's text.
        reply: oneshot::Sender<Result<String, InviteError>>,
    },
    /// Somebody asks how the server is.
    Health {
        /// The answer.
        reply: oneshot::Sender<Health>,
    },
    /// Somebody asks for the counters, as Prometheus text.
    Metrics {
        /// The answer.
        reply: oneshot::Sender<String>,
    },
    /// Finish what is queued, then end.
    Stop,
}

/// A way to reach the core; cloned for every socket.
pub type CoreHandle = mpsc::Sender<ToCore>;

/// Starts the thread. It ends when it is told to stop, or when nobody can reach it any more.
///
/// # Errors
/// When the operating system gives no thread.
pub fn spawn(server: Server) -> std::io::Result<(CoreHandle, JoinHandle<()>)> {
    let (sender, receiver) = mpsc::channel();
    let thread = std::thread::Builder::new()
        .name("keting-core".into())
        .spawn(move || CoreThread::new(server).run(&receiver))?;
    Ok((sender, thread))
}

struct CoreThread {
    server: Server,
    started: Instant,
    outgoing: Vec<(ConnectionId, tokio_mpsc::UnboundedSender<Vec<u8>>)>,
}

impl CoreThread {
    fn new(server: Server) -> Self {
        Self { server, started: Instant::now(), outgoing: Vec::new() }
    }

    fn run(mut self, inbox: &mpsc::Receiver<ToCore>) {
        loop {
            match inbox.recv_timeout(self.patience()) {
                Ok(first) => {
                    let mut stop = self.handle(first);
                    for message in inbox.try_iter().take(GROUP_MAX) {
                        stop |= self.handle(message);
                    }
                    self.advance();
                    if stop {
                        self.server.stop(unix_ms());
                        self.send();
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.advance(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Handles one message; true when the thread is to end.
    fn handle(&mut self, message: ToCore) -> bool {
        let now_ms = self.now_ms();
        match message {
            ToCore::Connect { binding, outgoing, reply } => {
                let connection = self.server.connect(binding, now_ms);
                self.outgoing.push((connection, outgoing));
                let _ = reply.send(connection);
            }
            ToCore::Frame { connection, frame, permit } => {
                self.server.handle_frame(connection, &frame, now_ms);
                drop(permit);
            }
            ToCore::Disconnect { connection } => self.forget(connection),
            ToCore::Invite { request, reply } => {
                let _ = reply.send(self.server.invite(&request, unix_ms()));
            }
            ToCore::Health { reply } => {
                let _ = reply.send(self.server.health());
            }
            ToCore::Metrics { reply } => {
                let _ = reply.send(self.server.metrics_text());
            }
            ToCore::Stop => return true,
        }
        false
    }

    fn advance(&mut self) {
        self.server.step(self.now_ms(), unix_ms());
        self.send();
    }

    fn send(&mut self) {
        let mut gone = Vec::new();
        for (connection, outgoing) in &self.outgoing {
            while let Some(frame) = self.server.poll_transmit(*connection) {
                if outgoing.send(frame).is_err() {
                    break;
                }
            }
            if self.server.is_closed(*connection) || outgoing.is_closed() {
                gone.push(*connection);
            }
        }
        for connection in gone {
            self.forget(connection);
        }
    }

    fn forget(&mut self, connection: ConnectionId) {
        self.server.disconnect(connection);
        self.outgoing.retain(|(known, _)| *known != connection);
    }

    fn patience(&self) -> Duration {
        const IDLE: Duration = Duration::from_secs(60);
        self.server.poll_timeout().map_or(IDLE, |(at_ms, _why)| {
            Duration::from_millis(at_ms.saturating_sub(self.now_ms())).min(IDLE)
        })
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

fn unix_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
