//! The server's shell: sockets and threads around the core, nothing else.

pub mod admin;
mod admission_thread;
mod carry;
pub mod certificate;
pub mod core_thread;
mod link;
mod listener;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tracing::{info, warn};

use crate::server::Server;
use crate::shell::admin::AdminSocket;
use crate::shell::core_thread::ToCore;
use crate::shell::listener::Listener;
use crate::store::ServerStore;

pub use self::listener::Bounds;
pub use keting_sync::PATH as SYNC_PATH;

/// How long a device that is let go may take to read its last frames, in milliseconds.
const FAREWELL_MS_MAX: u64 = 2_000;
/// How long stopping waits for devices, in milliseconds: once for the core to hand over what is
/// there for them, once for the sockets to write it.
const STOP_MS_MAX: u64 = FAREWELL_MS_MAX + 1_000;

/// A server that listens.
pub struct Running {
    address: SocketAddr,
    core: core_thread::CoreHandle,
    thread: std::thread::JoinHandle<()>,
    tasks: [tokio::task::JoinHandle<()>; 2],
    slots: Arc<Semaphore>,
    bounds: Bounds,
}

impl Running {
    /// Begins to serve on a port that is bound, and on the operator's socket. `store` is the server's
    /// store once more: what is pushed is judged through it. Called within a tokio runtime.
    ///
    /// # Errors
    /// When the thread cannot be made.
    pub fn start(
        server: Server,
        store: Box<dyn ServerStore>,
        admin: AdminSocket,
        listener: TcpListener,
        tls: rustls::ServerConfig,
    ) -> io::Result<Self> {
        Self::start_within(server, store, admin, listener, tls, Bounds::default())
    }

    /// Begins to serve as [`Self::start`] does, within other bounds.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_within(
        server: Server,
        store: Box<dyn ServerStore>,
        admin: AdminSocket,
        listener: TcpListener,
        tls: rustls::ServerConfig,
        bounds: Bounds,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (core, thread) = core_thread::spawn(server, store)?;
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let listener = Listener::new(listener, acceptor, core.clone(), bounds);
        let slots = listener.slots();
        let tasks = [tokio::spawn(listener.accept()), tokio::spawn(admin.accept(core.clone()))];
        info!(%address, "serving");
        Ok(Self { address, core, thread, tasks, slots, bounds })
    }

    /// Where devices connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections, finishes what is queued, gives devices a moment to take their
    /// last answers, and ends.
    pub async fn stop(self) {
        for task in self.tasks {
            task.abort();
            // What it held is given back when this returns: another server may start at once.
            let _ = task.await;
        }
        let _ = self.core.send(ToCore::Stop).await;
        let thread = self.thread;
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        let all = u32::try_from(self.bounds.connections_max).unwrap_or(u32::MAX);
        let ended =
            tokio::time::timeout(Duration::from_millis(STOP_MS_MAX), self.slots.acquire_many(all));
        if ended.await.is_err() {
            warn!("a device did not take its last answers");
        }
        info!("stopped");
    }
}

#[cfg(test)]
mod tests;
