//! Keeping what somebody has begun to fill in.
//!
//! A draft is this device's alone: it is in no document, no commit and no frame, and a new incarnation, or a
//! fresh file in the place of a damaged one, leaves it as it was.

use keting_store::StoredDraft;
use keting_trust::limits::{DRAFT_BYTES_MAX, DRAFT_NAME_BYTES_MAX, DRAFTS_MAX};

use crate::error::EngineError;
use crate::replica::Replica;

/// Says why a draft is not kept. Not retryable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// What was filled in is too much.
    #[error("a draft has at most {DRAFT_BYTES_MAX} bytes")]
    TooLarge,
    /// There are too many others.
    #[error("there are at most {DRAFTS_MAX} drafts")]
    TooMany,
    /// The key or the form's name is empty or too long.
    #[error("the names of a draft have from one to {DRAFT_NAME_BYTES_MAX} bytes")]
    BadName,
}

impl DraftError {
    /// A code that stays the same in every version.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "draft_too_large",
            Self::TooMany => "too_many_drafts",
            Self::BadName => "bad_draft_name",
        }
    }

    /// The most that is allowed: bytes of a draft or of a name, or drafts.
    pub const fn limit(self) -> u64 {
        match self {
            Self::TooLarge => DRAFT_BYTES_MAX as u64,
            Self::TooMany => DRAFTS_MAX,
            Self::BadName => DRAFT_NAME_BYTES_MAX as u64,
        }
    }
}

impl Replica {
    /// Keeps a draft durably, in place of the one with its key.
    ///
    /// # Errors
    /// When it is beyond a limit, or the file cannot be written.
    pub fn keep_draft(&mut self, draft: StoredDraft) -> Result<(), EngineError> {
        let is_name = |name: &str| (1..=DRAFT_NAME_BYTES_MAX).contains(&name.len());
        if !is_name(&draft.key) || !is_name(&draft.form) {
            return Err(DraftError::BadName.into());
        }
        if draft.bytes.len() > DRAFT_BYTES_MAX {
            return Err(DraftError::TooLarge.into());
        }
        if self.store.drafts_beside(&draft.key)? >= DRAFTS_MAX {
            return Err(DraftError::TooMany.into());
        }
        let kept_at_ms = self.now().unix_ms();
        let draft = StoredDraft { kept_at_ms, ..draft };
        Ok(self.store.write(|transaction| transaction.put_draft(&draft))?)
    }

    /// Forgets a draft: the person does not want it any more.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn discard_draft(&mut self, key: &str) -> Result<(), EngineError> {
        Ok(self.store.write(|transaction| transaction.discard_draft(key))?)
    }
}
