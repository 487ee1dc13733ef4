//! Deterministic CBOR (RFC 8949 §4.2.1): one value has exactly one encoding.
//!
//! Types write themselves in one way only: shortest integers and lengths, definite lengths, map
//! keys in bytewise order. What a peer sends is decoded and encoded again, and refused unless the
//! same bytes come out. So a signed value cannot have a second form, and unknown extra elements
//! cannot ride along.

use minicbor::{Decode, Decoder, Encode};

/// Says why bytes are not the deterministic CBOR of the expected value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// The bytes are no CBOR, or the CBOR of something else.
    #[error("the bytes are not the expected CBOR")]
    Malformed,
    /// Something follows the value.
    #[error("bytes follow the CBOR value")]
    TrailingBytes,
    /// The value has another, shorter or ordered encoding.
    #[error("the CBOR is not in its deterministic form")]
    NotCanonical,
    /// The value is of a format version that this version does not know.
    #[error("the format is one of a newer version")]
    UnknownFormat,
}

impl CborError {
    /// The stable code of the error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TrailingBytes => "trailing_bytes",
            Self::NotCanonical => "not_canonical",
            Self::UnknownFormat => "needs_newer_app",
        }
    }
}

/// Encodes a value.
pub fn to_vec<T: Encode<()>>(value: &T) -> Vec<u8> {
    // Writing to memory does not fail and no `Encode` of this workspace makes an error of its own;
    // an empty answer would decode as nothing at all.
    minicbor::to_vec(value).unwrap_or_default()
}

/// Decodes a value from a peer: all of the bytes, in the deterministic form.
///
/// # Errors
/// When the bytes are something else, something follows, or the form is another one.
pub fn from_slice<'b, T>(bytes: &'b [u8]) -> Result<T, CborError>
where
    T: Decode<'b, ()> + Encode<()>,
{
    let mut decoder = Decoder::new(bytes);
    let value: T = decoder.decode().map_err(|_| CborError::Malformed)?;
    if decoder.position() != bytes.len() {
        return Err(CborError::TrailingBytes);
    }
    if to_vec(&value) != bytes {
        return Err(CborError::NotCanonical);
    }
    Ok(value)
}

/// Checks that the bytes are an array whose first element is the format version `known`, before
/// anything is made of the rest.
///
/// # Errors
/// When there is no version, or another one.
pub fn check_version(bytes: &[u8], known: u8) -> Result<(), CborError> {
    let mut decoder = Decoder::new(bytes);
    match decoder.array() {
        Ok(Some(1..)) => {}
        Ok(Some(0) | None) | Err(_) => return Err(CborError::Malformed),
    }
    match decoder.u64() {
        Ok(version) if version == u64::from(known) => Ok(()),
        Ok(_) => Err(CborError::UnknownFormat),
        Err(_) => Err(CborError::Malformed),
    }
}

/// Begins to decode an array of exactly `len` elements.
pub(crate) fn array_of(d: &mut Decoder<'_>, len: u64) -> Result<(), minicbor::decode::Error> {
    if d.array()? == Some(len) {
        Ok(())
    } else {
        Err(minicbor::decode::Error::message("an array of another length"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_encoding_and_every_other_is_refused() {
        assert_eq!(to_vec(&5_u64), [0x05]);
        assert_eq!(from_slice::<u64>(&[0x05]), Ok(5));
        assert_eq!(from_slice::<u64>(&[0x18, 0x05]), Err(CborError::NotCanonical));
        assert_eq!(from_slice::<u64>(&[0x05, 0x00]), Err(CborError::TrailingBytes));
        assert_eq!(from_slice::<u64>(&[0x61, b'a']), Err(CborError::Malformed));
        assert_eq!(from_slice::<Vec<u64>>(&[0x9f, 0x05, 0xff]), Err(CborError::NotCanonical));
        assert_eq!(from_slice::<u64>(&[]), Err(CborError::Malformed));
    }

    #[test]
    fn an_array_that_claims_a_thousand_million_elements_costs_nothing() {
        let claim = [0x9b, 0, 0, 0, 0, 0x3b, 0x9a, 0xca, 0x00];
        assert_eq!(from_slice::<Vec<u64>>(&claim), Err(CborError::Malformed));
    }

    #[test]
    fn a_newer_format_is_told_apart_from_rubbish() {
        assert_eq!(check_version(&[0x81, 0x01], 1), Ok(()));
        assert_eq!(check_version(&[0x81, 0x02], 1), Err(CborError::UnknownFormat));
        assert_eq!(check_version(&[0x80], 1), Err(CborError::Malformed));
        assert_eq!(check_version(&[0xa0], 1), Err(CborError::Malformed));
    }
}
