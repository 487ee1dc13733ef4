//! What may be wrong with something signed. Messages and codes carry no personal data.

use crate::authority::Denied;
use crate::cbor::CborError;

/// Says why a key did not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The hardware or vault that holds the key did not answer, or refused. Retryable.
    #[error("the key cannot be used at the moment")]
    Unavailable,
    /// What was to be signed names another key than the signer's. Not retryable.
    #[error("what is to be signed names another key")]
    WrongKey,
    /// What was to be signed would be refused by everybody. Not retryable.
    #[error("what is to be signed breaks a rule of its format")]
    Invalid(#[source] ProofError),
}

impl SignError {
    /// The stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unavailable => "key_unavailable",
            Self::WrongKey => "signed_by_another_key",
            Self::Invalid(error) => error.code(),
        }
    }
}

/// Says why signed bytes prove nothing. None of these is retryable with the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The bytes are more than a record of this kind may have.
    #[error("a signed record is larger than {bytes_max} bytes")]
    TooLarge {
        /// The most it may have.
        bytes_max: usize,
    },
    /// The bytes are no COSE_Sign1 of the strict form.
    #[error("the bytes are not a signed record")]
    NotSigned,
    /// The header names an algorithm that this version does not know.
    #[error("the signature's algorithm is not known")]
    UnknownAlgorithm,
    /// The key is not one of its algorithm, or one that must not be used.
    #[error("the bytes are not a key of the named algorithm")]
    BadKey,
    /// The signature is not that of the key over these bytes.
    #[error("the signature does not hold")]
    BadSignature,
    /// The record names another key than the one it was to be verified with.
    #[error("the record was signed with another key")]
    WrongKey,
    /// The payload is not the CBOR of such a record.
    #[error("the signed payload does not decode")]
    Payload(#[from] CborError),
    /// A field has a value it may not have.
    #[error("the field {field} of a signed record is not valid")]
    InvalidField {
        /// The field's name in the format's description.
        field: &'static str,
    },
}

impl ProofError {
    /// The stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::NotSigned => "not_signed",
            Self::UnknownAlgorithm => "unknown_algorithm",
            Self::BadKey => "bad_key",
            Self::BadSignature => "bad_signature",
            Self::WrongKey => "signed_by_another_key",
            Self::Payload(error) => error.code(),
            Self::InvalidField { .. } => "invalid_field",
        }
    }
}

/// Says why a chain of grants gives nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// The chain is empty or longer than a chain may be.
    #[error("a chain of grants has too few or too many links")]
    ChainLength,
    /// A link was not issued by the key that the link before it names.
    #[error("a grant was not issued by the holder of the grant above it")]
    BrokenChain,
    /// A link is of another city or log than the one above it.
    #[error("a grant is of another city")]
    OtherCity,
    /// A link gives more than the link above it may give.
    #[error("a grant gives more than its issuer may give: {what}")]
    Wider {
        /// In what it is wider.
        what: &'static str,
    },
    /// A link is not valid at the time.
    #[error("a grant of the chain is not valid now")]
    NotLive(#[from] Denied),
}

impl GrantError {
    /// The stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ChainLength => "chain_length",
            Self::BrokenChain => "broken_chain",
            Self::OtherCity => "other_city",
            Self::Wider { .. } => "wider_than_parent",
            Self::NotLive(denied) => denied.code(),
        }
    }
}
