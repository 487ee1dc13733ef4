//! The facade applications use: open, command, query, watch, sync.
//!
//! A [`Keting`] is one replica: an encrypted file with the households its holder may see, the log's
//! commits that made them, and what still waits for the server. Everything works without a
//! connection; [`Keting::sync`] exchanges what changed.
//!
//! This is the only room with threads and sockets, and they are all in [`shell`]. What a replica
//! does is in [`replica`], on one thread and without a clock of its own, so that the simulation can
//! step the code that ships. What the data is stands in `keting-model`, who may do what in
//! `keting-trust`, the file in `keting-store`, the protocol in `keting-sync`.

pub mod directory;
pub mod driver;
pub mod durable_file;
pub mod environment;
pub mod error;
pub mod replica;
pub mod shell;
pub mod vault;
pub mod watch;

pub use environment::{Environment, SystemEnvironment};
pub use error::{EngineError, ErrorKind};
pub use replica::{Executed, Replica, ReplicaConfig, Status};
pub use shell::facade::{Keting, SyncNews, SyncReport};
pub use vault::{DirectoryVault, ReplicaId, Secret, Vault, VaultError};
pub use watch::{Changed, ChangedRow, Next, Subscription};
