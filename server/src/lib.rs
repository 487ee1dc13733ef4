//! The always-on peer of a city: it admits what devices push into one numbered log, keeps the
//! documents that make, and hands everybody the entries that concern them.
//!
//! All of it but [`shell`] needs no socket: it is stepped on one thread, with the clock and chance
//! passed in. What the data means is `keting-model`, what proves it is `keting-trust`, and what
//! travels is `keting-sync`.

pub mod address;
pub mod admission;
pub mod announcing;
pub mod audience;
pub mod authority;
pub mod checkup;
pub mod city;
pub mod clock_watch;
pub mod devices;
pub mod ending;
pub mod enrol;
pub mod granted;
pub mod init;
pub mod invitations;
pub mod inviting;
pub mod metrics;
mod named;
pub mod random;
pub mod renewal;
pub mod server;
pub mod shell;
pub mod store;
pub mod verify;

#[cfg(test)]
mod testing;
