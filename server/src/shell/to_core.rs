//! What reaches the core's thread: from sockets, from the operator, and from whoever judges for it.

use keting_trust::{DeviceId, Digest};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::admission::Batch;
use crate::announcing::{AnnounceError, AnnounceRequest};
use crate::ending::{EndError, EndRequest};
use crate::invitations::CancelError;
use crate::inviting::{InviteError, InviteRequest};
use crate::metrics::Metrics;
use crate::renewal::{RenewError, RenewRequest};
use crate::server::{Channel, ConnectionId, Health, PlacesToTry};
use crate::shell::rotation::RotateError;
use crate::store::StoreError;

/// What the sockets ask of the core.
pub enum ToCore {
    /// A device's WebSocket is open; frames for it go to `outgoing`.
    Connect {
        /// What TLS made of the connection.
        channel: Channel,
        /// Where the core puts frames for the device. Dropped by the core to close.
        outgoing: mpsc::Sender<Vec<u8>>,
        /// Kept by the core as long as it keeps the connection.
        kept: oneshot::Sender<()>,
        /// Answers with the connection's id.
        reply: oneshot::Sender<ConnectionId>,
    },
    /// A frame came.
    Frame {
        /// From which connection.
        connection: ConnectionId,
        /// Its bytes.
        frame: Vec<u8>,
        /// Kept until the core has done what the frame asks for, so that a flooding device waits.
        permit: OwnedSemaphorePermit,
    },
    /// Bytes of a frame came that is not whole yet.
    Arriving {
        /// From which connection.
        connection: ConnectionId,
        /// How many, since this was last said.
        bytes: usize,
    },
    /// The writer of a connection that was full has room again.
    Room {
        /// Which one.
        connection: ConnectionId,
    },
    /// The connection is gone.
    Disconnect {
        /// Which one.
        connection: ConnectionId,
    },
    /// Somebody is to be invited: which addresses must be tried before.
    PlacesToTry {
        /// The answer.
        reply: oneshot::Sender<Result<Option<PlacesToTry>, StoreError>>,
    },
    /// The operator asks for an invitation.
    Invite {
        /// For whom.
        request: InviteRequest,
        /// An announced address that leads here; none where the core knows where it is.
        url: Option<String>,
        /// The invitation's text.
        reply: oneshot::Sender<Result<String, InviteError>>,
    },
    /// The operator takes an invitation back.
    CancelInvitation {
        /// Its id, or how that begins.
        id: String,
        /// Its whole id.
        reply: oneshot::Sender<Result<Digest, CancelError>>,
    },
    /// The operator renews a device's grants.
    RenewGrants {
        /// Which, and how.
        request: RenewRequest,
        /// The device.
        reply: oneshot::Sender<Result<DeviceId, RenewError>>,
    },
    /// The operator ends a device.
    EndDevice {
        /// Which one, and why.
        request: EndRequest,
        /// The device.
        reply: oneshot::Sender<Result<DeviceId, EndError>>,
    },
    /// The operator says that the server's clock is right.
    ConfirmClock {
        /// The time that was confirmed, milliseconds since the Unix epoch.
        reply: oneshot::Sender<Result<u64, StoreError>>,
    },
    /// The operator tells every device where the server is from now on.
    Announce {
        /// All addresses.
        request: AnnounceRequest,
        /// The announcement's serial.
        reply: oneshot::Sender<Result<u64, AnnounceError>>,
    },
    /// The operator has the TLS key changed.
    RotateKey {
        /// The new key's SHA-256.
        reply: oneshot::Sender<Result<Digest, RotateError>>,
    },
    /// Somebody asks how the server is.
    Health {
        /// The answer.
        reply: oneshot::Sender<Health>,
    },
    /// Somebody asks for the counters.
    Metrics {
        /// The answer.
        reply: oneshot::Sender<Metrics>,
    },
    /// A group of pushes has been judged, or whoever judged it panicked.
    Admitted(std::thread::Result<Result<Batch, StoreError>>),
    /// Finish what is queued, then end.
    Stop,
}

/// A way to reach the core; cloned for every socket.
pub type CoreHandle = mpsc::Sender<ToCore>;
