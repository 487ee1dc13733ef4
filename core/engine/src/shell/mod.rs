//! The shell: threads and sockets around a replica, and nothing else.

pub mod asking;
mod changes;
mod contact;
mod counted;
pub mod handle;
mod history;
pub mod hosting;
pub mod keting;
pub(crate) mod knock;
pub mod known_devices;
pub mod live;
pub mod local;
mod looking_up;
pub mod named;
pub mod news;
pub mod outbox;
mod own_thread;
pub mod queries;
mod reaching;
mod retry;
mod session;
pub mod socket;
pub mod sync_loop;
pub mod sync_status;
pub mod syncing;
pub mod tls;
mod turn;
