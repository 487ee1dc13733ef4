//! A person's choice among concurrent values: the only way to write over them.

use minicbor::{Decode, Encode};

use crate::command::{CommandError, Edit, Given};
use crate::document::Op;
use crate::id::DocumentId;
use crate::registry::registration;
use crate::role::Family;
use crate::schema::{FieldRule, Write};
use crate::value::Value;

/// The commands beside [`Settle`] that write over unequal values, and only to clear them: what stood
/// there moves to another document in the same commit.
pub(crate) const CLEARS: [&str; 2] = ["resident.conceal", "resident.reveal"];

/// Settles a field that holds several concurrent values.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Settle {
    /// The document the field stands in.
    #[n(0)]
    pub document: DocumentId,
    /// The field's key in the document.
    #[n(1)]
    pub key: String,
    /// What it shall be: one of the concurrent values, or another that is right.
    #[n(2)]
    pub value: Value,
}

impl Settle {
    /// The name of the command that settles whatever field there is.
    pub const NAME: &'static str = "field.settle";

    /// Settles a field on a value as a person typed it or [`Value`] displays it: nothing clears the
    /// field, a yes or no is `true` or `false`.
    ///
    /// # Errors
    /// When the document has no such field to settle, or the field cannot hold such a value.
    pub fn on_typed(document: DocumentId, key: &str, typed: &str) -> Result<Self, CommandError> {
        let rule = rule_of(&document, key)?;
        let value = match typed.trim() {
            "" => Value::Null,
            text => rule
                .holds
                .read(text)
                .map_err(|broken| CommandError::Invalid { field: rule.name(), rule: broken })?,
        };
        Ok(Self { document, key: key.to_owned(), value })
    }

    /// What somebody must be allowed to write to settle a field; none if there is no such field.
    pub(crate) fn family(document: &DocumentId, key: &str) -> Option<Family> {
        rule_of(document, key).ok()?.family
    }

    pub(crate) fn plan(&self, given: &Given<'_>) -> Result<Vec<Edit>, CommandError> {
        let document = given.document(&self.document)?;
        let rule = rule_of(&self.document, &self.key)?;
        rule.check(&self.value)
            .map_err(|broken| CommandError::Invalid { field: rule.name(), rule: broken })?;
        if document.values(&self.key).len() < 2 {
            return Err(CommandError::NothingToSettle);
        }
        let settle = Op::Settle { key: self.key.clone(), value: self.value.clone() };
        Ok(vec![Edit { document: self.document, ops: vec![settle] }])
    }
}

/// The rule of a field that may be settled.
fn rule_of(document: &DocumentId, key: &str) -> Result<&'static FieldRule, CommandError> {
    let kind = document.kind().and_then(registration);
    let rule = kind.and_then(|kind| kind.schema.field(key));
    rule.filter(|rule| rule.write != Write::Once)
        .ok_or_else(|| CommandError::UnknownField { field: key.to_owned() })
}
