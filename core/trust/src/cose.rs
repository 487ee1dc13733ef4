//! The one shape in which everything is signed: COSE_Sign1 (RFC 9052), strict.
//!
//! Untagged; the protected header is exactly `{1: algorithm}`, the unprotected one is empty, the
//! payload is inside, and everything is in its deterministic form. What kind of thing is signed is
//! the external data of the signature ("keting/commit/1"), so that a signature over one kind can
//! never be shown as one over another.

use coset::{CborSerializable as _, CoseSign1, CoseSign1Builder, HeaderBuilder, iana};
use minicbor::Decoder;

use crate::error::{ProofError, SignError};
use crate::key::{Algorithm, PublicKey, Signer};

/// Signs a payload as one of the kind that `context` names.
///
/// # Errors
/// When the key cannot be used.
pub fn sign1(
    payload: &[u8],
    context: &'static str,
    signer: &dyn Signer,
) -> Result<Vec<u8>, SignError> {
    let message = assemble(signer.public_key().algorithm(), payload.to_vec());
    let signature = signer.sign(&message.tbs_data(context.as_bytes()))?;
    CoseSign1 { signature, ..message }.to_vec().map_err(|_| SignError::Unavailable)
}

/// Verifies what [`sign1`] made with the private half of `key`, and hands out the payload.
///
/// # Errors
/// When the bytes are more than `bytes_max`, of another form, or not signed by the key as this
/// kind.
pub fn open1(
    bytes: &[u8],
    context: &'static str,
    key: &PublicKey,
    bytes_max: usize,
) -> Result<Vec<u8>, ProofError> {
    let message = Unverified::parse(bytes, bytes_max)?;
    message.verify(context, key)?;
    Ok(message.into_payload())
}

/// A signed message of the right form whose signature nobody has looked at: the payload says whose
/// it ought to be.
#[derive(Debug)]
pub struct Unverified {
    algorithm: Algorithm,
    message: CoseSign1,
}

impl Unverified {
    /// Reads the form.
    ///
    /// # Errors
    /// When the bytes are more than `bytes_max` or not of the strict form.
    pub fn parse(bytes: &[u8], bytes_max: usize) -> Result<Self, ProofError> {
        if bytes.len() > bytes_max {
            return Err(ProofError::TooLarge { bytes_max });
        }
        let fields = Fields::read(bytes).map_err(|_| ProofError::NotSigned)?;
        let algorithm =
            Algorithm::from_code(fields.algorithm).ok_or(ProofError::UnknownAlgorithm)?;
        if fields.signature.len() != algorithm.signature_bytes() {
            return Err(ProofError::BadSignature);
        }
        let message = CoseSign1 {
            signature: fields.signature.to_vec(),
            ..assemble(algorithm, fields.payload.to_vec())
        };
        // The strictest reading is to write it again: there is no other form than ours.
        match message.clone().to_vec() {
            Ok(again) if again == bytes => Ok(Self { algorithm, message }),
            Ok(_) | Err(_) => Err(ProofError::NotSigned),
        }
    }

    /// The payload, which nobody may believe yet.
    pub fn payload(&self) -> &[u8] {
        self.message.payload.as_deref().unwrap_or_default()
    }

    /// Verifies the signature as one of the kind that `context` names.
    ///
    /// # Errors
    /// When it is not the key's, or one over another kind.
    pub fn verify(&self, context: &'static str, key: &PublicKey) -> Result<(), ProofError> {
        if key.algorithm() != self.algorithm {
            return Err(ProofError::WrongKey);
        }
        self.message.verify_signature(context.as_bytes(), |signature, message| {
            key.verify(message, signature)
        })
    }

    fn into_payload(self) -> Vec<u8> {
        self.message.payload.unwrap_or_default()
    }
}

/// The parts of a message as its bytes state them, read without recursion or allocation.
struct Fields<'b> {
    algorithm: i64,
    payload: &'b [u8],
    signature: &'b [u8],
}

impl<'b> Fields<'b> {
    fn read(bytes: &'b [u8]) -> Result<Self, minicbor::decode::Error> {
        let other = || minicbor::decode::Error::message("not a strict COSE_Sign1");
        let mut d = Decoder::new(bytes);
        if d.array()? != Some(4) {
            return Err(other());
        }
        let mut protected = Decoder::new(d.bytes()?);
        if protected.map()? != Some(1) || protected.i64()? != 1 {
            return Err(other());
        }
        let algorithm = protected.i64()?;
        if d.map()? != Some(0) {
            return Err(other());
        }
        Ok(Self { algorithm, payload: d.bytes()?, signature: d.bytes()? })
    }
}

fn assemble(algorithm: Algorithm, payload: Vec<u8>) -> CoseSign1 {
    let name = match algorithm {
        Algorithm::Ed25519 => iana::Algorithm::Ed25519,
    };
    CoseSign1Builder::new()
        .protected(HeaderBuilder::new().algorithm(name).build())
        .payload(payload)
        .build()
}
