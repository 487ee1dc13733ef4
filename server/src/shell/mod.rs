//! The server's shell: sockets and threads around the core, nothing else.

pub mod admin;
mod admission_thread;
mod arriving;
mod carry;
pub mod certificate;
mod clocks;
pub mod core_thread;
mod door;
mod leading_here;
mod link;
mod listener;
mod rotation;
pub mod tls_keys;
mod to_core;
mod writing;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tracing::{info, warn};

use crate::server::Server;
use crate::shell::admin::AdminSocket;
use crate::shell::core_thread::ToCore;
use crate::shell::door::Door;
use crate::shell::listener::Listener;
use crate::shell::tls_keys::TlsKeys;
use crate::store::ServerStore;

pub use self::clocks::wall_clock_ms;
pub use self::door::Bounds;
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
    door: Arc<Door>,
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
        tls: TlsKeys,
    ) -> io::Result<Self> {
        Self::start_within(server, store, admin, listener, tls, Bounds::of_this_process())
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
        tls: TlsKeys,
        bounds: Bounds,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let tls = Arc::new(tls);
        let (core, thread) = core_thread::spawn(server, store, Arc::clone(&tls))?;
        let door = Door::new(bounds);
        let listener = Listener::new(listener, tls, core.clone(), Arc::clone(&door));
        let tasks = [tokio::spawn(listener.accept()), tokio::spawn(admin.accept(core.clone()))];
        let Bounds { connections_max, from_one_address_max, .. } = bounds;
        info!(%address, connections_max, from_one_address_max, "serving");
        Ok(Self { address, core, thread, tasks, door })
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
        let ended = self.door.wait_until_empty();
        if tokio::time::timeout(Duration::from_millis(STOP_MS_MAX), ended).await.is_err() {
            warn!("a device did not take its last answers");
        }
        info!("stopped");
    }
}

#[cfg(test)]
mod tests;
