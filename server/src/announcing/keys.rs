//! A change of the server's TLS key: the new one is announced beside those that there are, and an old one
//! goes in two steps, each when nobody needs it any more, or after a while.
//!
//! First it is *retired*, announced no more, once every device that may read was told: whoever stole it is
//! believed by none of them from then on. It is served on to whoever could not be told, because they read
//! nothing: who was ended hands over what they had made, and who has no good grant may be given one.

use keting_trust::Digest;
use keting_trust::limits::{
    ENDED_WORK_MS_MAX, OLD_KEY_ANNOUNCED_MS, OLD_KEY_SERVED_MS, SERVER_PLACES_MAX,
};

use super::{AnnounceError, Announced, Next, RetiredKey, announced, append, keys_here, not_told};
use crate::address::ServerUrl;
use crate::authority::{Rights, Uncovered};
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
    known.extend(last.iter().flat_map(|last| &last.retired).map(|retired| retired.key));
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
pub struct GivenUp {
    /// Those that are served no more since just now.
    pub keys: Vec<Digest>,
    /// Where the log stands, if any is announced no more since just now.
    pub head: Option<Head>,
    /// Whether others are still to be.
    pub is_under_way: bool,
}

/// Gives up the TLS keys that are over: those that need not be announced any more by an announcement
/// without them, and those that need not be served any more.
///
/// # Errors
/// When the store fails.
pub fn give_up(
    store: &mut dyn ServerStore,
    city: &City,
    now_ms: u64,
) -> Result<GivenUp, StoreError> {
    {
        let read = store.snapshot()?;
        let Some(last) = announced(&*read)? else { return Ok(GivenUp::default()) };
        if told(&*read, city, &last, now_ms)?.is_empty()
            && unneeded(&*read, city, &last, now_ms)?.is_empty()
        {
            return Ok(GivenUp { is_under_way: is_under_way(&last), ..GivenUp::default() });
        }
    }
    let mut transaction = store.begin()?;
    let Some(mut last) = announced(&*transaction)? else { return Ok(GivenUp::default()) };
    let mut given_up = GivenUp::default();
    let retired = told(&*transaction, city, &last, now_ms)?;
    if !retired.is_empty() {
        let is_left = |key: &&Digest| !retired.iter().any(|retired| retired.key == **key);
        let keys = last.record.keys.iter().filter(is_left).copied().collect();
        let next = Next { urls: last.record.urls.clone(), keys, retired };
        append(&mut *transaction, city, Some(&last), next, now_ms)?;
        given_up.head = transaction.head()?;
        last = announced(&*transaction)?.ok_or(StoreError::Empty)?;
    }
    given_up.keys = unneeded(&*transaction, city, &last, now_ms)?;
    for retired in last.retired.iter_mut().filter(|retired| given_up.keys.contains(&retired.key)) {
        retired.is_gone = true;
    }
    given_up.is_under_way = is_under_way(&last);
    last.keep(&mut *transaction)?;
    transaction.commit()?;
    Ok(given_up)
}

fn is_under_way(last: &Announced) -> bool {
    last.keys.len() > 1 || last.retired.iter().any(|retired| !retired.is_gone)
}

/// The keys that need not be announced any more: each stands behind another one that every device has that
/// may read, and no invitation pins it that is still to be used. At the latest so long after the other.
fn told(
    read: &dyn ServerRead,
    city: &City,
    last: &Announced,
    now_ms: u64,
) -> Result<Vec<RetiredKey>, StoreError> {
    let is_live = |rights: &Rights| rights.without_grant(now_ms).is_none();
    let mut told = Vec::new();
    for (newer, old) in last.keys.iter().zip(last.keys.iter().skip(1)) {
        let old =
            RetiredKey { key: old.key, number: newer.number, at_ms: newer.at_ms, is_gone: false };
        let is_late = now_ms >= old.at_ms.saturating_add(OLD_KEY_ANNOUNCED_MS);
        if is_late || !is_needed(read, city, &old, now_ms, is_live)? {
            told.insert(0, old);
        }
    }
    Ok(told)
}

/// The retired keys that need not be served any more: no device may come that knows no newer one, or it had
/// its time, or there are newer ones of the sort.
fn unneeded(
    read: &dyn ServerRead,
    city: &City,
    last: &Announced,
    now_ms: u64,
) -> Result<Vec<Digest>, StoreError> {
    let may_come = |rights: &Rights| match rights.without_grant(now_ms) {
        Some(Uncovered::Ended) => rights
            .ends()
            .last()
            .is_some_and(|end| now_ms.saturating_sub(end.at_ms) <= ENDED_WORK_MS_MAX),
        Some(_) | None => true,
    };
    let served = last.retired.iter().rev().filter(|retired| !retired.is_gone);
    let mut unneeded = Vec::new();
    for (newer, old) in served.enumerate() {
        let is_late = now_ms >= old.at_ms.saturating_add(OLD_KEY_SERVED_MS);
        let is_over = is_late || newer >= SERVER_PLACES_MAX;
        if is_over || !is_needed(read, city, old, now_ms, may_come)? {
            unneeded.push(old.key);
        }
    }
    Ok(unneeded)
}

/// Whether an invitation pins a key that is still to be used, or a device knows no newer one, of those whose
/// rights count.
fn is_needed(
    read: &dyn ServerRead,
    city: &City,
    old: &RetiredKey,
    now_ms: u64,
    counts: impl Fn(&Rights) -> bool,
) -> Result<bool, StoreError> {
    Ok(read.is_key_invited(&old.key, now_ms)?
        || not_told(read, city, old.number, counts)?.next().transpose()?.is_some())
}
