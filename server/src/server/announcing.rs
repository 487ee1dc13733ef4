//! Where the server is and which TLS keys it has, told to every device.

use keting_trust::Digest;
use tracing::info;

use super::Server;
use crate::announcing::{
    AnnounceError, AnnounceRequest, announce, announce_key, announced, give_up, known_keys,
};
use crate::store::StoreError;

/// How often it is looked whether an old TLS key is over, in milliseconds.
const LOOK_EVERY_MS: u64 = 60_000;

/// Addresses of which nobody knows whether they lead here by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacesToTry {
    /// The addresses, the preferred one first.
    pub urls: Vec<String>,
    /// The SHA-256 of the SubjectPublicKeyInfo of every TLS key that is shown here.
    pub keys: Vec<[u8; 32]>,
}

impl Server {
    /// Announces the server's addresses to every device, as the operator asks. The answer is the
    /// announcement's serial.
    ///
    /// # Errors
    /// When devices could not use an address, there are too many, the clock is suspect, or the store
    /// fails.
    pub fn announce(
        &mut self,
        request: &AnnounceRequest,
        now_ms: u64,
        unix_ms: u64,
    ) -> Result<u64, AnnounceError> {
        if self.clock.suspicion().is_some() {
            return Err(AnnounceError::ClockSuspect);
        }
        let (store, endpoint) = (&mut *self.store, &self.config.endpoint);
        let (serial, head) = announce(store, &self.city, endpoint, request, unix_ms)?;
        self.take_head(head, now_ms);
        Ok(serial)
    }

    /// The announced addresses to try before somebody is invited. None where the operator named the address, or
    /// nothing is announced: then it is known where an invitation leads.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn places_to_try(&mut self) -> Result<Option<PlacesToTry>, StoreError> {
        let endpoint = &self.config.endpoint;
        if endpoint.is_named {
            return Ok(None);
        }
        let keys = std::iter::once(&endpoint.tls_spki_sha256).chain(&endpoint.newer_tls_keys);
        let keys = keys.copied().collect();
        let last = announced(&*self.store.snapshot()?)?;
        Ok(last.map(|last| PlacesToTry { urls: last.record.urls, keys }))
    }

    /// Whether something is announced that leads past this server: it serves at another address, or has
    /// none of the keys. Who follows the announcement does not find it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_elsewhere(&mut self) -> Result<bool, StoreError> {
        let Some(last) = announced(&*self.store.snapshot()?)? else { return Ok(false) };
        let endpoint = &self.config.endpoint;
        let has_key = last.record.keys.iter().any(|key| endpoint.has(key.as_bytes()));
        let is_there = !endpoint.is_named || last.record.urls.contains(&endpoint.url);
        Ok(!has_key || !is_there)
    }

    /// The TLS keys that devices were ever told of, if there is room for one more.
    ///
    /// # Errors
    /// When there is none, the clock is suspect, or the store fails.
    pub fn keys_before_another(&mut self) -> Result<Vec<Digest>, AnnounceError> {
        if self.clock.suspicion().is_some() {
            return Err(AnnounceError::ClockSuspect);
        }
        known_keys(&*self.store.snapshot()?, &self.config.endpoint)
    }

    /// Announces one more TLS key, which is on the disk and served, before those that there are. The
    /// older ones are announced on until all devices that may read have the new one, or for thirty days; and
    /// served on until all that may come have it, or for ninety.
    ///
    /// # Errors
    /// As [`Self::announce`].
    pub fn announce_key(
        &mut self,
        key: [u8; 32],
        now_ms: u64,
        unix_ms: u64,
    ) -> Result<u64, AnnounceError> {
        if self.clock.suspicion().is_some() {
            return Err(AnnounceError::ClockSuspect);
        }
        let endpoint = &mut self.config.endpoint;
        if !endpoint.has(&key) {
            endpoint.newer_tls_keys.push(key);
        }
        let (store, key) = (&mut *self.store, Digest::new(key));
        let (serial, head) = announce_key(store, &self.city, endpoint, key, unix_ms)?;
        self.take_head(head, now_ms);
        self.keys_due = Some(now_ms.saturating_add(LOOK_EVERY_MS));
        Ok(serial)
    }

    /// A TLS key that nobody needs any more: it is to be served no longer, and taken off the disk.
    pub fn poll_retired_key(&mut self) -> Option<[u8; 32]> {
        self.retired.pop()
    }

    /// Gives up the TLS keys that are over.
    pub(super) fn look_at_keys(&mut self, now_ms: u64, unix_ms: u64) {
        if self.keys_due.is_none_or(|due| due > now_ms) {
            return;
        }
        self.keys_due = Some(now_ms.saturating_add(LOOK_EVERY_MS));
        if self.clock.suspicion().is_some() {
            return;
        }
        match give_up(&mut *self.store, &self.city, unix_ms) {
            Ok(given_up) => {
                if !given_up.is_under_way {
                    self.keys_due = None;
                }
                for key in given_up.keys {
                    info!(%key, "a TLS key is over");
                    self.config.endpoint.forget(key.as_bytes());
                    self.retired.push(*key.as_bytes());
                }
                if let Some(head) = given_up.head {
                    self.take_head(head, now_ms);
                }
            }
            Err(error) => self.note_fault(&error),
        }
    }
}
