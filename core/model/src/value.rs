//! A scalar as it stands under a key of a document.

use minicbor::{Decode, Encode};

/// A value under a root key.
///
/// Only these five scalars occur in documents: no floats (money is integer fen), no counters, no
/// nested objects. `Null` is a cleared field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Value {
    /// A field that somebody cleared.
    #[n(0)]
    Null,
    /// Yes or no.
    #[n(1)]
    Bool(#[n(0)] bool),
    /// An integer: fen, milliseconds, a code.
    #[n(2)]
    Int(#[n(0)] i64),
    /// A text.
    #[n(3)]
    Text(#[n(0)] String),
    /// Bytes: an id.
    #[n(4)]
    Bytes(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
}

impl Value {
    /// The text, if this is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Bytes(_) => None,
        }
    }

    /// The integer, if this is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Null | Self::Bool(_) | Self::Text(_) | Self::Bytes(_) => None,
        }
    }

    /// The bytes, if these are some.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Text(_) => None,
        }
    }

    pub(crate) fn to_scalar(&self) -> automerge::ScalarValue {
        match self {
            Self::Null => automerge::ScalarValue::Null,
            Self::Bool(flag) => automerge::ScalarValue::Boolean(*flag),
            Self::Int(number) => automerge::ScalarValue::Int(*number),
            Self::Text(text) => automerge::ScalarValue::Str(text.as_str().into()),
            Self::Bytes(bytes) => automerge::ScalarValue::Bytes(bytes.clone()),
        }
    }

    /// Reads an Automerge scalar, unless it is one that may not occur in a document.
    pub fn from_scalar(scalar: &automerge::ScalarValue) -> Option<Self> {
        match scalar {
            automerge::ScalarValue::Null => Some(Self::Null),
            automerge::ScalarValue::Boolean(flag) => Some(Self::Bool(*flag)),
            automerge::ScalarValue::Int(number) => Some(Self::Int(*number)),
            automerge::ScalarValue::Str(text) => Some(Self::Text(text.to_string())),
            automerge::ScalarValue::Bytes(bytes) => Some(Self::Bytes(bytes.clone())),
            automerge::ScalarValue::Uint(_)
            | automerge::ScalarValue::F64(_)
            | automerge::ScalarValue::Counter(_)
            | automerge::ScalarValue::Timestamp(_)
            | automerge::ScalarValue::Unknown { .. } => None,
        }
    }
}

impl std::fmt::Display for Value {
    /// Writes the value for people: nothing for a cleared field, hexadecimal for bytes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Bool(flag) => write!(f, "{flag}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Bytes(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}
