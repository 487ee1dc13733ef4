//! What else is signed: the server's records in the log, and a device's confirmation.
//!
//! All have one shape: a COSE_Sign1 whose payload is `[format, id of the signing
//! key, record]`. The key's id is there so that a verifier finds the key among the issuing keys it
//! knows, also for what an earlier issuing key signed before a server was restored.

mod confirmation;
mod decision;
mod erasure;
mod revocation;
mod verdict;

use minicbor::{Decode, Decoder, Encode, Encoder};

use crate::cbor::{self, array_of};
use crate::cose::{self, Unverified};
use crate::digest::Digest;
use crate::error::{ProofError, SignError};
use crate::key::{DeviceId, PublicKey, Signer};
use crate::limits::RECORD_BYTES_MAX;

pub use confirmation::Confirmation;
pub use decision::{CaseNumber, Decision, Moved, Participants, Redrawing, Ruling};
pub use erasure::{Erased, Erasure};
pub use revocation::{Manner, Revocation};
pub use verdict::{Outcome, Verdict};

/// A signed verdict.
pub type SignedVerdict = Signed<Verdict>;
/// A signed decision.
pub type SignedDecision = Signed<Decision>;
/// A signed revocation.
pub type SignedRevocation = Signed<Revocation>;
/// A signed erasure.
pub type SignedErasure = Signed<Erasure>;
/// A signed confirmation.
pub type SignedConfirmation = Signed<Confirmation>;

/// The version of the format of these records.
pub const RECORD_FORMAT: u8 = 1;

/// Something that is signed as a record. Sealed by its crate-private rule.
pub trait Record: Encode<()> + for<'b> Decode<'b, ()> + sealed::Checked {
    /// What names the kind of record in the signature.
    const CONTEXT: &'static str;
}

mod sealed {
    /// A record whose fields can be checked.
    pub trait Checked {
        /// Checks the rules that the type does not hold by itself.
        fn check(&self) -> Result<(), crate::error::ProofError>;
    }
}

/// A record and the bytes whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<T> {
    /// What the bytes say.
    pub record: T,
    /// The id of the key that signed it.
    pub signer: DeviceId,
    /// The signed bytes.
    pub bytes: Vec<u8>,
}

impl<T: Record> Signed<T> {
    /// Signs a record.
    ///
    /// # Errors
    /// When the record breaks a rule of its format, or the key cannot be used.
    pub fn sign(record: T, signer: &dyn Signer) -> Result<Self, SignError> {
        record.check().map_err(SignError::Invalid)?;
        let payload = Payload { signer: signer.public_key().device_id(), record };
        let bytes = cose::sign1(&cbor::to_vec(&payload), T::CONTEXT, signer)?;
        Ok(Self { record: payload.record, signer: payload.signer, bytes })
    }

    /// Reads a record and verifies that `key` signed it. Whether that key may sign such a record
    /// is the caller's question.
    ///
    /// # Errors
    /// When the bytes are too many, of another form, break a rule of the format or were not signed
    /// by the key.
    pub fn open(bytes: &[u8], key: &PublicKey) -> Result<Self, ProofError> {
        let message = Unverified::parse(bytes, RECORD_BYTES_MAX)?;
        let Payload { signer, record } = Payload::<T>::read(message.payload())?;
        if signer != key.device_id() {
            return Err(ProofError::WrongKey);
        }
        message.verify(T::CONTEXT, key)?;
        Ok(Self { record, signer, bytes: bytes.to_vec() })
    }

    /// Reads a record back from this replica's own storage, where only verified ones are kept. Its
    /// form is checked, its signature is not.
    ///
    /// # Errors
    /// When the stored bytes are damaged.
    pub fn read_stored(bytes: &[u8]) -> Result<Self, ProofError> {
        let message = Unverified::parse(bytes, RECORD_BYTES_MAX)?;
        let Payload { signer, record } = Payload::<T>::read(message.payload())?;
        Ok(Self { record, signer, bytes: bytes.to_vec() })
    }

    /// The id of the key that a record claims to be signed with, to look the key up by. Nothing is
    /// verified.
    ///
    /// # Errors
    /// When the bytes are too many or of another form.
    pub fn claimed_signer(bytes: &[u8]) -> Result<DeviceId, ProofError> {
        let message = Unverified::parse(bytes, RECORD_BYTES_MAX)?;
        Payload::<T>::read(message.payload()).map(|payload| payload.signer)
    }

    /// The digest of the signed bytes, which the log's chain takes in.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }
}

struct Payload<T> {
    signer: DeviceId,
    record: T,
}

impl<T: Record> Payload<T> {
    fn read(payload: &[u8]) -> Result<Self, ProofError> {
        cbor::check_version(payload, RECORD_FORMAT)?;
        let payload: Self = cbor::from_slice(payload)?;
        payload.record.check()?;
        Ok(payload)
    }
}

impl<T: Encode<()>> Encode<()> for Payload<T> {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        c: &mut (),
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(3)?.u8(RECORD_FORMAT)?;
        self.signer.encode(e, c)?;
        self.record.encode(e, c)
    }
}

impl<'b, T: Decode<'b, ()>> Decode<'b, ()> for Payload<T> {
    fn decode(d: &mut Decoder<'b>, c: &mut ()) -> Result<Self, minicbor::decode::Error> {
        array_of(d, 3)?;
        d.u8()?;
        Ok(Self { signer: DeviceId::decode(d, c)?, record: T::decode(d, c)? })
    }
}
