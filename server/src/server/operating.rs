//! What the operator asks for while the server runs.

use keting_trust::{DeviceId, Digest};

use super::Server;
use crate::ending::{EndError, EndRequest, end};
use crate::enrol::Endpoint;
use crate::invitations::{CancelError, cancel};
use crate::inviting::{InviteError, InviteRequest, invite};
use crate::renewal::{RenewError, RenewRequest, renew};

impl Server {
    /// Makes an invitation, as the text to be handed over.
    ///
    /// # Errors
    /// When the request names no role or region, the clock is suspect, or the store fails.
    pub fn invite(&mut self, request: &InviteRequest, unix_ms: u64) -> Result<String, InviteError> {
        let endpoint = self.config.endpoint.clone();
        self.invite_to(&endpoint, request, unix_ms)
    }

    /// The same, to an announced address that leads here.
    ///
    /// # Errors
    /// As [`Self::invite`].
    pub fn invite_to_announced(
        &mut self,
        url: String,
        request: &InviteRequest,
        unix_ms: u64,
    ) -> Result<String, InviteError> {
        let endpoint = Endpoint { url, is_named: true, ..self.config.endpoint.clone() };
        self.invite_to(&endpoint, request, unix_ms)
    }

    fn invite_to(
        &mut self,
        endpoint: &Endpoint,
        request: &InviteRequest,
        unix_ms: u64,
    ) -> Result<String, InviteError> {
        if self.clock.suspicion().is_some() {
            return Err(InviteError::ClockSuspect);
        }
        invite(&mut *self.store, &self.city, endpoint, request, &mut *self.random, unix_ms)
            .map(|invitation| invitation.to_text())
    }

    /// Takes an invitation back, as the operator asks.
    ///
    /// # Errors
    /// When there is no such invitation, a device has used it, or the store fails.
    pub fn cancel_invitation(&mut self, id: &str, unix_ms: u64) -> Result<Digest, CancelError> {
        cancel(&mut *self.store, id, unix_ms)
    }

    /// Renews a device's grants, as the operator asks.
    ///
    /// # Errors
    /// When there is nothing to renew, it would be wider or longer than may be, the clock is suspect,
    /// or the store fails.
    pub fn renew_grants(
        &mut self,
        request: &RenewRequest,
        now_ms: u64,
        unix_ms: u64,
    ) -> Result<DeviceId, RenewError> {
        if self.clock.suspicion().is_some() {
            return Err(RenewError::ClockSuspect);
        }
        let (store, random) = (&mut *self.store, &mut *self.random);
        let (device, head) = renew(store, &self.city, request, random, unix_ms)?;
        self.take_head(head, now_ms);
        Ok(device)
    }

    /// Ends a device, as the operator asks. Its sessions end before anything further is read for it.
    ///
    /// # Errors
    /// When there is no such device, nothing is said of why, the clock is suspect, or the store fails.
    pub fn end_device(
        &mut self,
        request: &EndRequest,
        now_ms: u64,
        unix_ms: u64,
    ) -> Result<DeviceId, EndError> {
        if self.clock.suspicion().is_some() {
            return Err(EndError::ClockSuspect);
        }
        let (device, head) = end(&mut *self.store, &self.city, request, unix_ms)?;
        self.take_head(head, now_ms);
        Ok(device)
    }
}
