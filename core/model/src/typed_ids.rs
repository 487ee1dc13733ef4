//! Ids that say what they are of, for whoever stands on the engine: a resident's cannot be given where a
//! need's is asked for. Inside, documents know [`DocumentId`] and [`ItemId`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::check::InvalidValue;
use crate::id::{DocumentId, IdError, ItemId};
use crate::kind::DocumentKind;

/// Writes an id as its hexadecimal text, also in JSON.
macro_rules! as_text {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

macro_rules! ids_of_documents {
    ($($(#[$doc:meta])+ $name:ident: $kind:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(DocumentId);

        impl $name {
            /// The id of a new one, of fourteen bytes that nobody can foresee.
            pub fn from_random(random: [u8; 14]) -> Self {
                Self(DocumentId::from_random(DocumentKind::$kind, random))
            }

            /// The id of a document; none if it is of another kind.
            pub fn of(document: DocumentId) -> Option<Self> {
                (document.kind() == Some(DocumentKind::$kind)).then_some(Self(document))
            }

            /// The document.
            pub const fn document(self) -> DocumentId {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidValue;

            fn from_str(text: &str) -> Result<Self, InvalidValue> {
                text.parse().ok().and_then(Self::of).ok_or(InvalidValue::NotAnId)
            }
        }

        as_text!($name);
    )+};
}

macro_rules! ids_of_items {
    ($($(#[$doc:meta])+ $name:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(ItemId);

        impl $name {
            /// The id of an item, which a household does not tell from others by its id.
            pub const fn of(item: ItemId) -> Self {
                Self(item)
            }

            /// The item.
            pub const fn item(self) -> ItemId {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.parse().map(Self)
            }
        }

        as_text!($name);
    )+};
}

ids_of_documents! {
    /// A household.
    HouseholdId: Household;
    /// A region.
    RegionId: Region;
}

ids_of_items! {
    /// A resident, within their household.
    ResidentId;
    /// A need, within its household.
    NeedId;
    /// A visit, within its household.
    VisitId;
    /// A note, within its household.
    NoteId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_as_what_it_wraps_and_read_back() {
        let household = HouseholdId::from_random([7; 14]);
        let text = household.to_string();
        assert_eq!(text, household.document().to_string());
        assert_eq!(text.parse(), Ok(household));
        assert_eq!(serde_json::to_string(&household).unwrap(), format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<HouseholdId>(&format!("\"{text}\"")).unwrap(), household);
        let need = NeedId::of(ItemId::new([0xfe; 8]));
        assert_eq!("fefefefefefefefe".parse(), Ok(need));
        assert!("FEFEFEFEFEFEFEFE".parse::<NeedId>().is_err());
    }

    #[test]
    fn an_id_of_another_kind_of_document_is_refused() {
        let region = RegionId::from_random([7; 14]);
        assert_eq!(HouseholdId::of(region.document()), None);
        assert_eq!(region.to_string().parse::<HouseholdId>(), Err(InvalidValue::NotAnId));
    }
}
