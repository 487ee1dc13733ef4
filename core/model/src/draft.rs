//! What a command is about to write into one document: each put checked by the same table the
//! rule judges by, and left out where the document already shows the value.

use std::collections::BTreeSet;

use crate::check::InvalidValue;
use crate::command::{CommandError, Edit};
use crate::document::{Document, Op};
use crate::fact::current_ids;
use crate::fields::Fields;
use crate::id::{DocumentId, ItemId};
use crate::registry::registration;
use crate::rows::Contents;
use crate::schema::Schema;
use crate::value::Value;

/// Operations in the making for one document.
pub(crate) struct Draft<'a> {
    command: &'static str,
    document: &'a Document,
    schema: &'static Schema,
    ops: Vec<Op>,
}

impl<'a> Draft<'a> {
    /// Begins with a document, which may be empty.
    pub(crate) fn new(command: &'static str, document: &'a Document) -> Result<Self, CommandError> {
        let kind = document.id().kind().and_then(registration);
        let schema = kind.ok_or(CommandError::NotFound { what: "the kind of document" })?.schema;
        Ok(Self { command, document, schema, ops: Vec::new() })
    }

    /// The document's id.
    pub(crate) fn document(&self) -> DocumentId {
        self.document.id()
    }

    /// What the document shows.
    pub(crate) fn contents(&self) -> Contents {
        Contents::of(self.document)
    }

    /// The ids of the facts that are current about the item whose keys begin with `item`.
    pub(crate) fn current_facts(&self, item: &str) -> BTreeSet<ItemId> {
        current_ids(self.document, item)
    }

    /// Whether the document has a value under a key, or is about to have one.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.puts(key) || self.document.value(key).is_some()
    }

    /// The unequal values that stand under a key.
    pub(crate) fn values(&self, key: &str) -> Vec<Value> {
        self.document.values(key)
    }

    /// The value the document shows, unless it is cleared.
    pub(crate) fn shown(&self, key: &str) -> Option<Value> {
        self.document.value(key).filter(|value| *value != Value::Null)
    }

    /// The one value that stands under a key, unless it is cleared.
    ///
    /// # Errors
    /// When several do, which have to be settled first.
    pub(crate) fn settled(&self, key: &str) -> Result<Option<Value>, CommandError> {
        let mut values = self.document.values(key);
        if values.len() > 1 {
            let (document, key) = (self.document.id(), key.to_owned());
            return Err(CommandError::Conflicted { document, key });
        }
        Ok(values.pop().filter(|value| *value != Value::Null))
    }

    /// Whether this command may write a key of this name here.
    pub(crate) fn takes(&self, prefix: &str, name: &str) -> bool {
        self.schema.field(&format!("{prefix}{name}")).is_some_and(|rule| {
            rule.commands.contains(&self.command)
                && rule.holds.is_filled_in()
                // A name with more segments would reach into a fact.
                && rule.name().split('/').count() == name.split('/').count()
        })
    }

    /// Puts a field that a person filled in: blanks at its ends go, and nothing left means
    /// cleared.
    pub(crate) fn put_filled_in(
        &mut self,
        prefix: &str,
        name: &str,
        value: &Value,
    ) -> Result<(), CommandError> {
        if !self.takes(prefix, name) {
            return Err(CommandError::UnknownField { field: name.to_owned() });
        }
        let tidy = match value {
            Value::Text(text) if text.trim().is_empty() => Value::Null,
            Value::Text(text) => Value::from(text.trim()),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Bytes(_) => value.clone(),
        };
        let key = format!("{prefix}{name}");
        // Taking away what nobody has said is no word against somebody who says it meanwhile.
        if matches!(tidy, Value::Null | Value::Bool(false)) && !self.has(&key) {
            return Ok(());
        }
        self.put(key, tidy)
    }

    /// Puts a value where the document does not show it already.
    pub(crate) fn put(&mut self, key: String, value: Value) -> Result<(), CommandError> {
        let rule = self.schema.field(&key);
        let rule = rule.ok_or_else(|| CommandError::UnknownField { field: key.clone() })?;
        rule.check(&value)
            .map_err(|broken| CommandError::Invalid { field: rule.name(), rule: broken })?;
        if self.puts(&key) {
            return Err(CommandError::UnknownField { field: key });
        }
        let values = self.document.values(&key);
        match values.as_slice() {
            [] => {}
            [shown] if *shown == value => return Ok(()),
            [_] => {}
            [..] => {
                return Err(CommandError::Conflicted { document: self.document.id(), key });
            }
        }
        self.ops.push(Op::Put { key, value });
        Ok(())
    }

    /// Puts one of the values that a document has from its first change on, if it has none.
    pub(crate) fn found(&mut self, key: &str, value: Value) -> Result<(), CommandError> {
        if self.has(key) { Ok(()) } else { self.put(key.to_owned(), value) }
    }

    /// Says that a field without which nothing can be added was not filled in.
    pub(crate) fn require(&self, prefix: &str, name: &'static str) -> Result<(), CommandError> {
        if self.puts(&format!("{prefix}{name}")) {
            return Ok(());
        }
        Err(CommandError::Invalid { field: name, rule: InvalidValue::Empty })
    }

    /// Whether anything but what founds the document is to be written.
    pub(crate) fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// Whether something is to be written under a key.
    pub(crate) fn puts(&self, wanted: &str) -> bool {
        self.ops.iter().any(|op| matches!(op, Op::Put { key, .. } if key == wanted))
    }

    /// The edit, which may be without operations.
    pub(crate) fn finish(self) -> Edit {
        Edit { document: self.document.id(), ops: self.ops }
    }
}

/// Puts every field a person filled in.
pub(crate) fn put_all(
    draft: &mut Draft<'_>,
    prefix: &str,
    fields: &Fields,
) -> Result<(), CommandError> {
    fields.iter().try_for_each(|(name, value)| draft.put_filled_in(prefix, name, value))
}
