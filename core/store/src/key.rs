//! The key of a file.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The 32 random bytes that encrypt one file. They are wiped from memory when dropped.
///
/// The key is used as it is, without key derivation, so it has to come from a random generator
/// and never from a password.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DatabaseKey([u8; 32]);

impl DatabaseKey {
    /// Wraps the bytes of a key.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The first 16 bytes of a file encrypted with this key.
    ///
    /// SQLCipher writes its salt there and would choose it at random. Derived from the key, it
    /// tells a wrong key from a damaged first page, and a damaged salt does no harm. It stands
    /// beside a random key of 256 bits, so it need not be random itself.
    pub(crate) fn salt(&self) -> [u8; 16] {
        let mut hash = Sha256::new();
        hash.update(b"keting/database salt/1");
        hash.update(self.0);
        let digest: [u8; 32] = hash.finalize().into();
        let mut salt = [0; 16];
        salt.copy_from_slice(&digest[..16]);
        salt
    }

    /// The statement that gives the key to a connection.
    pub(crate) fn pragma(&self) -> Zeroizing<String> {
        let mut sql = Zeroizing::new(String::with_capacity(128));
        sql.push_str("PRAGMA key = \"x'");
        for byte in self.0.iter().chain(&self.salt()) {
            // Writing into a String cannot fail.
            let _ = write!(sql, "{byte:02x}");
        }
        sql.push_str("'\"");
        sql
    }
}

impl std::fmt::Debug for DatabaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseKey(hidden)")
    }
}
