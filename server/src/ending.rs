//! The end of a device, by the operator: the revocation *ended* in the log, and what it means for what
//! the device made before.
//!
//! It covers the grants that were numbered before it; one that is given later stands. Good is what the
//! device had made before it was told, if it comes within [`ENDED_WORK_MS_MAX`]. So the *bound* follows each
//! of its signed Hellos until one says that it was told: a link that breaks before it hears costs nothing.
//! It limits its own incarnation only: a device that is moved, put back or was cut off in a hand-over has
//! work of others too, and sends nothing that it made after it was told. Whoever forges their device's word
//! gains no more than by never calling.

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
    let ended = StoredEnd { number, device, at_ms: now_ms, why, bound: None, is_told: false };
    transaction.put_end(&ended)?;
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

/// Notes how far a device has come that greets after it was ended: `made` is its incarnation and the last
/// sequence in it, none where it greets with an invitation.
///
/// # Errors
/// When the store fails.
pub fn note_greeting(
    store: &mut dyn ServerStore,
    device: &DeviceId,
    made: Option<(Incarnation, u64)>,
    told_of_end: bool,
) -> Result<(), StoreError> {
    if moved(&*store.snapshot()?, device, made, told_of_end)?.is_empty() {
        return Ok(());
    }
    let mut transaction = store.begin()?;
    for end in moved(&*transaction, device, made, told_of_end)? {
        transaction.put_end(&end)?;
    }
    transaction.commit()
}

/// The ends of a device that are others after it greeted.
fn moved(
    read: &dyn ServerRead,
    device: &DeviceId,
    made: Option<(Incarnation, u64)>,
    told_of_end: bool,
) -> Result<Vec<StoredEnd>, StoreError> {
    let ends = read.ends_of(device)?;
    if ends.is_empty() {
        return Ok(ends);
    }
    let last_grant = read.grants_of(device)?.last().map_or(0, |grant| grant.number);
    let greeted = |end: StoredEnd| {
        // Who was given something since hears of the end with the log. Who was not, and says no longer that
        // they were told, was put back to before it.
        let was_given_since = last_grant > end.number;
        let was_told = told_of_end || (end.is_told && was_given_since);
        let bound = if was_told { end.bound.or(made) } else { made.or(end.bound) };
        let is_told = was_told || (made.is_some() && was_given_since);
        let greeted = StoredEnd { bound, is_told, ..end.clone() };
        (greeted != end).then_some(greeted)
    };
    Ok(ends.into_iter().filter_map(greeted).collect())
}

/// What an end means for a commit of its device's.
pub fn after_end(end: &StoredEnd, body: &CommitBody, now_ms: u64) -> AfterEnd {
    let Some((incarnation, sequence)) = end.bound else { return AfterEnd::Unknown };
    let is_late = now_ms.saturating_sub(end.at_ms) > ENDED_WORK_MS_MAX;
    let was_made_before = body.incarnation != incarnation || body.sequence <= sequence;
    match (was_made_before, end.is_told) {
        // By a clock, which may have been wrong then or may be now: nothing lasting comes of that.
        _ if is_late => AfterEnd::Unknown,
        (true, _) => AfterEnd::Good,
        (false, true) => AfterEnd::Beyond,
        (false, false) => AfterEnd::Unknown,
    }
}
