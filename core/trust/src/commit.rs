//! A commit: what one person did at once, signed.
//!
//! The signed bytes hold no content, only a salted digest of each change. The salt travels with the
//! change and is erased with it, so that neither a withheld nor an erased change can be guessed
//! from what remains; and a receiver who may hold only some of the documents still verifies the
//! whole.

use std::collections::BTreeSet;

use keting_model::{ActorId, CityId, CityTime, CommandId, DocumentId, HybridTime, LogId};
use minicbor::{Decode, Decoder, Encode, Encoder};

use crate::cbor::{self, array_of};
use crate::cose::{self, Unverified};
use crate::digest::{Digest, Incarnation, actor_id};
use crate::error::{ProofError, SignError};
use crate::key::{DeviceId, PublicKey, Signer};
use crate::limits::{
    COMMAND_NAME_BYTES_MAX, COMMIT_BYTES_MAX, COMMIT_FOLLOWS_MAX, COMMIT_PARTS_MAX, NUMBER_MAX,
};
use crate::log::Position;

/// The version of the format of commits.
pub const COMMIT_FORMAT: u8 = 1;
const CONTEXT: &str = "keting/commit/1";
/// How many fields the signed array has.
const FIELDS: u64 = 18;

/// What identifies a commit: it is admitted once, however often it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(array)]
pub struct CommitId {
    /// The device whose key signed it.
    #[n(0)]
    pub device: DeviceId,
    /// The command, unique within the device.
    #[n(1)]
    pub command: CommandId,
}

/// What the signature of a commit covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitBody {
    /// The city it was made for; in another one it means nothing.
    pub city: CityId,
    /// The log it was made for.
    pub log: LogId,
    /// The key that signs it.
    pub device: PublicKey,
    /// The life of the replica's file in which it was made.
    pub incarnation: Incarnation,
    /// Its place among the commits of this incarnation, from 1. Gaps are recorded, never waited
    /// for.
    pub sequence: u64,
    /// The signed grant its author acted under.
    pub grant: Digest,
    /// What its author had seen of the log.
    pub seen: Position,
    /// The command it carries out.
    pub command: CommandId,
    /// The command's name, such as `household.edit`.
    pub command_name: String,
    /// The version of the rules its author's replica judged it by, from 1.
    pub rule_version: u16,
    /// Its place in the order of things, by the author's hybrid clock. It decides nothing.
    pub time: HybridTime,
    /// When, as the city counts it. What the changes say of days is judged by it.
    pub city_time: CityTime,
    /// The first commit of the same act, if its author's device made this one anew.
    pub replaces: Option<CommitId>,
    /// The commits without a number that its author had before them when planning it, ascending:
    /// what becomes of them decides about this one too.
    pub follows: Vec<CommitId>,
    /// The digest of each [`Part`], in the order in which the changes apply.
    pub entries: Vec<Digest>,
}

/// One change of a commit, which travels beside the signed bytes.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Part {
    /// Sixteen random bytes, made for this part alone.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub salt: [u8; 16],
    /// The document changed.
    #[n(1)]
    pub document: DocumentId,
    /// The uncompressed change.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub change: Vec<u8>,
}

/// A commit and the bytes whose signature was verified.
///
/// The bytes are what is stored, passed on and named by [`Self::digest`]; the body is what they
/// say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCommit {
    /// What the bytes say.
    pub body: CommitBody,
    /// The signed bytes.
    pub bytes: Vec<u8>,
}

impl SignedCommit {
    /// Signs a commit.
    ///
    /// # Errors
    /// When the body names another key than the signer's or breaks a rule of the format, or the
    /// key cannot be used.
    pub fn sign(body: CommitBody, signer: &dyn Signer) -> Result<Self, SignError> {
        if body.device != *signer.public_key() {
            return Err(SignError::WrongKey);
        }
        body.check().map_err(SignError::Invalid)?;
        let bytes = cose::sign1(&cbor::to_vec(&body), CONTEXT, signer)?;
        Ok(Self { body, bytes })
    }

    /// Reads a commit from a peer and verifies that the key it names signed it. Whether that key
    /// may do what the commit does is another question.
    ///
    /// # Errors
    /// When the bytes are too many, of another form, break a rule of the format or were not signed
    /// by the key they name.
    pub fn open(bytes: &[u8]) -> Result<Self, ProofError> {
        let message = Unverified::parse(bytes, COMMIT_BYTES_MAX)?;
        let body = CommitBody::read(message.payload())?;
        message.verify(CONTEXT, &body.device)?;
        Ok(Self { body, bytes: bytes.to_vec() })
    }

    /// Reads a commit back from this replica's own storage, where only verified ones are kept. Its
    /// form is checked, its signature is not.
    ///
    /// # Errors
    /// When the stored bytes are damaged.
    pub fn read_stored(bytes: &[u8]) -> Result<Self, ProofError> {
        let message = Unverified::parse(bytes, COMMIT_BYTES_MAX)?;
        let body = CommitBody::read(message.payload())?;
        Ok(Self { body, bytes: bytes.to_vec() })
    }

    /// The commit's identity.
    pub fn id(&self) -> CommitId {
        CommitId { device: self.body.device.device_id(), command: self.body.command }
    }

    /// The actor that all changes of the commit must be of.
    pub fn actor(&self) -> ActorId {
        actor_id(&self.body.device, &self.body.incarnation)
    }

    /// The digest of the signed bytes, which the log's chain takes in.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }

    /// Which entry a part is, or `None` if the commit does not contain it.
    pub fn find(&self, part: &Part) -> Option<usize> {
        let digest = part.digest();
        self.body.entries.iter().position(|entry| *entry == digest)
    }
}

impl Part {
    /// What a commit states of the part: SHA-256(salt ‖ document ‖ change).
    pub fn digest(&self) -> Digest {
        Digest::of_all(&[&self.salt, self.document.as_bytes(), &self.change])
    }
}

impl std::fmt::Debug for Part {
    /// Shows the document and the length, never the content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Part({}, {} bytes)", self.document, self.change.len())
    }
}

impl CommitBody {
    fn read(payload: &[u8]) -> Result<Self, ProofError> {
        cbor::check_version(payload, COMMIT_FORMAT)?;
        let body: Self = cbor::from_slice(payload)?;
        body.check()?;
        Ok(body)
    }

    fn check(&self) -> Result<(), ProofError> {
        let rules = [
            ("sequence", (1..=NUMBER_MAX).contains(&self.sequence)),
            ("seen", self.seen.number <= NUMBER_MAX),
            ("command_name", is_name(&self.command_name, COMMAND_NAME_BYTES_MAX)),
            ("rule_version", self.rule_version >= 1),
            ("time", HybridTime::from_bits(self.time.bits()).is_some()),
            ("city_time", self.city_time.is_in_range()),
            ("replaces", self.replaces.is_none_or(|id| !self.is(&id))),
            ("follows", self.follows.len() <= COMMIT_FOLLOWS_MAX),
            ("follows", self.follows.windows(2).all(|pair| pair[0] < pair[1])),
            ("follows", self.follows.iter().all(|id| !self.is(id))),
            ("entries", (1..=COMMIT_PARTS_MAX).contains(&self.entries.len())),
            ("entries", self.entries.iter().collect::<BTreeSet<_>>().len() == self.entries.len()),
        ];
        first_broken(&rules)
    }

    /// The act it carries out, by its author's device: its own command, or that of the first commit of
    /// the same act, if it was made anew.
    pub fn act(&self) -> CommandId {
        self.replaces.map_or(self.command, |first| first.command)
    }

    fn is(&self, id: &CommitId) -> bool {
        id.command == self.command && id.device == self.device.device_id()
    }
}

impl<C> Encode<C> for CommitBody {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        c: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(FIELDS)?.u8(COMMIT_FORMAT)?;
        self.city.encode(e, c)?;
        self.log.encode(e, c)?;
        self.device.encode(e, c)?;
        self.incarnation.encode(e, c)?;
        e.u64(self.sequence)?;
        self.grant.encode(e, c)?;
        self.seen.encode(e, c)?;
        self.command.encode(e, c)?;
        e.str(&self.command_name)?.u16(self.rule_version)?;
        self.time.encode(e, c)?;
        self.city_time.encode(e, c)?;
        self.replaces.encode(e, c)?;
        Reserved.encode(e, c)?;
        self.follows.encode(e, c)?;
        self.entries.encode(e, c)
    }
}

impl<'b, C> Decode<'b, C> for CommitBody {
    fn decode(d: &mut Decoder<'b>, c: &mut C) -> Result<Self, minicbor::decode::Error> {
        array_of(d, FIELDS)?;
        d.u8()?;
        Ok(Self {
            city: CityId::decode(d, c)?,
            log: LogId::decode(d, c)?,
            device: PublicKey::decode(d, c)?,
            incarnation: Incarnation::decode(d, c)?,
            sequence: d.u64()?,
            grant: Digest::decode(d, c)?,
            seen: Position::decode(d, c)?,
            command: CommandId::decode(d, c)?,
            command_name: d.str()?.to_owned(),
            rule_version: d.u16()?,
            time: HybridTime::decode(d, c)?,
            city_time: CityTime::decode(d, c)?,
            replaces: Option::decode(d, c)?,
            follows: Reserved::decode(d, c).and_then(|Reserved| Vec::decode(d, c))?,
            entries: Vec::decode(d, c)?,
        })
    }
}

/// The places of what a commit asks of the log (`request`) and the sealed records in it (`seals`).
/// Nothing in this version fills them, and a commit that does is refused, not misread.
struct Reserved;

impl<C> Encode<C> for Reserved {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.null()?.array(0)?;
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Reserved {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.null()?;
        array_of(d, 0)?;
        Ok(Self)
    }
}

/// Whether a text is a name for machines: lowercase letters, digits, dots and underscores.
pub(crate) fn is_name(text: &str, bytes_max: usize) -> bool {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_');
    (1..=bytes_max).contains(&text.len()) && text.bytes().all(allowed)
}

/// Whether a text is a name for people: not empty, not too long, no control characters.
pub(crate) fn is_title(text: &str, bytes_max: usize) -> bool {
    (1..=bytes_max).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// The first field whose rule does not hold, as an error.
pub(crate) fn first_broken(rules: &[(&'static str, bool)]) -> Result<(), ProofError> {
    match rules.iter().find(|(_, holds)| !holds) {
        None => Ok(()),
        Some((field, _)) => Err(ProofError::InvalidField { field }),
    }
}
