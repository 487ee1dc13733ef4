//! A change of the server's TLS key: the new one is announced beside those that are served, and an old one
//! is given up when nobody needs it any more, or after a while.

use keting_trust::Digest;
use keting_trust::limits::{OLD_KEY_SERVED_MS, SERVER_PLACES_MAX};

use super::{AnnounceError, Announced, Next, announced, append, keys_here, not_told};
use crate::address::ServerUrl;
use crate::city::City;
use crate::enrol::Endpoint;
use crate::store::{Head, ServerRead, ServerStore, StoreError};

/// The TLS keys that devices were ever told of, if there is room for one more.
///
/// # Errors
/// When there is none, or the store cannot be read.
pub fn known_keys(
    read: &dyn ServerRead,
    endpoint: &Endpoint,
) -> Result<Vec<Digest>, AnnounceError> {
    let last = announced(read)?;
    let mut known = keys_here(last.as_ref(), endpoint);
    if known.len() >= SERVER_PLACES_MAX {
        return Err(AnnounceError::TooManyKeys);
    }
    known.extend(last.map(|last| last.retired).unwrap_or_default());
    Ok(known)
}

/// Announces a TLS key before those that are announced, or that were here before anything was. The answer
/// is the announcement's serial and where the log stands.
///
/// # Errors
/// When there are too many, nothing is announced and devices could not use the address, or the store
/// fails.
pub fn announce_key(
    store: &mut dyn ServerStore,
    city: &City,
    endpoint: &Endpoint,
    key: Digest,
    now_ms: u64,
) -> Result<(u64, Head), AnnounceError> {
    let mut transaction = store.begin()?;
    let last = announced(&*transaction)?;
    let urls = match &last {
        Some(last) => last.record.urls.clone(),
        None => vec![endpoint.url.parse::<ServerUrl>()?.to_string()],
    };
    let mut keys = keys_here(last.as_ref(), endpoint);
    keys.retain(|known| *known != key);
    keys.insert(0, key);
    if keys.len() > SERVER_PLACES_MAX {
        return Err(AnnounceError::TooManyKeys);
    }
    let next = Next { urls, keys, retired: Vec::new() };
    let serial = append(&mut *transaction, city, last.as_ref(), next, now_ms)?;
    let head = transaction.head()?.ok_or(StoreError::Empty)?;
    transaction.commit()?;
    Ok((serial, head))
}

/// Which TLS keys were given up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retired {
    /// Those that were, just now.
    pub keys: Vec<Digest>,
    /// Where the log stands then, if any was.
    pub head: Option<Head>,
    /// Whether others are still to be.
    pub is_under_way: bool,
}

/// Gives up the TLS keys that are over, by an announcement without them.
///
/// # Errors
/// When the store fails.
pub fn retire(
    store: &mut dyn ServerStore,
    city: &City,
    now_ms: u64,
) -> Result<Retired, StoreError> {
    {
        let read = store.snapshot()?;
        let Some(last) = announced(&*read)? else { return Ok(Retired::default()) };
        if over(&*read, city, &last, now_ms)?.is_empty() {
            return Ok(Retired { is_under_way: last.keys.len() > 1, ..Retired::default() });
        }
    }
    let mut transaction = store.begin()?;
    let Some(last) = announced(&*transaction)? else { return Ok(Retired::default()) };
    let over = over(&*transaction, city, &last, now_ms)?;
    let keys: Vec<_> = last.record.keys.iter().filter(|key| !over.contains(key)).copied().collect();
    let is_under_way = keys.len() > 1;
    let next = Next { urls: last.record.urls.clone(), keys, retired: over.clone() };
    append(&mut *transaction, city, Some(&last), next, now_ms)?;
    let head = transaction.head()?.ok_or(StoreError::Empty)?;
    transaction.commit()?;
    Ok(Retired { keys: over, head: Some(head), is_under_way })
}

/// The keys that are over: each behind another one that every device has, and that no invitation pins
/// that is still to be used; at the latest so long after the other was announced.
fn over(
    read: &dyn ServerRead,
    city: &City,
    last: &Announced,
    now_ms: u64,
) -> Result<Vec<Digest>, StoreError> {
    let mut over = Vec::new();
    for (newer, old) in last.keys.iter().zip(last.keys.iter().skip(1)) {
        let is_late = now_ms >= newer.at_ms.saturating_add(OLD_KEY_SERVED_MS);
        let is_needed = !is_late
            && (read.is_key_invited(&old.key, now_ms)?
                || not_told(read, city, newer.number, now_ms)?.next().transpose()?.is_some());
        if !is_needed {
            over.push(old.key);
        }
    }
    Ok(over)
}
