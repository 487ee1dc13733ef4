//! Hello: who the device is, what it has of the log, and the proof, in one message.
//!
//! The signature covers the channel's binding (the TLS exporter's value), so that nobody who
//! terminates another TLS connection can pass it on, and no challenge has to be waited for.

use std::fmt;

use keting_model::CityId;
use keting_trust::{Claimed, Cursor, Heard, Incarnation, PublicKey};
use minicbor::Decoder;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::heard::{put_heard, take_heard};
use super::{EntryPosition, fields};
use crate::codec::{
    Misfit, Out, Written, put, put_list, put_nullable, take, take_bytes, take_cursor, take_list,
    take_nullable, take_number, take_text, written,
};
use keting_trust::limits::{NAME_BYTES_MAX, SIGNATURE_BYTES_MAX, VERSIONS_MAX};

/// What the signature of a Hello is made for; it can never be shown as one for something else.
const CONTEXT: &str = "keting/hello/1";

/// The first message of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The protocol versions the device speaks, the preferred one first. The number of this message and
    /// this field stay where they are in every version, so that a server can always answer.
    pub versions: Vec<u16>,
    /// The city it wants to talk to.
    pub city: CityId,
    /// Name and version of its software, for the server's statistics.
    pub software: String,
    /// Its key.
    pub device: PublicKey,
    /// What it wants.
    pub request: Request,
    /// Whether it was told that it is ended, and was given nothing since: what it makes now it makes after
    /// it heard.
    pub told_of_end: bool,
    /// The key's signature over [`Self::signed_bytes`].
    pub signature: Vec<u8>,
}

/// What a device wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// To be enrolled with an invitation.
    Enrol {
        /// The invitation's secret.
        secret: Secret,
        /// What the device is to be called in lists.
        name: String,
    },
    /// To go on where it was.
    Resume(Resume),
}

/// What a device has, read from its file in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// Up to where it has the log; `None` before the end of its first sync.
    pub cursor: Option<Cursor>,
    /// Where its first sync was interrupted.
    pub first_sync: Option<EntryPosition>,
    /// The life of its file.
    pub incarnation: Incarnation,
    /// The sequence of the last commit it made in this incarnation; 0 before the first.
    pub last_sequence: u64,
    /// The highest that the server ever said of its log to it: proof that the log went on, should
    /// the server have been put back from a copy.
    pub heard: Option<Box<Claimed<Heard>>>,
}

/// The secret of an invitation: sixteen bytes that are wiped when dropped and never shown.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 16]);

impl Secret {
    /// Wraps the bytes.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Hello {
    /// What the device signs: context, channel binding, and everything before the signature.
    pub fn signed_bytes(&self, channel_binding: &[u8]) -> Vec<u8> {
        let body = written(|e| self.write_body(e, 7));
        written(|e| e.array(3)?.str(CONTEXT)?.bytes(channel_binding)?.bytes(&body)?.ok())
    }

    pub(crate) fn write(&self, e: &mut Out) -> Written {
        self.write_body(e, 8)?;
        e.bytes(&self.signature)?.ok()
    }

    fn write_body(&self, e: &mut Out, len: u64) -> Written {
        e.array(len)?.u16(1)?;
        put_list(e, &self.versions, |e, version| e.u16(*version)?.ok())?;
        put(e, &self.city)?;
        e.str(&self.software)?;
        put(e, &self.device)?;
        self.request.write(e)?;
        e.bool(self.told_of_end)?.ok()
    }

    pub(crate) fn read(len: u64, d: &mut Decoder<'_>) -> Result<Self, Misfit> {
        fields(len, 7)?;
        Ok(Self {
            versions: take_list(d, VERSIONS_MAX, take)?,
            city: take(d)?,
            software: take_text(d, NAME_BYTES_MAX)?,
            device: take(d)?,
            request: Request::read(d)?,
            told_of_end: d.bool()?,
            signature: take_bytes(d, SIGNATURE_BYTES_MAX)?,
        })
    }
}

impl Request {
    fn write(&self, e: &mut Out) -> Written {
        match self {
            Self::Enrol { secret, name } => {
                e.array(3)?.u8(0)?.bytes(secret.as_bytes())?.str(name)?.ok()
            }
            Self::Resume(resume) => {
                e.array(6)?.u8(1)?;
                put_nullable(e, resume.cursor.as_ref(), put)?;
                put_nullable(e, resume.first_sync.as_ref(), |e, position| position.write(e))?;
                put(e, &resume.incarnation)?;
                e.u64(resume.last_sequence)?;
                put_nullable(e, resume.heard.as_deref(), put_heard)
            }
        }
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, Misfit> {
        match (d.array()?, d.u8()?) {
            (Some(3), 0) => {
                let secret = d.bytes()?.try_into().map(Secret::new).map_err(|_| Misfit::Form)?;
                Ok(Self::Enrol { secret, name: take_text(d, NAME_BYTES_MAX)? })
            }
            (Some(6), 1) => Ok(Self::Resume(Resume {
                cursor: take_nullable(d, take_cursor)?,
                first_sync: take_nullable(d, EntryPosition::read)?,
                incarnation: take(d)?,
                last_sequence: take_number(d)?,
                heard: take_nullable(d, |d| take_heard(d).map(Box::new))?,
            })),
            (_, _) => Err(Misfit::Form),
        }
    }
}

/// The versions that the bytes of a Hello offer, whatever follows them: a Hello of a version we do
/// not know is answered, not called malformed. `None` if it is no Hello.
pub(crate) fn offered_versions(bytes: &[u8]) -> Option<Vec<u16>> {
    let mut d = Decoder::new(bytes);
    if d.array().ok()?? < 2 || d.u16().ok()? != 1 {
        return None;
    }
    take_list(&mut d, VERSIONS_MAX, take).ok()
}
