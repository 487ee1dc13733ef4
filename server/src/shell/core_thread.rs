//! The thread that owns the server's core. Sockets talk to it through a bounded inbox; it performs
//! what has gathered as one group, so that many devices' pushes share a transaction. What is pushed
//! is judged on a thread of its own ([`super::admission_thread`]), and the answers come through the
//! same inbox.
//!
//! Nothing it hands out is unbounded either: a frame leaves its session only when the connection's
//! writer has room for it. What a device does not read stays in its session, whose own limits then
//! end it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use keting_trust::limits::{GROUP_FRAME_BYTES_MAX, INBOX_MESSAGES_MAX};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tracing::{error, info, warn};

use crate::clock_watch::Suspicion;
use crate::server::{ConnectionId, Server};
use crate::shell::admission_thread::AdmissionThread;
use crate::shell::clocks::Clocks;
use crate::shell::link::{Filled, Link};
use crate::shell::tls_keys::TlsKeys;
use crate::shell::{STOP_MS_MAX, rotation};
use crate::store::ServerStore;

pub use super::to_core::{CoreHandle, ToCore};

/// Starts the thread, and one that judges pushes through the other way into the store. It ends when it
/// is told to stop, or when nobody can reach it any more. Called within the runtime of the sockets.
///
/// # Errors
/// When the operating system gives no thread.
pub fn spawn(
    mut server: Server,
    store: Box<dyn ServerStore>,
    keys: Arc<TlsKeys>,
) -> std::io::Result<(CoreHandle, JoinHandle<()>)> {
    let (sender, inbox) = mpsc::channel(INBOX_MESSAGES_MAX);
    let (admission, judging) =
        AdmissionThread::spawn(store, server.new_admission(), sender.downgrade())?;
    server.admit_through(Box::new(admission));
    let mut core = CoreThread {
        server,
        keys,
        clocks: Clocks::start(),
        suspicion: None,
        runtime: Builder::new_current_thread().enable_time().build()?,
        sockets: Handle::current(),
        inbox,
        back: sender.downgrade(),
        links: BTreeMap::new(),
        gone: Vec::new(),
        permits: Vec::new(),
        told_fault: None,
    };
    // What was due while no server ran is done before anybody is served.
    core.advance();
    if core.server.is_elsewhere().unwrap_or(false) {
        warn!("devices were told of other addresses or TLS keys: announce where this server is");
    }
    let thread = std::thread::Builder::new().name("keting-core".into()).spawn(move || {
        core.run();
        // The last to close the store leaves one file without a log, which can be copied.
        let _ = judging.join();
    })?;
    Ok((sender, thread))
}

struct CoreThread {
    server: Server,
    /// What connections are shown.
    keys: Arc<TlsKeys>,
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
    /// Connections that went since the last step: what they said before is heard first.
    gone: Vec<ConnectionId>,
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
            ToCore::Connect { channel, outgoing, kept, reply } => {
                let connection = self.server.connect(channel, now_ms);
                self.links.insert(connection, Link::new(outgoing, kept));
                let _ = reply.send(connection);
            }
            ToCore::Frame { connection, frame, permit } => {
                self.server.handle_frame(connection, &frame, now_ms);
                self.permits.push(permit);
            }
            ToCore::Arriving { connection, bytes } => {
                self.server.handle_arriving(connection, bytes, now_ms);
            }
            ToCore::Room { connection } => {
                if let Some(link) = self.links.get_mut(&connection) {
                    link.room_came();
                }
            }
            ToCore::Disconnect { connection } => self.gone.push(connection),
            ToCore::PlacesToTry { reply } => {
                let _ = reply.send(self.server.places_to_try());
            }
            ToCore::Invite { request, url, reply } => {
                let unix_ms = self.clocks.unix_ms();
                let _ = reply.send(match url {
                    Some(url) => self.server.invite_to_announced(url, &request, unix_ms),
                    None => self.server.invite(&request, unix_ms),
                });
            }
            ToCore::CancelInvitation { id, reply } => {
                let _ = reply.send(self.server.cancel_invitation(&id, self.clocks.unix_ms()));
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
            ToCore::RotateKey { reply } => {
                let unix_ms = self.clocks.unix_ms();
                let _ = reply.send(rotation::rotate(&mut self.server, &self.keys, now_ms, unix_ms));
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
        self.forget_gone();
        self.give_up_keys();
        self.tell_of_fault();
        self.permits.clear();
        self.send();
    }

    /// Serves no longer what is over.
    fn give_up_keys(&mut self) {
        while let Some(key) = self.server.poll_retired_key() {
            if let Err(error) = self.keys.give_up(&key) {
                warn!(%error, "the file of a TLS key that is over is still there");
            }
        }
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
            self.forget_gone();
        }
    }

    fn forget_gone(&mut self) {
        for connection in std::mem::take(&mut self.gone) {
            self.forget(connection);
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
