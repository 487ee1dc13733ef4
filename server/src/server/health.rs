//! How the server is and what will be wrong with it unless somebody acts, for whoever runs it and for
//! what watches it. Anybody may ask, so it tells nothing else.

use serde::Serialize;

use super::Server;
use super::clock::CLOCK_SUSPECT;
use crate::store::StoreError;

/// How the server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Whether it can do its work.
    pub healthy: bool,
    /// The code of what is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<&'static str>,
    /// The code of what will be wrong unless somebody acts: the issuing key ends within ninety days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<&'static str>,
}

impl Server {
    /// How the server is now. It asks the store.
    ///
    /// What kept a group of pushes from being stored counts until a group is stored again: a disk that
    /// is full may still take a few bytes.
    pub fn health(&mut self, unix_ms: u64) -> Health {
        let found = self.store.snapshot().and_then(|read| read.head());
        let fault = match found {
            Ok(Some(_)) => self.fault.or(self.clock_suspicion().map(|_| CLOCK_SUSPECT)),
            Ok(None) => Some(StoreError::Empty.code()),
            Err(error) => Some(error.code()),
        };
        let is_ending = fault.is_none() && self.is_issuing_key_ending(unix_ms).unwrap_or(false);
        Health { healthy: fault.is_none(), fault, warning: is_ending.then_some("issuing_key_ends") }
    }

    /// Why the store did not do what it was last asked; nothing since it has stored a group of pushes.
    pub fn fault(&self) -> Option<&'static str> {
        self.fault
    }
}
