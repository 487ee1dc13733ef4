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
use crate::schema::{FieldRule, Schema, Write};
use crate::value::Value;
use crate::words;

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

    /// The document as it stood before.
    pub(crate) fn before(&self) -> &'a Document {
        self.document
    }

    /// What the document shows.
    pub(crate) fn contents(&self) -> Contents<'a> {
        Contents::of(self.document)
    }

    /// The ids of the current facts whose keys begin with `root`.
    pub(crate) fn current_facts(&self, root: &str) -> BTreeSet<ItemId> {
        current_ids(self.document, root)
    }

    /// Whether the document has a value under a key, or is about to have one.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.writes(key) || self.document.value(key).is_some()
    }

    /// The unequal values that stand under a key.
    pub(crate) fn values(&self, key: &str) -> Vec<Value> {
        self.document.values(key)
    }

    /// Whether what stands under a key may be settled.
    pub(crate) fn may_settle(&self, key: &str) -> bool {
        self.schema.field(key).is_some_and(|rule| rule.write != Write::Once)
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
            return Err(no_field(name));
        }
        let tidy = tidy(value);
        let key = format!("{prefix}{name}");
        // Taking away what nobody has said is no word against somebody who says it meanwhile.
        if takes_away(&tidy) && !self.has(&key) {
            return Ok(());
        }
        self.check_typed(&key, &tidy)?;
        self.put(key, tidy)
    }

    /// Puts a value where the document does not show it already.
    ///
    /// # Errors
    /// When the value is not valid, or several stand there, which have to be settled first.
    pub(crate) fn put(&mut self, key: String, value: Value) -> Result<(), CommandError> {
        self.check(&key, &value)?;
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

    /// Makes a value stand alone under a key, whatever stands there.
    ///
    /// # Errors
    /// When the value is not valid.
    pub(crate) fn set(&mut self, key: String, value: Value) -> Result<(), CommandError> {
        self.check(&key, &value)?;
        let op = match self.document.values(&key).as_slice() {
            [] if value == Value::Null => return Ok(()),
            [shown] if *shown == value => return Ok(()),
            [] | [_] => Op::Put { key, value },
            [..] => Op::Settle { key, value },
        };
        self.ops.push(op);
        Ok(())
    }

    /// Makes a value stand alone under a key, and says it again if it does already.
    ///
    /// # Errors
    /// When the value is not valid.
    pub(crate) fn say_again(&mut self, key: String, value: Value) -> Result<(), CommandError> {
        if self.document.values(&key) != [value.clone()] {
            return self.set(key, value);
        }
        self.check(&key, &value)?;
        self.ops.push(Op::Settle { key, value });
        Ok(())
    }

    fn check(&self, key: &str, value: &Value) -> Result<(), CommandError> {
        let rule = self.rule(key)?;
        rule.check(value)
            .map_err(|broken| CommandError::Invalid { field: rule.pattern, rule: broken })?;
        if self.writes(key) { Err(unknown(key)) } else { Ok(()) }
    }

    /// Checks a value that a person typed.
    pub(crate) fn check_typed(&self, key: &str, value: &Value) -> Result<(), CommandError> {
        self.check(key, value)?;
        let rule = self.rule(key)?;
        let typed = rule.holds.check_typed(value);
        typed.map_err(|broken| CommandError::Invalid { field: rule.pattern, rule: broken })
    }

    fn rule(&self, key: &str) -> Result<&'static FieldRule, CommandError> {
        self.schema.field(key).ok_or_else(|| unknown(key))
    }

    /// Puts one of the values that a document has from its first change on, if it has none.
    pub(crate) fn found(&mut self, key: &str, value: Value) -> Result<(), CommandError> {
        if self.has(key) { Ok(()) } else { self.put(key.to_owned(), value) }
    }

    /// Says that a field without which nothing can be added was not filled in.
    pub(crate) fn require(&self, prefix: &str, name: &'static str) -> Result<(), CommandError> {
        let key = format!("{prefix}{name}");
        if self.writes(&key) {
            return Ok(());
        }
        let field = self.schema.field(&key).map_or(name, |rule| rule.pattern);
        Err(CommandError::Invalid { field, rule: InvalidValue::Empty })
    }

    /// Whether anything but what founds the document is to be written.
    pub(crate) fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// Whether something is to be written under a key.
    pub(crate) fn writes(&self, wanted: &str) -> bool {
        self.ops.iter().filter_map(Op::written).any(|(key, _)| key == wanted)
    }

    /// The edit, which may be without operations.
    pub(crate) fn finish(self) -> Edit {
        Edit { document: self.document.id(), ops: self.ops }
    }
}

/// Says that a command has no field of a name, or that there is no such care tag.
pub(crate) fn no_field(name: &str) -> CommandError {
    match name.strip_prefix("t/") {
        Some(tag) if !words::CARE_TAGS.contains(&tag) => CommandError::Invalid {
            field: "r/*/care_tags",
            rule: InvalidValue::UnknownWord { allowed: words::CARE_TAGS },
        },
        _ => CommandError::UnknownField { field: name.to_owned() },
    }
}

fn unknown(key: &str) -> CommandError {
    CommandError::UnknownField { field: key.to_owned() }
}

/// What a person filled in, without blanks at its ends; nothing left means cleared.
pub(crate) fn tidy(value: &Value) -> Value {
    match value {
        Value::Text(text) if text.trim().is_empty() => Value::Null,
        Value::Text(text) => Value::from(text.trim()),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Bytes(_) => value.clone(),
    }
}

/// Whether a value only takes away what somebody said.
pub(crate) fn takes_away(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Text(text) => text.is_empty(),
        Value::Bool(true) | Value::Int(_) | Value::Bytes(_) => false,
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
