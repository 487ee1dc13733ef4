//! What else is signed: the server's records in the log, its word on the log, the proofs of an enrolment
//! and of an end, and a device's confirmation.
//!
//! All have one shape: a COSE_Sign1 whose payload is `[format, id of the signing key, record]`, with
//! the record's place before it if it stands in the log. The key's id is there so that a verifier
//! finds the key among the issuing keys it knows, also for what an earlier issuing key signed; the
//! place, so that nobody shows a record under another number.

mod announcement;
mod confirmation;
mod decision;
mod ending;
mod enrolment;
mod erasure;
mod heard;
mod revocation;
mod verdict;

use std::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder};

use crate::cbor::{self, array_of};
use crate::commit::first_broken;
use crate::cose::{self, Unverified};
use crate::digest::Digest;
use crate::error::{ProofError, SignError};
use crate::key::{DeviceId, PublicKey, Signer};
use crate::limits::{NUMBER_MAX, RECORD_BYTES_MAX};
use crate::log::Place;

pub use announcement::Announcement;
pub use confirmation::Confirmation;
pub use decision::{CaseNumber, Decision, Moved, Participants, Redrawing, Ruling};
pub use ending::Ending;
pub use enrolment::Enrolment;
pub use erasure::{Erased, Erasure};
pub use heard::{GroupDigest, Heard};
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
/// A signed announcement.
pub type SignedAnnouncement = Signed<Announcement>;
/// A signed confirmation.
pub type SignedConfirmation = Signed<Confirmation>;
/// The server's signed word on its log.
pub type SignedHeard = Signed<Heard>;
/// The signed proof of an enrolment.
pub type SignedEnrolment = Signed<Enrolment>;
/// The signed proof of an end.
pub type SignedEnding = Signed<Ending>;

/// The version of the format of these records.
pub const RECORD_FORMAT: u8 = 1;

/// Something that is signed as a record. Sealed by its crate-private rule.
pub trait Record: Encode<()> + for<'b> Decode<'b, ()> + sealed::Checked {
    /// What names the kind of record in the signature.
    const CONTEXT: &'static str;
    /// Where it stands: a [`Place`] if it is a record of the log, else `()`.
    type Place: Standing;
}

/// Where a record stands. Sealed by its crate-private form.
pub trait Standing: Copy + fmt::Debug + Eq + sealed::Placed {}

impl Standing for () {}
impl Standing for Place {}

mod sealed {
    use crate::error::ProofError;

    /// A record whose fields can be checked.
    pub trait Checked {
        /// Checks the rules that the type does not hold by itself.
        fn check(&self) -> Result<(), ProofError>;
    }

    /// How a place is written into a payload, if there is one.
    pub trait Placed: Checked + Sized {
        /// How many elements of the payload it is.
        const ELEMENTS: u64;

        /// Writes it.
        fn write<W: minicbor::encode::Write>(
            &self,
            e: &mut minicbor::Encoder<W>,
        ) -> Result<(), minicbor::encode::Error<W::Error>>;

        /// Reads it.
        fn read(d: &mut minicbor::Decoder<'_>) -> Result<Self, minicbor::decode::Error>;
    }
}

/// A record and the bytes whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<T: Record> {
    /// What the bytes say.
    pub record: T,
    /// Where it stands, if it is a record of the log.
    pub place: T::Place,
    /// The id of the key that signed it.
    pub signer: DeviceId,
    /// The signed bytes.
    pub bytes: Vec<u8>,
}

/// What a record says before anybody has verified its signature: to find the key by, and to decide
/// whether it is worth it. Nothing of it may be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed<T: Record> {
    claim: Signed<T>,
}

impl<T: Record<Place = ()>> Signed<T> {
    /// Signs a record that has no place in the log.
    ///
    /// # Errors
    /// When the record breaks a rule of its format, or the key cannot be used.
    pub fn sign(record: T, signer: &dyn Signer) -> Result<Self, SignError> {
        Self::make((), record, signer)
    }
}

impl<T: Record<Place = Place>> Signed<T> {
    /// Signs a record for its place in the log.
    ///
    /// # Errors
    /// When the record breaks a rule of its format, or the key cannot be used.
    pub fn sign_at(place: Place, record: T, signer: &dyn Signer) -> Result<Self, SignError> {
        Self::make(place, record, signer)
    }
}

impl<T: Record> Signed<T> {
    fn make(place: T::Place, record: T, signer: &dyn Signer) -> Result<Self, SignError> {
        use sealed::Checked as _;
        place.check().and_then(|()| record.check()).map_err(SignError::Invalid)?;
        let payload = Payload { signer: signer.public_key().device_id(), place, record };
        let bytes = cose::sign1(&cbor::to_vec(&payload), T::CONTEXT, signer)?;
        let Payload { signer, place, record } = payload;
        Ok(Self { record, place, signer, bytes })
    }

    /// Reads a record and verifies that `key` signed it. Whether that key may sign such a record
    /// is the caller's question.
    ///
    /// # Errors
    /// When the bytes are too many, of another form, break a rule of the format or were not signed
    /// by the key.
    pub fn open(bytes: &[u8], key: &PublicKey) -> Result<Self, ProofError> {
        let message = Unverified::parse(bytes, RECORD_BYTES_MAX)?;
        let Payload { signer, place, record } = Payload::<T>::read(message.payload())?;
        if signer != key.device_id() {
            return Err(ProofError::WrongKey);
        }
        message.verify(T::CONTEXT, key)?;
        Ok(Self { record, place, signer, bytes: bytes.to_vec() })
    }

    /// Reads a record back from this replica's own storage, where only verified ones are kept. Its
    /// form is checked, its signature is not.
    ///
    /// # Errors
    /// When the stored bytes are damaged.
    pub fn read_stored(bytes: &[u8]) -> Result<Self, ProofError> {
        let message = Unverified::parse(bytes, RECORD_BYTES_MAX)?;
        let Payload { signer, place, record } = Payload::<T>::read(message.payload())?;
        Ok(Self { record, place, signer, bytes: bytes.to_vec() })
    }

    /// The digest of the signed bytes, which the log's chain takes in.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }
}

impl<T: Record> Claimed<T> {
    /// Reads what a record claims. Its form is checked, its signature is not.
    ///
    /// # Errors
    /// When the bytes are too many, of another form, or break a rule of the format.
    pub fn read(bytes: &[u8]) -> Result<Self, ProofError> {
        Signed::read_stored(bytes).map(|claim| Self { claim })
    }

    /// What it says.
    pub fn says(&self) -> &T {
        &self.claim.record
    }

    /// The id of the key that it claims to be signed with.
    pub fn signer(&self) -> DeviceId {
        self.claim.signer
    }

    /// The signed bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.claim.bytes
    }

    /// Verifies that `key` signed it.
    ///
    /// # Errors
    /// When it did not.
    pub fn verify(&self, key: &PublicKey) -> Result<Signed<T>, ProofError> {
        Signed::open(&self.claim.bytes, key)
    }
}

impl<T: Record> From<Signed<T>> for Claimed<T> {
    fn from(claim: Signed<T>) -> Self {
        Self { claim }
    }
}

struct Payload<T: Record> {
    signer: DeviceId,
    place: T::Place,
    record: T,
}

impl<T: Record> Payload<T> {
    fn read(payload: &[u8]) -> Result<Self, ProofError> {
        use sealed::Checked as _;
        cbor::check_version(payload, RECORD_FORMAT)?;
        let payload: Self = cbor::from_slice(payload)?;
        payload.place.check()?;
        payload.record.check()?;
        Ok(payload)
    }

    const fn elements() -> u64 {
        3 + <T::Place as sealed::Placed>::ELEMENTS
    }
}

impl<T: Record> Encode<()> for Payload<T> {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        c: &mut (),
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(Self::elements())?.u8(RECORD_FORMAT)?;
        self.signer.encode(e, c)?;
        sealed::Placed::write(&self.place, e)?;
        self.record.encode(e, c)
    }
}

impl<'b, T: Record> Decode<'b, ()> for Payload<T> {
    fn decode(d: &mut Decoder<'b>, c: &mut ()) -> Result<Self, minicbor::decode::Error> {
        array_of(d, Self::elements())?;
        d.u8()?;
        Ok(Self {
            signer: DeviceId::decode(d, c)?,
            place: sealed::Placed::read(d)?,
            record: T::decode(d, c)?,
        })
    }
}

impl sealed::Checked for () {
    fn check(&self) -> Result<(), ProofError> {
        Ok(())
    }
}

impl sealed::Placed for () {
    const ELEMENTS: u64 = 0;

    fn write<W: minicbor::encode::Write>(
        &self,
        _: &mut Encoder<W>,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        Ok(())
    }

    fn read(_: &mut Decoder<'_>) -> Result<Self, minicbor::decode::Error> {
        Ok(())
    }
}

impl sealed::Checked for Place {
    fn check(&self) -> Result<(), ProofError> {
        first_broken(&[("place", (1..=NUMBER_MAX).contains(&self.number))])
    }
}

impl sealed::Placed for Place {
    const ELEMENTS: u64 = 1;

    fn write<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        self.encode(e, &mut ())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, minicbor::decode::Error> {
        Self::decode(d, &mut ())
    }
}
