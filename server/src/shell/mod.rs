//! The server's shell: sockets and threads around the core, nothing else.

pub mod admin;
pub mod certificate;
pub mod core_thread;
mod listener;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tracing::info;

use crate::server::Server;
use crate::shell::core_thread::ToCore;

pub use keting_sync::PATH as SYNC_PATH;

/// A server that listens.
pub struct Running {
    address: SocketAddr,
    core: core_thread::CoreHandle,
    thread: std::thread::JoinHandle<()>,
    tasks: [tokio::task::JoinHandle<()>; 2],
}

impl Running {
    /// Begins to serve on a port that is bound, and on the operator's socket in `directory`. Called
    /// within a tokio runtime.
    ///
    /// # Errors
    /// When the socket or the thread cannot be made.
    pub fn start(
        server: Server,
        directory: &Path,
        listener: TcpListener,
        tls: rustls::ServerConfig,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let admin = admin::bind(directory)?;
        let (core, thread) = core_thread::spawn(server)?;
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let tasks = [
            tokio::spawn(listener::accept(listener, acceptor, core.clone())),
            tokio::spawn(admin::accept(admin, core.clone())),
        ];
        info!(%address, "serving");
        Ok(Self { address, core, thread, tasks })
    }

    /// Where devices connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections, finishes what is queued, and ends.
    pub async fn stop(self) {
        for task in &self.tasks {
            task.abort();
        }
        let _ = self.core.send(ToCore::Stop);
        let thread = self.thread;
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        info!("stopped");
    }
}
