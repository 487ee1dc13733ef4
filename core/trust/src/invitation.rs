//! An invitation: a line of text, or a QR code, that lets one device enrol once.
//!
//! It pins the server's TLS key and the city's root key, so that a stranger's server cannot stand
//! in between; whoever reads it first may use it, so it is shown as little as possible.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use keting_model::input::pasted;
use keting_model::{CityId, HybridTime};
use minicbor::{Decode, Decoder, Encode, Encoder};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::cbor::{self, CborError, array_of};
use crate::commit::is_title;
use crate::digest::Digest;
use crate::key::PublicKey;
use crate::limits::{INVITATION_CHARACTERS_MAX, NAME_BYTES_MAX};

const PREFIX: &str = "keting1:";
const FORMAT: u8 = 1;

/// Says why a text is not an invitation. Not retryable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvitationError {
    /// The text is none, or was cut or changed on its way.
    #[error("the text is not an invitation")]
    Malformed,
    /// It was made by a newer version.
    #[error("the invitation needs a newer app")]
    NeedsNewerApp,
}

impl InvitationError {
    /// The stable code of the error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "invitation_malformed",
            Self::NeedsNewerApp => "needs_newer_app",
        }
    }
}

/// The secret of an invitation: whoever has it may enrol. Wiped when dropped, never shown.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 16]);

impl Secret {
    /// Wraps sixteen random bytes.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// What the server keeps instead of the secret: SHA-256("keting/invitation/1" ‖ secret).
    pub fn digest(&self) -> Digest {
        Digest::of_all(&[b"keting/invitation/1", &self.0])
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// What an invitation says. Its text contains the secret; its `Debug` does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Where the server listens.
    pub url: String,
    /// SHA-256 of the SubjectPublicKeyInfo of the server's TLS key.
    pub tls_spki_sha256: [u8; 32],
    /// The city.
    pub city: CityId,
    /// The city's root key.
    pub root: PublicKey,
    /// What lets the device enrol.
    pub secret: Secret,
    /// Until when, in milliseconds since the Unix epoch, by the server's clock.
    pub expires_at_ms: u64,
}

impl Invitation {
    /// The text, which is read also as people paste it: `keting1:` and the invitation's CBOR in base64url
    /// without padding.
    pub fn to_text(&self) -> String {
        format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&cbor::to_vec(self)))
    }
}

impl FromStr for Invitation {
    type Err = InvitationError;

    fn from_str(text: &str) -> Result<Self, InvitationError> {
        if text.len() > INVITATION_CHARACTERS_MAX {
            return Err(InvitationError::Malformed);
        }
        let text = pasted(text);
        let encoded = text.strip_prefix(PREFIX).ok_or(InvitationError::Malformed)?;
        let bytes =
            BASE64URL_NOPAD.decode(encoded.as_bytes()).map_err(|_| InvitationError::Malformed)?;
        let error = |error| match error {
            CborError::UnknownFormat => InvitationError::NeedsNewerApp,
            CborError::Malformed | CborError::TrailingBytes | CborError::NotCanonical => {
                InvitationError::Malformed
            }
        };
        cbor::check_version(&bytes, FORMAT).map_err(error)?;
        let invitation: Self = cbor::from_slice(&bytes).map_err(error)?;
        let sound = is_title(&invitation.url, NAME_BYTES_MAX)
            && invitation.expires_at_ms <= HybridTime::UNIX_MS_MAX;
        if sound { Ok(invitation) } else { Err(InvitationError::Malformed) }
    }
}

impl<C> Encode<C> for Invitation {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        c: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(7)?.u8(FORMAT)?.str(&self.url)?.bytes(&self.tls_spki_sha256)?;
        self.city.encode(e, c)?;
        self.root.encode(e, c)?;
        e.bytes(self.secret.as_bytes())?.u64(self.expires_at_ms)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Invitation {
    fn decode(d: &mut Decoder<'b>, c: &mut C) -> Result<Self, minicbor::decode::Error> {
        let custom = minicbor::decode::Error::custom;
        array_of(d, 7)?;
        d.u8()?;
        Ok(Self {
            url: d.str()?.to_owned(),
            tls_spki_sha256: d.bytes()?.try_into().map_err(custom)?,
            city: CityId::decode(d, c)?,
            root: PublicKey::decode(d, c)?,
            secret: Secret(d.bytes()?.try_into().map_err(custom)?),
            expires_at_ms: d.u64()?,
        })
    }
}
