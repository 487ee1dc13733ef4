//! One connection: its session, and what only this session needs.

use keting_sync::{ServerEffect, ServerSession};
use keting_trust::{DeviceId, Digest};

use crate::audience::FirstSync;

/// Names a connection of this process. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub(super) u64);

impl std::fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) session: ServerSession,
    /// The value of the connection's TLS exporter.
    pub(super) channel_binding: [u8; 32],
    /// The device, once it was let in.
    pub(super) device: Option<DeviceId>,
    /// The digest of what it is given. If it changes, the session ends.
    pub(super) audience: Option<Digest>,
    /// What is being sent, while a first sync runs.
    pub(super) first_sync: Option<FirstSync>,
    /// Whether the device has proved that this log was longer once, or has a cursor of another: what
    /// it pushes is refused.
    pub(super) is_diverged: bool,
    /// Whether the session has ended. Frames may still be there to be sent.
    pub(super) is_closed: bool,
    /// A push that its session wanted admitted when too many were waiting.
    pub(super) stalled: Option<ServerEffect>,
    /// When its next timer ends.
    pub(super) timeout: Option<u64>,
}

impl Connection {
    pub(super) fn new(session: ServerSession, channel_binding: [u8; 32]) -> Self {
        Self {
            session,
            channel_binding,
            device: None,
            audience: None,
            first_sync: None,
            is_diverged: false,
            is_closed: false,
            stalled: None,
            timeout: None,
        }
    }
}
