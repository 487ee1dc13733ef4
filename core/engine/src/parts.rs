//! The engine taken apart, for tests, the simulation, benches and the server's tools. An app needs
//! none of it: what stands here promises less, and changes as the engine needs.

use std::path::Path;
use std::sync::{Arc, MutexGuard};

pub use keting_store::Reader;

pub use crate::directory::{
    create as create_replica, file_path, holds_replica, open as open_replica,
};
pub use crate::driver::SyncDriver;
pub use crate::environment::{Environment, SystemEnvironment};
use crate::error::EngineError;
pub use crate::reaching::Reaching;
pub use crate::replica::membership::Membership;
pub use crate::replica::verify;
pub use crate::replica::whereabouts::Whereabouts;
pub use crate::replica::{Executed, FileIdentity, Kept, Replica, ReplicaConfig, Waiting};
pub use crate::shell::handle::SyncHandle;
use crate::shell::hosting::{Answered, First};
use crate::shell::keting::{Keting, opening};
pub use crate::shell::local::Local;
pub use crate::shell::news::{News, SyncNews};
pub use crate::shell::socket::{Socket, SocketError, frame_limits};
pub use crate::shell::tls::{KeyPin, pin_of, pinned_client};
use crate::vault::Vault;
pub use crate::watch::{Changed, ChangedRow, Next, Subscription};

/// Shares a replica that was opened with an environment or a file of the caller's own.
pub fn share(replica: Replica) -> Local {
    Local::of(replica)
}

/// The replica behind a handle, locked: whoever writes or syncs waits meanwhile.
pub fn replica_of(keting: &Local) -> MutexGuard<'_, Replica> {
    keting.lock()
}

/// Works on a replica as the engine does: whoever asks again is told what changed.
pub fn work_on<T>(keting: &Local, work: impl FnOnce(&mut Replica) -> T) -> T {
    keting.with_replica(work)
}

/// Posts a write to the engine's own thread, behind those that were posted before it.
pub fn write<T: Send + 'static>(
    keting: &Keting,
    work: impl FnOnce(&Local) -> Result<T, EngineError> + Send + 'static,
) -> Answered<T> {
    keting.write(work)
}

/// Posts a query to the engine's own threads.
pub fn read<T: Send + 'static>(
    keting: &Keting,
    work: impl FnOnce(&Local) -> Result<T, EngineError> + Send + 'static,
) -> Answered<T> {
    keting.read(work)
}

/// Opens the device in a directory with clocks of the caller's, which are made anew each time the file
/// is opened.
///
/// # Errors
/// As [`Keting::open`].
pub async fn open_with(
    directory: &Path,
    vault: Arc<dyn Vault>,
    environment: impl Fn() -> Box<dyn Environment> + Send + 'static,
) -> Result<Keting, EngineError> {
    Keting::opened_with(opening(directory, vault, Box::new(environment), First::Open)).await
}
