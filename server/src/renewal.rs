//! Renewal: a grant that will soon be over is given once more, for as long as before.
//!
//! The server does so by itself when a device comes that has one, and the operator may, also where all
//! is over, or with fewer regions. Neither gives more than there was, brings back what was ended, or goes
//! beyond the end of the issuing key. What was there stays: a renewal is another grant of the same key.

use std::collections::{BTreeMap, BTreeSet};

use keting_trust::{DeviceId, Grant, SignedGrant, Signer as _, Tree, check_live, covers};
use serde::{Deserialize, Serialize};

use crate::authority::{Book, Rights, Uncovered};
use crate::city::City;
use crate::granted::{FindError, find_device};
use crate::init::log_grant;
use crate::random::Random;
use crate::store::{Head, ServerRead, ServerStore, StoreError, StoredGrant};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// How long before its end a grant is renewed unless the operator says otherwise, in days.
pub const RENEW_WITHIN_DAYS: u32 = 60;

/// The most days that an operator may let something hold. More is a slip of the finger.
pub(crate) const DAYS_MAX: u32 = 100 * 365;

/// So many days, in milliseconds.
pub const fn days_ms(days: u32) -> u64 {
    days as u64 * DAY_MS
}

/// The milliseconds of as many days as an operator asks for, if something may hold so long.
pub(crate) fn asked_for_ms(days: u32) -> Option<u64> {
    (1..=DAYS_MAX).contains(&days).then(|| days_ms(days))
}

/// The grants of a device that are to be renewed now, each as it will be but for its id.
///
/// Of grants that give the same the longest-living counts. One is due when it ends within `within_ms`
/// and half of its time is over: one that was given for a day is not given anew at every contact. One that
/// was narrowed since is not given anew at all.
pub fn due(
    rights: &Rights,
    tree: &dyn Tree,
    issuing: &Grant,
    within_ms: u64,
    now_ms: u64,
) -> Vec<Grant> {
    let is_live = |grant: &&Grant| check_live(grant, now_ms).is_ok();
    let renewed = longest(lasting(rights, tree).filter(is_live)).filter_map(|grant| {
        let length_ms = grant.expires_at_ms.saturating_sub(grant.issued_at_ms);
        let left_ms = grant.expires_at_ms.saturating_sub(now_ms);
        let is_due = left_ms <= within_ms.min(length_ms / 2);
        let expires_at_ms = now_ms.saturating_add(length_ms).min(issuing.expires_at_ms);
        (is_due && expires_at_ms > grant.expires_at_ms).then(|| Grant {
            issued_at_ms: now_ms,
            expires_at_ms,
            ..grant.clone()
        })
    });
    renewed.collect()
}

/// Renews what is due of a device's, in one transaction; so of two at once the second finds nothing
/// due, and one that comes behind an end finds nothing to renew. The answer is where the log stands
/// then, if anything was renewed.
///
/// # Errors
/// When the store fails.
pub fn renew_if_due(
    store: &mut dyn ServerStore,
    city: &City,
    device: &DeviceId,
    within_ms: u64,
    random: &mut dyn Random,
    now_ms: u64,
) -> Result<Option<Head>, StoreError> {
    let mut transaction = store.begin()?;
    let head = transaction.head()?.ok_or(StoreError::Empty)?;
    let mut book = Book::default();
    book.refresh(&*transaction, &head)?;
    let rights = book.rights(&*transaction, city, device)?.clone();
    let due = due(&rights, &book, &issuing(&*transaction, city)?, within_ms, now_ms);
    if due.is_empty() {
        return Ok(None);
    }
    for grant in due {
        log_grant(&mut *transaction, &issue(grant, city, random)?)?;
    }
    let head = transaction.head()?.ok_or(StoreError::Empty)?;
    transaction.commit()?;
    Ok(Some(head))
}

/// The grants of a device that were neither ended nor narrowed since, in the order of the log. One that
/// narrows another does so also when it is over.
fn lasting<'r>(rights: &'r Rights, tree: &dyn Tree) -> impl Iterator<Item = &'r Grant> {
    let all: Vec<&Grant> =
        rights.all().filter(|(_, end)| end.is_none()).map(|(grant, _)| grant).collect();
    // By the log and not by the times in the grants: a clock may have been ahead when one was given.
    let is_the_last_word =
        |at: &usize| !all[at + 1..].iter().any(|later| narrows(later, all[*at], tree));
    let lasting: Vec<_> = (0..all.len()).filter(is_the_last_word).map(|at| all[at]).collect();
    lasting.into_iter()
}

/// Whether a later grant gives the same role as one before it in only some of its regions.
fn narrows(later: &Grant, grant: &Grant, tree: &dyn Tree) -> bool {
    (later.role, later.regions.is_empty()) == (grant.role, false)
        && later.regions.iter().all(|region| covers(grant, tree, region))
        && !grant.regions.iter().all(|region| covers(later, tree, region))
}

/// Of grants that give the same, the longest-living one.
fn longest<'g>(grants: impl Iterator<Item = &'g Grant>) -> impl Iterator<Item = &'g Grant> {
    let mut longest = BTreeMap::new();
    for grant in grants {
        let gives = (grant.role, &grant.regions, &grant.kinds);
        let longer = longest.entry(gives).or_insert(grant);
        if grant.expires_at_ms > longer.expires_at_ms {
            *longer = grant;
        }
    }
    longest.into_values()
}

/// What the operator renews.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewRequest {
    /// The device's id in hexadecimal digits, or as many of the first as name one device only.
    pub device: String,
    /// For how many days from now; as long as before if nothing is said.
    pub days: Option<u32>,
    /// The codes of the regions it is narrowed to; all it had if there are none.
    pub region_codes: Vec<String>,
}

/// Says why nothing was renewed.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// The device is not found.
    #[error(transparent)]
    Device(#[from] FindError),
    /// Every grant of the device was ended; only an invitation gives it one again. Not retryable.
    #[error("the device was ended")]
    Ended,
    /// There is no such region. Not retryable.
    #[error("there is no such region")]
    UnknownRegion,
    /// No grant of the device reaches that far. Not retryable.
    #[error("a renewal gives no more than there was")]
    WiderThanBefore,
    /// The number of days is zero or beyond all use. Not retryable.
    #[error("1 到 {0} 天 · from 1 to {0} days", DAYS_MAX)]
    BadDays,
    /// The grant would hold longer than the issuing key does. Not retryable.
    #[error("the grant would hold longer than the server's issuing key")]
    BeyondIssuingKey,
    /// The issuing key is over; the root key renews it. Not retryable.
    #[error("the server's issuing key has expired")]
    IssuingKeyExpired,
    /// The server does not trust its own clock. Retryable.
    #[error("the server does not trust its own clock")]
    ClockSuspect,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RenewError {
    /// The stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Device(error) => error.code(),
            Self::Ended => "renewal_of_ended",
            Self::UnknownRegion => "unknown_region",
            Self::WiderThanBefore => "wider_than_before",
            Self::BadDays => "bad_days",
            Self::BeyondIssuingKey => "beyond_issuing_key",
            Self::IssuingKeyExpired => "issuing_key_expired",
            Self::ClockSuspect => "clock_suspect",
            Self::Store(error) => error.code(),
        }
    }
}

/// Renews a device's grants as the operator asks, also those whose time is over.
///
/// # Errors
/// When there is nothing to renew, it would be wider or longer than may be, or the store fails.
pub fn renew(
    store: &mut dyn ServerStore,
    city: &City,
    request: &RenewRequest,
    random: &mut dyn Random,
    now_ms: u64,
) -> Result<(DeviceId, Head), RenewError> {
    let length_ms = request.days.map(length_ms).transpose()?;
    let mut transaction = store.begin()?;
    let device = find_device(&*transaction, city, &request.device)?;
    let issuing = issuing(&*transaction, city)?;
    match Uncovered::of(&issuing, now_ms) {
        None => {}
        Some(Uncovered::NotYetValid) => return Err(RenewError::ClockSuspect),
        Some(_) => return Err(RenewError::IssuingKeyExpired),
    }
    if length_ms.is_some_and(|length| now_ms.saturating_add(length) > issuing.expires_at_ms) {
        return Err(RenewError::BeyondIssuingKey);
    }
    for grant in chosen(&*transaction, city, &device, &request.region_codes)? {
        let before_ms = grant.expires_at_ms.saturating_sub(grant.issued_at_ms);
        let expires_at_ms = now_ms.saturating_add(length_ms.unwrap_or(before_ms));
        let expires_at_ms = expires_at_ms.min(issuing.expires_at_ms);
        let grant = Grant { issued_at_ms: now_ms, expires_at_ms, ..grant };
        log_grant(&mut *transaction, &issue(grant, city, random)?)?;
    }
    let head = transaction.head()?.ok_or(StoreError::Empty)?;
    transaction.commit()?;
    Ok((device, head))
}

/// The grants of a device that are to be renewed: each that lasts, or the first that covers all the regions
/// it is to have.
fn chosen(
    read: &dyn ServerRead,
    city: &City,
    device: &DeviceId,
    region_codes: &[String],
) -> Result<Vec<Grant>, RenewError> {
    let mut book = Book::default();
    book.refresh(read, &read.head()?.ok_or(StoreError::Empty)?)?;
    let rights = book.rights(read, city, device)?.clone();
    let given = rights.all().filter(|(_, end)| end.is_none()).map(|(grant, _)| grant);
    let all: Vec<&Grant> = longest(given).collect();
    if all.is_empty() {
        return Err(RenewError::Ended);
    }
    if region_codes.is_empty() {
        return Ok(longest(lasting(&rights, &book)).cloned().collect());
    }
    let mut regions = BTreeSet::new();
    for code in region_codes {
        regions.insert(read.region_by_code(code)?.ok_or(RenewError::UnknownRegion)?.document);
    }
    let reaches = |grant: &&Grant| {
        // A grant of the whole city is an administrator's, which names no region.
        !grant.covers_city() && regions.iter().all(|region| covers(grant, &book, region))
    };
    let widest = all.into_iter().find(reaches).ok_or(RenewError::WiderThanBefore)?;
    Ok(vec![Grant { regions: regions.into_iter().collect(), ..widest.clone() }])
}

fn length_ms(days: u32) -> Result<u64, RenewError> {
    asked_for_ms(days).ok_or(RenewError::BadDays)
}

/// The root key's grant for the issuing key.
///
/// # Errors
/// When it is not there.
pub fn issuing(read: &dyn ServerRead, city: &City) -> Result<Grant, StoreError> {
    SignedGrant::read_stored(&stored_issuing(read, city)?.bytes)
        .map(|signed| signed.grant)
        .map_err(|_| StoreError::Damaged("a grant does not decode"))
}

/// The same as it stands in the log.
///
/// # Errors
/// When it is not there.
pub fn stored_issuing(read: &dyn ServerRead, city: &City) -> Result<StoredGrant, StoreError> {
    read.grant(&city.issuing_grant)?.ok_or(StoreError::Damaged("a grant is missing"))
}

/// Signs a grant with the issuing key, under an id of its own.
fn issue(grant: Grant, city: &City, random: &mut dyn Random) -> Result<SignedGrant, StoreError> {
    let grant = Grant {
        id: random.bytes(),
        issuer: city.issuing.public_key().clone(),
        parent: Some(city.issuing_grant),
        ..grant
    };
    SignedGrant::issue(grant, &city.issuing).map_err(|error| StoreError::Failed(Box::new(error)))
}
