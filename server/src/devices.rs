//! The devices of a city, for the operator: who holds them, when they last came, and what is open.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use keting_trust::DeviceId;

use crate::city::City;
use crate::granted::{GrantState, Granted, grants};
use crate::store::{ServerRead, StoreError};

/// A device, as the operator looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDevice {
    /// Which it is.
    pub device: DeviceId,
    /// Its holder's name.
    pub name: String,
    /// The name it gave itself.
    pub called: String,
    /// When it was last heard of, milliseconds since the Unix epoch.
    pub seen_at_ms: u64,
    /// How many edits waited on it when it last said how far it is.
    pub waiting: u64,
    /// How many of its edits are held.
    pub held: u64,
    /// All its grants that are good, or else the last one that was; the one that ends last comes first.
    pub grants: Vec<Granted>,
}

/// Lists the devices that were ever given something, the one that was last heard of first.
///
/// # Errors
/// When the store cannot be read.
pub fn devices(
    read: &dyn ServerRead,
    city: &City,
    now_ms: u64,
) -> Result<Vec<ListedDevice>, StoreError> {
    let mut given: BTreeMap<DeviceId, Vec<Granted>> = BTreeMap::new();
    for granted in grants(read, city, now_ms)? {
        given.entry(granted.device).or_default().push(granted);
    }
    let mut all = Vec::new();
    for row in read.devices()? {
        let grants = that_count(given.remove(&row.device).unwrap_or_default());
        let Some(first) = grants.first() else { continue };
        all.push(ListedDevice {
            device: row.device,
            name: first.name.clone(),
            called: row.name,
            seen_at_ms: row.seen_at_ms,
            waiting: read.waiting_count(&row.device)?,
            held: read.held_count(&row.device)?,
            grants,
        });
    }
    all.sort_by_key(|device| Reverse(device.seen_at_ms));
    Ok(all)
}

/// Of the grants of a device, which come in the log's order, all that are good, or else the last one.
fn that_count(mut grants: Vec<Granted>) -> Vec<Granted> {
    // What is later in the log comes first of those that end at one time.
    grants.reverse();
    grants.sort_by_key(|granted| Reverse(granted.expires_at_ms));
    let (live, others): (Vec<_>, Vec<_>) =
        grants.into_iter().partition(|granted| granted.state == GrantState::Live);
    if live.is_empty() { others.into_iter().take(1).collect() } else { live }
}
