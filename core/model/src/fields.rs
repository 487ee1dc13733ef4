//! Fields by name, as a person filled them in: what add and edit commands carry.

use minicbor::{Decode, Encode};

use crate::value::Value;

/// One field and its new value.
///
/// The name is the end of the field's key in its document: `phone`, `address_code`, and for a
/// care tag `t/living_alone` with a yes or no. `Null` clears a field.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct FieldValue {
    /// The field's name.
    #[n(0)]
    pub name: String,
    /// The value it shall have.
    #[n(1)]
    pub value: Value,
}

/// The fields a person filled in or changed, in the order given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Fields(#[n(0)] Vec<FieldValue>);

impl Fields {
    /// No field.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// Adds a care tag that a resident has or has no longer.
    #[must_use]
    pub fn with_care_tag(mut self, tag: &str, has: bool) -> Self {
        self.set(&format!("t/{tag}"), Value::Bool(has));
        self
    }

    /// Sets a field, in place of an earlier value for it.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        match self.0.iter_mut().find(|field| field.name == name) {
            Some(field) => field.value = value,
            None => self.0.push(FieldValue { name: name.to_owned(), value }),
        }
    }

    /// The value given for a field.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|field| field.name == name).map(|field| &field.value)
    }

    /// The fields in the order given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|field| (field.name.as_str(), &field.value))
    }

    /// Whether no field is given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
