//! Grants: who may do what, where, and until when; a CWT (RFC 8392) bound to a key (RFC 8747).
//!
//! A grant names its issuer's *key*, not one grant of it: it holds while some live grant of that
//! key covers it, so that renewing the server's issuing key leaves everybody's grants in force. The
//! chain goes from the root key, which lies in a safe, over an issuing key of the server to the
//! holder, and may go on to a helper.

mod chain;
mod claims;

use keting_model::role::{Family, Reach, Role};
use keting_model::{CityId, DocumentId, DocumentKind, HybridTime, LogId};

use crate::cbor;
use crate::commit::{first_broken, is_title};
use crate::cose::{self, Unverified};
use crate::digest::Digest;
use crate::error::{ProofError, SignError};
use crate::key::{PublicKey, Signer};
use crate::limits::{GRANT_BYTES_MAX, GRANT_KINDS_MAX, GRANT_REGIONS_MAX, NAME_BYTES_MAX};

pub use chain::{chain_expires_at_ms, verify_chain};

const CONTEXT: &str = "keting/grant/1";

/// What a grant permits with documents of one kind, within what its role permits at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindAccess {
    /// The code of the kind, also one of a newer version; [`Self::EVERY_KIND`] for all.
    pub kind: u16,
    /// Whether documents of the kind may be read.
    pub read: bool,
    /// Whether documents of the kind may be written.
    pub write: bool,
    /// Whether that is so only for what the holder wrote.
    pub own_only: bool,
}

impl KindAccess {
    /// Stands for every kind, also for those of later versions: the root key would otherwise be
    /// needed for each new kind. Only a grant of the city's own keys contains it.
    pub const EVERY_KIND: u16 = 0;

    /// What a grant of the city's own keys states, see [`Grant::is_of_city`].
    pub const fn every_kind() -> Self {
        Self { kind: Self::EVERY_KIND, read: true, write: true, own_only: false }
    }

    /// What the grant of a role states: what its line in the table lets its holder do, and what
    /// those may do whom the holder may grant a role. What the holder does not read by the line
    /// itself is only passed on.
    pub fn of_role(role: Role) -> Vec<Self> {
        let kinds = DocumentKind::ALL.into_iter().map(|kind| Self::of_kind(role, kind));
        kinds.filter(|access| access.read || access.write).collect()
    }

    fn of_kind(role: Role, kind: DocumentKind) -> Self {
        let reach = role.reads().iter().find(|(readable, _)| *readable == kind);
        let own = Self {
            kind: kind.code(),
            read: reach.is_some(),
            write: role.writes().iter().any(|family| family.kind() == kind),
            own_only: reach.is_some_and(|(_, reach)| *reach == Reach::OwnOnly),
        };
        role.grants().iter().fold(own, |all, below| all.and(Self::of_kind(*below, kind)))
    }

    /// What either of two permits.
    fn and(self, other: Self) -> Self {
        let own_only = match (self.read || self.write, other.read || other.write) {
            (true, true) => self.own_only && other.own_only,
            (false, _) => other.own_only,
            (true, false) => self.own_only,
        };
        Self {
            kind: self.kind,
            read: self.read || other.read,
            write: self.write || other.write,
            own_only,
        }
    }
}

/// What a grant says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The city it is for.
    pub city: CityId,
    /// The log it is for.
    pub log: LogId,
    /// Its own id, random.
    pub id: [u8; 16],
    /// The key that signs it.
    pub issuer: PublicKey,
    /// The key of the device it is for.
    pub holder: PublicKey,
    /// The holder's name, for people. A colon may not occur in it.
    pub name: String,
    /// The holder's role.
    pub role: Role,
    /// The regions it covers with all below them, ascending. An administrator's names none and
    /// covers the city; every other names at least one.
    pub regions: Vec<DocumentId>,
    /// The kinds of documents it covers, ascending by kind.
    pub kinds: Vec<KindAccess>,
    /// From when it is valid, in milliseconds since the Unix epoch. Its bytes hold whole seconds.
    pub issued_at_ms: u64,
    /// Until when it is valid, in milliseconds since the Unix epoch. Its bytes hold whole seconds.
    pub expires_at_ms: u64,
    /// The grant its issuer acted under; none if the root key issued it.
    pub parent: Option<Digest>,
    /// How many more links may follow: 0 if the holder may not issue grants.
    pub depth: u8,
}

/// A grant and the bytes whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedGrant {
    /// What the bytes say.
    pub grant: Grant,
    /// The signed bytes.
    pub bytes: Vec<u8>,
}

impl SignedGrant {
    /// Issues a grant. Times are cut to whole seconds; regions and kinds are put in order.
    ///
    /// Whether the issuer may give this much is [`verify_chain`]'s question.
    ///
    /// # Errors
    /// When the grant names another issuer than the signer or breaks a rule of the format, or the
    /// key cannot be used.
    pub fn issue(mut grant: Grant, signer: &dyn Signer) -> Result<Self, SignError> {
        if grant.issuer != *signer.public_key() {
            return Err(SignError::WrongKey);
        }
        grant.issued_at_ms -= grant.issued_at_ms % 1000;
        grant.expires_at_ms -= grant.expires_at_ms % 1000;
        grant.regions.sort_unstable();
        grant.kinds.sort_unstable();
        grant.check().map_err(SignError::Invalid)?;
        let bytes = cose::sign1(&cbor::to_vec(&grant), CONTEXT, signer)?;
        Ok(Self { grant, bytes })
    }

    /// Reads a grant and verifies that the key it names as its issuer signed it. Whether that key
    /// may issue it is [`verify_chain`]'s question.
    ///
    /// # Errors
    /// When the bytes are too many, of another form, break a rule of the format or were not signed
    /// by the key they name.
    pub fn open(bytes: &[u8]) -> Result<Self, ProofError> {
        let message = Unverified::parse(bytes, GRANT_BYTES_MAX)?;
        let grant = Grant::read(message.payload())?;
        message.verify(CONTEXT, &grant.issuer)?;
        Ok(Self { grant, bytes: bytes.to_vec() })
    }

    /// Reads a grant back from this replica's own storage, where only verified ones are kept. Its
    /// form is checked, its signature is not.
    ///
    /// # Errors
    /// When the stored bytes are damaged.
    pub fn read_stored(bytes: &[u8]) -> Result<Self, ProofError> {
        let message = Unverified::parse(bytes, GRANT_BYTES_MAX)?;
        let grant = Grant::read(message.payload())?;
        Ok(Self { grant, bytes: bytes.to_vec() })
    }

    /// The digest of the signed bytes, which commits and further grants name.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }
}

impl Grant {
    /// Whether it is of one of the city's own keys: the issuing key, with which the operator
    /// invites people of every role, or the server's, which enters the first regions. The table of
    /// roles is about people; these keys stand beside it, and read no household either.
    pub fn is_of_city(&self) -> bool {
        self.kinds.iter().any(|access| access.kind == KindAccess::EVERY_KIND)
    }

    /// Whether it lets its holder give somebody a role.
    pub fn may_give(&self, role: Role) -> bool {
        self.is_of_city() || self.role.grants().contains(&role)
    }

    /// Whether its holder may write a part of the data, somewhere.
    pub fn may_write(&self, family: Family) -> bool {
        self.role.writes().contains(&family)
            || (self.is_of_city() && family.kind() == DocumentKind::Region)
    }

    /// Whether it covers the whole city rather than some regions.
    pub fn covers_city(&self) -> bool {
        self.role == Role::Administrator
    }

    /// What it permits with documents of a kind, if anything.
    pub fn access(&self, kind: u16) -> Option<KindAccess> {
        let of = |code: u16| self.kinds.iter().find(|access| access.kind == code);
        of(kind).or_else(|| of(KindAccess::EVERY_KIND)).copied()
    }

    fn read(payload: &[u8]) -> Result<Self, ProofError> {
        let grant = claims::read(payload)?;
        grant.check()?;
        Ok(grant)
    }

    fn check(&self) -> Result<(), ProofError> {
        let ascending = |ids: &[DocumentId]| ids.windows(2).all(|pair| pair[0] < pair[1]);
        let is_region = |id: &DocumentId| id.kind() == Some(DocumentKind::Region);
        let by_kind = |kinds: &[KindAccess]| kinds.windows(2).all(|p| p[0].kind < p[1].kind);
        let whole = self.covers_city();
        let usable = |access: &KindAccess| {
            (access.read || access.write) && (whole || access.kind != KindAccess::EVERY_KIND)
        };
        first_broken(&[
            ("sub", is_title(&self.name, NAME_BYTES_MAX) && !self.name.contains(':')),
            ("exp", self.expires_at_ms <= HybridTime::UNIX_MS_MAX),
            ("iat", self.issued_at_ms < self.expires_at_ms),
            ("regions", self.regions.is_empty() == whole),
            ("regions", self.regions.len() <= GRANT_REGIONS_MAX),
            ("regions", ascending(&self.regions) && self.regions.iter().all(is_region)),
            ("kinds", (1..=GRANT_KINDS_MAX).contains(&self.kinds.len())),
            ("kinds", by_kind(&self.kinds) && self.kinds.iter().all(usable)),
        ])
    }
}
