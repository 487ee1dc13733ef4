//! Ended: the last message to a device that was ended and may only hand over.

use keting_trust::limits::ENDING_BYTES_MAX;
use keting_trust::{Claimed, Ending};
use minicbor::Decoder;

use super::fields;
use crate::codec::{Misfit, Out, Written};

/// The device was ended, as an issuing key signs for this connection. Whether it did is the driver's
/// question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What it says, and the signature.
    pub proof: Claimed<Ending>,
}

impl Ended {
    pub(crate) fn write(&self, e: &mut Out) -> Written {
        e.array(2)?.u16(30)?.bytes(self.proof.bytes())?.ok()
    }

    pub(crate) fn read(len: u64, d: &mut Decoder<'_>) -> Result<Self, Misfit> {
        fields(len, 1)?;
        let bytes = d.bytes()?;
        if bytes.len() > ENDING_BYTES_MAX {
            return Err(Misfit::TooMuch);
        }
        Ok(Self { proof: Claimed::read(bytes).map_err(|_| Misfit::Form)? })
    }
}
