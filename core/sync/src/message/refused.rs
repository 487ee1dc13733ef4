//! Refused: the server ends the session and says why. Its form is the same in every version.

use minicbor::Decoder;

use super::fields;
use crate::codec::{Misfit, Out, Written, put_list, take, take_list, take_text};
use keting_trust::limits::{CODE_BYTES_MAX, MESSAGE_BYTES_MAX, VERSIONS_MAX};

/// The last message of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// A stable code.
    pub code: String,
    /// Whether the same may succeed later.
    pub retryable: bool,
    /// A sentence for the device's log, in English, without personal data.
    pub message: String,
    /// The versions of the protocol that the server speaks.
    pub versions: Vec<u16>,
}

impl Refused {
    /// The code for a Hello that offers no version the server speaks.
    pub const NO_COMMON_VERSION: &'static str = "no_common_version";
    /// The code for a Hello that names another city.
    pub const OTHER_CITY: &'static str = "other_city";

    /// The code of a device that was ended. It is told by [`super::Ended`], which is signed; a Refused with
    /// this code proves nothing.
    pub const DEVICE_ENDED: &'static str = "device_ended";

    pub(crate) fn write(&self, e: &mut Out) -> Written {
        e.array(5)?.u16(31)?.str(&self.code)?.bool(self.retryable)?.str(&self.message)?;
        put_list(e, &self.versions, |e, version| e.u16(*version)?.ok())
    }

    pub(crate) fn read(len: u64, d: &mut Decoder<'_>) -> Result<Self, Misfit> {
        fields(len, 4)?;
        Ok(Self {
            code: take_text(d, CODE_BYTES_MAX)?,
            retryable: d.bool()?,
            message: take_text(d, MESSAGE_BYTES_MAX)?,
            versions: take_list(d, VERSIONS_MAX, take)?,
        })
    }
}
