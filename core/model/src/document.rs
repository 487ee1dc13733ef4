//! One document: a flat Automerge map of root keys with scalars, and Texts.
//!
//! Everything that writes into Automerge goes through here, with the actor, time and command id
//! given by the caller, so that the same operations at the same dependencies always make the same
//! bytes. That is what the guard's replay stands on.

mod op;
mod past;
mod values;

use automerge::transaction::CommitOptions;
use automerge::{Automerge, ReadDoc};

use crate::id::{ActorId, DocumentId};
use crate::stamp::Stamp;

pub use automerge::ChangeHash;
pub use op::Op;
pub(crate) use past::Past;

/// Says why a document could not be read, extended or written.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The stored bytes are not a document, or one from a newer version.
    #[error("the stored bytes of a document do not load")]
    Unreadable(#[source] automerge::AutomergeError),
    /// A change names a dependency that is not here.
    #[error("a change depends on one that is not here")]
    MissingDependency,
    /// Automerge refused a change.
    #[error("a change does not apply")]
    NotApplied(#[source] automerge::AutomergeError),
    /// A change's bytes are not a change.
    #[error("the bytes of a change do not load")]
    BadChange(#[source] automerge::LoadChangeError),
    /// The operations had no effect, so there is no change.
    #[error("nothing changed")]
    NothingChanged,
    /// A text operation names a key that holds no text, or a position outside it.
    #[error("a text operation names no text or a position outside it")]
    NoSuchText,
}

/// A change just made: its hash and its uncompressed bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authored {
    /// The change's hash, which names it.
    pub hash: ChangeHash,
    /// The change's place in its actor's sequence in the document, from 1.
    pub seq: u64,
    /// The uncompressed change chunk.
    pub bytes: Vec<u8>,
}

/// How much there is in a document, its history included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentSize {
    /// Its changes.
    pub changes: u64,
    /// Their operations.
    pub ops: u64,
    /// Their bytes, about.
    pub bytes: u64,
}

/// A document and its history.
#[derive(Debug, Clone)]
pub struct Document {
    id: DocumentId,
    inner: Automerge,
    /// About how many bytes its changes have.
    bytes: usize,
}

impl Document {
    /// A document without any change.
    pub fn empty(id: DocumentId) -> Self {
        Self { id, inner: blank(), bytes: 0 }
    }

    /// Loads what [`Self::save`] wrote. Never called with a peer's bytes.
    ///
    /// # Errors
    /// When the bytes are damaged.
    pub fn load(id: DocumentId, bytes: &[u8]) -> Result<Self, DocumentError> {
        let options = automerge::LoadOptions::new()
            .text_encoding(automerge::TextEncoding::UnicodeCodePoint)
            .on_partial_load(automerge::OnPartialLoad::Error);
        let mut inner =
            Automerge::load_with_options(bytes, options).map_err(DocumentError::Unreadable)?;
        inner.set_actor(no_actor());
        Ok(Self { id, inner, bytes: bytes.len() })
    }

    /// The whole document with its history, not deflated.
    pub fn save(&self) -> Vec<u8> {
        self.inner.save_nocompress()
    }

    /// The document's id.
    pub fn id(&self) -> DocumentId {
        self.id
    }

    /// The hashes of the changes that no other change follows, sorted.
    pub fn heads(&self) -> Vec<ChangeHash> {
        let mut heads = self.inner.get_heads();
        heads.sort_unstable();
        heads
    }

    /// How much there is in the document. Costs nothing to ask.
    pub fn size(&self) -> DocumentSize {
        let stats = self.inner.stats();
        DocumentSize { changes: stats.num_changes, ops: stats.num_ops, bytes: self.bytes as u64 }
    }

    /// Whether a change is in the document.
    pub fn has(&self, hash: &ChangeHash) -> bool {
        self.inner.get_change_meta_by_hash(hash).is_some()
    }

    /// The document as it was at `deps`: a copy if these hold all its heads, a fork otherwise.
    ///
    /// A change also names its actor's previous one, so honest dependencies may be the heads and
    /// one of their ancestors.
    ///
    /// # Errors
    /// When a dependency is not here.
    pub fn at(&self, deps: &[ChangeHash]) -> Result<Self, DocumentError> {
        if !deps.iter().all(|dep| self.has(dep)) {
            return Err(DocumentError::MissingDependency);
        }
        if self.inner.get_heads().iter().all(|head| deps.contains(head)) {
            return Ok(self.clone());
        }
        let mut inner = self.inner.fork_at(deps).map_err(|_| DocumentError::MissingDependency)?;
        inner.set_actor(no_actor());
        let bytes = inner.save_nocompress().len();
        Ok(Self { id: self.id, inner, bytes })
    }

    /// Writes operations at the document's heads as one change.
    ///
    /// The same operations with the same stamp on a document with the same heads make the same
    /// bytes, on every machine.
    ///
    /// # Errors
    /// When nothing would change, or a text operation names no text.
    pub fn author(&mut self, stamp: &Stamp, ops: &[Op]) -> Result<Authored, DocumentError> {
        self.inner.set_actor(automerge::ActorId::from(stamp.actor.as_bytes().as_slice()));
        let mut transaction = self.inner.transaction();
        for op in ops {
            op.perform(&mut transaction)?;
        }
        let options = CommitOptions::default()
            .with_message(stamp.message())
            .with_time(i64::try_from(stamp.time.bits()).unwrap_or(i64::MAX));
        let (hash, _) = transaction.commit_with(options);
        let hash = hash.ok_or(DocumentError::NothingChanged)?;
        let change =
            self.inner.get_change_by_hash(&hash).ok_or(DocumentError::MissingDependency)?;
        let bytes = change.raw_bytes().to_vec();
        self.bytes += bytes.len();
        Ok(Authored { hash, seq: change.seq(), bytes })
    }

    /// Takes in one change whose dependencies are here. The guard has checked it, or this replica
    /// has admitted it before.
    ///
    /// # Errors
    /// When a dependency is missing or the bytes are not a change.
    pub fn apply(&mut self, change: &[u8]) -> Result<ChangeHash, DocumentError> {
        let change =
            automerge::Change::from_bytes(change.to_vec()).map_err(DocumentError::BadChange)?;
        if !change.deps().iter().all(|dep| self.has(dep)) {
            return Err(DocumentError::MissingDependency);
        }
        let (hash, len) = (change.hash(), change.raw_bytes().len());
        self.inner.apply_changes([change]).map_err(DocumentError::NotApplied)?;
        self.bytes += len;
        Ok(hash)
    }

    /// The uncompressed bytes of a change in the document.
    pub fn change_bytes(&self, hash: &ChangeHash) -> Option<Vec<u8>> {
        self.inner.get_change_by_hash(hash).map(|change| change.raw_bytes().to_vec())
    }

    /// Who made the heads, one for each.
    pub fn head_actors(&self) -> Vec<ActorId> {
        let heads = self.inner.get_heads();
        let metas = heads.iter().filter_map(|head| self.inner.get_change_meta_by_hash(head));
        metas.filter_map(|meta| ActorId::from_slice(meta.actor.to_bytes()).ok()).collect()
    }

    /// Who made a change.
    pub fn actor_of(&self, hash: &ChangeHash) -> Option<ActorId> {
        let meta = self.inner.get_change_meta_by_hash(hash)?;
        ActorId::from_slice(meta.actor.to_bytes()).ok()
    }

    /// The Automerge document, for the guard's replay.
    pub fn automerge(&self) -> &Automerge {
        &self.inner
    }
}

fn blank() -> Automerge {
    let mut inner = Automerge::new_with_encoding(automerge::TextEncoding::UnicodeCodePoint);
    inner.set_actor(no_actor());
    inner
}

/// Nothing is ever written with this actor; it keeps Automerge from keeping a random one.
fn no_actor() -> automerge::ActorId {
    automerge::ActorId::from([0_u8; ActorId::LEN_BYTES].as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city_time::CityTime;
    use crate::id::CommandId;
    use crate::kind::DocumentKind;
    use crate::time::HybridTime;
    use crate::value::Value;

    #[test]
    fn the_same_operations_make_the_same_bytes_whatever_else_the_process_did() {
        let make = || {
            let mut document = sample();
            let first = document.author(&stamp(1, 1), &[put("address", "1-101")]).unwrap();
            (first, document.heads())
        };
        let _noise = Automerge::new();
        assert_eq!(make(), make());
    }

    #[test]
    fn concurrent_unequal_values_are_all_kept_and_equal_ones_are_no_conflict() {
        let mut base = sample();
        base.author(&stamp(1, 1), &[put("phone", "1")]).unwrap();
        let (mut a, mut b) = (base.clone(), base.clone());
        let from_b = b.author(&stamp(2, 2), &[put("phone", "2"), put("note", "x")]).unwrap();
        a.author(&stamp(3, 3), &[put("phone", "3"), put("note", "x")]).unwrap();
        a.apply(&from_b.bytes).unwrap();
        assert_eq!(a.values("phone").len(), 2);
        assert_eq!(a.values("phone").first(), a.value("phone").as_ref());
        assert_eq!(a.values("note"), vec![Value::from("x")]);
    }

    #[test]
    fn two_settles_made_apart_and_an_edit_are_seen_whichever_value_was_shown() {
        let (mut base, phone) = (sample(), |value: &str| Value::from(value));
        let edit = base.author(&stamp(1, 1), &[put("phone", "1")]).unwrap();
        let mut other = sample();
        let apart = other.author(&stamp(2, 2), &[put("phone", "2")]).unwrap();
        other.apply(&edit.bytes).unwrap();
        base.apply(&apart.bytes).unwrap();
        let mut late = sample();
        late.apply(&edit.bytes).unwrap();
        let edited = late.author(&stamp(3, 3), &[put("phone", "3")]).unwrap();
        let settle = |value| Op::Settle { key: "phone".into(), value: phone(value) };
        let on_shown = base.author(&stamp(4, 4), &[settle("2")]).unwrap();
        let on_other = other.author(&stamp(5, 5), &[settle("1")]).unwrap();
        assert_eq!(
            (base.values("phone"), other.values("phone")),
            (vec![phone("2")], vec![phone("1")])
        );
        base.apply(&on_other.bytes).unwrap();
        base.apply(&edited.bytes).unwrap();
        let mut values = base.values("phone");
        values.sort();
        assert_eq!(values, ["1", "2", "3"].map(phone));
        // Whoever agrees makes no conflict.
        other.author(&stamp(5, 6), &[put("phone", "2")]).unwrap();
        other.apply(&on_shown.bytes).unwrap();
        assert_eq!(other.values("phone"), [phone("2")]);
    }

    #[test]
    fn a_document_is_the_same_after_save_and_load_and_at_its_own_heads() {
        let mut document = sample();
        document.author(&stamp(1, 1), &[put("a", "1")]).unwrap();
        let earlier = document.heads();
        document.author(&stamp(1, 2), &[put("a", "2")]).unwrap();
        let loaded = Document::load(document.id(), &document.save()).unwrap();
        assert_eq!(loaded.heads(), document.heads());
        assert_eq!(document.at(&earlier).unwrap().value("a"), Some(Value::from("1")));
    }

    #[test]
    fn a_change_with_a_missing_dependency_is_an_error_and_is_not_queued() {
        let mut document = sample();
        document.author(&stamp(1, 1), &[put("a", "1")]).unwrap();
        let second = document.author(&stamp(1, 2), &[put("a", "2")]).unwrap();
        let mut other = sample();
        assert!(matches!(other.apply(&second.bytes), Err(DocumentError::MissingDependency)));
    }

    fn sample() -> Document {
        Document::empty(DocumentId::from_random(DocumentKind::Household, [1; 14]))
    }

    fn stamp(actor: u8, command: u8) -> Stamp {
        Stamp {
            actor: ActorId::new([actor; 10]),
            time: HybridTime::new(1_000, u16::from(command)),
            city: CityTime::new(1_000),
            command: CommandId::new([command; 8]),
        }
    }

    fn put(key: &str, value: &str) -> Op {
        Op::Put { key: key.into(), value: Value::from(value) }
    }
}
