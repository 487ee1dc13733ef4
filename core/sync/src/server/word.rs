//! The server's word on its log: signed when a frame is put together, with the time it has then.

use std::fmt;
use std::sync::Arc;

use keting_model::{CityId, LogId};
use keting_trust::{Claimed, Cursor, DeviceId, Digest, Ending, Heard, Signed, Signer};

use crate::error::OwnFault;

/// The issuing key that signs for a server. All its sessions share one.
#[derive(Clone)]
pub struct IssuingKey(Arc<dyn Signer>);

impl IssuingKey {
    /// Wraps a key.
    pub fn new(signer: Arc<dyn Signer>) -> Self {
        Self(signer)
    }
}

impl fmt::Debug for IssuingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuingKey({})", self.0.public_key().device_id())
    }
}

/// What a session needs to give the server's word.
#[derive(Debug)]
pub(super) struct Word {
    city: CityId,
    key: IssuingKey,
    /// The server's clock, and this session's at the same moment.
    welcomed_ms: (u64, u64),
    now_ms: u64,
}

impl Word {
    pub(super) fn new(city: CityId, key: IssuingKey) -> Self {
        Self { city, key, welcomed_ms: (0, 0), now_ms: 0 }
    }

    /// The server's clock shows `server_time_ms` now.
    pub(super) fn set_clock(&mut self, server_time_ms: u64) {
        self.welcomed_ms = (server_time_ms, self.now_ms);
    }

    /// Notes the session's time.
    pub(super) fn take_time(&mut self, now_ms: u64) {
        self.now_ms = self.now_ms.max(now_ms);
    }

    /// Signs what the server says of its log.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub(super) fn sign(&self, cursor: Cursor, group: Digest) -> Result<Claimed<Heard>, OwnFault> {
        let heard = Heard { city: self.city, cursor, at_ms: self.at_ms(), group };
        let signed = Signed::sign(heard, &*self.key.0).map_err(|_| OwnFault::Signer)?;
        Ok(signed.into())
    }

    /// Signs that a device was ended, and why, for the connection of a channel binding.
    ///
    /// # Errors
    /// When the key cannot be used, or the reason is none.
    pub(super) fn sign_end(
        &self,
        log: LogId,
        device: DeviceId,
        channel_binding: &[u8],
        why: String,
    ) -> Result<Claimed<Ending>, OwnFault> {
        let channel_binding = channel_binding.try_into().map_err(|_| OwnFault::Driver)?;
        let ending =
            Ending { city: self.city, log, device, channel_binding, why, at_ms: self.at_ms() };
        let signed = Signed::sign(ending, &*self.key.0).map_err(|_| OwnFault::Signer)?;
        Ok(signed.into())
    }

    fn at_ms(&self) -> u64 {
        let (server_time_ms, since_ms) = self.welcomed_ms;
        server_time_ms.saturating_add(self.now_ms.saturating_sub(since_ms))
    }
}
