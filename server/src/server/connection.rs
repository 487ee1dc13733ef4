//! One connection: its session, and what only this session needs.

use keting_sync::{ServerEffect, ServerSession};
use keting_trust::{DeviceId, Digest, Incarnation};

use crate::audience::FirstSync;

/// Names a connection of this process. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub(super) u64);

impl std::fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What TLS made of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channel {
    /// The value of its exporter (RFC 9266).
    pub binding: [u8; 32],
    /// SHA-256 of the SubjectPublicKeyInfo of the key that the device was shown.
    pub tls_spki_sha256: [u8; 32],
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) session: ServerSession,
    pub(super) channel: Channel,
    /// The device, once it was let in.
    pub(super) device: Option<DeviceId>,
    /// The incarnation that its Hello named.
    pub(super) incarnation: Option<Incarnation>,
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
    pub(super) fn new(session: ServerSession, channel: Channel) -> Self {
        Self {
            session,
            channel,
            device: None,
            incarnation: None,
            audience: None,
            first_sync: None,
            is_diverged: false,
            is_closed: false,
            stalled: None,
            timeout: None,
        }
    }
}
