//! Inviting a device. Of an invitation only the digest of its secret is kept.

use keting_model::input::{Field, check};
use keting_model::role::Role;
use keting_model::words::label;
use keting_model::{CityTime, DocumentId};
use keting_trust::invitation::Secret;
use keting_trust::{Digest, Invitation};
use serde::{Deserialize, Serialize};

use crate::announcing::{InvitedTo, invited_to};
use crate::authority::Uncovered;
use crate::city::City;
use crate::enrol::{Endpoint, is_name, stored_grant};
use crate::random::Random;
use crate::renewal::{DAYS_MAX, asked_for_ms};
use crate::store::{ServerRead, ServerStore, StoreError, StoredInvitation};

/// How long an invitation can be used unless the operator says otherwise, in days.
pub const INVITATION_DAYS: u32 = 7;
/// How long a grant lasts unless the operator says otherwise, in days.
pub const GRANT_DAYS: u32 = 365;
/// Whom the operator invites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteRequest {
    /// The person's name, which everybody sees beside what they do.
    pub name: String,
    /// The name of the role, or what it is called in Chinese.
    pub role: String,
    /// The code of the region; an administrator has none.
    pub region_code: Option<String>,
    /// How long the invitation can be used, in days.
    pub days: Option<u32>,
    /// How long the grant lasts, in days.
    pub grant_days: Option<u32>,
}

/// Says why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// There is no such role. Not retryable.
    #[error("there is no such role")]
    UnknownRole,
    /// There is no such region. Not retryable.
    #[error("there is no such region")]
    UnknownRegion,
    /// The role needs a region, or may have none. Not retryable.
    #[error("the role needs a region, unless it is the administrator's")]
    RegionDoesNotFit,
    /// The role is granted on regions of another level. Not retryable.
    #[error("要选{}这一级 · the role is granted on a region of the level {needed}", zh(needed))]
    WrongLevel {
        /// The level of the role's regions.
        needed: &'static str,
    },
    /// The name is empty, too long, or holds a colon or control characters. Not retryable.
    #[error("the name is not valid")]
    BadName,
    /// The server does not trust its own clock. Retryable.
    #[error("the server does not trust its own clock")]
    ClockSuspect,
    /// The issuing key is over; the root key renews it. Not retryable.
    #[error("the server's issuing key has expired")]
    IssuingKeyExpired,
    /// The grant would hold longer than the issuing key does. Not retryable.
    #[error("the grant would hold longer than the server's issuing key")]
    BeyondIssuingKey,
    /// None of the announced addresses leads to this server so far. Not retryable.
    #[error("{urls} · none of these addresses leads here: {urls}", urls = .0.join(" "))]
    AnnouncedElsewhere(Vec<String>),
    /// A number of days is zero or beyond all use. Not retryable.
    #[error("1 到 {0} 天 · from 1 to {0} days", DAYS_MAX)]
    BadDays,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl InviteError {
    /// The stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownRole => "unknown_role",
            Self::UnknownRegion => "unknown_region",
            Self::RegionDoesNotFit => "region_does_not_fit",
            Self::WrongLevel { .. } => "wrong_level",
            Self::BadName => "bad_name",
            Self::AnnouncedElsewhere(_) => "announced_elsewhere",
            Self::BadDays => "bad_days",
            Self::ClockSuspect => "clock_suspect",
            Self::IssuingKeyExpired => "issuing_key_expired",
            Self::BeyondIssuingKey => "beyond_issuing_key",
            Self::Store(error) => error.code(),
        }
    }
}

/// Makes an invitation.
///
/// # Errors
/// When the request names no role or region, or the store fails.
pub fn invite(
    store: &mut dyn ServerStore,
    city: &City,
    endpoint: &Endpoint,
    request: &InviteRequest,
    random: &mut dyn Random,
    now_ms: u64,
) -> Result<Invitation, InviteError> {
    let role = Role::typed(&request.role).ok_or(InviteError::UnknownRole)?;
    let name = check(Field::Name, &request.name, CityTime::new(now_ms));
    let name = name.ok().map(|checked| checked.value).filter(|name| is_name(name));
    let name = name.ok_or(InviteError::BadName)?;
    let grant_ms = milliseconds(request.grant_days.unwrap_or(GRANT_DAYS))?;
    let open_ms = milliseconds(request.days.unwrap_or(INVITATION_DAYS))?;

    let mut transaction = store.begin()?;
    let issuing = stored_grant(&*transaction, &city.issuing_grant)?.grant;
    match Uncovered::of(&issuing, now_ms) {
        None => {}
        // The server had a key before the time it is: it is not that time.
        Some(Uncovered::NotYetValid) => return Err(InviteError::ClockSuspect),
        Some(_) => return Err(InviteError::IssuingKeyExpired),
    }
    if now_ms.saturating_add(grant_ms) > issuing.expires_at_ms {
        return Err(InviteError::BeyondIssuingKey);
    }
    let region = region_for(role, request.region_code.as_deref(), &*transaction)?;
    let head = transaction.head()?.ok_or(StoreError::Empty)?;
    let InvitedTo { url, key, announced } = invited_to(&*transaction, endpoint)?;
    let secret = Secret::new(random.bytes());
    let expires_at_ms = now_ms.saturating_add(open_ms);
    transaction.put_invitation(&StoredInvitation {
        secret: secret.digest(),
        name,
        role: role.name().to_owned(),
        region,
        grant_ms,
        expires_at_ms,
        generation: head.generation,
        announced,
        tls_key: Digest::new(key),
        used: None,
        cancelled_at_ms: None,
    })?;
    transaction.commit()?;
    Ok(Invitation {
        url,
        tls_spki_sha256: key,
        city: city.id,
        root: city.root.clone(),
        secret,
        expires_at_ms,
    })
}

/// The region a role is granted on, which is of the role's level: what a role may do with a unit it
/// may not do with a village.
fn region_for(
    role: Role,
    code: Option<&str>,
    read: &dyn ServerRead,
) -> Result<DocumentId, InviteError> {
    let code = match (code, role) {
        (None, Role::Administrator) => return Ok(crate::store::CITY_WIDE),
        (Some(_), Role::Administrator) | (None, _) => return Err(InviteError::RegionDoesNotFit),
        (Some(code), _) => code,
    };
    let region = read.region_by_code(code)?.ok_or(InviteError::UnknownRegion)?;
    if region.level == role.level() {
        Ok(region.document)
    } else {
        Err(InviteError::WrongLevel { needed: role.level().name() })
    }
}

/// What a level is called in Chinese.
fn zh(level: &str) -> &str {
    label(level).map_or(level, |label| label.zh)
}

fn milliseconds(days: u32) -> Result<u64, InviteError> {
    asked_for_ms(days).ok_or(InviteError::BadDays)
}
