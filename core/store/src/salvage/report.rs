//! What became of a corrupt file, kept in the one that took its place until somebody has taken note.

use crate::error::StoreError;
use crate::store::{Transaction, View};

const REPORT: &str = "store/salvaged";

/// What became of a corrupt file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalvageReport {
    /// The name under which the corrupt file lies beside the fresh one.
    pub set_aside_as: String,
    /// How many of the wanted meta keys were saved.
    pub meta_count: u64,
    /// How many pieces of unacknowledged work were saved with all their parts.
    pub outbox_count: u64,
    /// How many were saved without their parts, and are held as [`PARTS_LOST`].
    pub without_parts_count: u64,
    /// How many drafts were saved.
    pub draft_count: u64,
    /// How many pieces of work are known to have been there and could not be saved.
    pub lost_count: u64,
    /// Whether all that was looked for could be read to its end. If not, there may have been more.
    pub complete: bool,
}

impl View {
    /// What was saved into this file when it took a corrupt one's place, until it is dismissed.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn salvage_report(&self) -> Result<Option<SalvageReport>, StoreError> {
        Ok(self.meta(REPORT)?.as_deref().and_then(SalvageReport::from_bytes))
    }
}

impl Transaction<'_> {
    /// Forgets the report of a salvage: somebody has taken note.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn dismiss_salvage(&mut self) -> Result<(), StoreError> {
        self.delete_meta(REPORT)
    }
}

impl SalvageReport {
    /// Writes the report into the fresh file.
    pub(super) fn write(&self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        transaction.set_meta(REPORT, &self.to_bytes())
    }

    /// Six numbers, and the name behind them.
    fn to_bytes(&self) -> Vec<u8> {
        let numbers = [
            self.meta_count,
            self.outbox_count,
            self.without_parts_count,
            self.draft_count,
            self.lost_count,
            u64::from(self.complete),
        ];
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        bytes.extend(self.set_aside_as.as_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (numbers, name) = bytes.split_at_checked(6 * size_of::<u64>())?;
        let mut numbers = numbers
            .chunks_exact(size_of::<u64>())
            .map_while(|number| number.try_into().ok().map(u64::from_be_bytes));
        Some(Self {
            meta_count: numbers.next()?,
            outbox_count: numbers.next()?,
            without_parts_count: numbers.next()?,
            draft_count: numbers.next()?,
            lost_count: numbers.next()?,
            complete: numbers.next()? != 0,
            set_aside_as: String::from_utf8_lossy(name).into_owned(),
        })
    }
}
