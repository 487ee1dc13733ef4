//! The guard's fourth step: the same operations, made honestly at the same place, must make the
//! same bytes.
//!
//! Automerge believes what a change says about itself: which values a put replaces, where its
//! operations are numbered from, which characters it stands behind. A change that lies there can
//! delete a neighbour's value unseen, or make a document that does not load. Rather than check each
//! of these, the change's operations are made again on the document as its author saw it, with the
//! author's stamp, through Automerge's public transaction. If that does not give
//! the very same bytes, the change is not what its operations make, and is refused. What is
//! accepted was in this way written by Automerge's own encoder: its decoder never reads a byte a
//! stranger chose.
//!
//! The encoder is therefore part of the protocol. Its version is pinned, and golden files hold it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use keting_model::{ChangeHash, Document, DocumentError, Op};

use super::GuardError;
use super::grammar::{OpName, Step, Steps};
use super::scan::Scanned;
use super::text::{Joined, Texts};

/// A change that was made again and came out the same.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// The document its author saw, with the change.
    pub after: Document,
    /// What its author did, as the rule judges it.
    pub ops: Vec<Op>,
    /// The change's hash.
    pub hash: ChangeHash,
}

/// Makes a change again on `before`, the document as it was at the change's dependencies.
///
/// # Errors
/// [`GuardError::Grammar`] when it does something changes never do, [`GuardError::ReplayDiffers`]
/// when it comes out differently, [`GuardError::Malformed`] when its columns do not fit together,
/// [`GuardError::Limit`] when a Text grows too long.
pub fn replay(before: &Document, scanned: &Scanned<'_>) -> Result<Replayed, GuardError> {
    guarded(|| {
        let ops = read_ops(before, scanned)?;
        let mut after = before.clone();
        let authored = after.author(scanned.stamp(), &ops).map_err(differs)?;
        if authored.seq > scanned.seq() {
            return Err(GuardError::Fork);
        }
        if authored.bytes != scanned.bytes() {
            return Err(GuardError::ReplayDiffers("it comes out differently"));
        }
        Ok(Replayed { after, ops, hash: authored.hash })
    })
}

/// Whether a document comes back the same from being saved and loaded. Asked once a document and
/// batch before any of it is kept: a document that does not load is worse than one refused.
pub fn survives_save(document: &Document) -> bool {
    guarded(|| {
        let loaded = Document::load(document.id(), &document.save());
        Ok(loaded.is_ok_and(|loaded| loaded.heads() == document.heads()))
    })
    .unwrap_or(false)
}

/// Takes a change that replay has accepted into a whole document, at whose heads it was not made.
pub(super) fn merge(document: &Document, scanned: &Scanned<'_>) -> Result<Document, GuardError> {
    guarded(|| {
        let mut merged = document.clone();
        merged.apply(scanned.bytes()).map_err(differs)?;
        Ok(merged)
    })
}

/// Runs Automerge on what a stranger made it do; should it panic, that is the stranger's fault and
/// nobody else's. The values it works on are copies that are dropped with the panic.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, GuardError>) -> Result<T, GuardError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or(Err(GuardError::ReplayDiffers("automerge gives up on it")))
}

fn read_ops(before: &Document, scanned: &Scanned<'_>) -> Result<Vec<Op>, GuardError> {
    let mut steps = Steps::new(scanned);
    let mut texts = Texts::new(before);
    let mut joined = Joined::default();
    while let Some((name, step)) = steps.next_step()? {
        let op = match step {
            Step::Put { key, value } => Op::Put { key: key.to_owned(), value },
            Step::DeleteKey { key } => settle(before, key, steps.next_step()?)?,
            Step::MakeText { key } => {
                texts.make(name, key);
                Op::MakeText { key: key.to_owned() }
            }
            Step::Insert { text, after, character } => {
                texts.insert(name, text, after, character)?
            }
            Step::Delete { text, character } => texts.delete(text, character)?,
        };
        joined.push(op);
    }
    Ok(joined.into_ops())
}

/// A settle, of the deletion of a key and what follows it, which must be a put of the same key.
/// Whether there was anything to settle is the rule's question.
fn settle(
    before: &Document,
    key: &str,
    following: Option<(OpName, Step<'_>)>,
) -> Result<Op, GuardError> {
    match following {
        Some((_, Step::Put { key: put, value })) if put == key && before.text(key).is_none() => {
            Ok(Op::Settle { key: key.to_owned(), value })
        }
        Some(_) | None => Err(GuardError::Grammar("it deletes a key")),
    }
}

fn differs(error: DocumentError) -> GuardError {
    match error {
        DocumentError::MissingDependency => GuardError::MissingDependency,
        DocumentError::NothingChanged => GuardError::ReplayDiffers("it changes nothing"),
        DocumentError::Unreadable(_)
        | DocumentError::NotApplied(_)
        | DocumentError::BadChange(_)
        | DocumentError::NoSuchText => GuardError::ReplayDiffers("it cannot be made"),
    }
}
