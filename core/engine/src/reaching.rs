//! One go at reaching the server: at each of its addresses in turn, until a session gets through at one.
//!
//! It has no socket. The shell dials what it gives, and so does the simulation.

use std::collections::VecDeque;

use crate::driver::Progress;
use crate::error::EngineError;
use crate::replica::Replica;
use crate::replica::whereabouts::Whereabouts;

/// The addresses that are still to be tried, and where the server was known to be when the go began.
#[derive(Debug, Clone)]
pub struct Reaching {
    server: Whereabouts,
    left: VecDeque<String>,
}

impl Reaching {
    /// Begins with what the device knows now.
    ///
    /// # Errors
    /// When the device is neither enrolled nor invited, or the file cannot be read.
    pub fn begin(replica: &Replica) -> Result<Self, EngineError> {
        let server = replica.server()?;
        let left = server.addresses().map(str::to_owned).collect();
        Ok(Self { server, left })
    }

    /// Where the server was known to be when the go began, and with which keys.
    pub fn server(&self) -> &Whereabouts {
        &self.server
    }

    /// The next address to try.
    pub fn next_address(&mut self) -> Option<String> {
        self.left.pop_front()
    }

    /// Whether a session, or the attempt at one, has got through, so that no other address is tried.
    ///
    /// Whoever answers at an address need not be able to serve: a machine that was left behind, a server
    /// of another city, one that takes the connection and says nothing. None of them keeps a device from
    /// the next address.
    pub fn is_over<T>(ended: &Result<T, EngineError>, progress: &Progress) -> bool {
        ended.is_ok() || progress.is_served
    }
}
