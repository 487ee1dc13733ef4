//! Confirm: what the device has persisted. It opens the window for more entries.

use minicbor::Decoder;

use super::fields;
use crate::codec::{Misfit, Out, Written, put_nullable, take_bytes, take_nullable};
use keting_trust::limits::CONFIRMATION_BYTES_MAX;

/// The device's word that entries are durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirm {
    /// How many groups of this session it has persisted, from the first on. A group is what ends with an UpTo or a
    /// Progress.
    pub groups: u64,
    /// The signed confirmation over its new cursor and the last sequence of its commits, when the
    /// cursor moved (`keting_trust::SignedConfirmation`).
    pub confirmation: Option<Vec<u8>>,
}

impl Confirm {
    pub(crate) fn write(&self, e: &mut Out) -> Written {
        e.array(3)?.u16(3)?.u64(self.groups)?;
        put_nullable(e, self.confirmation.as_ref(), |e, bytes| e.bytes(bytes)?.ok())
    }

    pub(crate) fn read(len: u64, d: &mut Decoder<'_>) -> Result<Self, Misfit> {
        fields(len, 2)?;
        let groups = d.u64()?;
        let confirmation = take_nullable(d, |d| take_bytes(d, CONFIRMATION_BYTES_MAX))?;
        Ok(Self { groups, confirmation })
    }
}
