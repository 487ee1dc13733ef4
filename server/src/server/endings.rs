//! What will be over soon, for the operator: grants, and the issuing key.

use keting_trust::DeviceId;

use super::Server;
use crate::authority::Book;
use crate::metrics::Metrics;
use crate::renewal::{days_ms, issuing};
use crate::store::{ServerRead, StoreError};

/// How long before its end a device's last grant is counted, in days.
const GRANT_DAYS: u32 = 30;
/// How long before its end the issuing key is warned of, in days: long enough to fetch the root key.
pub(crate) const ISSUING_KEY_DAYS: u32 = 90;
/// How long what was counted is told again, in milliseconds: it takes reading all grants.
const COUNTED_MS: u64 = 60 * 60 * 1000;

impl Server {
    /// What was counted since the start, and what will be over soon.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn metrics_at(&mut self, now_ms: u64, unix_ms: u64) -> Result<&Metrics, StoreError> {
        let is_known = self.endings_at_ms.is_some_and(|at| now_ms.saturating_sub(at) < COUNTED_MS);
        if !is_known {
            self.count_endings(unix_ms)?;
            self.endings_at_ms = Some(now_ms);
        }
        Ok(&self.metrics)
    }

    /// Whether the issuing key will soon be over, or is.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_issuing_key_ending(&mut self, unix_ms: u64) -> Result<bool, StoreError> {
        let ends_at_ms = issuing(&*self.store.snapshot()?, &self.city)?.expires_at_ms;
        Ok(ends_at_ms.saturating_sub(unix_ms) <= days_ms(ISSUING_KEY_DAYS))
    }

    fn count_endings(&mut self, unix_ms: u64) -> Result<(), StoreError> {
        let read = self.store.snapshot()?;
        let head = read.head()?.ok_or(StoreError::Empty)?;
        let mut book = Book::default();
        book.refresh(&*read, &head)?;
        let mut grants_ending = 0;
        for row in read.devices()? {
            if self.city.is_server_device(&row.device) {
                continue;
            }
            let last = last_end(&mut book, &*read, &self.city, &row.device, unix_ms)?;
            let is_ending = last.is_some_and(|end| end - unix_ms <= days_ms(GRANT_DAYS));
            grants_ending += u64::from(is_ending);
        }
        self.metrics.issuing_key_ends_at_ms = issuing(&*read, &self.city)?.expires_at_ms;
        self.metrics.grants_ending = grants_ending;
        Ok(())
    }
}

/// When the last of a device's live grants ends.
fn last_end(
    book: &mut Book,
    read: &dyn ServerRead,
    city: &crate::city::City,
    device: &DeviceId,
    unix_ms: u64,
) -> Result<Option<u64>, StoreError> {
    let rights = book.rights(read, city, device)?;
    Ok(rights.live(unix_ms).map(|grant| grant.expires_at_ms).max())
}
