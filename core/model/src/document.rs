//! One document: a flat Automerge map of root keys with scalars, and Texts.
//!
//! Everything that writes into Automerge goes through here, with the actor, time and command id
//! given by the caller, so that the same operations at the same dependencies always make the same
//! bytes. That is what the guard's replay stands on.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{Automerge, ObjType, ROOT, ReadDoc};

use crate::city_time::CityTime;
use crate::id::{ActorId, DocumentId};
use crate::said::{Entry, Said};
use crate::stamp::Stamp;
use crate::value::Value;

pub use automerge::ChangeHash;

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

/// One operation on a document: all that the grammar of changes allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Puts a scalar under a root key.
    Put {
        /// The root key.
        key: String,
        /// The scalar.
        value: Value,
    },
    /// Settles a root key under which unequal values stand: deletes all of them, then puts one.
    ///
    /// A mere put of the value that is shown would only delete the others, and leave nothing that
    /// another settle, or an edit, could be concurrent with: of two settles made apart one would
    /// vanish unseen.
    Settle {
        /// The root key.
        key: String,
        /// The scalar.
        value: Value,
    },
    /// Makes an empty Text under a root key.
    MakeText {
        /// The root key.
        key: String,
    },
    /// Deletes and inserts in a Text; positions count Unicode code points.
    Splice {
        /// The root key that holds the Text.
        key: String,
        /// Where, in code points from the start.
        at: usize,
        /// How many code points to delete.
        delete: usize,
        /// What to insert.
        insert: String,
    },
}

impl Op {
    /// The root key and the scalar under it, if the operation writes one.
    pub fn written(&self) -> Option<(&str, &Value)> {
        match self {
            Self::Put { key, value } | Self::Settle { key, value } => Some((key, value)),
            Self::MakeText { .. } | Self::Splice { .. } => None,
        }
    }
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
            perform(&mut transaction, op)?;
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

    /// The value a screen shows under a key: Automerge's winner among concurrent ones.
    pub fn value(&self, key: &str) -> Option<Value> {
        let (value, _) = self.inner.get(ROOT, key).ok().flatten()?;
        value.as_scalar().and_then(Value::from_scalar)
    }

    /// The unequal values that stand under a key at once, the winner first. More than one means
    /// that somebody has to settle it.
    pub fn values(&self, key: &str) -> Vec<Value> {
        let all = self.inner.get_all(ROOT, key).unwrap_or_default();
        let mut unequal = Vec::new();
        for value in all.iter().rev().filter_map(|(value, _)| value.as_scalar()) {
            match Value::from_scalar(value) {
                Some(value) if !unequal.contains(&value) => unequal.push(value),
                Some(_) | None => {}
            }
        }
        unequal
    }

    /// What people said under a key at once, the value that is shown first. Equal values of several
    /// people are listed each.
    pub(crate) fn said(&self, key: &str) -> Vec<Said> {
        let all = self.inner.get_all(ROOT, key).unwrap_or_default();
        let said = all.iter().rev().filter_map(|(value, operation)| {
            let value = Value::from_scalar(value.as_scalar()?)?;
            Some(Said {
                value,
                actor: actor_of(operation),
                city_time: self.city_time_of(operation),
            })
        });
        said.collect()
    }

    /// The city's time of the change that an operation is of.
    fn city_time_of(&self, operation: &automerge::ObjId) -> Option<CityTime> {
        let change = self.inner.hash_for_opid(operation)?;
        let meta = self.inner.get_change_meta_by_hash(&change)?;
        let (_, city_time) = Stamp::read_message(meta.message.as_deref()?)?;
        Some(city_time)
    }

    /// Who made the heads, one for each.
    pub fn head_actors(&self) -> Vec<ActorId> {
        let heads = self.inner.get_heads();
        let metas = heads.iter().filter_map(|head| self.inner.get_change_meta_by_hash(head));
        metas.filter_map(|meta| ActorId::from_slice(meta.actor.to_bytes()).ok()).collect()
    }

    /// Who put the values that stand under a key at once, one for each, equal ones included.
    pub fn value_actors(&self, key: &str) -> Vec<ActorId> {
        let all = self.inner.get_all(ROOT, key).unwrap_or_default();
        all.iter().filter_map(|(_, id)| actor_of(id)).collect()
    }

    /// Who put the value that is shown under a key.
    pub(crate) fn value_author(&self, key: &str) -> Option<ActorId> {
        let (_, id) = self.inner.get(ROOT, key).ok().flatten()?;
        actor_of(&id)
    }

    /// Who made a change.
    pub fn actor_of(&self, hash: &ChangeHash) -> Option<ActorId> {
        let meta = self.inner.get_change_meta_by_hash(hash)?;
        ActorId::from_slice(meta.actor.to_bytes()).ok()
    }

    /// Who put the values under a key that a change made at `deps` leaves standing beside its own:
    /// those its author had not seen.
    pub fn value_actors_beside(&self, key: &str, deps: &[ChangeHash]) -> Vec<ActorId> {
        let all = self.inner.get_all(ROOT, key).unwrap_or_default();
        let seen = self.inner.get_all_at(ROOT, key, deps).unwrap_or_default();
        let unseen = all.iter().filter(|(_, id)| !seen.iter().any(|(_, seen)| seen == id));
        unseen.filter_map(|(_, id)| actor_of(id)).collect()
    }

    /// The Text under a key, if there is one.
    pub fn text(&self, key: &str) -> Option<String> {
        let (value, object) = self.inner.get(ROOT, key).ok().flatten()?;
        match value {
            automerge::Value::Object(ObjType::Text) => self.inner.text(object).ok(),
            automerge::Value::Object(_) | automerge::Value::Scalar(_) => None,
        }
    }

    /// The root keys in order.
    pub fn keys(&self) -> impl Iterator<Item = String> + '_ {
        self.inner.keys(ROOT)
    }

    /// Every root key with the scalar that is shown under it, in the order of keys.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        self.inner.map_range(ROOT, ..).filter_map(|entry| {
            let actor = actor_of(&entry.id());
            let shown = entry.value.into_value();
            let value = Value::from_scalar(shown.as_scalar()?)?;
            Some(Entry { key: entry.key.into_owned(), value, actor, several: entry.conflict })
        })
    }

    /// The scalars shown under the root keys that begin with `start` and a slash, in order.
    pub(crate) fn shown_below(&self, start: &str) -> impl Iterator<Item = (String, Value)> + '_ {
        // The character after a slash is a zero.
        let range = format!("{start}/")..format!("{start}0");
        self.inner.map_range(ROOT, range).filter_map(|entry| {
            let value = entry.value.into_value();
            Some((entry.key.into_owned(), Value::from_scalar(value.as_scalar()?)?))
        })
    }

    /// The Automerge document, for the guard's replay.
    pub fn automerge(&self) -> &Automerge {
        &self.inner
    }
}

/// Who made an operation.
fn actor_of(operation: &automerge::ObjId) -> Option<ActorId> {
    match operation {
        automerge::ObjId::Id(_, actor, _) => ActorId::from_slice(actor.to_bytes()).ok(),
        automerge::ObjId::Root => None,
    }
}

fn perform(
    transaction: &mut automerge::transaction::Transaction<'_>,
    op: &Op,
) -> Result<(), DocumentError> {
    match op {
        Op::Put { key, value } => transaction
            .put(ROOT, key.as_str(), value.to_scalar())
            .map_err(DocumentError::NotApplied),
        Op::Settle { key, value } => {
            transaction.delete(ROOT, key.as_str()).map_err(DocumentError::NotApplied)?;
            transaction
                .put(ROOT, key.as_str(), value.to_scalar())
                .map_err(DocumentError::NotApplied)
        }
        Op::MakeText { key } => transaction
            .put_object(ROOT, key.as_str(), ObjType::Text)
            .map(drop)
            .map_err(DocumentError::NotApplied),
        Op::Splice { key, at, delete, insert } => {
            let found = transaction.get(ROOT, key.as_str()).map_err(DocumentError::NotApplied)?;
            let Some((automerge::Value::Object(ObjType::Text), text)) = found else {
                return Err(DocumentError::NoSuchText);
            };
            let delete = isize::try_from(*delete).map_err(|_| DocumentError::NoSuchText)?;
            transaction
                .splice_text(&text, *at, delete, insert)
                .map_err(|_| DocumentError::NoSuchText)
        }
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
