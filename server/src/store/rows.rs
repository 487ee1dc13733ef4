//! The rows of the store, as values.

use keting_model::region::Level;
use keting_model::{ActorId, ChangeHash, CommandId, DocumentId, LogId};
use keting_trust::{ChainHash, Cursor, DeviceId, Digest, Incarnation, Part, PublicKey, RecordKind};

/// The code that stands for a kind in the audience of records that are no commits: grants and
/// revocations. No document kind has it.
pub const RECORDS_KIND: u16 = 0;

/// Stands for the whole city in the audience of grants that name no region.
pub const CITY_WIDE: DocumentId = DocumentId::new([0; 16]);

/// Whom something concerns: those who may read a kind of document in a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AudienceKey {
    /// The home region.
    pub region: DocumentId,
    /// The code of the kind, or [`RECORDS_KIND`].
    pub kind: u16,
}

/// Where the log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The log.
    pub log: LogId,
    /// Its generation.
    pub generation: u32,
    /// The number of its last entry, 0 for none.
    pub number: u64,
    /// The chain hash there.
    pub chain: ChainHash,
    /// The last number that is in a backup.
    pub backed_up_to: u64,
    /// The number of the last entry that changed a region.
    pub regions_number: u64,
    /// The number of the last entry that gave or took a grant.
    pub grants_number: u64,
}

impl Head {
    /// The same as a cursor.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            log: self.log,
            generation: self.generation,
            number: self.number,
            chain: self.chain,
        }
    }
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its number.
    pub number: u64,
    /// What its record is.
    pub kind: RecordKind,
    /// The signed record.
    pub record: Vec<u8>,
    /// The record's digest.
    pub digest: Digest,
    /// The chain hash with this entry.
    pub chain: ChainHash,
}

/// A part of a commit: the change to one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPart {
    /// Its place in the commit's list of entries.
    pub entry: u32,
    /// The document.
    pub document: DocumentId,
    /// The salt of its digest.
    pub salt: [u8; 16],
    /// The uncompressed change.
    pub change: Vec<u8>,
    /// The change's hash; of a kind this version does not know, the digest of its bytes.
    pub hash: ChangeHash,
    /// The change's actor.
    pub actor: ActorId,
    /// The change's number within the actor and document.
    pub seq: u64,
}

/// What became of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitState {
    /// It is in the log.
    Admitted,
    /// A verdict in the log holds it.
    Held {
        /// Why.
        code: String,
    },
    /// Another commit of the same act was admitted.
    Superseded {
        /// The number of the verdict that says so.
        verdict: u64,
    },
}

/// A commit that has been answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCommit {
    /// Who signed it.
    pub device: DeviceId,
    /// Its command.
    pub command: CommandId,
    /// The act it carries out: the command of the first commit of it.
    pub act: CommandId,
    /// The incarnation it was made in.
    pub incarnation: Incarnation,
    /// Its number within the incarnation. Gaps are seen here.
    pub sequence: u64,
    /// The number of its entry, or of the first verdict on it.
    pub number: u64,
    /// The digest of its signed bytes: another commit under the same command is not this one.
    pub digest: Digest,
    /// What became of it.
    pub state: CommitState,
}

/// A document as admitted so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// Its id.
    pub id: DocumentId,
    /// The region it lives in; a region lives in itself.
    pub home: DocumentId,
    /// Its heads, sorted; none for a kind this version does not know.
    pub heads: Vec<ChangeHash>,
    /// How many changes it has.
    pub change_count: u64,
    /// The number of the entry that made it.
    pub first_number: u64,
    /// How many bytes its content has.
    pub bytes: u64,
}

/// A region, from its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRegion {
    /// Its document.
    pub document: DocumentId,
    /// Its code.
    pub code: String,
    /// The region it lies in; none for the city.
    pub parent: Option<DocumentId>,
    /// Its level.
    pub level: Level,
    /// Its name.
    pub name: String,
}

/// A device that was enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDevice {
    /// Its id.
    pub device: DeviceId,
    /// Its key, as deterministic CBOR.
    pub key: Vec<u8>,
    /// The name its holder gave it.
    pub name: String,
    /// When it was enrolled, milliseconds since the Unix epoch.
    pub enrolled_at_ms: u64,
    /// When it was last heard of, milliseconds since the Unix epoch.
    pub seen_at_ms: u64,
    /// The number that it last confirmed as durable.
    pub confirmed_number: u64,
    /// The digest of the audiences it is given, empty before anything was.
    pub audience: Vec<u8>,
    /// Where the log stood when it began to be given them. A cursor below was earned when it was
    /// given others.
    pub audience_from: u64,
    /// How many bytes are kept for it without being admitted: held, or of an unknown kind.
    pub held_bytes: u64,
    /// The day of its last commit, in days since the Unix epoch.
    pub day: u64,
    /// How many bytes it had admitted on that day.
    pub day_bytes: u64,
}

/// A grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredGrant {
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its holder.
    pub device: DeviceId,
    /// The signed bytes.
    pub bytes: Vec<u8>,
    /// The number of its entry.
    pub number: u64,
}

/// The end of a device, from the revocation that ended it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEnd {
    /// The number of the revocation. It covers the grants that were numbered before it.
    pub number: u64,
    /// The device.
    pub device: DeviceId,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Why, as the holder is told.
    pub why: String,
    /// How far the device had come when it last greeted before it was told: its incarnation, and the last
    /// sequence in it. None before it greeted.
    pub bound: Option<(Incarnation, u64)>,
    /// Whether the device said at its last greeting that it was told, or was given something since.
    pub is_told: bool,
}

/// An invitation that was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredInvitation {
    /// The digest of its secret; the secret itself is only on paper.
    pub secret: Digest,
    /// For whom.
    pub name: String,
    /// The name of the role it gives.
    pub role: String,
    /// The region it gives the role in.
    pub region: DocumentId,
    /// How long the grant will last, in milliseconds.
    pub grant_ms: u64,
    /// Until when it can be used, milliseconds since the Unix epoch.
    pub expires_at_ms: u64,
    /// The generation of the log it is good in: a restored server must not honour it again.
    pub generation: u32,
    /// The serial up to which announcements are older than it.
    pub announced: u64,
    /// The TLS key that it pins.
    pub tls_key: Digest,
    /// The device that used it, and the grant it got.
    pub used: Option<(DeviceId, Digest)>,
    /// When the operator took it back, milliseconds since the Unix epoch.
    pub cancelled_at_ms: Option<u64>,
}

/// A commit that is kept but not admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredHeld {
    /// Who signed it.
    pub device: DeviceId,
    /// Its command.
    pub command: CommandId,
    /// The number of the verdict.
    pub number: u64,
    /// The signed commit.
    pub record: Vec<u8>,
    /// Its parts as they came.
    pub parts: Vec<Part>,
    /// The changes in it, by which a descendant is known.
    pub hashes: Vec<(DocumentId, ChangeHash)>,
}

impl StoredDevice {
    /// A device that has not done anything yet. Its name is empty.
    pub fn new(key: &PublicKey, enrolled_at_ms: u64) -> Self {
        Self {
            device: key.device_id(),
            key: keting_trust::cbor::to_vec(key),
            name: String::new(),
            enrolled_at_ms,
            seen_at_ms: enrolled_at_ms,
            confirmed_number: 0,
            audience: Vec::new(),
            audience_from: 0,
            held_bytes: 0,
            day: 0,
            day_bytes: 0,
        }
    }
}
