//! The replica's counters: its place in its incarnation, and its hybrid time.

use keting_model::HybridTime;
use keting_store::{StoreError, Transaction};
use minicbor::{Decode, Encode};

use crate::replica::meta;

/// The last sequence number given out and the latest time known. Written with every edit, in the
/// same transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Clock {
    /// The sequence number of the last commit of this incarnation; 0 before the first.
    #[n(0)]
    pub sequence: u64,
    /// The latest hybrid time known.
    #[n(1)]
    pub time: HybridTime,
}

impl Clock {
    /// The clock after one more commit at `unix_ms` of the city's time.
    #[must_use]
    pub fn tick(self, unix_ms: u64) -> Self {
        Self { sequence: self.sequence.saturating_add(1), time: self.time.tick(unix_ms) }
    }

    /// The clock after a commit from elsewhere.
    #[must_use]
    pub fn adopt(self, time: HybridTime, unix_ms: u64) -> Self {
        Self { time: self.time.adopt(time, unix_ms), ..self }
    }

    /// Writes the clock.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        transaction.set_meta(meta::CLOCK, &keting_trust::cbor::to_vec(&self))
    }
}
