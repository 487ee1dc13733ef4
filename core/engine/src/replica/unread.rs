//! Entries of the log that only a newer version can read.
//!
//! They are kept whole, and so is every later entry about a document of theirs: its changes may
//! build on theirs. Everything else goes on. The first version that opens the file with more to its
//! reading than the last one had takes them up again, in the log's order.
//!
//! An entry that this replica's own checks do not let pass is *set aside*: kept whole as well, with the
//! reason, and counted. It never stops the rest. What builds on it is set aside in its turn, for want of
//! it. It is judged again when something comes that it may have lacked, and by each newer version.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::{DocumentId, RULE_VERSION};
use keting_store::{StoreError, StoredRecord, Transaction, UnreadEntry};
use keting_sync::Entry;
use keting_trust::{Part, RecordKind, cbor};
use minicbor::{Decode, Encode};

use crate::error::EngineError;
use crate::replica::receive::Group;
use crate::replica::{Replica, meta};

/// What reads; it differs as soon as a format or a rule may.
const SOFTWARE: &str = concat!("keting/", env!("CARGO_PKG_VERSION"));
/// How many entries are taken up at once.
const AT_ONCE: u32 = 256;

/// The code of what came under a grant that is not here.
const LACKS_GRANT: &str = "unknown_grant";

/// What a group of entries brought that others may have lacked.
#[derive(Default)]
pub(super) struct News {
    documents: BTreeSet<DocumentId>,
    grants: bool,
}

impl News {
    pub(super) fn of(group: &Group) -> Self {
        let accepted = group.accepted.iter().flat_map(|accepted| &accepted.changes);
        let is_grant = |record: &StoredRecord| record.kind == RecordKind::Grant.code();
        Self {
            documents: accepted.map(|(part, _)| part.document).collect(),
            grants: group.records.iter().any(is_grant),
        }
    }

    fn is_empty(&self) -> bool {
        self.documents.is_empty() && !self.grants
    }
}

/// An entry that cannot be read, and which documents it is about.
pub(super) struct Unread {
    entry: UnreadEntry,
    documents: Vec<DocumentId>,
}

/// A part, as it is kept.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
struct KeptPart {
    #[cbor(n(0), with = "minicbor::bytes")]
    salt: [u8; 16],
    #[n(1)]
    document: DocumentId,
    #[cbor(n(2), with = "minicbor::bytes")]
    change: Vec<u8>,
}

impl Unread {
    /// An entry as it came, that cannot be read yet.
    pub(super) fn of(entry: &Entry) -> Self {
        Self::because(entry, "")
    }

    /// An entry as it came, that does not hold up.
    pub(super) fn set_aside(entry: &Entry, error: &EngineError) -> Self {
        let code = match error {
            EngineError::LogRefused(error) => error.code(),
            error => error.code(),
        };
        Self::because(entry, code)
    }

    fn because(entry: &Entry, code: &str) -> Self {
        let kept = |part: &Part| KeptPart {
            salt: part.salt,
            document: part.document,
            change: part.change.clone(),
        };
        let parts: Vec<_> = entry.parts.iter().map(kept).collect();
        let documents = entry.parts.iter().map(|part| part.document).collect();
        let (number, kind, record) = (entry.number, entry.kind, entry.record.clone());
        let (parts, code) = (cbor::to_vec(&parts), code.to_owned());
        Self { entry: UnreadEntry { number, kind, record, parts, code }, documents }
    }

    pub(super) fn write(&self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        transaction.put_unread(&self.entry, &self.documents)
    }
}

impl Replica {
    /// Whether an entry is about a document of which something is unread.
    pub(super) fn is_behind_unread(
        &self,
        group: &Group,
        entry: &Entry,
    ) -> Result<bool, EngineError> {
        for part in &entry.parts {
            let is_it = |other: &Unread| {
                other.entry.code.is_empty() && other.documents.contains(&part.document)
            };
            if group.unread.iter().any(is_it) {
                return Ok(true);
            }
            if !group.takes_up_unread && self.store.has_unread(&part.document)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads once more what an earlier version could not, if this one reads more than that one. What
    /// does not hold up, now that it can be read, stays unread with all that builds on it.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub(super) fn take_up_unread(&mut self) -> Result<(), EngineError> {
        let reads = format!("{SOFTWARE} rules/{RULE_VERSION}");
        let is_read_by = |bytes: Vec<u8>| bytes == reads.as_bytes();
        if self.city.is_none() || self.store.meta(meta::READ_BY)?.is_some_and(is_read_by) {
            return Ok(());
        }
        let entries = self.unread_entries()?;
        let group = self.check_entries(Group::taking_up_unread(), &entries)?;
        self.keep_accepted(group, |transaction| {
            transaction.clear_unread()?;
            transaction.set_meta(meta::READ_BY, reads.as_bytes())
        })
    }

    /// Judges again what was set aside and is about documents that something came of; and, if grants
    /// came, what lacked one.
    pub(super) fn judge_again(&mut self, news: News) -> Result<(), EngineError> {
        let mut news = news;
        while !news.is_empty() && self.store.set_aside_count()? > 0 {
            let lacked = if std::mem::take(&mut news.grants) { LACKS_GRANT } else { "" };
            let mut entries = BTreeMap::new();
            let documents = std::mem::take(&mut news.documents);
            for document in documents.iter().map(Some).chain([None]) {
                for kept in self.store.set_aside(document, lacked, AT_ONCE)? {
                    entries.insert(kept.number, entry(kept)?);
                }
            }
            let group = self.check_entries(Group::default(), entries.values())?;
            if group.accepted.is_empty() && group.records.is_empty() {
                return Ok(());
            }
            news = News::of(&group);
            self.keep_accepted(group, |transaction| {
                entries.keys().try_for_each(|number| transaction.forget_unread(*number))
            })?;
        }
        Ok(())
    }

    fn unread_entries(&self) -> Result<Vec<Entry>, EngineError> {
        let mut entries = Vec::new();
        let mut last = 0;
        loop {
            let page = self.store.unread_after(last, AT_ONCE)?;
            let Some(end) = page.last() else { return Ok(entries) };
            last = end.number;
            for kept in page {
                entries.push(entry(kept)?);
            }
        }
    }
}

fn entry(kept: UnreadEntry) -> Result<Entry, EngineError> {
    let parts: Vec<KeptPart> =
        cbor::from_slice(&kept.parts).map_err(|_| EngineError::DamagedMeta)?;
    let part =
        |kept: KeptPart| Part { salt: kept.salt, document: kept.document, change: kept.change };
    Ok(Entry {
        number: kept.number,
        kind: kept.kind,
        record: kept.record,
        parts: parts.into_iter().map(part).collect(),
    })
}
