//! The storage port: what the server asks of a database, and nothing of how it answers.
//!
//! Several server processes may share one store. So the store is the only truth: heads, numbers
//! and grants are read inside the transaction that relies on them, and a writing transaction holds
//! the lock on the log's row from its first moment to its last. Nothing outside the store is ever
//! believed without being compared with it.
//!
//! [`sqlite`] is the implementation that ships. [`conformance`] is the suite any other has to pass.

pub mod conformance;
mod error;
mod rows;
pub mod sqlite;

use keting_model::{ActorId, ChangeHash, CommandId, DocumentId};
use keting_trust::{Confirmation, Cursor, DeviceId, Digest, Incarnation, RecordKind};

pub use error::StoreError;
pub use rows::{
    AudienceKey, CITY_WIDE, CommitState, Head, RECORDS_KIND, StoredCommit, StoredDevice,
    StoredDocument, StoredEnd, StoredEntry, StoredGrant, StoredHeld, StoredInvitation, StoredPart,
    StoredRegion,
};

/// A database that holds one city.
pub trait ServerStore: Send {
    /// Opens a consistent view of everything committed so far.
    ///
    /// # Errors
    /// When the database cannot be read.
    fn snapshot(&mut self) -> Result<Box<dyn ServerRead + '_>, StoreError>;

    /// Begins a writing transaction. It locks the log's row, so that at most one is open in all
    /// processes, and waits for another one to end. Dropped without [`ServerTransaction::commit`],
    /// it leaves no trace.
    ///
    /// # Errors
    /// When the database cannot be written, or the lock was not to be had in time.
    fn begin(&mut self) -> Result<Box<dyn ServerTransaction + '_>, StoreError>;
}

/// What can be read, from one consistent view.
pub trait ServerRead {
    /// Where the log stands. `None` before the city was made.
    ///
    /// # Errors
    /// As every method here: when the database cannot be read, or holds what it must not.
    fn head(&self) -> Result<Option<Head>, StoreError>;

    /// A value kept by name.
    fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// One entry of the log.
    fn entry(&self, number: u64) -> Result<Option<StoredEntry>, StoreError>;

    /// The entries after a number, in order, at most `limit`.
    fn entries(&self, after: u64, limit: u32) -> Result<Vec<StoredEntry>, StoreError>;

    /// The parts of an entry, in the order of the commit's list.
    fn parts(&self, number: u64) -> Result<Vec<StoredPart>, StoreError>;

    /// What became of a commit.
    fn commit_state(
        &self,
        device: &DeviceId,
        command: &CommandId,
    ) -> Result<Option<StoredCommit>, StoreError>;

    /// The commit of an act that was admitted; there is one at most.
    fn admitted_of_act(
        &self,
        device: &DeviceId,
        act: &CommandId,
    ) -> Result<Option<StoredCommit>, StoreError>;

    /// The commits of an act that are held, in the order of their commands.
    fn held_of_act(
        &self,
        device: &DeviceId,
        act: &CommandId,
    ) -> Result<Vec<StoredCommit>, StoreError>;

    /// Whether a device was answered for a commit with this place in one of its incarnations.
    fn is_sequence_taken(
        &self,
        device: &DeviceId,
        incarnation: &Incarnation,
        sequence: u64,
    ) -> Result<bool, StoreError>;

    /// The highest place in one incarnation of a device that a commit was answered for, and the digest
    /// of that commit.
    fn highest_sequence(
        &self,
        device: &DeviceId,
        incarnation: &Incarnation,
    ) -> Result<Option<(u64, Digest)>, StoreError>;

    /// Where a document lives and stands, without its content.
    fn document(&self, id: &DocumentId) -> Result<Option<StoredDocument>, StoreError>;

    /// The content of a document with its history; empty for a kind this version does not know.
    fn document_snapshot(&self, id: &DocumentId) -> Result<Option<Vec<u8>>, StoreError>;

    /// The parts that make up a document, with the numbers of their entries, in the log's order,
    /// after one number up to another, at most `limit`.
    fn document_parts(
        &self,
        id: &DocumentId,
        after: u64,
        until: u64,
        limit: u32,
    ) -> Result<Vec<(u64, StoredPart)>, StoreError>;

    /// The device whose changes an actor's are, once any was admitted.
    fn device_of(&self, actor: &ActorId) -> Result<Option<DeviceId>, StoreError>;

    /// The documents after one, in the order of their ids, at most `limit`.
    fn documents(
        &self,
        after: Option<&DocumentId>,
        limit: u32,
    ) -> Result<Vec<StoredDocument>, StoreError>;

    /// The ids of the documents of one audience, in order, after one, at most `limit`.
    fn documents_of(
        &self,
        key: &AudienceKey,
        after: Option<&DocumentId>,
        limit: u32,
    ) -> Result<Vec<DocumentId>, StoreError>;

    /// How many documents one audience has.
    fn document_count(&self, key: &AudienceKey) -> Result<u64, StoreError>;

    /// Which change an actor made in a document under a sequence number.
    fn change_of(
        &self,
        document: &DocumentId,
        actor: &ActorId,
        seq: u64,
    ) -> Result<Option<ChangeHash>, StoreError>;

    /// Whether a change of a document was held.
    fn is_held(&self, document: &DocumentId, hash: &ChangeHash) -> Result<bool, StoreError>;

    /// A region.
    fn region(&self, document: &DocumentId) -> Result<Option<StoredRegion>, StoreError>;

    /// The region of a code.
    fn region_by_code(&self, code: &str) -> Result<Option<StoredRegion>, StoreError>;

    /// Every region and the one it lies in, in the order of their codes.
    fn regions(&self) -> Result<Vec<(DocumentId, Option<DocumentId>)>, StoreError>;

    /// A region and all below it, in the order of their ids.
    fn regions_within(&self, document: &DocumentId) -> Result<Vec<DocumentId>, StoreError>;

    /// A device that was enrolled.
    fn device(&self, device: &DeviceId) -> Result<Option<StoredDevice>, StoreError>;

    /// All devices, in the order of their ids.
    fn devices(&self) -> Result<Vec<StoredDevice>, StoreError>;

    /// How many commits a device had made in its last incarnation, as it last confirmed, that were not
    /// answered: they wait on the device.
    fn waiting_count(&self, device: &DeviceId) -> Result<u64, StoreError>;

    /// How many commits of a device are held.
    fn held_count(&self, device: &DeviceId) -> Result<u64, StoreError>;

    /// The highest number of a generation of the log that a device confirmed before it made a commit: in
    /// the same incarnation, while its last sequence was lower.
    fn confirmed_before(
        &self,
        device: &DeviceId,
        generation: u32,
        incarnation: &Incarnation,
        sequence: u64,
    ) -> Result<u64, StoreError>;

    /// A grant by its digest.
    fn grant(&self, digest: &Digest) -> Result<Option<StoredGrant>, StoreError>;

    /// The grants of a device, in the order of their numbers in the log.
    fn grants_of(&self, device: &DeviceId) -> Result<Vec<StoredGrant>, StoreError>;

    /// The ends of a device, in the order of their numbers in the log.
    fn ends_of(&self, device: &DeviceId) -> Result<Vec<StoredEnd>, StoreError>;

    /// The invitation whose secret has this digest.
    fn invitation(&self, secret: &Digest) -> Result<Option<StoredInvitation>, StoreError>;

    /// All invitations, in the order of their digests.
    fn invitations(&self) -> Result<Vec<StoredInvitation>, StoreError>;

    /// Whether an invitation that pins a TLS key is still to be used at a time.
    fn is_key_invited(&self, key: &Digest, now_ms: u64) -> Result<bool, StoreError>;

    /// The numbers of an audience's entries after one number up to another, in order, at most
    /// `limit`.
    fn numbers_of(
        &self,
        key: &AudienceKey,
        after: u64,
        until: u64,
        limit: u32,
    ) -> Result<Vec<u64>, StoreError>;

    /// The numbers that are a device's own beside its audiences, likewise.
    fn own_numbers(
        &self,
        device: &DeviceId,
        after: u64,
        until: u64,
        limit: u32,
    ) -> Result<Vec<u64>, StoreError>;

    /// The audiences of each entry after one number up to another, in order.
    fn audiences(&self, after: u64, until: u64) -> Result<Vec<(u64, AudienceKey)>, StoreError>;
}

/// The one writing transaction.
pub trait ServerTransaction: ServerRead {
    /// Appends a record to the log under the next number.
    ///
    /// # Errors
    /// As every method here: when the database cannot be written, or a row contradicts another.
    fn append(&mut self, kind: RecordKind, record: &[u8]) -> Result<Cursor, StoreError>;

    /// Sets where the log stands: when the city is made, and when who may do what has changed.
    fn set_head(&mut self, head: &Head) -> Result<(), StoreError>;

    /// Keeps a value by name.
    fn set_meta(&mut self, key: &str, value: &[u8]) -> Result<(), StoreError>;

    /// Notes what became of a commit; once for each. Of an act one is admitted at most.
    fn put_commit(&mut self, commit: &StoredCommit) -> Result<(), StoreError>;

    /// Notes that a held commit is superseded by the word of a verdict, and forgets its bytes and its
    /// changes. Gives how many bytes were kept of it.
    fn supersede_held(
        &mut self,
        device: &DeviceId,
        command: &CommandId,
        verdict: u64,
    ) -> Result<u64, StoreError>;

    /// Keeps one part of an entry; (document, actor, seq) is unique.
    fn put_part(&mut self, number: u64, part: &StoredPart) -> Result<(), StoreError>;

    /// Notes whose changes an actor's are.
    fn put_actor(&mut self, actor: &ActorId, device: &DeviceId) -> Result<(), StoreError>;

    /// Writes a document's state and content.
    fn put_document(
        &mut self,
        document: &StoredDocument,
        snapshot: &[u8],
    ) -> Result<(), StoreError>;

    /// Lets an audience see an entry.
    fn put_audience(&mut self, number: u64, key: &AudienceKey) -> Result<(), StoreError>;

    /// Lets a device see an entry that its audiences do not.
    fn put_own(&mut self, number: u64, device: &DeviceId) -> Result<(), StoreError>;

    /// Writes a region.
    fn put_region(&mut self, region: &StoredRegion) -> Result<(), StoreError>;

    /// Writes a device.
    fn put_device(&mut self, device: &StoredDevice) -> Result<(), StoreError>;

    /// Keeps what a device confirmed. It never makes [`ServerRead::confirmed_before`] lower, whatever
    /// comes in whatever order, but for what goes beyond
    /// [`keting_trust::limits::DEVICE_CONFIRMATIONS_MAX`]: of a device the lowest numbers go first.
    fn put_confirmation(
        &mut self,
        device: &DeviceId,
        confirmation: &Confirmation,
    ) -> Result<(), StoreError>;

    /// Keeps a grant.
    fn put_grant(&mut self, grant: &StoredGrant) -> Result<(), StoreError>;

    /// Writes the end of a device.
    fn put_end(&mut self, end: &StoredEnd) -> Result<(), StoreError>;

    /// Writes an invitation.
    fn put_invitation(&mut self, invitation: &StoredInvitation) -> Result<(), StoreError>;

    /// Keeps the bytes of a held commit and the names of its changes.
    fn put_held(&mut self, held: &StoredHeld) -> Result<(), StoreError>;

    /// Makes all of it durable and visible, and gives the lock back.
    fn commit(self: Box<Self>) -> Result<(), StoreError>;
}
