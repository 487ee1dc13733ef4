//! A resident's fields that stand in one of two documents: in the household, or, of somebody who is
//! concealed, in its private part.
//!
//! Under the key of such a field [`Value::Null`] says that the field is not here, but in the other part.
//! Whoever clears it says so with an empty text. So what people say of the field is whatever else stands
//! in either part, and where one person moved it while another wrote it, both parts have something.

use crate::document::Document;
use crate::household::CONCEALED;
use crate::id::ItemId;
use crate::kind::DocumentKind;
use crate::schema::{item_of, key_in};
use crate::value::Value;

/// Whether nothing but name and relation of a resident may be read in the open: somebody said so, and
/// nobody who had seen that said otherwise.
pub(crate) fn is_concealed(household: &Document, resident: ItemId) -> bool {
    household.values(&format!("r/{resident}/{CONCEALED}")).contains(&Value::Bool(true))
}

/// Whether what is known of the resident whom a key is about may stand in two parts: the household says so
/// of who is or was concealed, and the private part has it of nobody else.
pub(crate) fn has_two_parts(document: &Document, key: &str) -> bool {
    let flag = item_of(key).map(|resident| key_in(resident, CONCEALED));
    document.id().kind() == Some(DocumentKind::HouseholdPrivate)
        || flag.is_some_and(|flag| document.value(&flag).is_some())
}

/// A field that moves, as a person filled it in.
pub(crate) fn filled_in(value: &Value) -> Value {
    match value {
        Value::Null => Value::from(""),
        value => value.clone(),
    }
}
