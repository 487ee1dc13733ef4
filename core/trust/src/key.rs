//! Keys: what signs, and what a signature is verified with.
//!
//! The algorithm is named in the bytes of every key and signature, so that P-256 (COSE −9) for
//! phone hardware and SM2 for commercial cryptography assessment can follow without a new format.

use std::fmt;
use std::sync::Arc;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use keting_model::define_id;
use minicbor::{Decode, Decoder, Encode, Encoder};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::cbor::array_of;
use crate::error::{ProofError, SignError};

define_id!(
    /// The id of a device's key: the first 16 bytes of
    /// SHA-256("keting/device/1" ‖ algorithm as 64-bit big-endian ‖ key).
    DeviceId, 16
);

/// A signature algorithm, by its number in the COSE registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// Ed25519, fully specified (RFC 9864), verified strictly: no small-order keys, no malleable
    /// signatures.
    Ed25519,
}

impl Algorithm {
    /// Every algorithm this version knows.
    pub const ALL: [Self; 1] = [Self::Ed25519];

    /// The number in the COSE registry of algorithms.
    pub const fn code(self) -> i64 {
        match self {
            Self::Ed25519 => -19,
        }
    }

    /// The algorithm of a number, unless it is one of a newer version.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.code() == code)
    }

    /// The length of a public key, in bytes.
    pub const fn key_bytes(self) -> usize {
        match self {
            Self::Ed25519 => 32,
        }
    }

    /// The length of a signature, in bytes.
    pub const fn signature_bytes(self) -> usize {
        match self {
            Self::Ed25519 => 64,
        }
    }
}

/// A public key and its algorithm. Its CBOR is `[algorithm, bytes]`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey {
    algorithm: Algorithm,
    bytes: Vec<u8>,
}

impl PublicKey {
    /// Wraps the bytes of a key.
    ///
    /// Only the length is checked here; a key that is no point of its curve verifies nothing.
    ///
    /// # Errors
    /// When the length is not that of a key of the algorithm.
    pub fn new(algorithm: Algorithm, bytes: Vec<u8>) -> Result<Self, ProofError> {
        if bytes.len() == algorithm.key_bytes() {
            Ok(Self { algorithm, bytes })
        } else {
            Err(ProofError::BadKey)
        }
    }

    /// The key's algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key's bytes, in the form its algorithm fixes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The id of the device that holds this key.
    pub fn device_id(&self) -> DeviceId {
        let digest = self.hash_with(b"keting/device/1", &[]);
        let mut id = [0; DeviceId::LEN_BYTES];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        DeviceId::new(id)
    }

    /// Verifies a signature, strictly: exactly one signature of a message is accepted.
    ///
    /// # Errors
    /// When the key is not usable or the signature is not its.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), ProofError> {
        match self.algorithm {
            Algorithm::Ed25519 => {
                let bytes = self.bytes.as_slice().try_into().map_err(|_| ProofError::BadKey)?;
                let key = VerifyingKey::from_bytes(bytes).map_err(|_| ProofError::BadKey)?;
                let signature =
                    Signature::from_slice(signature).map_err(|_| ProofError::BadSignature)?;
                key.verify_strict(message, &signature).map_err(|_| ProofError::BadSignature)
            }
        }
    }

    /// SHA-256 over a domain, this key with its algorithm, and what follows.
    pub(crate) fn hash_with(&self, domain: &[u8], rest: &[u8]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(domain);
        hash.update(self.algorithm.code().to_be_bytes());
        hash.update(&self.bytes);
        hash.update(rest);
        hash.finalize().into()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?}, {})", self.algorithm, self.device_id())
    }
}

impl<C> Encode<C> for PublicKey {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(2)?.i64(self.algorithm.code())?.bytes(&self.bytes)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for PublicKey {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        array_of(d, 2)?;
        let algorithm = Algorithm::from_code(d.i64()?)
            .ok_or_else(|| minicbor::decode::Error::message("an unknown algorithm"))?;
        Self::new(algorithm, d.bytes()?.to_vec()).map_err(minicbor::decode::Error::custom)
    }
}

/// Whatever holds a private key and signs with it: memory, a vault, a phone's secure hardware.
pub trait Signer: Send + Sync {
    /// The public half.
    fn public_key(&self) -> &PublicKey;

    /// Signs a message with the public key's algorithm.
    ///
    /// # Errors
    /// When the key cannot be used now.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

impl<T: Signer + ?Sized> Signer for Arc<T> {
    fn public_key(&self) -> &PublicKey {
        (**self).public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        (**self).sign(message)
    }
}

/// An Ed25519 key in memory, wiped when dropped.
pub struct Ed25519Signer {
    key: SigningKey,
    public: PublicKey,
}

impl Ed25519Signer {
    /// Makes the key of 32 secret bytes. They are wiped here; the caller wipes what it still has.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let seed = Zeroizing::new(seed);
        let key = SigningKey::from_bytes(&seed);
        let public = PublicKey {
            algorithm: Algorithm::Ed25519,
            bytes: key.verifying_key().to_bytes().to_vec(),
        };
        Self { key, public }
    }
}

impl Signer for Ed25519Signer {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature = self.key.try_sign(message).map_err(|_| SignError::Unavailable)?;
        Ok(signature.to_bytes().to_vec())
    }
}

impl fmt::Debug for Ed25519Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ed25519Signer({})", self.public.device_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor;

    #[test]
    fn a_signature_holds_for_its_key_and_message_only() {
        let (alice, bob) = (Ed25519Signer::from_seed([1; 32]), Ed25519Signer::from_seed([2; 32]));
        let signature = alice.sign(b"message").unwrap();
        assert_eq!(alice.public_key().verify(b"message", &signature), Ok(()));
        assert_eq!(
            alice.public_key().verify(b"massage", &signature),
            Err(ProofError::BadSignature)
        );
        assert_eq!(bob.public_key().verify(b"message", &signature), Err(ProofError::BadSignature));
        assert_eq!(
            alice.public_key().verify(b"message", &signature[..63]),
            Err(ProofError::BadSignature)
        );
    }

    #[test]
    fn a_key_of_small_order_verifies_nothing() {
        // The neutral point: with it, the signature (neutral point, 0) verifies any message unless
        // verification is strict.
        let mut neutral = vec![0; 32];
        neutral[0] = 1;
        let mut signature = neutral.clone();
        signature.extend([0; 32]);
        let key = PublicKey::new(Algorithm::Ed25519, neutral).unwrap();
        assert_eq!(key.verify(b"anything", &signature), Err(ProofError::BadSignature));
    }

    #[test]
    fn a_key_names_its_algorithm_in_its_bytes_and_an_unknown_one_is_refused() {
        let key = Ed25519Signer::from_seed([1; 32]).public_key().clone();
        let bytes = cbor::to_vec(&key);
        assert_eq!(bytes[..2], [0x82, 0x32]);
        assert_eq!(cbor::from_slice(&bytes), Ok(key));
        let mut other = bytes.clone();
        other[1] = 0x28;
        assert!(cbor::from_slice::<PublicKey>(&other).is_err());
    }

    #[test]
    fn a_signer_does_not_show_its_secret() {
        let shown = format!("{:?}", Ed25519Signer::from_seed([0xab; 32]));
        assert!(!shown.contains("abab") && !shown.contains("171"));
    }
}
