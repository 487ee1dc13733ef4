//! What people do with regions.

use minicbor::{Decode, Encode};

use crate::command::{CommandError, Edit, Given};
use crate::draft::{Draft, put_all};
use crate::fields::Fields;
use crate::id::DocumentId;
use crate::region::Level;
use crate::region::schema::parent_fits;
use crate::value::Value;

/// What a person wants done with a region.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum RegionCommand {
    /// Adds a region: `region.add`.
    #[n(0)]
    Add {
        /// The id of the new region.
        #[n(0)]
        region: DocumentId,
        /// The region it lies in; none for the city, and for a town of a city without a region.
        #[n(1)]
        parent: Option<DocumentId>,
        /// `code`, `name`, `level`, and perhaps `boundary` and `head`.
        #[n(2)]
        fields: Fields,
    },
    /// Edits a region: `region.edit`.
    #[n(1)]
    Edit {
        /// The region.
        #[n(0)]
        region: DocumentId,
        /// Some of `name`, `boundary`, `head`.
        #[n(1)]
        fields: Fields,
    },
}

impl RegionCommand {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Add { .. } => "region.add",
            Self::Edit { .. } => "region.edit",
        }
    }

    pub(crate) fn documents(&self) -> Vec<DocumentId> {
        match self {
            Self::Add { region, parent, .. } => std::iter::once(*region).chain(*parent).collect(),
            Self::Edit { region, .. } => vec![*region],
        }
    }

    pub(crate) fn plan(&self, given: &Given<'_>) -> Result<Vec<Edit>, CommandError> {
        match self {
            Self::Add { region, parent, fields } => {
                let mut draft = Draft::new(self.name(), given.document(region)?)?;
                if draft.has("code") {
                    return Err(CommandError::AlreadyExists { what: "the region" });
                }
                put_all(&mut draft, "", fields)?;
                draft.require("", "code")?;
                draft.require("", "name")?;
                draft.require("", "level")?;
                let level = fields.value("level").and_then(level_of);
                let parent_level = match parent {
                    Some(parent) => {
                        let level = given.document(parent)?.value("level");
                        let level = level.as_ref().and_then(level_of);
                        Some(level.ok_or(CommandError::NotFound { what: "the parent region" })?)
                    }
                    None => None,
                };
                let fits = level.is_some_and(|level| {
                    parent_fits(level, parent.is_some())
                        && parent_level.is_none_or(|parent| parent < level)
                });
                if !fits {
                    return Err(CommandError::WrongParent);
                }
                if let (Some(level), Some(parent)) = (level, parent) {
                    let above = given.document(parent)?.value("code");
                    let above = above.as_ref().and_then(Value::as_text);
                    let above =
                        above.ok_or(CommandError::NotFound { what: "the parent region" })?;
                    let code = fields.value("code").and_then(Value::as_text).unwrap_or_default();
                    if !level.continues(above, code.trim()) {
                        return Err(CommandError::WrongCode);
                    }
                    draft.put("parent".to_owned(), Value::Bytes(parent.as_bytes().to_vec()))?;
                }
                Ok(vec![draft.finish()])
            }
            Self::Edit { region, fields } => {
                let mut draft = Draft::new(self.name(), given.document(region)?)?;
                if !draft.has("code") {
                    return Err(CommandError::NotFound { what: "the region" });
                }
                put_all(&mut draft, "", fields)?;
                Ok(vec![draft.finish()])
            }
        }
    }
}

fn level_of(value: &Value) -> Option<Level> {
    Level::from_name(value.as_text()?.trim())
}
