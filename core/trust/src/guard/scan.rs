//! The guard's first step: our own reading of a change before Automerge sees a byte.
//!
//! A change chunk is `magic · checksum · type · length · body`, and the body is
//!
//! ```text
//! deps  actor  seq  start_op  time  message  other actors  column table  column bytes
//! ```
//!
//! Only the one form is accepted that Automerge's encoder writes: type *change* (not a document, not
//! a bundle, not deflated), numbers in their shortest form, columns that are known, in order and
//! not empty, and nothing after them. Every length and every run length is added up with checked
//! arithmetic before anything is expanded. The cost is that of hashing and reading the bytes once;
//! nothing is allocated but the lists of dependencies and actors, whose bytes are there.

use keting_model::{ActorId, ChangeHash, HybridTime, Stamp};
use sha2::{Digest, Sha256};

use super::GuardError;
use super::columns::{Booleans, Rle, Rows};
use super::reader::Reader;
use crate::limits;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHUNK_TYPE_CHANGE: u8 = 1;

/// The largest number of an operation: Automerge keeps it in 32 bits.
const OP_NUMBER_MAX: u64 = u32::MAX as u64;

/// A change whose form has been checked, and nothing else yet.
#[derive(Debug, Clone)]
pub struct Scanned<'a> {
    bytes: &'a [u8],
    hash: ChangeHash,
    deps: Vec<ChangeHash>,
    stamp: Stamp,
    others: Vec<ActorId>,
    seq: u64,
    start_op: u64,
    columns: Columns<'a>,
    ops: u64,
}

impl<'a> Scanned<'a> {
    /// The whole change, as it was scanned.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The change's hash, which names it.
    pub fn hash(&self) -> ChangeHash {
        self.hash
    }

    /// The changes it stands on, ascending, each once.
    pub fn deps(&self) -> &[ChangeHash] {
        &self.deps
    }

    /// Its author's actor.
    pub fn actor(&self) -> ActorId {
        self.stamp.actor
    }

    /// All that it is stamped with.
    pub fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// Its number among the actor's changes in the document, from 1.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The number of its first operation in the document.
    pub fn start_op(&self) -> u64 {
        self.start_op
    }

    /// How many operations it has: at least one.
    pub fn ops(&self) -> u64 {
        self.ops
    }

    /// The root keys that its operations name, each as often as the columns write it out.
    pub fn keys(&self) -> impl Iterator<Item = &'a str> {
        let mut keys = Rle::<&str>::new(self.columns.key_text);
        std::iter::from_fn(move || keys.next_run().ok().flatten()).filter_map(|run| run.value)
    }

    pub(super) fn columns(&self) -> &Columns<'a> {
        &self.columns
    }

    /// The actor that stands under an index in the columns.
    pub(super) fn actor_at(&self, index: u64) -> Result<ActorId, GuardError> {
        let Some(other) = index.checked_sub(1) else { return Ok(self.actor()) };
        let other = usize::try_from(other).ok().and_then(|other| self.others.get(other));
        other.copied().ok_or(GuardError::Malformed("an actor is not in the table"))
    }
}

/// Reads the form of a change.
///
/// # Errors
/// [`GuardError::Malformed`] when the bytes are not one uncompressed change in its canonical form,
/// [`GuardError::Limit`] when it claims too much, [`GuardError::Grammar`] when a column says that
/// it marks text.
pub fn scan(bytes: &[u8]) -> Result<Scanned<'_>, GuardError> {
    if bytes.len() > limits::CHANGE_BYTES_MAX {
        return Err(GuardError::Limit("too many bytes"));
    }
    let (hash, body) = open_chunk(bytes)?;
    let mut body = Reader::new(body);

    let deps = read_deps(&mut body)?;
    let actor = read_actor(&mut body)?;
    let seq = body.unsigned()?;
    let start_op = body.unsigned()?;
    if seq == 0 || seq > OP_NUMBER_MAX {
        return Err(GuardError::Malformed("its number among the actor's changes is out of range"));
    }
    if start_op == 0 || start_op > OP_NUMBER_MAX - limits::CHANGE_OPS_MAX {
        return Err(GuardError::Malformed("its first operation's number is out of range"));
    }
    let time = u64::try_from(body.signed()?).ok().and_then(HybridTime::from_bits);
    let time = time.ok_or(GuardError::Malformed("its time is negative"))?;
    let message = std::str::from_utf8(body.prefixed()?).ok().and_then(Stamp::read_message);
    let (command, city) =
        message.ok_or(GuardError::Malformed("its message is not a command's id and a time"))?;
    let others = read_others(&mut body, actor)?;
    let columns = Columns::read(&mut body)?;
    if !body.is_empty() {
        return Err(GuardError::Malformed("bytes stand after its columns"));
    }
    let ops = columns.count()?;
    let stamp = Stamp { actor, time, city, command };
    Ok(Scanned { bytes, hash, deps, stamp, others, seq, start_op, columns, ops })
}

/// Checks the chunk's frame and checksum. The hash, and so the checksum, is over type, length and
/// body.
fn open_chunk(bytes: &[u8]) -> Result<(ChangeHash, &[u8]), GuardError> {
    let mut reader = Reader::new(bytes);
    if reader.array()? != MAGIC {
        return Err(GuardError::Malformed("it does not begin as a chunk"));
    }
    let checksum: [u8; 4] = reader.array()?;
    if reader.byte()? != CHUNK_TYPE_CHANGE {
        return Err(GuardError::Malformed("it is not an uncompressed change"));
    }
    let body = reader.prefixed()?;
    if !reader.is_empty() {
        return Err(GuardError::Malformed("bytes stand after it"));
    }
    let hashed = bytes.get(MAGIC.len() + checksum.len()..).unwrap_or_default();
    let hash: [u8; 32] = Sha256::digest(hashed).into();
    if !hash.starts_with(&checksum) {
        return Err(GuardError::Malformed("its checksum is wrong"));
    }
    Ok((ChangeHash(hash), body))
}

fn read_deps(body: &mut Reader<'_>) -> Result<Vec<ChangeHash>, GuardError> {
    let count = body.unsigned()?;
    if count > limits::CHANGE_DEPS_MAX {
        return Err(GuardError::Limit("too many dependencies"));
    }
    let mut deps: Vec<ChangeHash> = Vec::new();
    for _ in 0..count {
        let dep = ChangeHash(body.array()?);
        if deps.last().is_some_and(|last| *last >= dep) {
            return Err(GuardError::Malformed("its dependencies are not ascending"));
        }
        deps.push(dep);
    }
    Ok(deps)
}

fn read_actor(body: &mut Reader<'_>) -> Result<ActorId, GuardError> {
    ActorId::from_slice(body.prefixed()?)
        .map_err(|_| GuardError::Malformed("an actor has not ten bytes"))
}

fn read_others(body: &mut Reader<'_>, own: ActorId) -> Result<Vec<ActorId>, GuardError> {
    let count = body.unsigned()?;
    if count > limits::CHANGE_ACTORS_MAX {
        return Err(GuardError::Limit("too many actors"));
    }
    let mut others: Vec<ActorId> = Vec::new();
    for _ in 0..count {
        let actor = read_actor(body)?;
        if actor == own || others.last().is_some_and(|last| *last >= actor) {
            return Err(GuardError::Malformed("its actors are not ascending"));
        }
        others.push(actor);
    }
    Ok(others)
}

/// Twelve that may occur and two that are refused by name.
const COLUMNS_MAX: usize = 14;

/// The bytes of each column; an absent one is empty.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Columns<'a> {
    pub(super) object_actor: &'a [u8],
    pub(super) object_number: &'a [u8],
    pub(super) key_actor: &'a [u8],
    pub(super) key_number: &'a [u8],
    pub(super) key_text: &'a [u8],
    pub(super) insert: &'a [u8],
    pub(super) action: &'a [u8],
    pub(super) value_kind: &'a [u8],
    pub(super) value: &'a [u8],
    pub(super) pred_count: &'a [u8],
    pub(super) pred_actor: &'a [u8],
    pub(super) pred_number: &'a [u8],
}

impl<'a> Columns<'a> {
    /// Reads the table of columns, and cuts the bytes after it into columns.
    fn read(body: &mut Reader<'a>) -> Result<Self, GuardError> {
        let count = body.unsigned()?;
        let mut table = [(0_u64, 0_u64); COLUMNS_MAX];
        let entries = usize::try_from(count).ok().and_then(|count| table.get_mut(..count));
        let entries = entries.ok_or(GuardError::Malformed("it has too many columns"))?;
        let mut last = None;
        for entry in entries.iter_mut() {
            let (specification, length) = (body.unsigned()?, body.unsigned()?);
            if last >= Some(specification) {
                return Err(GuardError::Malformed("its columns are not ascending"));
            }
            if length == 0 {
                return Err(GuardError::Malformed("a column is empty"));
            }
            last = Some(specification);
            *entry = (specification, length);
        }
        let mut columns = Self::default();
        for (specification, length) in entries.iter() {
            *columns.column(*specification)? = body.take(*length)?;
        }
        Ok(columns)
    }

    /// The column of a specification: `id << 4 | deflated << 3 | type`.
    fn column(&mut self, specification: u64) -> Result<&mut &'a [u8], GuardError> {
        Ok(match specification {
            0x01 => &mut self.object_actor,
            0x02 => &mut self.object_number,
            0x11 => &mut self.key_actor,
            0x13 => &mut self.key_number,
            0x15 => &mut self.key_text,
            0x34 => &mut self.insert,
            0x42 => &mut self.action,
            0x56 => &mut self.value_kind,
            0x57 => &mut self.value,
            0x70 => &mut self.pred_count,
            0x71 => &mut self.pred_actor,
            0x73 => &mut self.pred_number,
            0x94 | 0xa5 => return Err(GuardError::Grammar("it marks text")),
            _ => return Err(GuardError::Malformed("a column is unknown or deflated")),
        })
    }

    /// How many operations there are, after checking that every column has as many rows.
    fn count(&self) -> Result<u64, GuardError> {
        let ops = Rle::<u64>::new(self.action).count()?;
        if ops == 0 {
            return Err(GuardError::Malformed("it has no operations"));
        }
        let nullable = [
            Rle::<u64>::new(self.object_actor).count()?,
            Rle::<u64>::new(self.object_number).count()?,
            Rle::<u64>::new(self.key_actor).count()?,
            Rle::<i64>::new(self.key_number).count()?,
            Rle::<&str>::new(self.key_text).count()?,
        ];
        let always = [
            Booleans::new(self.insert).count()?,
            Rle::<u64>::new(self.value_kind).count()?,
            Rle::<u64>::new(self.pred_count).count()?,
        ];
        let fits = nullable.into_iter().all(|rows| rows == ops || rows == 0)
            && always.into_iter().all(|rows| rows == ops);
        if !fits {
            return Err(GuardError::Malformed("a column is longer or shorter than the others"));
        }
        self.check_values()?;
        self.check_preds()?;
        Ok(ops)
    }

    /// The lengths that the values' metadata claim add up to the values' bytes.
    fn check_values(&self) -> Result<(), GuardError> {
        let wrong = GuardError::Malformed("its values are longer or shorter than they claim");
        let mut kinds = Rle::<u64>::new(self.value_kind);
        let mut bytes = 0_u64;
        while let Some(run) = kinds.next_run()? {
            let Some(kind) = run.value else { return Err(wrong) };
            let claimed = (kind >> 4).checked_mul(run.count);
            let Some(sum) = claimed.and_then(|claimed| bytes.checked_add(claimed)) else {
                return Err(wrong);
            };
            bytes = sum;
        }
        if usize::try_from(bytes).is_ok_and(|bytes| bytes == self.value.len()) {
            Ok(())
        } else {
            Err(wrong)
        }
    }

    /// The predecessors are as many as the operations claim, and not too many.
    fn check_preds(&self) -> Result<(), GuardError> {
        let wrong = GuardError::Malformed("its predecessors are more or fewer than it claims");
        let mut counts = Rle::<u64>::new(self.pred_count);
        let mut preds = Rows::default();
        while let Some(run) = counts.next_run()? {
            let Some(each) = run.value else { return Err(wrong) };
            preds.add(each.checked_mul(run.count).ok_or(TOO_MANY_PREDS)?)?;
        }
        let actors = Rle::<u64>::new(self.pred_actor).count()?;
        let numbers = Rle::<i64>::new(self.pred_number).count()?;
        if preds.sum() == actors && preds.sum() == numbers { Ok(()) } else { Err(wrong) }
    }
}

const TOO_MANY_PREDS: GuardError = GuardError::Limit("too many predecessors");
