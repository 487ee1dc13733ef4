//! Every document made again from its parts, and the rows that follow from it.

use std::borrow::Cow;

use keting_model::home::{Home, home_of};
use keting_model::rule::{Touched, judge};
use keting_model::{Document, DocumentId, DocumentKind, Level, Value};
use keting_trust::SignedCommit;
use keting_trust::guard::{Forks, check_change, scan};
use keting_trust::limits::NUMBER_MAX;

use super::{Check, ROWS_AT_ONCE};
use crate::store::{StoreError, StoredDocument, StoredPart};

impl Check<'_> {
    /// Checks every document.
    pub(super) fn documents(&mut self, progress: &mut dyn FnMut(u64)) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let documents = self.read.documents(after.as_ref(), ROWS_AT_ONCE)?;
            let Some(last) = documents.last() else { return Ok(()) };
            after = Some(last.id);
            for stored in &documents {
                self.report.documents += 1;
                self.document(stored)?;
            }
            progress(self.report.entries + self.report.documents);
        }
    }

    fn document(&mut self, stored: &StoredDocument) -> Result<(), StoreError> {
        let parts = self.read.document_parts(&stored.id, 0, NUMBER_MAX, u32::MAX)?;
        let first = parts.first().map(|(number, _)| *number);
        if first != Some(stored.first_number) || parts.len() as u64 != stored.change_count {
            self.differs(None, Some(stored.id), "document_row_differs");
        }
        if stored.id.kind().is_none() {
            return Ok(());
        }
        let Some(replayed) = self.replay(stored, &parts)? else { return Ok(()) };
        if replayed.heads() != stored.heads {
            self.differs(None, Some(stored.id), "heads_differ");
        }
        let snapshot = self.read.document_snapshot(&stored.id)?.unwrap_or_default();
        match Document::load(stored.id, &snapshot) {
            Ok(loaded) if loaded.save() == replayed.save() => {}
            Ok(_) => self.differs(None, Some(stored.id), "snapshot_differs"),
            Err(_) => self.differs(None, Some(stored.id), "snapshot_unreadable"),
        }
        if stored.id.kind() == Some(DocumentKind::Region) {
            self.region(&replayed)?;
        }
        self.home(stored, &parts)
    }

    /// Makes a document again, each change let in by the guard and the rule on what was there before.
    fn replay(
        &mut self,
        stored: &StoredDocument,
        parts: &[(u64, StoredPart)],
    ) -> Result<Option<Document>, StoreError> {
        let mut document = Document::empty(stored.id);
        let mut forks = Forks::default();
        for (number, part) in parts {
            let let_in = match scan(&part.change) {
                Ok(scanned) => check_change(Cow::Borrowed(&document), &scanned, &mut forks),
                Err(error) => Err(error),
            };
            let Ok((before, change)) = let_in else {
                self.differs(Some(*number), Some(stored.id), "change_not_let_in");
                return Ok(None);
            };
            if change.hash != part.hash {
                self.differs(Some(*number), Some(stored.id), "hash_differs");
            }
            let touched = Touched { before: &before, ops: &change.ops };
            if !self.keeps_the_rule(*number, touched)? {
                self.differs(Some(*number), Some(stored.id), "rule_broken");
            }
            document = change.document;
        }
        Ok(Some(document))
    }

    /// Whether a commit's command may do this to one of its documents.
    fn keeps_the_rule(&self, number: u64, touched: Touched<'_>) -> Result<bool, StoreError> {
        let entry = self.read.entry(number)?;
        let commit = entry.and_then(|entry| SignedCommit::read_stored(&entry.record).ok());
        Ok(commit.is_some_and(|commit| {
            let body = &commit.body;
            judge(&body.command_name, body.rule_version, body.city_time, &[touched]).is_ok()
        }))
    }

    /// The row of a region, which decides who covers what, says what its document says.
    fn region(&mut self, document: &Document) -> Result<(), StoreError> {
        let text =
            |key: &str| document.value(key).as_ref().and_then(Value::as_text).map(str::to_owned);
        let parent = document.value("parent");
        let parent = parent.as_ref().and_then(Value::as_bytes);
        let parent = parent.and_then(|bytes| DocumentId::from_slice(bytes).ok());
        let row = self.read.region(&document.id())?;
        let agrees = row.is_some_and(|row| {
            Some(row.code) == text("code")
                && Some(row.name) == text("name")
                && Some(row.level) == text("level").as_deref().and_then(Level::from_name)
                && row.parent == parent
        });
        if !agrees {
            self.differs(None, Some(document.id()), "region_row_differs");
        }
        Ok(())
    }

    /// The home is what the first change said.
    fn home(
        &mut self,
        stored: &StoredDocument,
        parts: &[(u64, StoredPart)],
    ) -> Result<(), StoreError> {
        let mut first = Document::empty(stored.id);
        if let Some((_, part)) = parts.first() {
            let _told_by_replay = first.apply(&part.change);
        }
        let home = match home_of(&first) {
            Some(Home::Itself) => Some(stored.id),
            Some(Home::Region(region)) => Some(region),
            Some(Home::Of(owner)) => self.read.document(&owner)?.map(|owner| owner.home),
            None => None,
        };
        if home != Some(stored.home) {
            self.differs(None, Some(stored.id), "home_differs");
        }
        Ok(())
    }
}
