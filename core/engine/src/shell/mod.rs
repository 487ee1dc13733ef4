//! The shell: threads and sockets around a replica, and nothing else.

mod counted;
pub mod facade;
pub mod handle;
pub(crate) mod knock;
pub mod named;
pub mod news;
pub mod queries;
mod reaching;
mod retry;
pub mod socket;
pub mod sync_loop;
pub mod tls;
mod turn;
