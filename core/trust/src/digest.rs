//! Digests, and the ids that are derived from keys.

use keting_model::{ActorId, define_id};
use sha2::{Digest as _, Sha256};

use crate::key::PublicKey;

define_id!(
    /// A SHA-256 digest.
    Digest, 32
);
define_id!(
    /// One life of a replica's file: it ends when the file was copied or restored, so that two
    /// copies never continue one sequence.
    Incarnation, 8
);

impl Digest {
    /// The SHA-256 digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self::of_all(&[bytes])
    }

    /// The SHA-256 digest of several byte strings, one after the other.
    pub(crate) fn of_all(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        parts.iter().for_each(|part| hash.update(part));
        Self::new(hash.finalize().into())
    }
}

/// The actor that writes for a key during one incarnation: the first ten bytes of
/// SHA-256("keting/actor/1" ‖ algorithm as 64-bit big-endian ‖ key ‖ incarnation).
pub fn actor_id(device: &PublicKey, incarnation: &Incarnation) -> ActorId {
    let digest = device.hash_with(b"keting/actor/1", incarnation.as_bytes());
    let mut id = [0; ActorId::LEN_BYTES];
    id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    ActorId::new(id)
}
