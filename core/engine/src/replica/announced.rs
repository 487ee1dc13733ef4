//! Records of the server's in the log, verified for their place, and its announcements among them.

use keting_sync::Entry;
use keting_trust::record::{Record, Signed};
use keting_trust::{Announcement, Claimed, Place, ProofError};

use crate::error::EngineError;
use crate::replica::Replica;
use crate::replica::receive::{Group, record};

impl Replica {
    /// Verifies a record of the server's: an issuing key signed it, for this place in the log.
    pub(super) fn verified<T: Record<Place = Place>>(
        &mut self,
        group: &Group,
        entry: &Entry,
    ) -> Result<Signed<T>, EngineError> {
        let claimed = Claimed::<T>::read(&entry.record)?;
        let key = self.issuers()?.issuing_key(&claimed.signer());
        let signed = claimed.verify(key.ok_or(ProofError::WrongKey)?)?;
        let known = self.city()?.cursor.map(|cursor| cursor.generation);
        let generation = group.generation.or(known);
        let is_here = signed.place.number == entry.number
            && generation.is_none_or(|here| here == signed.place.generation);
        if is_here { Ok(signed) } else { Err(ProofError::InvalidField { field: "place" }.into()) }
    }

    /// Takes in an announcement, to be followed once it is written.
    pub(super) fn check_announcement(
        &mut self,
        group: &mut Group,
        entry: &Entry,
    ) -> Result<(), EngineError> {
        let announcement = self.verified::<Announcement>(group, entry)?.record;
        let membership = &self.city()?.membership;
        if (announcement.city, announcement.log) != (membership.city, membership.log) {
            return Err(EngineError::Protocol { code: "other_city" });
        }
        group.announcements.push(announcement);
        group.records.push(record(entry));
        Ok(())
    }
}
