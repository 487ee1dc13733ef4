//! Every verb, once. Each is written on both handles: on `Local`, which carries it out, and on the
//! [`Keting`] of an app, which posts that to the thread that writes.

use keting_model::household::HouseholdCommand;
use keting_model::query::ConflictId;
use keting_model::{HouseholdId, ItemId, NeedId, NoteId, RegionId, ResidentId, VisitId};

use crate::error::EngineError;
use crate::replica::{Replica, Saved};
use crate::shell::hosting::Answered;
use crate::shell::keting::Keting;
use crate::shell::local::{Local, random};
use crate::verbs::resident::moved;
use crate::verbs::{
    HouseholdEdit, Made, NeedStep, NewHousehold, NewNeed, NewNote, NewRegion, NewResident,
    NewStatus, NewVisit, RecordRef, ResidentEdit, Settlement,
};

/// A verb: what it takes, the id of what it is about, the draft it discards, and what makes its command.
macro_rules! verbs {
    ($(
        $(#[$doc:meta])*
        fn $verb:ident($($given:ident: $form:ty),*) -> $id:ty { $draft:expr, $make:expr }
    )*) => {
        impl Local {
            $(
                $(#[$doc])*
                pub fn $verb(&self, $($given: $form),*) -> Result<Saved<$id>, EngineError> {
                    self.save($draft, $make)
                }
            )*
        }

        impl Keting {
            $(
                $(#[$doc])*
                pub fn $verb(&self, $($given: $form),*) -> Answered<Saved<$id>> {
                    self.write(move |replica| replica.$verb($($given),*))
                }
            )*
        }
    };
}

/// A fresh id, which no replica is needed for.
macro_rules! fresh_ids {
    ($($(#[$doc:meta])* fn $name:ident() -> $id:ty { $make:expr })*) => {
        impl Local {
            $($(#[$doc])* pub fn $name(&self) -> $id { $make })*
        }

        impl Keting {
            $($(#[$doc])* pub fn $name(&self) -> $id { $make })*
        }
    };
}

verbs! {
    /// Adds a household, perhaps with its residents.
    ///
    /// # Errors
    /// When a field is not valid, the holder may not, or the file cannot be written; `already_exists` when
    /// something else stands under the id. The draft is then still there.
    fn add_household(household: NewHousehold, draft: Option<String>) -> HouseholdId {
        draft, |replica| household.added(replica)
    }

    /// Edits a household; what is not mentioned is not written.
    ///
    /// # Errors
    /// When it is not here, a value is not valid, the holder may not, or the file cannot be written;
    /// `conflicted` when people wrote different things in a field, which has to be settled first.
    fn edit_household(
        household: HouseholdId, edits: Vec<HouseholdEdit>, draft: Option<String>
    ) -> HouseholdId {
        draft, |_| HouseholdEdit::made(edits, household)
    }

    /// Adds a resident, who lives there from now on as far as anybody knows.
    ///
    /// # Errors
    /// As for [`Self::add_household`], and when the household is not here or was withdrawn.
    fn add_resident(
        household: HouseholdId, resident: NewResident, draft: Option<String>
    ) -> ResidentId {
        draft, |replica| resident.added(household, replica)
    }

    /// Edits a resident; what is not mentioned is not written. Of somebody who becomes known as a child
    /// under fourteen everything but name and relation moves to the private part, and back when it turns
    /// out that they are none.
    ///
    /// # Errors
    /// As for [`Self::edit_household`].
    fn edit_resident(
        household: HouseholdId,
        resident: ResidentId,
        edits: Vec<ResidentEdit>,
        draft: Option<String>
    ) -> ResidentId {
        draft, |replica| ResidentEdit::made(edits, household, resident, replica)
    }

    /// Says what became of a resident: that they left, died, or are back.
    ///
    /// # Errors
    /// When they are not here, the day does not fit what is known of them, the holder may not, or the file
    /// cannot be written.
    fn set_status(
        household: HouseholdId, resident: ResidentId, status: NewStatus
    ) -> ResidentId {
        None, |replica| {
            Ok((resident, status.command(household.document(), resident.item(), replica)))
        }
    }

    /// Leaves nothing but name and relation of a resident in the open.
    ///
    /// # Errors
    /// When they are not here, the holder may not, or the file cannot be written.
    fn conceal_resident(household: HouseholdId, resident: ResidentId) -> ResidentId {
        None, |replica| moved(household, resident, replica, |household, resident, time| {
            HouseholdCommand::Conceal { household, resident, time }
        })
    }

    /// Brings back into the open what is known of a resident who is no child.
    ///
    /// # Errors
    /// As for [`Self::conceal_resident`]; `is_child` when a date of birth says so.
    fn reveal_resident(household: HouseholdId, resident: ResidentId) -> ResidentId {
        None, |replica| moved(household, resident, replica, |household, resident, time| {
            HouseholdCommand::Reveal { household, resident, time }
        })
    }

    /// Records a visit.
    ///
    /// # Errors
    /// As for [`Self::add_resident`], and when the day has not come yet.
    fn add_visit(household: HouseholdId, visit: NewVisit, draft: Option<String>) -> VisitId {
        draft, |replica| visit.added(household, replica)
    }

    /// Writes a note about a household, under the city's today.
    ///
    /// # Errors
    /// As for [`Self::add_resident`].
    fn add_note(household: HouseholdId, note: NewNote, draft: Option<String>) -> NoteId {
        draft, |replica| note.added(household, replica)
    }

    /// Enters what a household needs.
    ///
    /// # Errors
    /// As for [`Self::add_resident`].
    fn add_need(household: HouseholdId, need: NewNeed, draft: Option<String>) -> NeedId {
        draft, |replica| need.added(household, replica)
    }

    /// Says how far a need has come.
    ///
    /// # Errors
    /// When it is not here, the holder may not, or the file cannot be written.
    fn advance_need(household: HouseholdId, need: NeedId, step: NeedStep) -> NeedId {
        None, |replica| Ok((need, step.command(household.document(), need.item(), replica)))
    }

    /// Settles a conflict as it was read
    /// ([`ConflictView::id`](keting_model::query::ConflictView::id)).
    ///
    /// # Errors
    /// `changed_meanwhile` when people have said more since, or somebody settled it;
    /// `settlement_of_something_else` when it is no answer to this conflict; when the value is not valid,
    /// the holder may not, or the file cannot be written.
    fn settle(conflict: ConflictId, on: Settlement) -> ConflictId {
        None, |replica| on.made(conflict, replica)
    }

    /// Withdraws something that was entered by mistake: it is in no list any more, and nothing of it is
    /// lost. One that is withdrawn already, and that others worked on meanwhile, stays withdrawn all the
    /// same.
    ///
    /// # Errors
    /// When it is not here, the holder may not, or the file cannot be written; `already_withdrawn`.
    fn withdraw(record: RecordRef, reason: String) -> RecordRef {
        None, |replica| Ok((record, record.withdrawal(reason, replica)?))
    }

    /// Says that something which was withdrawn stands after all.
    ///
    /// # Errors
    /// When it is not here, the holder may not, or the file cannot be written.
    fn restore(record: RecordRef, reason: Option<String>) -> RecordRef {
        None, |replica| Ok((record, record.restoration(reason, replica)?))
    }

    /// Adds a region.
    ///
    /// # Errors
    /// When a field is not valid, the code does not continue that of the region it lies in, the holder may
    /// not, or the file cannot be written.
    fn add_region(region: NewRegion, draft: Option<String>) -> RegionId {
        draft, |replica| region.added(replica)
    }
}

fresh_ids! {
    /// A fresh id for a household, for a form to keep from its first keystroke.
    fn new_household_id() -> HouseholdId { HouseholdId::from_random(random()) }

    /// A fresh id for a region; as for a household.
    fn new_region_id() -> RegionId { RegionId::from_random(random()) }

    /// A fresh id for a resident; as for a household.
    fn new_resident_id() -> ResidentId { ResidentId::of(ItemId::new(random())) }

    /// A fresh id for a need; as for a household.
    fn new_need_id() -> NeedId { NeedId::of(ItemId::new(random())) }

    /// A fresh id for a visit; as for a household.
    fn new_visit_id() -> VisitId { VisitId::of(ItemId::new(random())) }

    /// A fresh id for a note; as for a household.
    fn new_note_id() -> NoteId { NoteId::of(ItemId::new(random())) }
}

impl Local {
    /// Makes a command while nobody else works on the replica, and saves it.
    fn save<I>(
        &self,
        draft: Option<String>,
        make: impl FnOnce(&mut Replica) -> Made<I>,
    ) -> Result<Saved<I>, EngineError> {
        let saved = self.with_replica(|replica| {
            let (id, command) = make(replica)?;
            replica.save(id, &command, draft.as_deref())
        })?;
        if saved.commit.is_some() {
            self.tell_edited();
        }
        Ok(saved)
    }
}
