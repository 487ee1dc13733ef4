//! The end of a device, by the operator: the revocation *ended* in the log, and what it means for what
//! the device made before.
//!
//! It covers the grants that were numbered before it; one that is given later stands. Good is what the
//! device had made up to its first signed Hello after the end, which is the *bound*, if it comes within
//! [`ENDED_WORK_MS_MAX`]; of earlier incarnations what the server had heard of before the end.

use std::collections::BTreeSet;

use keting_trust::limits::{ENDED_WORK_MS_MAX, WHY_BYTES_MAX};
use keting_trust::record::{Manner, Revocation};
use keting_trust::{CommitBody, DeviceId, Incarnation, RecordKind, SignedGrant, SignedRevocation};
use serde::{Deserialize, Serialize};

use crate::authority::AfterEnd;
use crate::city::City;
use crate::granted::{FindError, find_device};
use crate::store::{
    AudienceKey, CITY_WIDE, Head, RECORDS_KIND, ServerRead, ServerStore, StoreError, StoredEnd,
};

/// Which device the operator ends, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndRequest {
    /// The device's id in hexadecimal digits, or as many of the first as name one device only.
    pub device: String,
    /// Why, in words that the holder reads.
    pub why: String,
}

/// Says why nothing was ended.
#[derive(Debug, thiserror::Error)]
pub enum EndError {
    /// The device is not found.
    #[error(transparent)]
    Device(#[from] FindError),
    /// It is said in no words, or in too many. Not retryable.
    #[error("the reason is empty or too long")]
    BadReason,
    /// The server does not trust its own clock. Retryable.
    #[error("the server does not trust its own clock")]
    ClockSuspect,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl EndError {
    /// The stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Device(error) => error.code(),
            Self::BadReason => "bad_reason",
            Self::ClockSuspect => "clock_suspect",
            Self::Store(error) => error.code(),
        }
    }
}

/// Ends a device. What it was given before is no longer good; the answer is the device and where the
/// log stands.
///
/// # Errors
/// When there is no such device, nothing is said of why, or the store fails.
pub fn end(
    store: &mut dyn ServerStore,
    city: &City,
    request: &EndRequest,
    now_ms: u64,
) -> Result<(DeviceId, Head), EndError> {
    let why = request.why.trim();
    if !(1..=WHY_BYTES_MAX).contains(&why.len()) || why.contains(char::is_control) {
        return Err(EndError::BadReason);
    }
    let mut transaction = store.begin()?;
    let device = find_device(&*transaction, city, &request.device)?;
    let head = transaction.head()?.ok_or(StoreError::Empty)?;
    let revocation = Revocation {
        city: city.id,
        log: city.log,
        holder: device,
        grant: None,
        manner: Manner::Ended,
        request: None,
        why: why.to_owned(),
        at_ms: now_ms,
    };
    let signed = SignedRevocation::sign_at(head.cursor().next_place(), revocation, &city.issuing);
    let signed = signed.map_err(|error| StoreError::Failed(Box::new(error)))?;
    let number = transaction.append(RecordKind::Revocation, &signed.bytes)?.number;
    transaction.put_own(number, &device)?;
    for key in audience_of(&*transaction, &device, number)? {
        transaction.put_audience(number, &key)?;
    }
    let why = why.to_owned();
    transaction.put_end(&StoredEnd { number, device, at_ms: now_ms, why, bound: None })?;
    let head = transaction.head()?.ok_or(StoreError::Empty)?;
    transaction.set_head(&Head { grants_number: number, ..head })?;
    let head = transaction.head()?.ok_or(StoreError::Empty)?;
    transaction.commit()?;
    Ok((device, head))
}

/// Who sees an end beside the device: whoever sees the regions of the grants that it takes.
///
/// # Errors
/// When the store cannot be read.
pub fn audience_of(
    read: &dyn ServerRead,
    device: &DeviceId,
    number: u64,
) -> Result<BTreeSet<AudienceKey>, StoreError> {
    let mut regions = BTreeSet::new();
    for stored in read.grants_of(device)?.into_iter().filter(|grant| grant.number < number) {
        let grant = SignedGrant::read_stored(&stored.bytes)
            .map_err(|_| StoreError::Damaged("a grant does not decode"))?
            .grant;
        regions.extend(if grant.regions.is_empty() { vec![CITY_WIDE] } else { grant.regions });
    }
    Ok(regions.into_iter().map(|region| AudienceKey { region, kind: RECORDS_KIND }).collect())
}

/// Notes how far a device had come that greets for the first time since it was ended.
///
/// # Errors
/// When the store fails.
pub fn note_bound(
    store: &mut dyn ServerStore,
    device: &DeviceId,
    bound: (Incarnation, u64),
) -> Result<(), StoreError> {
    let ends = store.snapshot()?.ends_of(device)?;
    if ends.iter().any(|end| end.bound.is_none()) {
        let mut transaction = store.begin()?;
        for end in transaction.ends_of(device)?.into_iter().filter(|end| end.bound.is_none()) {
            transaction.put_end(&StoredEnd { bound: Some(bound), ..end })?;
        }
        transaction.commit()?;
    }
    Ok(())
}

/// What an end means for a commit of its device's.
///
/// # Errors
/// When the store cannot be read.
pub fn after_end(
    read: &dyn ServerRead,
    end: &StoredEnd,
    body: &CommitBody,
    now_ms: u64,
) -> Result<AfterEnd, StoreError> {
    let Some((incarnation, sequence)) = end.bound else { return Ok(AfterEnd::Unknown) };
    let is_late = now_ms.saturating_sub(end.at_ms) > ENDED_WORK_MS_MAX;
    let was_made_before = if body.incarnation == incarnation {
        body.sequence <= sequence
    } else {
        let first = read.first_number_of(&end.device, &body.incarnation)?;
        first.is_some_and(|number| number < end.number)
    };
    Ok(if was_made_before && !is_late { AfterEnd::Good } else { AfterEnd::Beyond })
}
