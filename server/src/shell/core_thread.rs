//! The thread that owns the server's core. Sockets talk to it through a bounded inbox; it performs
//! what has gathered as one group, so that many devices' pushes share a transaction. What is pushed
//! is judged on a thread of its own ([`super::admission_thread`]), and the answers come through the
//! same inbox.
//!
//! Nothing it hands out is unbounded either: a frame leaves its session only when the connection's
//! writer has room for it. What a device does not read stays in its session, whose own limits then
//! end it.

use std::collections::BTreeMap;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use keting_trust::DeviceId;
use keting_trust::limits::{GROUP_FRAME_BYTES_MAX, INBOX_MESSAGES_MAX};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tracing::{error, info, warn};

use crate::admission::Batch;
use crate::announcing::{AnnounceError, AnnounceRequest};
use crate::clock_watch::Suspicion;
use crate::ending::{EndError, EndRequest};
use crate::enrol::{InviteError, InviteRequest};
use crate::metrics::Metrics;
use crate::renewal::{RenewError, RenewRequest};
use crate::server::{ConnectionId, Health, Server};
use crate::shell::STOP_MS_MAX;
use crate::shell::admission_thread::AdmissionThread;
use crate::shell::clocks::Clocks;
use crate::shell::link::{Filled, Link};
use crate::store::{ServerStore, StoreError};

/// What the sockets ask of the core.
pub enum ToCore {
    /// A device's WebSocket is open; frames for it go to `outgoing`.
    Connect {
        /// The TLS exporter's value of the connection.
        binding: [u8; 32],
        /// Where the core puts frames for the device. Dropped by the core to close.
        outgoing: mpsc::Sender<Vec<u8>>,
        /// Kept by the core as long as it keeps the connection.
        kept: oneshot::Sender<()>,
        /// Answers with the connection's id.
        reply: oneshot::Sender<ConnectionId>,
    },
    /// A frame came.
    Frame {
        /// From which connection.
        connection: ConnectionId,
        /// Its bytes.
        frame: Vec<u8>,
        /// Kept until the core has done what the frame asks for, so that a flooding device waits.
        permit: OwnedSemaphorePermit,
    },
    /// The writer of a connection that was full has room again.
    Room {
        /// Which one.
        connection: ConnectionId,
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
    /// The operator renews a device's grants.
    RenewGrants {
        /// Which, and how.
        request: RenewRequest,
        /// The device.
        reply: oneshot::Sender<Result<DeviceId, RenewError>>,
    },
    /// The operator ends a device.
    EndDevice {
        /// Which one, and why.
        request: EndRequest,
        /// The device.
        reply: oneshot::Sender<Result<DeviceId, EndError>>,
    },
    /// The operator says that the server's clock is right.
    ConfirmClock {
        /// The time that was confirmed, milliseconds since the Unix epoch.
        reply: oneshot::Sender<Result<u64, StoreError>>,
    },
    /// The operator tells every device where the server is from now on.
    Announce {
        /// All addresses.
        request: AnnounceRequest,
        /// The announcement's serial.
        reply: oneshot::Sender<Result<u64, AnnounceError>>,
    },
    /// Somebody asks how the server is.
    Health {
        /// The answer.
        reply: oneshot::Sender<Health>,
    },
    /// Somebody asks for the counters.
    Metrics {
        /// The answer.
        reply: oneshot::Sender<Metrics>,
    },
    /// A group of pushes has been judged, or whoever judged it panicked.
    Admitted(std::thread::Result<Result<Batch, StoreError>>),
    /// Finish what is queued, then end.
    Stop,
}

/// A way to reach the core; cloned for every socket.
pub type CoreHandle = mpsc::Sender<ToCore>;

/// Starts the thread, and one that judges pushes through the other way into the store. It ends when it
/// is told to stop, or when nobody can reach it any more. Called within the runtime of the sockets.
///
/// # Errors
/// When the operating system gives no thread.
pub fn spawn(
    mut server: Server,
    store: Box<dyn ServerStore>,
) -> std::io::Result<(CoreHandle, JoinHandle<()>)> {
    let (sender, inbox) = mpsc::channel(INBOX_MESSAGES_MAX);
    let (admission, judging) =
        AdmissionThread::spawn(store, server.new_admission(), sender.downgrade())?;
    server.admit_through(Box::new(admission));
    let core = CoreThread {
        server,
        clocks: Clocks::start(),
        suspicion: None,
        runtime: Builder::new_current_thread().enable_time().build()?,
        sockets: Handle::current(),
        inbox,
        back: sender.downgrade(),
        links: BTreeMap::new(),
        permits: Vec::new(),
        told_fault: None,
    };
    let thread = std::thread::Builder::new().name("keting-core".into()).spawn(move || {
        core.run();
        // The last to close the store leaves one file without a log, which can be copied.
        let _ = judging.join();
    })?;
    Ok((sender, thread))
}

struct CoreThread {
    server: Server,
    clocks: Clocks,
    /// Why the wall clock was not believed at the last look.
    suspicion: Option<Suspicion>,
    /// Only to wait for the inbox until a time.
    runtime: Runtime,
    /// Where the sockets' tasks run.
    sockets: Handle,
    inbox: mpsc::Receiver<ToCore>,
    /// The way back into the inbox, which alone does not keep the thread alive.
    back: mpsc::WeakSender<ToCore>,
    links: BTreeMap<ConnectionId, Link>,
    /// Of the frames taken in since the last step.
    permits: Vec<OwnedSemaphorePermit>,
    /// What the log was last told of the store's failing.
    told_fault: Option<&'static str>,
}

impl CoreThread {
    fn run(mut self) {
        loop {
            match self.receive(self.patience()) {
                Ok(Some(first)) => {
                    let stop = self.take_group(first);
                    self.advance();
                    if stop {
                        self.finish_admission();
                        return self.finish();
                    }
                }
                Ok(None) => return,
                Err(_) => self.advance(),
            }
        }
    }

    fn receive(
        &mut self,
        patience: Duration,
    ) -> Result<Option<ToCore>, tokio::time::error::Elapsed> {
        let inbox = &mut self.inbox;
        self.runtime.block_on(async { tokio::time::timeout(patience, inbox.recv()).await })
    }

    /// Takes in what has gathered, within bounds; true when the thread is to end.
    fn take_group(&mut self, first: ToCore) -> bool {
        let (mut stop, mut bytes, mut next) = (false, 0, Some(first));
        for _ in 0..INBOX_MESSAGES_MAX {
            let Some(message) = next.take() else { break };
            if let ToCore::Frame { frame, .. } = &message {
                bytes += frame.len();
            }
            stop |= self.handle(message);
            if bytes < GROUP_FRAME_BYTES_MAX {
                next = self.inbox.try_recv().ok();
            }
        }
        if let Some(message) = next {
            stop |= self.handle(message);
        }
        stop
    }

    /// Handles one message; true when the thread is to end.
    fn handle(&mut self, message: ToCore) -> bool {
        self.look_at_clock();
        let now_ms = self.now_ms();
        match message {
            ToCore::Connect { binding, outgoing, kept, reply } => {
                let connection = self.server.connect(binding, now_ms);
                self.links.insert(connection, Link::new(outgoing, kept));
                let _ = reply.send(connection);
            }
            ToCore::Frame { connection, frame, permit } => {
                self.server.handle_frame(connection, &frame, now_ms);
                self.permits.push(permit);
            }
            ToCore::Room { connection } => {
                if let Some(link) = self.links.get_mut(&connection) {
                    link.room_came();
                }
            }
            ToCore::Disconnect { connection } => self.forget(connection),
            ToCore::Invite { request, reply } => {
                let _ = reply.send(self.server.invite(&request, self.clocks.unix_ms()));
            }
            ToCore::RenewGrants { request, reply } => {
                let unix_ms = self.clocks.unix_ms();
                let _ = reply.send(self.server.renew_grants(&request, now_ms, unix_ms));
            }
            ToCore::EndDevice { request, reply } => {
                let unix_ms = self.clocks.unix_ms();
                let _ = reply.send(self.server.end_device(&request, now_ms, unix_ms));
            }
            ToCore::ConfirmClock { reply } => {
                let unix_ms = self.clocks.unix_ms();
                let _ = reply.send(self.server.confirm_clock(now_ms, unix_ms).map(|()| unix_ms));
                self.suspicion = self.server.clock_suspicion();
            }
            ToCore::Announce { request, reply } => {
                let unix_ms = self.clocks.unix_ms();
                let _ = reply.send(self.server.announce(&request, now_ms, unix_ms));
            }
            ToCore::Health { reply } => {
                let _ = reply.send(self.server.health(self.clocks.unix_ms()));
            }
            ToCore::Metrics { reply } => {
                // A store that fails says so in its own counter; the rest is worth knowing all the more.
                let _ = self.server.metrics_at(now_ms, self.clocks.unix_ms());
                let _ = reply.send(self.server.metrics().clone());
            }
            ToCore::Admitted(Ok(judged)) => self.server.handle_admitted(judged, now_ms),
            ToCore::Admitted(Err(panic)) => std::panic::resume_unwind(panic),
            ToCore::Stop => return true,
        }
        false
    }

    fn advance(&mut self) {
        self.look_at_clock();
        self.server.step(self.now_ms(), self.clocks.unix_ms());
        self.tell_of_fault();
        self.permits.clear();
        self.send();
    }

    /// Writes into the log when the store stops doing its work, and when it does it again.
    fn tell_of_fault(&mut self) {
        let fault = self.server.fault();
        match (std::mem::replace(&mut self.told_fault, fault), fault) {
            (before, Some(code)) if before != fault => {
                error!(code, "the store does not do its work")
            }
            (Some(code), None) => info!(code, "the store does its work again"),
            _ => {}
        }
    }

    /// Hands over what the writers have room for, and lets go of what has ended.
    fn send(&mut self) {
        let ended = self.fill_links();
        for connection in ended {
            self.forget(connection);
        }
    }

    /// Hands over what the writers have room for. The answer are the connections that have ended;
    /// of them more may be there than there was room for.
    fn fill_links(&mut self) -> Vec<ConnectionId> {
        let mut ended = Vec::new();
        for (connection, link) in &mut self.links {
            let filled = link.fill(|| self.server.poll_transmit(*connection));
            if filled == Filled::Full {
                link.tell_of_room(*connection, &self.sockets, &self.back);
            }
            if filled == Filled::Gone || self.server.is_closed(*connection) {
                ended.push(*connection);
            }
        }
        ended
    }

    /// Waits a moment until what was pushed is answered.
    fn finish_admission(&mut self) {
        let until = Instant::now() + Duration::from_millis(STOP_MS_MAX);
        while self.server.is_admitting() {
            match self.receive(until.saturating_duration_since(Instant::now())) {
                Ok(Some(message)) => drop(self.handle(message)),
                Ok(None) | Err(_) => return,
            }
            self.advance();
        }
    }

    /// Ends every session, and waits a moment for room, so that each device gets all its answers.
    fn finish(mut self) {
        self.server.stop(self.clocks.now_ms(), self.clocks.unix_ms());
        let until = Instant::now() + Duration::from_millis(STOP_MS_MAX);
        loop {
            for connection in self.fill_links() {
                if self.links.get(&connection).is_some_and(|link| !link.awaits_room()) {
                    self.forget(connection);
                }
            }
            if self.links.is_empty() {
                return;
            }
            match self.receive(until.saturating_duration_since(Instant::now())) {
                Ok(Some(message)) => drop(self.handle(message)),
                Ok(None) | Err(_) => return,
            }
        }
    }

    fn forget(&mut self, connection: ConnectionId) {
        self.server.disconnect(connection);
        self.links.remove(&connection);
    }

    fn patience(&self) -> Duration {
        const IDLE: Duration = Duration::from_secs(60);
        self.server.poll_timeout().map_or(IDLE, |(at_ms, _why)| {
            Duration::from_millis(at_ms.saturating_sub(self.now_ms())).min(IDLE)
        })
    }

    fn now_ms(&self) -> u64 {
        self.clocks.now_ms()
    }

    /// Lets the core look at the clock, and tells the operator when that is not to be believed.
    fn look_at_clock(&mut self) {
        self.server.look_at_clock(self.clocks.now_ms(), self.clocks.unix_ms());
        let suspicion = self.server.clock_suspicion();
        if let (Some(suspicion), None) = (suspicion, self.suspicion) {
            let reason = suspicion.reason();
            warn!(reason, "the clock is suspect: no device is served until it is confirmed");
        }
        self.suspicion = suspicion;
    }
}
