//! What became of invitations, and taking one back.

use keting_trust::{DeviceId, Digest};

use crate::named::{Unnamed, only_named};
use crate::store::{Head, ServerRead, ServerStore, StoreError, StoredInvitation};

/// An invitation, as the operator looks at it. The secret in it is only where it was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// Its id: the digest of its secret.
    pub id: Digest,
    /// For whom it is.
    pub name: String,
    /// The name of the role it gives.
    pub role: String,
    /// The code of the region it gives the role in; none for the whole city.
    pub region: Option<String>,
    /// Until when it can be used, milliseconds since the Unix epoch.
    pub expires_at_ms: u64,
    /// What became of it.
    pub state: InvitationState,
}

/// What became of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationState {
    /// A device can use it.
    Open,
    /// A device has.
    Used(DeviceId),
    /// Nobody used it in its time.
    Over,
    /// The operator took it back.
    Cancelled,
}

impl InvitationState {
    /// The word for it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Used(_) => "used",
            Self::Over => "over",
            Self::Cancelled => "cancelled",
        }
    }

    fn of(invitation: &StoredInvitation, head: &Head, now_ms: u64) -> Self {
        let is_over =
            now_ms >= invitation.expires_at_ms || invitation.generation != head.generation;
        match (&invitation.used, invitation.cancelled_at_ms) {
            (Some((device, _)), _) => Self::Used(*device),
            (None, Some(_)) => Self::Cancelled,
            (None, None) if is_over => Self::Over,
            (None, None) => Self::Open,
        }
    }
}

/// Says why an invitation was not taken back.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// None has such an id. Not retryable.
    #[error("there is no such invitation")]
    NoSuchInvitation,
    /// Several have ids that begin so. Not retryable.
    #[error("several invitations have an id that begins so")]
    AmbiguousInvitation,
    /// A device has used it, which can be ended. Not retryable.
    #[error("a device has used the invitation")]
    Used,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CancelError {
    /// The stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchInvitation => "no_such_invitation",
            Self::AmbiguousInvitation => "ambiguous_invitation",
            Self::Used => "invitation_taken_up",
            Self::Store(error) => error.code(),
        }
    }
}

/// Lists all invitations, the one that ends last first.
///
/// # Errors
/// When the store cannot be read.
pub fn invitations(read: &dyn ServerRead, now_ms: u64) -> Result<Vec<Invited>, StoreError> {
    let head = read.head()?.ok_or(StoreError::Empty)?;
    let mut all = Vec::new();
    for stored in read.invitations()? {
        all.push(Invited {
            id: stored.secret,
            region: read.region(&stored.region)?.map(|region| region.code),
            expires_at_ms: stored.expires_at_ms,
            state: InvitationState::of(&stored, &head, now_ms),
            name: stored.name,
            role: stored.role,
        });
    }
    all.sort_by_key(|one| std::cmp::Reverse(one.expires_at_ms));
    Ok(all)
}

/// Takes back the invitation that an id, or the beginning of one, names: no device can use it any more.
/// Of one that was taken back already, this is true already.
///
/// # Errors
/// When none or several are named, a device has used it, or the store fails.
pub fn cancel(
    store: &mut dyn ServerStore,
    wanted: &str,
    now_ms: u64,
) -> Result<Digest, CancelError> {
    let mut transaction = store.begin()?;
    let all = transaction.invitations()?.into_iter();
    let found = only_named(all, |one| one.secret, wanted);
    let invitation = found.map_err(|unnamed| match unnamed {
        Unnamed::Nothing => CancelError::NoSuchInvitation,
        Unnamed::Several => CancelError::AmbiguousInvitation,
    })?;
    if invitation.used.is_some() {
        return Err(CancelError::Used);
    }
    let id = invitation.secret;
    let cancelled_at_ms = invitation.cancelled_at_ms.or(Some(now_ms));
    transaction.put_invitation(&StoredInvitation { cancelled_at_ms, ..invitation })?;
    transaction.commit()?;
    Ok(id)
}

#[cfg(test)]
mod tests;
