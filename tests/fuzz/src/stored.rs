//! What a replica reads back from its own file. A file can be damaged, and then reading it must give
//! an error and not a panic.

use keting_model::{CityTime, Command, Document, DocumentId, DocumentKind, HybridTime, Value};
use keting_sync::FirstSync;
use keting_trust::{Cursor, cbor};

/// A command in the outbox.
pub fn command(bytes: &[u8]) -> bool {
    let Ok(command) = Command::from_bytes(bytes) else { return false };
    let again = Command::from_bytes(&command.to_bytes());
    assert_eq!(again.as_ref(), Ok(&command), "a command is read back as it was");
    let empty = command.documents().into_iter().map(|id| (id, Document::empty(id))).collect();
    let _ = command.plan(&empty);
    true
}

/// A document's snapshot, the values of a conflict, and what a replica knows of its place in the log.
pub fn values(bytes: &[u8]) -> bool {
    let document = DocumentId::from_random(DocumentKind::Household, [7; 14]);
    one_form::<Vec<Value>>(bytes)
        | one_form::<Cursor>(bytes)
        | one_form::<FirstSync>(bytes)
        | one_form::<HybridTime>(bytes)
        | one_form::<CityTime>(bytes)
        | Document::load(document, bytes).is_ok()
}

fn one_form<T: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()>>(bytes: &[u8]) -> bool {
    let Ok(value) = cbor::from_slice::<T>(bytes) else { return false };
    assert_eq!(cbor::to_vec(&value), bytes, "a stored value has one form");
    true
}
