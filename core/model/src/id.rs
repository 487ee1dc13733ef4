//! Identities: fixed bytes, written for people as lowercase hexadecimal.
//!
//! None of them is made here from chance: random bytes are passed in by the caller, so that a
//! simulation with the same seed makes the same ids.

use sha2::{Digest, Sha256};

use crate::kind::DocumentKind;

/// Says why a text or a byte string is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id of {expected_bytes} bytes is written as {} lowercase hexadecimal digits", expected_bytes * 2)]
pub struct IdError {
    /// How many bytes the id has.
    pub expected_bytes: usize,
}

/// Defines an identity of so many bytes: its newtype, its hexadecimal text and its CBOR.
#[macro_export]
macro_rules! define_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// The length in bytes.
            pub const LEN_BYTES: usize = $len;

            /// Wraps the bytes of an id.
            pub const fn new(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// Takes an id from a slice of exactly the right length.
            ///
            /// # Errors
            /// When the slice is shorter or longer.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, $crate::id::IdError> {
                bytes.try_into().map(Self).map_err(|_| $crate::id::IdError { expected_bytes: $len })
            }

            /// The bytes of the id.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::id::IdError;

            fn from_str(text: &str) -> Result<Self, $crate::id::IdError> {
                let mut bytes = [0; $len];
                $crate::id::parse_hex(text, &mut bytes).map(|()| Self(bytes))
            }
        }

        impl<C> ::minicbor::Encode<C> for $name {
            fn encode<W: ::minicbor::encode::Write>(
                &self,
                e: &mut ::minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), ::minicbor::encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> ::minicbor::Decode<'b, C> for $name {
            fn decode(d: &mut ::minicbor::Decoder<'b>, _: &mut C) -> Result<Self, ::minicbor::decode::Error> {
                Self::from_slice(d.bytes()?).map_err(::minicbor::decode::Error::custom)
            }
        }
    };
}

define_id!(
    /// A city: everything under one root key.
    CityId, 16
);
define_id!(
    /// The city's log on one server's disk.
    LogId, 16
);
define_id!(
    /// A document. Its first two bytes are the code of its kind, big-endian, so that a document's
    /// kind can be read without holding the document and can never be contradicted by it.
    DocumentId, 16
);
define_id!(
    /// A command, unique within its device.
    CommandId, 8
);
define_id!(
    /// Something inside a document: a resident, a visit, a need, a fact.
    ItemId, 8
);
define_id!(
    /// An Automerge actor: one writer's sequence in a document, of one incarnation of a replica.
    ActorId, 10
);

impl DocumentId {
    /// Makes the id of a new document from its kind and fourteen random bytes.
    pub fn from_random(kind: DocumentKind, random: [u8; 14]) -> Self {
        Self::assemble(kind, random)
    }

    /// Derives the id of a document that belongs to another one: its private part, its visits of
    /// one year. Two devices that make it at once make the same document.
    ///
    /// `year` is 0 for a kind of which there is only one.
    pub fn derive(owner: &DocumentId, kind: DocumentKind, year: u16) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"keting/document/1");
        hash.update(owner.0);
        hash.update(kind.code().to_be_bytes());
        hash.update(year.to_be_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let mut tail = [0; 14];
        tail.copy_from_slice(&digest[..14]);
        Self::assemble(kind, tail)
    }

    /// The code of the kind, also for a kind this version does not know.
    pub fn kind_code(&self) -> u16 {
        u16::from_be_bytes([self.0[0], self.0[1]])
    }

    /// The kind, unless it is one of a newer version.
    pub fn kind(&self) -> Option<DocumentKind> {
        DocumentKind::from_code(self.kind_code())
    }

    fn assemble(kind: DocumentKind, tail: [u8; 14]) -> Self {
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&kind.code().to_be_bytes());
        bytes[2..].copy_from_slice(&tail);
        Self(bytes)
    }
}

/// Reads lowercase hexadecimal digits into exactly `out`.
///
/// # Errors
/// When there are more or fewer digits, or something else stands among them.
pub fn parse_hex(text: &str, out: &mut [u8]) -> Result<(), IdError> {
    let error = IdError { expected_bytes: out.len() };
    let digits = text.as_bytes();
    if digits.len() != out.len() * 2 {
        return Err(error);
    }
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |d: u8| match d {
            b'0'..=b'9' => Ok(d - b'0'),
            b'a'..=b'f' => Ok(d - b'a' + 10),
            _ => Err(error.clone()),
        };
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_and_read_back_as_hexadecimal() {
        let id = CommandId::new([0, 1, 2, 0xfe, 4, 5, 6, 7]);
        assert_eq!(id.to_string(), "000102fe04050607");
        assert_eq!("000102fe04050607".parse(), Ok(id));
        assert!("000102FE04050607".parse::<CommandId>().is_err());
        assert!("0001".parse::<CommandId>().is_err());
    }

    #[test]
    fn a_derived_document_carries_its_kind_and_depends_on_owner_and_year() {
        let owner = DocumentId::from_random(DocumentKind::Household, [7; 14]);
        let visits = DocumentId::derive(&owner, DocumentKind::HouseholdVisits, 2026);
        assert_eq!(visits.kind(), Some(DocumentKind::HouseholdVisits));
        assert_eq!(visits, DocumentId::derive(&owner, DocumentKind::HouseholdVisits, 2026));
        assert_ne!(visits, DocumentId::derive(&owner, DocumentKind::HouseholdVisits, 2027));
    }
}
