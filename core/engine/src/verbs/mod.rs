//! What a person does, in the words of the field: a form for each kind of record, and in `all` the verbs that
//! take them.
//!
//! An app fills in a form and calls a verb. The engine makes the ids that are missing, stamps the city's
//! time, brings what was typed to its normal form and writes each field where it belongs; what of it is
//! private is no concern of the app's. When a verb returns, the edit is durable on this device. Each verb
//! is one commit, or none where everything was already as it should be.
//!
//! *Saved twice is saved once.* A form takes its id when it is opened
//! ([`Keting::new_household_id`](crate::Keting::new_household_id) and the like) and keeps it in its draft. Should the app end before it heard that the form was saved, the person finds the
//! form again and saves it again: the same verb with the same id then succeeds and writes nothing, as long
//! as this device added that record and it says what the form says. A draft that is named with a verb is
//! discarded in the transaction that stores the edit: on the disk is the one or the other, never both.
//!
//! Every argument is owned and every answer stands alone, so a call can be handed to another thread.

mod all;
mod conflict;
mod draft;
mod household;
mod need;
mod record;
mod region;
mod resident;
mod visit;

use keting_model::{Command, Fields, ItemId, Value};

pub use conflict::Settlement;
pub use draft::Draft;
pub use household::{HouseholdEdit, NewHousehold};
pub use need::{NeedStep, NewNeed};
pub use record::RecordRef;
pub use region::NewRegion;
pub use resident::{NewResident, NewStatus, ResidentEdit};
pub use visit::{NewNote, NewVisit};

use crate::error::EngineError;
use crate::replica::Replica;

/// What a form makes: the id it is about, and its command.
type Made<I> = Result<(I, Command), EngineError>;

/// A fresh id for something inside a document.
fn fresh_item(replica: &mut Replica) -> ItemId {
    ItemId::new(replica.environment().random())
}

/// Adds a field of an edit: none clears it.
fn set<T>(fields: &mut Fields, name: &str, value: Option<T>)
where
    Value: From<T>,
{
    fields.set(name, value.map_or(Value::Null, Value::from));
}

/// Adds a field of something new, if it was filled in.
fn set_given<T>(fields: &mut Fields, name: &str, value: Option<T>)
where
    Value: From<T>,
{
    value.into_iter().for_each(|value| fields.set(name, value));
}

#[cfg(test)]
mod tests {
    use keting_model::HouseholdId;

    use super::*;
    use crate::replica::Saved;

    #[test]
    fn what_a_verb_takes_and_gives_can_be_handed_to_another_thread() {
        fn is_owned<T: Send + 'static>() {}
        is_owned::<(NewHousehold, NewResident, NewVisit, NewNote, NewNeed, NewRegion)>();
        is_owned::<(HouseholdEdit, ResidentEdit, NewStatus, NeedStep, Settlement, RecordRef)>();
        is_owned::<(Saved<HouseholdId>, Saved<RecordRef>, Vec<Draft>, EngineError)>();
    }
}
