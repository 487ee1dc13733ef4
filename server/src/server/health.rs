//! How the server is, for whoever runs it.

use serde::Serialize;

use super::Server;

/// How the server is. No data of anybody's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Whether the store answers and took the last batch.
    pub healthy: bool,
    /// The code of what is wrong.
    pub fault: Option<&'static str>,
    /// The generation of the log.
    pub generation: u32,
    /// The number of the log's last entry.
    pub number: u64,
    /// The last number that is in a backup.
    pub backed_up_to: u64,
    /// Connections open now.
    pub connections: u64,
}

impl Server {
    /// How the server is now. It asks the store.
    pub fn health(&mut self) -> Health {
        let found = self.store.snapshot().and_then(|read| read.head());
        let (head, fault) = match found {
            Ok(Some(head)) => (head, self.last_fault),
            Ok(None) => (self.head, Some("no_city")),
            Err(error) => (self.head, Some(error.code())),
        };
        Health {
            healthy: fault.is_none(),
            fault,
            generation: head.generation,
            number: head.number,
            backed_up_to: head.backed_up_to,
            connections: self.metrics.connections_open,
        }
    }
}
