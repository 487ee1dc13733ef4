//! How syncing goes, as one line of a screen shows it.

use keting::{Day, Phase, SalvageReport, SyncStatus};

/// How syncing goes. It never says that everything is through while something waits.
#[uniffi::remote(Record)]
pub struct SyncStatus {
    /// What is going on.
    pub phase: Phase,
    /// When the server last said that everything is here, by its clock, milliseconds since the Unix
    /// epoch.
    pub as_of_ms: Option<u64>,
    /// Edits that the server has not answered, those that are on their way among them.
    pub waiting: u64,
    /// Of these, edits that the server could not keep the last time.
    pub refused: u64,
    /// Edits that the server holds. They wait for a person, and no sync ends that.
    pub held: u64,
    /// The day on which the oldest of those that wait was entered.
    pub oldest_waiting: Option<Day>,
    /// Fields that have to be settled.
    pub conflicts: u64,
    /// Entries of the log that only a newer version can read.
    pub unread: u64,
    /// By how many minutes the phone's clock is ahead, or behind if negative: only if that is more
    /// than five, and the city's time is certain.
    pub clock_off_min: Option<i64>,
    /// The last day of the grant.
    pub grant_ends: Option<Day>,
    /// What was saved when the file took a damaged one's place, until that is dismissed.
    pub salvaged: Option<SalvageReport>,
}

/// What became of a damaged file.
#[uniffi::remote(Record)]
pub struct SalvageReport {
    /// The name under which the damaged file lies beside the fresh one.
    pub set_aside_as: String,
    /// How many of the facts that the replica keeps about itself were saved.
    pub meta_count: u64,
    /// How many edits the server had not acknowledged were saved with all their parts.
    pub outbox_count: u64,
    /// How many were saved without their parts, and are held.
    pub without_parts_count: u64,
    /// How many drafts were saved.
    pub draft_count: u64,
    /// How many edits are known to have been there and could not be saved.
    pub lost_count: u64,
    /// Whether all that was looked for could be read to its end. If not, there may have been more.
    pub complete: bool,
}
