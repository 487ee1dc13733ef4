//! A first sync: whole documents, the nearest first.
//!
//! Everything that had been admitted when it began is sent as the entries of each document, with
//! only that document's part; what came later is in the tail of the log. Micro-grid comes after
//! micro-grid, so that the first is of use before the last is there; a cut resumes behind the last
//! entry sent.

use keting_model::DocumentId;
use keting_model::DocumentKind;
use keting_sync::{Entry, EntryPosition};
use keting_trust::{Cursor, Part, RecordKind};

use super::Coverage;
use super::log::{Homes, entry, travelling};
use crate::store::{RECORDS_KIND, ServerRead, StoreError};

/// Grants, and what is the reader's own.
const RECORDS: u8 = 0;
/// The phases of documents: regions, those of the own micro-grid, the others.
const DOCUMENT_PHASES: [u8; 3] = [1, 2, 3];

/// How many parts of a document are read at once: a page may stand anywhere in a long one.
const PARTS_AT_ONCE: u32 = 64;

/// What one first sync has to send: ids and numbers only, 16 bytes a document.
#[derive(Debug)]
pub struct FirstSync {
    at: Cursor,
    records: Vec<u64>,
    documents: [Vec<Planned>; DOCUMENT_PHASES.len()],
}

/// A document in the order in which it is sent: by the place of its region, then by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Planned {
    /// The place of the region; those that hang on nothing come last.
    place: u32,
    region: DocumentId,
    document: DocumentId,
}

/// Some of a first sync.
#[derive(Debug)]
pub struct DocumentPage {
    /// Of each document in increasing numbers.
    pub entries: Vec<Entry>,
    /// Where to go on.
    pub position: EntryPosition,
    /// Documents sent so far.
    pub done: u64,
    /// Documents in all.
    pub total: u64,
    /// Whether that is all.
    pub finished: bool,
}

/// Behind what a page begins, within its phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct After {
    planned: Option<Planned>,
    number: u64,
}

impl FirstSync {
    /// Works out what a reader is to get, as of a cursor of this log.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn plan(
        read: &dyn ServerRead,
        coverage: &Coverage,
        at: Cursor,
    ) -> Result<Self, StoreError> {
        let mut plan = Self { at, records: Vec::new(), documents: Default::default() };
        for key in coverage.keys() {
            if key.kind == RECORDS_KIND {
                plan.records.extend(read.numbers_of(key, 0, at.number, u32::MAX)?);
                continue;
            }
            let phase = if key.kind == DocumentKind::Region.code() {
                0
            } else if coverage.first.contains(&key.region) {
                1
            } else {
                2
            };
            if let Some(documents) = plan.documents.get_mut(phase) {
                let (place, region) = (coverage.place(&key.region), key.region);
                let of_region = read.documents_of(key, None, u32::MAX)?;
                let planned = |document| Planned { place, region, document };
                documents.extend(of_region.into_iter().map(planned));
            }
        }
        plan.records.extend(read.own_numbers(coverage.device(), 0, at.number, u32::MAX)?);
        plan.records.sort_unstable();
        plan.records.dedup();
        plan.documents.iter_mut().for_each(|documents| documents.sort_unstable());
        Ok(plan)
    }

    /// The cursor as of which everything is sent.
    pub fn at(&self) -> Cursor {
        self.at
    }

    /// How many regions are among what is sent.
    pub fn region_count(&self) -> usize {
        self.documents.first().map_or(0, Vec::len)
    }

    /// The next page behind a position, at most so many bytes by [`Entry::cost_bytes`], but at
    /// least one entry if there is any.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn page(
        &self,
        read: &dyn ServerRead,
        coverage: &Coverage,
        from: Option<&EntryPosition>,
        bytes_max: usize,
    ) -> Result<DocumentPage, StoreError> {
        let (phase, after) = from.map_or((RECORDS, After::START), |position| {
            (position.phase, After::from_bytes(&position.after, coverage))
        });
        let mut filling = Filling { bytes_max, bytes: 0, entries: Vec::new(), at: (phase, after) };
        let mut full = false;
        if phase == RECORDS {
            full = self.fill_records(read, coverage, after, &mut filling)?;
        }
        for (in_phase, documents) in DOCUMENT_PHASES.into_iter().zip(&self.documents) {
            if full || in_phase < phase {
                continue;
            }
            let after = if in_phase == phase { after } else { After::START };
            full = self.fill_documents(read, in_phase, documents, after, &mut filling)?;
        }
        let (phase, after) = filling.at;
        Ok(DocumentPage {
            entries: filling.entries,
            position: EntryPosition { at: self.at, phase, after: after.to_bytes() },
            done: self.done(phase, after),
            total: self.documents.iter().map(|documents| documents.len() as u64).sum(),
            finished: !full,
        })
    }

    fn fill_records(
        &self,
        read: &dyn ServerRead,
        coverage: &Coverage,
        after: After,
        filling: &mut Filling,
    ) -> Result<bool, StoreError> {
        let mut homes = Homes::default();
        for number in self.records.iter().copied().filter(|number| *number > after.number) {
            let stored =
                read.entry(number)?.ok_or(StoreError::Damaged("the log lacks an entry"))?;
            let mut parts: Vec<Part> = Vec::new();
            if stored.kind == RecordKind::Commit {
                // The reader's own commit: what their role lets them read comes with the document.
                for part in read.parts(number)? {
                    if !homes.is_covered(read, coverage, &part.document)? {
                        parts.push(travelling(part));
                    }
                }
            }
            let after = After { planned: None, number };
            if !filling.take(entry(stored, parts), (RECORDS, after)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn fill_documents(
        &self,
        read: &dyn ServerRead,
        phase: u8,
        documents: &[Planned],
        after: After,
        filling: &mut Filling,
    ) -> Result<bool, StoreError> {
        let first = documents.partition_point(|planned| Some(*planned) < after.planned);
        for planned in documents.iter().skip(first) {
            let id = &planned.document;
            let mut sent = if after.planned == Some(*planned) { after.number } else { 0 };
            // The position is what the device brought back; one beyond the end has nothing behind it.
            while sent < self.at.number {
                let parts = read.document_parts(id, sent, self.at.number, PARTS_AT_ONCE)?;
                let Some((last, _)) = parts.last() else { break };
                sent = *last;
                for (number, part) in parts {
                    let here = After { planned: Some(*planned), number };
                    let stored =
                        read.entry(number)?.ok_or(StoreError::Damaged("the log lacks an entry"))?;
                    if !filling.take(entry(stored, vec![travelling(part)]), (phase, here)) {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// How many documents are sent up to a position; the one at it counts.
    fn done(&self, phase: u8, after: After) -> u64 {
        DOCUMENT_PHASES
            .into_iter()
            .zip(&self.documents)
            .map(|(in_phase, documents)| {
                let done = match in_phase.cmp(&phase) {
                    std::cmp::Ordering::Less => documents.len(),
                    std::cmp::Ordering::Equal => {
                        documents.partition_point(|planned| Some(*planned) <= after.planned)
                    }
                    std::cmp::Ordering::Greater => 0,
                };
                done as u64
            })
            .sum()
    }
}

struct Filling {
    bytes_max: usize,
    bytes: usize,
    entries: Vec<Entry>,
    at: (u8, After),
}

impl Filling {
    /// Takes an entry, unless the page is full.
    fn take(&mut self, entry: Entry, at: (u8, After)) -> bool {
        let bytes = self.bytes.saturating_add(entry.cost_bytes());
        if bytes > self.bytes_max && !self.entries.is_empty() {
            return false;
        }
        self.bytes = bytes;
        self.entries.push(entry);
        self.at = at;
        true
    }
}

impl After {
    const START: Self = Self { planned: None, number: 0 };

    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.number.to_be_bytes().to_vec();
        if let Some(planned) = &self.planned {
            bytes.extend(planned.region.as_bytes());
            bytes.extend(planned.document.as_bytes());
        }
        bytes
    }

    /// Reads a position that a device brings back. Whatever it says, it is only a place to begin.
    fn from_bytes(bytes: &[u8], coverage: &Coverage) -> Self {
        let Some((number, rest)) = bytes.split_first_chunk::<8>() else { return Self::START };
        let planned =
            rest.split_at_checked(DocumentId::LEN_BYTES).and_then(|(region, document)| {
                let region = DocumentId::from_slice(region).ok()?;
                let document = DocumentId::from_slice(document).ok()?;
                Some(Planned { place: coverage.place(&region), region, document })
            });
        Self { number: u64::from_be_bytes(*number), planned }
    }
}
