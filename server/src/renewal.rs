//! Renewal: a grant that will soon be over is given once more, for as long as before.
//!
//! The server does so by itself when a device comes that has one. It never gives more than there was,
//! nothing to a device whose grants are all over or ended, and nothing beyond the end of its own issuing
//! key. What was there stays: a renewal is another grant of the same key.

use std::collections::BTreeMap;

use keting_trust::{DeviceId, Grant, SignedGrant, Signer as _};

use crate::authority::{Book, Rights};
use crate::city::City;
use crate::init::log_grant;
use crate::random::Random;
use crate::store::{Head, ServerRead, ServerStore, StoreError};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// How long before its end a grant is renewed unless the operator says otherwise, in days.
pub const RENEW_WITHIN_DAYS: u32 = 60;

/// So many days, in milliseconds.
pub const fn days_ms(days: u32) -> u64 {
    days as u64 * DAY_MS
}

/// The grants of a device that are to be renewed now, each as it will be but for its id.
///
/// Of grants that give the same the longest-living counts. One is due when it ends within `within_ms`
/// and half of its time is over: one that was given for a day is not given anew at every contact.
pub fn due(rights: &Rights, issuing: &Grant, within_ms: u64, now_ms: u64) -> Vec<Grant> {
    let mut longest = BTreeMap::new();
    for grant in rights.live(now_ms) {
        let gives = (grant.role, &grant.regions, &grant.kinds);
        let longer = longest.entry(gives).or_insert(grant);
        if grant.expires_at_ms > longer.expires_at_ms {
            *longer = grant;
        }
    }
    let renewed = longest.into_values().filter_map(|grant| {
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
    let rights = book.rights(&*transaction, city, device)?;
    let due = due(rights, &issuing(&*transaction, city)?, within_ms, now_ms);
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

/// The root key's grant for the issuing key.
///
/// # Errors
/// When it is not there.
pub fn issuing(read: &dyn ServerRead, city: &City) -> Result<Grant, StoreError> {
    let stored = read.grant(&city.issuing_grant)?;
    let stored = stored.ok_or(StoreError::Damaged("a grant is missing"))?;
    SignedGrant::read_stored(&stored.bytes)
        .map(|signed| signed.grant)
        .map_err(|_| StoreError::Damaged("a grant does not decode"))
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
