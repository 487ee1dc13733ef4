//! The log as one reader sees it.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::DocumentId;
use keting_sync::Entry;
use keting_trust::{ChainHash, Cursor, Part, RecordKind, SignedCommit};

use super::Coverage;
use crate::store::{AudienceKey, Head, ServerRead, StoreError, StoredEntry, StoredPart};

/// How many numbers are looked up at once.
pub(super) const NUMBERS_AT_ONCE: u32 = 512;

/// A stretch of the log for one reader.
#[derive(Debug)]
pub struct LogPage {
    /// What concerns the reader, with increasing numbers.
    pub entries: Vec<Entry>,
    /// Up to where the log was looked through.
    pub up_to: u64,
}

/// The entries after one number up to another that a reader's coverage contains, at most so many
/// bytes by [`Entry::cost_bytes`], but at least one if there is any.
///
/// It costs what concerns the reader, however much lies between, or what lies between, if that is
/// less.
///
/// # Errors
/// When the store cannot be read.
pub fn entries_after(
    read: &dyn ServerRead,
    coverage: &Coverage,
    after: u64,
    until: u64,
    bytes_max: usize,
) -> Result<LogPage, StoreError> {
    let mut page = LogPage { entries: Vec::new(), up_to: after };
    let mut homes = Homes::default();
    let mut bytes: usize = 0;
    while page.up_to < until {
        let (numbers, looked_to) = numbers_after(read, coverage, page.up_to, until)?;
        for number in numbers {
            let entry = deliver(read, coverage, &mut homes, number)?;
            if let Some(entry) = entry {
                let cost = entry.cost_bytes();
                if !page.entries.is_empty() && bytes.saturating_add(cost) > bytes_max {
                    return Ok(page);
                }
                bytes += cost;
                page.entries.push(entry);
            }
            page.up_to = number;
        }
        page.up_to = looked_to;
    }
    Ok(page)
}

/// The cursor at a number that the log has.
///
/// # Errors
/// When it has not, or the store cannot be read.
pub fn cursor_at(read: &dyn ServerRead, head: &Head, number: u64) -> Result<Cursor, StoreError> {
    let chain = if number == head.number {
        head.chain
    } else if number == 0 {
        ChainHash::genesis(&head.log, head.generation)
    } else {
        read.entry(number)?.ok_or(StoreError::Damaged("the log lacks an entry"))?.chain
    };
    Ok(Cursor { log: head.log, generation: head.generation, number, chain })
}

/// The next numbers of a coverage in order, and up to where there are no others.
fn numbers_after(
    read: &dyn ServerRead,
    coverage: &Coverage,
    after: u64,
    until: u64,
) -> Result<(Vec<u64>, u64), StoreError> {
    let between = until.saturating_sub(after);
    if between <= coverage.keys.len() as u64 {
        let window = until.min(after.saturating_add(u64::from(NUMBERS_AT_ONCE)));
        let mut numbers: BTreeSet<u64> = read
            .audiences(after, window)?
            .into_iter()
            .filter(|(_, key)| coverage.contains(key))
            .map(|(number, _)| number)
            .collect();
        let own = read.own_numbers(coverage.device(), after, window, NUMBERS_AT_ONCE)?;
        numbers.extend(own);
        return Ok((numbers.into_iter().collect(), window));
    }

    let mut numbers = BTreeSet::new();
    // What a full answer does not reach is unknown, so nothing behind it may be told yet.
    let mut known_to = until;
    let mut take = |found: Vec<u64>| {
        if found.len() as u64 >= u64::from(NUMBERS_AT_ONCE)
            && let Some(last) = found.last()
        {
            known_to = known_to.min(*last);
        }
        numbers.extend(found);
    };
    for key in coverage.keys() {
        take(read.numbers_of(key, after, until, NUMBERS_AT_ONCE)?);
    }
    take(read.own_numbers(coverage.device(), after, until, NUMBERS_AT_ONCE)?);
    numbers.retain(|number| *number <= known_to);
    Ok((numbers.into_iter().collect(), known_to))
}

/// One entry with the parts the reader may have; `None` if they may have nothing of it after all.
fn deliver(
    read: &dyn ServerRead,
    coverage: &Coverage,
    homes: &mut Homes,
    number: u64,
) -> Result<Option<Entry>, StoreError> {
    let stored = read.entry(number)?.ok_or(StoreError::Damaged("the log lacks an entry"))?;
    if stored.kind != RecordKind::Commit {
        return Ok(Some(entry(stored, Vec::new())));
    }
    let all = read.parts(number)?;
    let count = all.len();
    let mut readable = Vec::new();
    let mut withheld = Vec::new();
    for part in all {
        match homes.is_covered(read, coverage, &part.document)? {
            true => readable.push(part),
            false => withheld.push(part),
        }
    }
    if readable.len() < count && is_author(coverage, &stored)? {
        // What somebody wrote themselves they may always have back.
        readable.extend(withheld);
        readable.sort_unstable_by_key(|part| part.entry);
    }
    let parts: Vec<Part> = readable.into_iter().map(travelling).collect();
    Ok(if parts.is_empty() { None } else { Some(entry(stored, parts)) })
}

/// Where documents live, looked up once each.
#[derive(Debug, Default)]
pub(super) struct Homes(BTreeMap<DocumentId, Option<DocumentId>>);

impl Homes {
    pub(super) fn is_covered(
        &mut self,
        read: &dyn ServerRead,
        coverage: &Coverage,
        document: &DocumentId,
    ) -> Result<bool, StoreError> {
        let home = match self.0.get(document) {
            Some(home) => *home,
            None => {
                let home = read.document(document)?.map(|stored| stored.home);
                self.0.insert(*document, home);
                home
            }
        };
        Ok(home.is_some_and(|region| {
            coverage.contains(&AudienceKey { region, kind: document.kind_code() })
        }))
    }
}

pub(super) fn is_author(coverage: &Coverage, stored: &StoredEntry) -> Result<bool, StoreError> {
    let commit = SignedCommit::read_stored(&stored.record)
        .map_err(|_| StoreError::Damaged("a commit of the log does not decode"))?;
    Ok(commit.id().device == *coverage.device())
}

pub(super) fn entry(stored: StoredEntry, parts: Vec<Part>) -> Entry {
    Entry { number: stored.number, kind: stored.kind.code(), record: stored.record, parts }
}

pub(super) fn travelling(part: StoredPart) -> Part {
    Part { salt: part.salt, document: part.document, change: part.change }
}
