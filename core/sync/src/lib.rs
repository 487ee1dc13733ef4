//! The protocol between a device and the server: wire format and sessions, sans-IO.
//!
//! A session is the protocol's state of one connection. It is fed what happened ([`DeviceSession`]
//! and [`ServerSession`] have the same four families of methods) and asked what to do; time, seeds
//! and bytes come in, frames, effects and events go out. It performs nothing itself: sockets, TLS,
//! threads and clocks are `keting`'s and `keting-server`'s, storage is `keting-store`'s, and what
//! commits and grants say is `keting-trust`'s; here they are bytes.
//!
//! `docs/protocol.md` is the specification, `docs/protocol-sync.cddl` the grammar of the messages.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod backoff;
mod codec;
pub mod device;
pub mod error;
pub mod frame;
pub mod message;
mod pace;
pub mod server;
pub mod timer;

#[cfg(test)]
#[allow(clippy::wildcard_enum_match_arm)] // a test looks for one thing among many
mod tests;

pub use backoff::Backoff;
pub use device::{
    DeviceConfig, DeviceEffect, DeviceEvent, DeviceSession, FirstSync, Group, Moved, OutboxBatch,
    OutboxItem, Persist, Persisted, Purpose, Status,
};
pub use error::{CloseReason, OwnFault, PeerMisbehaved};
pub use message::{
    Answer, CommitKey, Confirm, Enrolled, Entry, EntryPosition, Highest, NewGeneration, Outcome,
    PushedCommit, Refused, Request, Resume, Secret, Welcome,
};
pub use pace::pace_ms;
pub use server::{
    Admitted, Denial, DocumentBatch, Enrolment, IssuingKey, LogBatch, Resumption, ServerConfig,
    ServerEffect, ServerEvent, ServerSession, Standing,
};

/// The versions of the protocol this crate speaks, the preferred one first.
pub const VERSIONS: [u16; 1] = [1];
/// The WebSocket subprotocol: how frames and the first messages of each side are read.
pub const SUBPROTOCOL: &str = "keting.1";
/// The path of the WebSocket on the server.
pub const PATH: &str = "/v1/sync";
/// The server name of TLS by which a device asks for the key that it pins, whatever address it connects
/// to: the first sixteen bytes of the SHA-256 of the key's SubjectPublicKeyInfo, as a name that is
/// nobody's (RFC 2606).
pub fn key_name(tls_spki_sha256: &[u8; 32]) -> String {
    let digits = tls_spki_sha256.iter().take(16).map(|byte| format!("{byte:02x}"));
    digits.chain([".keting.invalid".to_owned()]).collect()
}

/// The label of the TLS exporter whose 32 bytes bind a Hello to its connection (RFC 9266).
pub const CHANNEL_BINDING_LABEL: &str = "EXPORTER-Channel-Binding";
/// The length of the channel binding, in bytes.
pub const CHANNEL_BINDING_BYTES: usize = 32;
