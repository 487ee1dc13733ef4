//! The engine taken apart, for tests, the simulation, benches and the server's tools. An app needs
//! none of it: what stands here promises less, and changes as the engine needs.

use std::sync::MutexGuard;

use crate::Keting;
pub use crate::directory::{
    create as create_replica, file_path, holds_replica, open as open_replica,
};
pub use crate::driver::SyncDriver;
pub use crate::environment::{Environment, SystemEnvironment};
pub use crate::reaching::Reaching;
pub use crate::replica::membership::Membership;
pub use crate::replica::verify;
pub use crate::replica::whereabouts::Whereabouts;
pub use crate::replica::{FileIdentity, Kept, Replica, ReplicaConfig, Waiting};
pub use crate::shell::socket::{Socket, SocketError, frame_limits};
pub use crate::shell::tls::{KeyPin, pin_of, pinned_client};

/// Shares a replica that was opened with an environment or a file of the caller's own.
pub fn share(replica: Replica) -> Keting {
    Keting::of(replica)
}

/// The replica behind a handle, locked: whoever writes or syncs waits meanwhile.
pub fn replica_of(keting: &Keting) -> MutexGuard<'_, Replica> {
    keting.lock()
}
