//! Announcements: the server's word to every device on where it is from now on, and which TLS keys it
//! has. Each names all of it, so that a device needs only the last one, however long it slept.
//!
//! Beside the record in the log the server keeps which announcement was the last and since when each of
//! its keys is announced. An announced key is one it has: what devices are told is on the disk before.

mod keys;

use keting_trust::limits::SERVER_PLACES_MAX;
use keting_trust::{Announcement, Digest, RecordKind, SignedAnnouncement, cbor};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::address::{BadUrl, ServerUrl};
use crate::authority::{Book, Rights};
use crate::city::City;
use crate::enrol::Endpoint;
use crate::store::{
    AudienceKey, CITY_WIDE, Head, RECORDS_KIND, ServerRead, ServerStore, ServerTransaction,
    StoreError, StoredDevice,
};

pub use keys::{GivenUp, announce_key, give_up, known_keys};

const LAST: &str = "announced";
/// How many keys that were given up are remembered: only those whose files may still be there matter.
const RETIRED_KEPT_MAX: usize = 16;
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
    /// As many TLS keys are served as an announcement holds. Retryable.
    #[error("a server has four TLS keys at most")]
    TooManyKeys,
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
            Self::TooManyKeys => "too_many_keys",
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
    /// Keys that were announced once, the last of them last.
    #[n(2)]
    retired: Vec<RetiredKey>,
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

/// A TLS key that was announced and is no more. No device that follows believes it; it is served on to those
/// that could not be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RetiredKey {
    /// SHA-256 of its SubjectPublicKeyInfo.
    #[n(0)]
    pub key: Digest,
    /// The number of the announcement that first named the next newer one.
    #[n(1)]
    pub number: u64,
    /// When that was, milliseconds since the Unix epoch.
    #[n(2)]
    pub at_ms: u64,
    /// Whether it is served no more, and its file is to go.
    #[n(3)]
    pub is_gone: bool,
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
    /// TLS keys that were announced once, the last of them last.
    pub retired: Vec<RetiredKey>,
}

impl Announced {
    /// The TLS keys that are served no more.
    pub fn gone(&self) -> Vec<Digest> {
        self.retired.iter().filter(|key| key.is_gone).map(|key| key.key).collect()
    }

    /// Keeps what stands beside the record.
    fn keep(self, transaction: &mut dyn ServerTransaction) -> Result<(), StoreError> {
        let Self { number, keys, retired, .. } = self;
        transaction.set_meta(LAST, &cbor::to_vec(&Kept { number, keys, retired }))
    }
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
    let Kept { number, keys, retired } = cbor::from_slice(&kept).map_err(|_| damaged())?;
    let entry = read.entry(number)?.ok_or_else(damaged)?;
    if entry.kind != RecordKind::Announcement {
        return Err(damaged());
    }
    let signed = SignedAnnouncement::read_stored(&entry.record).map_err(|_| damaged())?;
    Ok(Some(Announced { record: signed.record, number, keys, retired }))
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
    let next = Next { urls, keys: keys_here(last.as_ref(), endpoint), retired: Vec::new() };
    let serial = append(&mut *transaction, city, last.as_ref(), next, now_ms)?;
    let head = transaction.head()?.ok_or(StoreError::Empty)?;
    transaction.commit()?;
    Ok((serial, head))
}

/// The keys that are announced and here. If none is, somebody replaced the key by hand, and the oldest
/// that is here counts.
fn keys_here(last: Option<&Announced>, endpoint: &Endpoint) -> Vec<Digest> {
    let announced = last.map(|last| last.record.keys.clone()).unwrap_or_default();
    let mut keys: Vec<_> =
        announced.into_iter().filter(|key| endpoint.has(key.as_bytes())).collect();
    if keys.is_empty() {
        keys.push(Digest::new(endpoint.tls_spki_sha256));
    }
    keys
}

/// What an announcement is to say.
struct Next {
    urls: Vec<String>,
    keys: Vec<Digest>,
    /// The keys that it names no more.
    retired: Vec<RetiredKey>,
}

/// Appends an announcement to the log, for everybody.
fn append(
    transaction: &mut dyn ServerTransaction,
    city: &City,
    last: Option<&Announced>,
    next: Next,
    now_ms: u64,
) -> Result<u64, StoreError> {
    let Next { urls, keys, retired } = next;
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
    let before = last.map(|last| last.retired.clone()).unwrap_or_default();
    let mut retired: Vec<_> = before.into_iter().chain(retired).collect();
    retired.drain(..retired.len().saturating_sub(RETIRED_KEPT_MAX));
    let keys = keys.into_iter().map(since).collect();
    Announced { record: signed.record, number, keys, retired }.keep(transaction)?;
    Ok(serial)
}

/// What an invitation leads to now: the address that the operator named the server, which leads to it
/// whatever is announced for later, or else what is announced first; and the first key that is here.
///
/// # Errors
/// When the store cannot be read.
pub fn invited_to(read: &dyn ServerRead, endpoint: &Endpoint) -> Result<InvitedTo, StoreError> {
    let (url, last) = (endpoint.url.clone(), announced(read)?);
    // The first there is: what is announced first, if it is here.
    let key = keys_here(last.as_ref(), endpoint).first().copied();
    let key = key.map_or(endpoint.tls_spki_sha256, |key| *key.as_bytes());
    let Some(Announced { record, .. }) = last else {
        return Ok(InvitedTo { url, key, announced: 0 });
    };
    let url = record.urls.first().filter(|_| !endpoint.is_named).cloned().unwrap_or(url);
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
    let mut reached = Reached::default();
    let is_live = move |rights: &Rights| rights.without_grant(now_ms).is_none();
    for row in not_told(read, city, u64::MAX, is_live)? {
        reached.live += 1;
        reached.told += u64::from(row?.confirmed_number >= number);
    }
    Ok(reached)
}

/// The devices that have not confirmed the log up to a number, of those whose rights count.
fn not_told<'r>(
    read: &'r dyn ServerRead,
    city: &'r City,
    number: u64,
    counts: impl Fn(&Rights) -> bool + 'r,
) -> Result<impl Iterator<Item = Result<StoredDevice, StoreError>> + 'r, StoreError> {
    let mut book = Book::default();
    book.refresh(read, &read.head()?.ok_or(StoreError::Empty)?)?;
    let behind = move |row: &StoredDevice| {
        row.confirmed_number < number && !city.is_server_device(&row.device)
    };
    Ok(read.devices()?.into_iter().filter(behind).filter_map(move |row| {
        match book.rights(read, city, &row.device) {
            Ok(rights) => counts(rights).then_some(Ok(row)),
            Err(error) => Some(Err(error)),
        }
    }))
}
