//! Announcements: the server's word to every device on where it is from now on, and which TLS keys it
//! has. Each names all of it, so that a device needs only the last one, however long it slept.
//!
//! Beside the record in the log the server keeps which announcement was the last and since when each of
//! its keys is announced. An announced key is one it has: what devices are told is on the disk before.

use keting_trust::limits::SERVER_PLACES_MAX;
use keting_trust::{Announcement, Digest, RecordKind, SignedAnnouncement, cbor};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::address::{BadUrl, ServerUrl};
use crate::authority::Book;
use crate::city::City;
use crate::enrol::Endpoint;
use crate::store::{
    AudienceKey, CITY_WIDE, Head, RECORDS_KIND, ServerRead, ServerStore, ServerTransaction,
    StoreError,
};

const LAST: &str = "announced";
/// Whom an announcement concerns: everybody who may read anything.
pub const EVERYBODY: AudienceKey = AudienceKey { region: CITY_WIDE, kind: RECORDS_KIND };

/// Which addresses the operator announces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnounceRequest {
    /// All addresses from now on, the preferred one first.
    pub urls: Vec<String>,
}

/// Says why nothing was announced.
#[derive(Debug, thiserror::Error)]
pub enum AnnounceError {
    /// Devices could not use an address. Not retryable.
    #[error(transparent)]
    BadUrl(#[from] BadUrl),
    /// There are more addresses than an announcement holds. Not retryable.
    #[error("a server has four addresses at most")]
    TooManyAddresses,
    /// The server does not trust its own clock. Retryable.
    #[error("the server does not trust its own clock")]
    ClockSuspect,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AnnounceError {
    /// The stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadUrl(error) => error.code(),
            Self::TooManyAddresses => "too_many_addresses",
            Self::ClockSuspect => "clock_suspect",
            Self::Store(error) => error.code(),
        }
    }
}

/// What is announced, as the server keeps it beside the log.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct Kept {
    /// The number of the last announcement.
    #[n(0)]
    number: u64,
    /// Its TLS keys in their order.
    #[n(1)]
    keys: Vec<AnnouncedKey>,
}

/// A TLS key that is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct AnnouncedKey {
    /// SHA-256 of its SubjectPublicKeyInfo.
    #[n(0)]
    pub key: Digest,
    /// The number of the announcement that first named it.
    #[n(1)]
    pub number: u64,
    /// When that was, milliseconds since the Unix epoch.
    #[n(2)]
    pub at_ms: u64,
}

/// What is announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// The last announcement.
    pub record: Announcement,
    /// Its number in the log.
    pub number: u64,
    /// Its TLS keys in their order.
    pub keys: Vec<AnnouncedKey>,
}

/// What an invitation leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitedTo {
    /// The address.
    pub url: String,
    /// SHA-256 of the SubjectPublicKeyInfo of the TLS key.
    pub key: [u8; 32],
    /// The serial up to which announcements are older, and count for nothing against it. One that names
    /// this address and this key is none of them: it says what there is beside.
    pub announced: u64,
}

/// Reads what is announced, if anything is.
///
/// # Errors
/// When the store cannot be read, or the log does not hold what was noted beside it.
pub fn announced(read: &dyn ServerRead) -> Result<Option<Announced>, StoreError> {
    let damaged = || StoreError::Damaged("what is announced is not in the log");
    let Some(kept) = read.meta(LAST)? else { return Ok(None) };
    let Kept { number, keys } = cbor::from_slice(&kept).map_err(|_| damaged())?;
    let entry = read.entry(number)?.ok_or_else(damaged)?;
    if entry.kind != RecordKind::Announcement {
        return Err(damaged());
    }
    let signed = SignedAnnouncement::read_stored(&entry.record).map_err(|_| damaged())?;
    Ok(Some(Announced { record: signed.record, number, keys }))
}

/// Announces addresses, with the TLS keys as they were announced. The answer is the announcement's
/// serial and where the log stands.
///
/// # Errors
/// When devices could not use an address, there are too many, or the store fails.
pub fn announce(
    store: &mut dyn ServerStore,
    city: &City,
    endpoint: &Endpoint,
    request: &AnnounceRequest,
    now_ms: u64,
) -> Result<(u64, Head), AnnounceError> {
    let mut urls: Vec<String> = Vec::new();
    for url in &request.urls {
        let url = url.trim().parse::<ServerUrl>()?.to_string();
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    if urls.is_empty() {
        return Err(BadUrl.into());
    }
    if urls.len() > SERVER_PLACES_MAX {
        return Err(AnnounceError::TooManyAddresses);
    }
    let mut transaction = store.begin()?;
    let last = announced(&*transaction)?;
    let keys = announced_keys(last.as_ref(), endpoint);
    let serial = append(&mut *transaction, city, last.as_ref(), urls, keys, now_ms)?;
    let head = transaction.head()?.ok_or(StoreError::Empty)?;
    transaction.commit()?;
    Ok((serial, head))
}

/// The keys that stay announced: those that were and are still here. If none is, somebody replaced the
/// key by hand, and the one that is here is announced.
fn announced_keys(last: Option<&Announced>, endpoint: &Endpoint) -> Vec<Digest> {
    let announced = last.map(|last| last.record.keys.clone()).unwrap_or_default();
    let served = Digest::new(endpoint.tls_spki_sha256);
    if announced.contains(&served) { announced } else { vec![served] }
}

/// Appends an announcement to the log, for everybody.
fn append(
    transaction: &mut dyn ServerTransaction,
    city: &City,
    last: Option<&Announced>,
    urls: Vec<String>,
    keys: Vec<Digest>,
    now_ms: u64,
) -> Result<u64, StoreError> {
    let head = transaction.head()?.ok_or(StoreError::Empty)?;
    let serial = last.map_or(0, |last| last.record.serial) + 1;
    let (city_id, log) = (city.id, city.log);
    let record =
        Announcement { city: city_id, log, serial, urls, keys: keys.clone(), at_ms: now_ms };
    let signed = SignedAnnouncement::sign_at(head.cursor().next_place(), record, &city.issuing);
    let signed = signed.map_err(|error| StoreError::Failed(Box::new(error)))?;
    let number = transaction.append(RecordKind::Announcement, &signed.bytes)?.number;
    transaction.put_audience(number, &EVERYBODY)?;
    let since = |key: Digest| {
        let before = last.and_then(|last| last.keys.iter().find(|known| known.key == key));
        before.copied().unwrap_or(AnnouncedKey { key, number, at_ms: now_ms })
    };
    let kept = Kept { number, keys: keys.into_iter().map(since).collect() };
    transaction.set_meta(LAST, &cbor::to_vec(&kept))?;
    Ok(serial)
}

/// What an invitation leads to now: what is announced first, unless the operator named the server
/// another address or replaced its key by hand since.
///
/// # Errors
/// When the store cannot be read.
pub fn invited_to(read: &dyn ServerRead, endpoint: &Endpoint) -> Result<InvitedTo, StoreError> {
    let (url, key) = (endpoint.url.clone(), endpoint.tls_spki_sha256);
    let Some(Announced { record, .. }) = announced(read)? else {
        return Ok(InvitedTo { url, key, announced: 0 });
    };
    let is_elsewhere = endpoint.is_named && !record.urls.contains(&url);
    let url = record.urls.first().filter(|_| !is_elsewhere).cloned().unwrap_or(url);
    let is_announced = record.urls.contains(&url) && record.keys.contains(&Digest::new(key));
    Ok(InvitedTo { url, key, announced: record.serial - u64::from(is_announced) })
}

/// How many devices have what was announced under a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reached {
    /// Devices that were not ended and have a grant that is good.
    pub live: u64,
    /// Those of them that have confirmed the log up to the number.
    pub told: u64,
}

/// Counts the devices that have confirmed the log up to a number.
///
/// # Errors
/// When the store cannot be read.
pub fn reached(
    read: &dyn ServerRead,
    city: &City,
    number: u64,
    now_ms: u64,
) -> Result<Reached, StoreError> {
    let mut book = Book::default();
    book.refresh(read, &read.head()?.ok_or(StoreError::Empty)?)?;
    let mut reached = Reached::default();
    for row in read.devices()?.into_iter().filter(|row| !city.is_server_device(&row.device)) {
        if book.rights(read, city, &row.device)?.without_grant(now_ms).is_none() {
            reached.live += 1;
            reached.told += u64::from(row.confirmed_number >= number);
        }
    }
    Ok(reached)
}
