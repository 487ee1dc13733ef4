//! Why a command cannot be done.

use crate::check::InvalidValue;
use crate::id::DocumentId;
use crate::input::Field;
use crate::kind::DocumentKind;
use crate::schema::name_of;

/// Says why a command cannot be done on the documents as they are. Not retryable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// A field's value breaks a rule.
    #[error("the field {} is not valid: {rule}", name_of(.field))]
    Invalid {
        /// The pattern of the field's key; [`crate::input::Field::of_pattern`] tells what it is called.
        field: &'static str,
        /// What is wrong with its value.
        rule: InvalidValue,
    },
    /// There is no field of this name for this command.
    #[error("there is no such field")]
    UnknownField {
        /// The name as it was given.
        field: String,
    },
    /// Concurrent unequal values stand under a key and have to be settled first.
    #[error("the field holds several values that have to be settled first")]
    Conflicted {
        /// The document a settle names: for what is private of a resident, too, the household.
        document: DocumentId,
        /// The key in the document.
        key: String,
    },
    /// A settle names a key under which nothing is concurrent.
    #[error("there is nothing to settle")]
    NothingToSettle,
    /// What the command is about is not here.
    #[error("{what} is not here")]
    NotFound {
        /// A document or an item, by its kind.
        what: &'static str,
    },
    /// What the command makes is here already.
    #[error("{what} is here already")]
    AlreadyExists {
        /// A document or an item, by its kind.
        what: &'static str,
    },
    /// A new region's code is not made of the code of the region it lies in.
    #[error("the code does not continue the code of the region above")]
    WrongCode,
    /// A region cannot lie in one of that level, or in none.
    #[error("the region's parent does not fit its level")]
    WrongParent,
    /// What the command is about was withdrawn, or its household was.
    #[error("it was withdrawn")]
    Withdrawn,
    /// It is withdrawn already, and nobody worked on it meanwhile.
    #[error("it was withdrawn already")]
    AlreadyWithdrawn,
    /// A child under fourteen cannot be shown in the open: a date of birth or identity number says so.
    #[error("the resident is a child")]
    IsChild,
    /// Everything is already as the command wants it.
    #[error("nothing changed")]
    NothingChanged,
    /// A document was not given to the planner.
    #[error("a document the command needs was not given")]
    NotGiven {
        /// The document.
        document: DocumentId,
    },
}

impl CommandError {
    /// A code that stays the same in every version.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { rule, .. } => rule.code(),
            Self::UnknownField { .. } => "unknown_field",
            Self::Conflicted { .. } => "conflicted",
            Self::NothingToSettle => "nothing_to_settle",
            Self::NotFound { .. } => "not_found",
            Self::AlreadyExists { .. } => "already_exists",
            Self::WrongCode => "wrong_code",
            Self::WrongParent => "wrong_parent",
            Self::Withdrawn => "withdrawn",
            Self::AlreadyWithdrawn => "already_withdrawn",
            Self::IsChild => "is_child",
            Self::NothingChanged => "nothing_changed",
            Self::NotGiven { .. } => "document_not_given",
        }
    }

    /// The field that it is about, if it is about one that people fill in.
    pub fn field(&self) -> Option<Field> {
        match self {
            Self::Invalid { field, .. } => Field::of_pattern(field),
            Self::Conflicted { document, key } => Field::of_key(document, key),
            Self::WrongCode => Some(Field::RegionCode),
            Self::WrongParent => Some(Field::RegionLevel),
            Self::UnknownField { .. }
            | Self::NothingToSettle
            | Self::NotFound { .. }
            | Self::AlreadyExists { .. }
            | Self::Withdrawn
            | Self::AlreadyWithdrawn
            | Self::IsChild
            | Self::NothingChanged
            | Self::NotGiven { .. } => None,
        }
    }

    /// The same, naming the household where it named the private part, which nobody knows by its id.
    pub(super) fn settled_by_way_of(self, household: Option<DocumentId>) -> Self {
        match (self, household) {
            (Self::Conflicted { document, key }, Some(household))
                if document.kind() == Some(DocumentKind::HouseholdPrivate) =>
            {
                Self::Conflicted { document: household, key }
            }
            (error, _) => error,
        }
    }
}
