//! What people do with the private part of a household alone.

use minicbor::{Decode, Encode};

use crate::command::{CommandError, Edit, Given};
use crate::draft::{Draft, put_all};
use crate::fields::Fields;
use crate::household::{prefix, private_part, require_one_sex, require_resident};
use crate::id::{DocumentId, ItemId};
use crate::value::Value;

/// What a person wants done with the private part of a household.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum PrivateCommand {
    /// Edits what is private of a resident: `private.edit`.
    #[n(0)]
    Edit {
        /// The household.
        #[n(0)]
        household: DocumentId,
        /// Who.
        #[n(1)]
        resident: ItemId,
        /// Some of `sex`, `health`, `disability` and the care tags of health. An identity number
        /// or birth date, which may tell that somebody is a child, is `resident.edit`'s.
        #[n(2)]
        fields: Fields,
    },
}

impl PrivateCommand {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Edit { .. } => "private.edit",
        }
    }

    pub(crate) fn documents(&self) -> Vec<DocumentId> {
        match self {
            Self::Edit { household, .. } => {
                vec![*household, private_part(household)]
            }
        }
    }

    pub(crate) fn plan(&self, given: &Given<'_>) -> Result<Vec<Edit>, CommandError> {
        match self {
            Self::Edit { household, resident, fields } => {
                let owner = Draft::new(self.name(), given.document(household)?)?;
                require_resident(&owner, *resident)?;
                let private = given.document(&private_part(household))?;
                let mut draft = Draft::new(self.name(), private)?;
                require_one_sex(&draft, *resident, fields)?;
                put_all(&mut draft, &prefix(*resident), fields)?;
                if !draft.is_empty() {
                    draft.found("of", Value::Bytes(household.as_bytes().to_vec()))?;
                }
                Ok(vec![draft.finish()])
            }
        }
    }
}
