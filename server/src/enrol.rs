//! Letting a device in: an invitation from the operator, used once, becomes a grant in the log.
//!
//! The same key may ask again with the same secret, because its first answer may have been lost; anybody
//! else gets `invitation_used`.

use keting_model::role::Role;
use keting_trust::invitation::Secret;
use keting_trust::limits::NAME_BYTES_MAX;
use keting_trust::{
    Denied, DeviceId, Digest, Grant, KindAccess, PublicKey, SignedGrant, Signer as _, check_live,
};

use crate::city::City;
use crate::init::log_grant;
use crate::random::Random;
use crate::store::{Head, ServerRead, ServerStore, StoreError, StoredDevice, StoredInvitation};

/// How many grants may follow below one that the issuing key gives.
const HOLDER_DEPTH_MAX: u8 = 5;

/// Where devices reach the server, and what they are to see there.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// A `wss` address.
    pub url: String,
    /// Whether the operator named it; otherwise it is where the server listens, and what is announced
    /// goes before it.
    pub is_named: bool,
    /// The SHA-256 of the SubjectPublicKeyInfo of the server's TLS key, of the oldest if it has several.
    pub tls_spki_sha256: [u8; 32],
    /// The same of the others, the newest last.
    pub newer_tls_keys: Vec<[u8; 32]>,
}

impl Endpoint {
    /// Whether the server has a TLS key.
    pub fn has(&self, key: &[u8; 32]) -> bool {
        self.tls_spki_sha256 == *key || self.newer_tls_keys.contains(key)
    }

    /// Leaves out a TLS key that is given up, unless it is the only one.
    pub fn forget(&mut self, key: &[u8; 32]) {
        if self.tls_spki_sha256 == *key && !self.newer_tls_keys.is_empty() {
            self.tls_spki_sha256 = self.newer_tls_keys.remove(0);
        }
        self.newer_tls_keys.retain(|known| known != key);
    }
}

/// Says why a device was not let in.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// Nobody made this invitation here. Not retryable.
    #[error("there is no such invitation")]
    Unknown,
    /// Another device has used it. Not retryable.
    #[error("the invitation has been used")]
    Used,
    /// Its time is over, or the server was restored from a backup since. Not retryable.
    #[error("the invitation is not valid any more")]
    Expired,
    /// The operator took it back. Not retryable.
    #[error("the invitation was taken back")]
    Cancelled,
    /// The device is another person's. Not retryable.
    #[error("the device is another person's")]
    AnothersDevice,
    /// The name of the device is not one. Not retryable.
    #[error("the name is not valid")]
    BadName,
    /// The issuing key is no longer good; the root key renews it. Not retryable.
    #[error("the server's issuing key has expired")]
    IssuingKeyExpired,
    /// By the server's clock its own issuing key was not made yet. Retryable.
    #[error("the server's clock cannot be right")]
    ClockSuspect,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl EnrolError {
    /// The stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "invitation_unknown",
            Self::Used => "invitation_used",
            Self::Expired => "invitation_expired",
            Self::Cancelled => "invitation_cancelled",
            Self::AnothersDevice => "anothers_device",
            Self::BadName => "bad_name",
            Self::IssuingKeyExpired => "issuing_key_expired",
            Self::ClockSuspect => "clock_suspect",
            Self::Store(error) => error.code(),
        }
    }

    /// Whether the same may succeed later.
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Store(error) => error.retryable(),
            Self::ClockSuspect => true,
            Self::Unknown
            | Self::Used
            | Self::Expired
            | Self::Cancelled
            | Self::AnothersDevice
            | Self::BadName
            | Self::IssuingKeyExpired => false,
        }
    }
}

/// What a device that was let in has.
#[derive(Debug, Clone)]
pub struct Enrolled {
    /// Its grants, from the root key's first to its own.
    pub grants: Vec<Vec<u8>>,
    /// Where the log stands.
    pub head: Head,
    /// Whether it had been let in before, with the same invitation.
    pub again: bool,
    /// The serial up to which announcements are older than its invitation.
    pub announced: u64,
}

/// Lets a device in with an invitation's secret. `name` is what the device is called in lists.
///
/// # Errors
/// When the invitation is not good for this key, or the store fails.
pub fn enrol(
    store: &mut dyn ServerStore,
    city: &City,
    secret: &Secret,
    key: &PublicKey,
    name: &str,
    random: &mut dyn Random,
    now_ms: u64,
) -> Result<Enrolled, EnrolError> {
    if !is_name(name) {
        return Err(EnrolError::BadName);
    }
    let mut transaction = store.begin()?;
    let head = transaction.head()?.ok_or(StoreError::Empty)?;
    let invitation = transaction.invitation(&secret.digest())?.ok_or(EnrolError::Unknown)?;
    let (device, announced) = (key.device_id(), invitation.announced);
    if let Some((by, grant)) = &invitation.used {
        if *by != device {
            return Err(EnrolError::Used);
        }
        let grants = chain_bytes(&*transaction, city, grant)?;
        return Ok(Enrolled { grants, head, again: true, announced });
    }
    if invitation.cancelled_at_ms.is_some() {
        return Err(EnrolError::Cancelled);
    }
    if now_ms >= invitation.expires_at_ms || invitation.generation != head.generation {
        return Err(EnrolError::Expired);
    }
    if !is_of_holder(&*transaction, &device, &invitation.name)? {
        return Err(EnrolError::AnothersDevice);
    }
    let grant = grant_for(&*transaction, city, &invitation, key, random, now_ms)?;
    log_grant(&mut *transaction, &grant)?;
    let known = transaction.device(&device)?;
    let row = known.unwrap_or_else(|| StoredDevice::new(key, now_ms));
    transaction.put_device(&StoredDevice { name: name.to_owned(), ..row })?;
    let used = Some((device, grant.digest()));
    transaction.put_invitation(&StoredInvitation { used, ..invitation })?;
    let grants = chain_bytes(&*transaction, city, &grant.digest())?;
    let head = transaction.head()?.ok_or(StoreError::Empty)?;
    transaction.commit()?;
    Ok(Enrolled { grants, head, again: false, announced })
}

/// Whether a device is new, or was given to a person of that name before. A device stays one person's: what
/// they wrote is shown under their name, and what they might read lies in its file.
fn is_of_holder(read: &dyn ServerRead, device: &DeviceId, name: &str) -> Result<bool, StoreError> {
    let latest = read.grants_of(device)?.into_iter().next_back();
    let Some(latest) = latest else { return Ok(true) };
    let signed = SignedGrant::read_stored(&latest.bytes);
    let signed = signed.map_err(|_| StoreError::Damaged("a grant does not decode"))?;
    Ok(signed.grant.name == name)
}

fn grant_for(
    read: &dyn ServerRead,
    city: &City,
    invitation: &StoredInvitation,
    key: &PublicKey,
    random: &mut dyn Random,
    now_ms: u64,
) -> Result<SignedGrant, EnrolError> {
    let damaged = StoreError::Damaged("an invitation names no role");
    let role = Role::from_name(&invitation.role).ok_or(damaged)?;
    let issuing = stored_grant(read, &city.issuing_grant)?.grant;
    match check_live(&issuing, now_ms) {
        Ok(()) => {}
        // It was given in the past, so it is the clock that is wrong.
        Err(Denied::NotYetValid) => return Err(EnrolError::ClockSuspect),
        Err(_) => return Err(EnrolError::IssuingKeyExpired),
    }
    let regions = if role == Role::Administrator { Vec::new() } else { vec![invitation.region] };
    let grant = Grant {
        city: city.id,
        log: city.log,
        id: random.bytes(),
        issuer: city.issuing.public_key().clone(),
        holder: key.clone(),
        name: invitation.name.clone(),
        role,
        regions,
        kinds: KindAccess::of_role(role),
        issued_at_ms: now_ms,
        expires_at_ms: now_ms.saturating_add(invitation.grant_ms).min(issuing.expires_at_ms),
        parent: Some(city.issuing_grant),
        depth: role.delegation_depth().min(HOLDER_DEPTH_MAX),
    };
    SignedGrant::issue(grant, &city.issuing)
        .map_err(|error| EnrolError::Store(StoreError::Failed(Box::new(error))))
}

fn chain_bytes(
    read: &dyn ServerRead,
    city: &City,
    grant: &Digest,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let issuing = stored_grant(read, &city.issuing_grant)?;
    Ok(vec![issuing.bytes, stored_grant(read, grant)?.bytes])
}

/// A grant of the store.
pub(crate) fn stored_grant(
    read: &dyn ServerRead,
    digest: &Digest,
) -> Result<SignedGrant, StoreError> {
    let stored = read.grant(digest)?.ok_or(StoreError::Damaged("a grant is missing"))?;
    SignedGrant::read_stored(&stored.bytes)
        .map_err(|_| StoreError::Damaged("a grant does not decode"))
}

/// Whether a name is as grants want it: something, not too long, without control characters or colons.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && !name.contains(|character: char| character.is_control() || character == ':')
}

#[cfg(test)]
mod tests;
