//! Whether every announcement is the server's own, and each names the next serial.

use keting_trust::{SignedAnnouncement, Signer as _};

use super::Check;
use crate::announcing::{Announced, EVERYBODY, announced};
use crate::store::{StoreError, StoredEntry};

impl Check<'_> {
    pub(super) fn announcement(&mut self, entry: &StoredEntry) -> Result<(), StoreError> {
        let issuing = self.city.issuing.public_key();
        let Ok(announcement) = SignedAnnouncement::open(&entry.record, issuing) else {
            self.entry_is(entry, "announcement_not_signed");
            return Ok(());
        };
        if announcement.place.number != entry.number {
            self.entry_is(entry, "record_of_another_place");
        }
        self.announced += 1;
        if announcement.record.serial != self.announced {
            self.entry_is(entry, "serial_differs");
            self.announced = announcement.record.serial;
        }
        self.audience(entry, &[EVERYBODY].into())
    }

    /// Checks that what the server takes for its last announcement is it.
    pub(super) fn last_announcement(&mut self) -> Result<(), StoreError> {
        let last = announced(self.read);
        let is_whole = |last: &Announced| {
            let kept = last.keys.iter().map(|known| &known.key);
            kept.eq(&last.record.keys)
        };
        let serial = match &last {
            Ok(Some(last)) if is_whole(last) => last.record.serial,
            Ok(_) => 0,
            Err(StoreError::Damaged(_)) => 0,
            Err(_) => return last.map(drop),
        };
        if serial != self.announced {
            self.differs(None, None, "announced_row_differs");
        }
        Ok(())
    }
}
