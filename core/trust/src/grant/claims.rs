//! The claims of a grant as CBOR: the registered ones of CWT, and ours under private numbers.
//!
//! The keys are written in the order of their encodings: the registered ones ascending, then the
//! private ones from −65537 downwards.

use keting_model::role::Role;
use minicbor::{Decode, Decoder, Encode, Encoder, encode::Write};

use super::{Grant, KindAccess};
use crate::cbor::{self, CborError};
use crate::error::ProofError;
use crate::key::{Algorithm, PublicKey};

const ISSUER: i64 = 1;
const SUBJECT: i64 = 2;
const EXPIRES: i64 = 4;
const ISSUED: i64 = 6;
const ID: i64 = 7;
const CONFIRMATION: i64 = 8;
const CITY: i64 = -65537;
const LOG: i64 = -65538;
const ROLE: i64 = -65539;
const REGIONS: i64 = -65540;
const KINDS: i64 = -65541;
const PARENT: i64 = -65542;
const DEPTH: i64 = -65543;
const ISSUER_KEY: i64 = -65544;

const READ: u8 = 1;
const WRITE: u8 = 2;
const OWN_ONLY: u8 = 4;

type EncodeError<W> = minicbor::encode::Error<<W as Write>::Error>;
type DecodeError = minicbor::decode::Error;

impl<C> Encode<C> for Grant {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, c: &mut C) -> Result<(), EncodeError<W>> {
        e.map(if self.parent.is_some() { 14 } else { 13 })?;
        e.i64(ISSUER)?.str(&self.issuer.device_id().to_string())?;
        e.i64(SUBJECT)?.str(&self.name)?;
        e.i64(EXPIRES)?.u64(self.expires_at_ms / 1000)?;
        e.i64(ISSUED)?.u64(self.issued_at_ms / 1000)?;
        e.i64(ID)?.bytes(&self.id)?;
        e.i64(CONFIRMATION)?.map(1)?.i64(1)?;
        encode_key(&self.holder, e)?;
        self.city.encode(e.i64(CITY)?, c)?;
        self.log.encode(e.i64(LOG)?, c)?;
        e.i64(ROLE)?.u8(self.role.code())?;
        self.regions.encode(e.i64(REGIONS)?, c)?;
        self.kinds.encode(e.i64(KINDS)?, c)?;
        if let Some(parent) = &self.parent {
            parent.encode(e.i64(PARENT)?, c)?;
        }
        e.i64(DEPTH)?.u8(self.depth)?;
        encode_key(&self.issuer, e.i64(ISSUER_KEY)?)
    }
}

/// Reads the claims of a grant: all of them, in order, and nothing else.
///
/// It is no `Decode` of minicbor, because a role or a key of a newer version must be told apart
/// from rubbish.
pub(super) fn read(payload: &[u8]) -> Result<Grant, ProofError> {
    let mut d = Decoder::new(payload);
    let grant = read_claims(&mut d)?;
    if d.position() != payload.len() {
        return Err(CborError::TrailingBytes.into());
    }
    if cbor::to_vec(&grant) != payload {
        return Err(CborError::NotCanonical.into());
    }
    Ok(grant)
}

fn read_claims(d: &mut Decoder<'_>) -> Result<Grant, ProofError> {
    let has_parent = match d.map()? {
        Some(13) => false,
        Some(14) => true,
        Some(_) | None => return Err(CborError::Malformed.into()),
    };
    let issuer_id = next(d, ISSUER)?.str()?.to_owned();
    let name = next(d, SUBJECT)?.str()?.to_owned();
    let expires_at_ms = milliseconds(next(d, EXPIRES)?.u64()?)?;
    let issued_at_ms = milliseconds(next(d, ISSUED)?.u64()?)?;
    let id = next(d, ID)?.decode::<minicbor::bytes::ByteArray<16>>()?.into();
    let holder = read_confirmation(next(d, CONFIRMATION)?)?;
    let city = next(d, CITY)?.decode()?;
    let log = next(d, LOG)?.decode()?;
    let role = Role::from_code(next(d, ROLE)?.u8()?).ok_or(CborError::UnknownFormat)?;
    let regions = next(d, REGIONS)?.decode()?;
    let kinds = next(d, KINDS)?.decode()?;
    let parent = if has_parent { Some(next(d, PARENT)?.decode()?) } else { None };
    let depth = next(d, DEPTH)?.u8()?;
    let issuer = read_key(next(d, ISSUER_KEY)?)?;
    if issuer.device_id().to_string() != issuer_id {
        return Err(ProofError::InvalidField { field: "iss" });
    }
    Ok(Grant {
        city,
        log,
        id,
        issuer,
        holder,
        name,
        role,
        regions,
        kinds,
        issued_at_ms,
        expires_at_ms,
        parent,
        depth,
    })
}

impl<C> Encode<C> for KindAccess {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W>> {
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        let bits = bit(self.read, READ) | bit(self.write, WRITE) | bit(self.own_only, OWN_ONLY);
        e.array(2)?.u16(self.kind)?.u8(bits)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for KindAccess {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        cbor::array_of(d, 2)?;
        let (kind, bits) = (d.u16()?, d.u8()?);
        if bits & !(READ | WRITE | OWN_ONLY) != 0 {
            return Err(DecodeError::message("an unknown access to a kind"));
        }
        let has = |bit: u8| bits & bit != 0;
        Ok(Self { kind, read: has(READ), write: has(WRITE), own_only: has(OWN_ONLY) })
    }
}

/// Goes to the value of a claim, which must be the next.
fn next<'d, 'b>(d: &'d mut Decoder<'b>, key: i64) -> Result<&'d mut Decoder<'b>, ProofError> {
    if d.i64()? == key { Ok(d) } else { Err(CborError::Malformed.into()) }
}

fn milliseconds(seconds: u64) -> Result<u64, ProofError> {
    seconds.checked_mul(1000).ok_or(CborError::Malformed.into())
}

/// Reads a confirmation (RFC 8747 §3.1): a map with the one entry "COSE_Key".
fn read_confirmation(d: &mut Decoder<'_>) -> Result<PublicKey, ProofError> {
    if d.map()? == Some(1) && d.i64()? == 1 {
        read_key(d)
    } else {
        Err(CborError::Malformed.into())
    }
}

/// Writes a COSE_Key (RFC 9052 §7) of type OKP and curve Ed25519.
fn encode_key<W: Write>(key: &PublicKey, e: &mut Encoder<W>) -> Result<(), EncodeError<W>> {
    match key.algorithm() {
        Algorithm::Ed25519 => {
            e.map(3)?.i64(1)?.u8(1)?.i64(-1)?.u8(6)?.i64(-2)?.bytes(key.as_bytes())?.ok()
        }
    }
}

/// Reads what [`encode_key`] writes; another type of key or curve is one of a newer version.
fn read_key(d: &mut Decoder<'_>) -> Result<PublicKey, ProofError> {
    let entries = d.map()?;
    if d.i64()? != 1 {
        return Err(CborError::Malformed.into());
    }
    if d.i64()? != 1 {
        return Err(ProofError::UnknownAlgorithm);
    }
    if entries != Some(3) || d.i64()? != -1 {
        return Err(CborError::Malformed.into());
    }
    if d.i64()? != 6 {
        return Err(ProofError::UnknownAlgorithm);
    }
    if d.i64()? != -2 {
        return Err(CborError::Malformed.into());
    }
    PublicKey::new(Algorithm::Ed25519, d.bytes()?.to_vec())
}

impl From<DecodeError> for ProofError {
    fn from(_: DecodeError) -> Self {
        Self::Payload(CborError::Malformed)
    }
}
