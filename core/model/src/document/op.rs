//! What can be done to a document.

use automerge::transaction::{Transactable, Transaction};
use automerge::{ObjType, ROOT, ReadDoc};

use crate::document::DocumentError;
use crate::value::Value;

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

    /// Writes the operation.
    pub(super) fn perform(&self, transaction: &mut Transaction<'_>) -> Result<(), DocumentError> {
        match self {
            Self::Put { key, value } => transaction
                .put(ROOT, key.as_str(), value.to_scalar())
                .map_err(DocumentError::NotApplied),
            Self::Settle { key, value } => {
                transaction.delete(ROOT, key.as_str()).map_err(DocumentError::NotApplied)?;
                transaction
                    .put(ROOT, key.as_str(), value.to_scalar())
                    .map_err(DocumentError::NotApplied)
            }
            Self::MakeText { key } => transaction
                .put_object(ROOT, key.as_str(), ObjType::Text)
                .map(drop)
                .map_err(DocumentError::NotApplied),
            Self::Splice { key, at, delete, insert } => {
                let found =
                    transaction.get(ROOT, key.as_str()).map_err(DocumentError::NotApplied)?;
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
}
