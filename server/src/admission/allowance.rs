//! How much of the server's time a device may still waste today.
//!
//! A few bytes may ask for an earlier state of a document with a long history. Whoever's commit is
//! then admitted has asked for it with reason. What was done for one that is refused or held is
//! counted against its author's day, and somebody whose day is used up gets no earlier state made.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use keting_trust::DeviceId;
use keting_trust::guard::Spent;
use keting_trust::limits::WASTED_CHANGE_BYTES;

/// What each author of a batch has left, shared by the threads that check it.
#[derive(Debug, Default)]
pub(super) struct Allowances(BTreeMap<DeviceId, Allowance>);

#[derive(Debug)]
struct Allowance {
    left: u64,
    wasted: AtomicU64,
}

impl Allowances {
    /// Devices and the bytes that are left of their day.
    pub(super) fn new(left: impl Iterator<Item = (DeviceId, u64)>) -> Self {
        let allowance = |(device, left)| (device, Allowance { left, wasted: AtomicU64::new(0) });
        Self(left.map(allowance).collect())
    }

    /// Whether a device has anything left.
    pub(super) fn is_left(&self, device: &DeviceId) -> bool {
        self.0.get(device).is_some_and(|one| one.wasted.load(Ordering::Relaxed) < one.left)
    }

    /// Counts what was done for a commit that came to nothing.
    pub(super) fn waste(&self, device: &DeviceId, spent: Spent) {
        let bytes = spent.forked_changes.saturating_mul(WASTED_CHANGE_BYTES);
        if let Some(one) = self.0.get(device) {
            one.wasted.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// What each device has wasted in this batch, in bytes.
    pub(super) fn wasted(&self) -> impl Iterator<Item = (DeviceId, u64)> {
        let wasted =
            self.0.iter().map(|(device, one)| (*device, one.wasted.load(Ordering::Relaxed)));
        wasted.filter(|(_, bytes)| *bytes > 0)
    }
}
