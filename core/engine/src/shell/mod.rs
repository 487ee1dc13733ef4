//! The shell: threads and sockets around a replica, and nothing else.

mod counted;
pub mod facade;
pub mod socket;
mod sync_loop;
pub mod tls;
