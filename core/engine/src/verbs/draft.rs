//! Drafts: forms that somebody has begun to fill in, kept through the end of the app and of the phone's
//! power. An app keeps one a moment after the last keystroke, shows it in its lists, and names it with the
//! verb that saves the form. It keeps none any more once it has called that verb.

use keting_model::HouseholdId;
use keting_store::StoredDraft;

use crate::error::EngineError;
use crate::shell::hosting::Answered;
use crate::shell::keting::Keting;
use crate::shell::local::Local;

/// A form that somebody has begun to fill in, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The app's name for it.
    pub key: String,
    /// The household it is about, if it is about one.
    pub household: Option<HouseholdId>,
    /// Which form, as the app calls it.
    pub form: String,
    /// When it was kept last by the city's time, milliseconds since the Unix epoch.
    pub kept_at_ms: u64,
}

impl Local {
    /// Keeps what was filled in so far, in place of what was kept under the key before. It stays on this
    /// device.
    ///
    /// # Errors
    /// `draft_too_large`, `too_many_drafts`, `bad_draft_name`; when the file cannot be written.
    pub fn keep_draft(
        &self,
        key: String,
        household: Option<HouseholdId>,
        form: String,
        bytes: Vec<u8>,
    ) -> Result<(), EngineError> {
        let household = household.map(HouseholdId::document);
        let draft = StoredDraft { key, household, form, bytes, kept_at_ms: 0 };
        self.with_replica(|replica| replica.keep_draft(draft))
    }

    /// What was filled in and kept under a key; none if the form was saved or discarded.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn draft(&self, key: &str) -> Result<Option<Vec<u8>>, EngineError> {
        let draft = self.at_one_moment(|view, _| view.draft(key))?;
        Ok(draft.map(|draft| draft.bytes))
    }

    /// Every form that was begun and not saved, the latest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn drafts(&self) -> Result<Vec<Draft>, EngineError> {
        let drafts = self.at_one_moment(|view, _| view.drafts())?;
        Ok(drafts.into_iter().map(Draft::of).collect())
    }

    /// Forgets what was filled in: the person does not want it any more.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn discard_draft(&self, key: String) -> Result<(), EngineError> {
        self.with_replica(|replica| replica.discard_draft(&key))
    }
}

impl Keting {
    /// Keeps what was filled in so far, in place of what was kept under the key before. It stays on this
    /// device.
    ///
    /// # Errors
    /// `draft_too_large`, `too_many_drafts`, `bad_draft_name`; when the file cannot be written.
    pub fn keep_draft(
        &self,
        key: String,
        household: Option<HouseholdId>,
        form: String,
        bytes: Vec<u8>,
    ) -> Answered<()> {
        self.write(move |replica| replica.keep_draft(key, household, form, bytes))
    }

    /// What was filled in and kept under a key; none if the form was saved or discarded.
    ///
    /// # Errors
    /// When the file cannot be read; `closed`.
    pub fn draft(&self, key: String) -> Answered<Option<Vec<u8>>> {
        self.read(move |replica| replica.draft(&key))
    }

    /// Forgets what was filled in: the person does not want it any more.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn discard_draft(&self, key: String) -> Answered<()> {
        self.write(move |replica| replica.discard_draft(key))
    }
}

impl Draft {
    fn of(stored: StoredDraft) -> Self {
        let StoredDraft { key, household, form, kept_at_ms, .. } = stored;
        Self { key, household: household.and_then(HouseholdId::of), form, kept_at_ms }
    }
}
