//! What stands under a key of a document, with who put it there and when.

use minicbor::{Decode, Encode};

use crate::city_time::CityTime;
use crate::id::ActorId;
use crate::value::Value;

/// One of the values that stand under a key at once.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Said {
    /// The value.
    #[n(0)]
    pub(crate) value: Value,
    /// Who put it.
    #[n(1)]
    pub(crate) actor: Option<ActorId>,
    /// When, as the city counts it.
    #[n(2)]
    pub(crate) city_time: Option<CityTime>,
}

/// What people said of one field at once.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct FieldSaid {
    /// The field's name: what follows the item in its key.
    #[n(0)]
    pub(crate) name: String,
    /// The values, that which is shown first.
    #[n(1)]
    pub(crate) said: Vec<Said>,
}

impl FieldSaid {
    /// Whether people say different things.
    pub(crate) fn differs(&self) -> bool {
        let mut values = self.said.iter().map(|said| &said.value);
        let first = values.next();
        values.any(|value| Some(value) != first)
    }
}

/// A root key and the scalar shown under it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// Automerge's winner, if several stand there.
    pub(crate) value: Value,
    /// Who put it.
    pub(crate) actor: Option<ActorId>,
    /// Whether several values stand there at once, which may be equal.
    pub(crate) several: bool,
}
