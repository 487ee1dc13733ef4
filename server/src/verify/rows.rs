//! Rows that nothing in the log made: they would let somebody do, or see, what nobody granted.

use keting_trust::limits::NUMBER_MAX;
use keting_trust::{
    DeviceId, RecordKind, SignedCommit, SignedGrant, SignedRevocation, SignedVerdict, Signer as _,
};

use super::Check;
use crate::store::StoreError;

impl Check<'_> {
    /// Checks that every region has its document, and every grant and every entry of a device's own
    /// its place in the log.
    pub(super) fn rows(&mut self) -> Result<(), StoreError> {
        for (region, _) in self.read.regions()? {
            if self.read.document(&region)?.is_none() {
                self.differs(None, Some(region), "region_row_differs");
            }
        }
        for row in self.read.devices()? {
            self.grants_of(&row.device)?;
            self.own_of(&row.device)?;
            self.ends_of(&row.device)?;
        }
        Ok(())
    }

    fn grants_of(&mut self, device: &DeviceId) -> Result<(), StoreError> {
        for row in self.read.grants_of(device)? {
            let logged = self.read.entry(row.number)?.is_some_and(|entry| {
                entry.kind == RecordKind::Grant
                    && entry.digest == row.digest
                    && entry.record == row.bytes
            });
            if !logged {
                self.differs(Some(row.number), None, "grant_row_differs");
            }
        }
        Ok(())
    }

    fn ends_of(&mut self, device: &DeviceId) -> Result<(), StoreError> {
        for row in self.read.ends_of(device)? {
            let logged = self.read.entry(row.number)?;
            if logged.is_none_or(|entry| entry.kind != RecordKind::Revocation) {
                self.differs(Some(row.number), None, "end_row_differs");
            }
        }
        Ok(())
    }

    fn own_of(&mut self, device: &DeviceId) -> Result<(), StoreError> {
        for number in self.read.own_numbers(device, 0, NUMBER_MAX, u32::MAX)? {
            if self.whose(number)? != Some(*device) {
                self.differs(Some(number), None, "own_row_differs");
            }
        }
        Ok(())
    }

    /// The device whose own an entry is: a commit's author, a grant's holder, a verdict's author.
    fn whose(&self, number: u64) -> Result<Option<DeviceId>, StoreError> {
        let Some(entry) = self.read.entry(number)? else { return Ok(None) };
        let (record, issuing) = (&entry.record, self.city.issuing.public_key());
        Ok(match entry.kind {
            RecordKind::Commit => SignedCommit::read_stored(record).ok().map(|c| c.id().device),
            RecordKind::Grant => {
                SignedGrant::read_stored(record).ok().map(|signed| signed.grant.holder.device_id())
            }
            RecordKind::Verdict => {
                SignedVerdict::open(record, issuing).ok().map(|v| v.record.commit.device)
            }
            RecordKind::Revocation => {
                SignedRevocation::open(record, issuing).ok().map(|signed| signed.record.holder)
            }
            RecordKind::Decision | RecordKind::Erasure | RecordKind::Announcement => None,
        })
    }
}
