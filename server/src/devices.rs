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
    /// What it was given that counts most: a grant that is good, and of these the one that ends last.
    pub granted: Granted,
    /// The name it gave itself.
    pub called: String,
    /// When it was last heard of, milliseconds since the Unix epoch.
    pub seen_at_ms: u64,
    /// How many edits waited on it when it last said how far it is.
    pub waiting: u64,
    /// How many of its edits are held.
    pub held: u64,
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
    let mut best: BTreeMap<DeviceId, Granted> = BTreeMap::new();
    for granted in grants(read, city, now_ms)? {
        let known = best.get(&granted.device);
        if known.is_none_or(|known| weight(known) <= weight(&granted)) {
            best.insert(granted.device, granted);
        }
    }
    let mut all = Vec::new();
    for row in read.devices()? {
        let Some(granted) = best.remove(&row.device) else { continue };
        all.push(ListedDevice {
            granted,
            called: row.name,
            seen_at_ms: row.seen_at_ms,
            waiting: read.waiting_count(&row.device)?,
            held: read.held_count(&row.device)?,
        });
    }
    all.sort_by_key(|device| Reverse(device.seen_at_ms));
    Ok(all)
}

fn weight(granted: &Granted) -> (bool, u64) {
    (granted.state == GrantState::Live, granted.expires_at_ms)
}
