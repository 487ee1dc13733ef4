//! What a person does: the engine's verbs, each awaited.

use keting::verbs::Draft;
use keting::verbs::{
    HouseholdEdit, NeedStep, NewHousehold, NewNeed, NewNote, NewRegion, NewResident, NewStatus,
    NewVisit, RecordRef, ResidentEdit, Settlement,
};
use keting::{
    ConflictId, EngineError, HouseholdId, NeedId, NoteId, RegionId, ResidentId, Saved, VisitId,
};

use crate::core::Core;
use crate::failure::KetingError;
use crate::guarded;
use crate::warning::Warning;

/// What each verb answers with: one record for each kind of id.
macro_rules! saved {
    ($($record:ident of $id:ident;)+) => {$(
        /// Something that is saved: durable on this phone.
        #[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
        pub struct $record {
            /// The id of what was saved.
            pub id: $id,
            /// Whether anything was written; not, if everything was already as it should be.
            pub is_written: bool,
            /// What the person should look at again: it may be wrong, and was kept.
            pub warnings: Vec<Warning>,
        }

        impl From<Saved<$id>> for $record {
            fn from(saved: Saved<$id>) -> Self {
                Self {
                    id: saved.id,
                    is_written: saved.commit.is_some(),
                    warnings: saved.warnings.into_iter().map(Warning::from).collect(),
                }
            }
        }
    )+};
}

saved! {
    SavedHousehold of HouseholdId;
    SavedResident of ResidentId;
    SavedNeed of NeedId;
    SavedVisit of VisitId;
    SavedNote of NoteId;
    SavedRegion of RegionId;
    SavedConflict of ConflictId;
    SavedRecord of RecordRef;
}

/// Each verb as the engine has it, by the same name.
macro_rules! verbs {
    ($($(#[$doc:meta])+ fn $verb:ident($($given:ident: $form:ty),+) -> $saved:ident;)+) => {
        #[uniffi::export]
        impl Core {$(
            $(#[$doc])+
            pub async fn $verb(&self, $($given: $form),+) -> Result<$saved, KetingError> {
                guarded::soon(async {
                    Ok::<_, EngineError>(self.keting.$verb($($given),+).await?.into())
                })
                .await
            }
        )+}
    };
}

verbs! {
    /// Adds a household, perhaps with its residents.
    ///
    /// # Errors
    /// When a field is not valid, the holder may not, or the file cannot be written; `already_exists` when
    /// something else stands under the id. The draft is then still there.
    fn add_household(household: NewHousehold, draft: Option<String>) -> SavedHousehold;

    /// Edits a household; what is not mentioned is not written.
    ///
    /// # Errors
    /// When it is not here, a value is not valid, the holder may not, or the file cannot be written;
    /// `conflicted` when people wrote different things in a field, which has to be settled first.
    fn edit_household(household: HouseholdId, edits: Vec<HouseholdEdit>, draft: Option<String>)
        -> SavedHousehold;

    /// Adds a resident, who lives there from now on as far as anybody knows.
    ///
    /// # Errors
    /// As for adding a household, and when the household is not here or was withdrawn.
    fn add_resident(household: HouseholdId, resident: NewResident, draft: Option<String>)
        -> SavedResident;

    /// Edits a resident; what is not mentioned is not written.
    ///
    /// # Errors
    /// As for editing a household.
    fn edit_resident(
        household: HouseholdId,
        resident: ResidentId,
        edits: Vec<ResidentEdit>,
        draft: Option<String>
    ) -> SavedResident;

    /// Says what became of a resident: that they left, died, or are back.
    ///
    /// # Errors
    /// When they are not here, the day does not fit what is known of them, the holder may not, or the file
    /// cannot be written.
    fn set_status(household: HouseholdId, resident: ResidentId, status: NewStatus) -> SavedResident;

    /// Leaves nothing but name and relation of a resident in the open.
    ///
    /// # Errors
    /// When they are not here, the holder may not, or the file cannot be written.
    fn conceal_resident(household: HouseholdId, resident: ResidentId) -> SavedResident;

    /// Brings back into the open what is known of a resident who is no child.
    ///
    /// # Errors
    /// As for concealing; `is_child` when a date of birth says so.
    fn reveal_resident(household: HouseholdId, resident: ResidentId) -> SavedResident;

    /// Records a visit.
    ///
    /// # Errors
    /// As for adding a resident, and when the day has not come yet.
    fn add_visit(household: HouseholdId, visit: NewVisit, draft: Option<String>) -> SavedVisit;

    /// Writes a note about a household, under the city's today.
    ///
    /// # Errors
    /// As for adding a resident.
    fn add_note(household: HouseholdId, note: NewNote, draft: Option<String>) -> SavedNote;

    /// Enters what a household needs.
    ///
    /// # Errors
    /// As for adding a resident.
    fn add_need(household: HouseholdId, need: NewNeed, draft: Option<String>) -> SavedNeed;

    /// Says how far a need has come.
    ///
    /// # Errors
    /// When it is not here, the holder may not, or the file cannot be written.
    fn advance_need(household: HouseholdId, need: NeedId, step: NeedStep) -> SavedNeed;

    /// Settles a conflict as it was read.
    ///
    /// # Errors
    /// `changed_meanwhile` when people have said more since, or somebody settled it;
    /// `settlement_of_something_else` when it is no answer to this conflict; when the value is not valid,
    /// the holder may not, or the file cannot be written.
    fn settle(conflict: ConflictId, on: Settlement) -> SavedConflict;

    /// Withdraws something that was entered by mistake: it is in no list any more, and nothing of it is
    /// lost.
    ///
    /// # Errors
    /// When it is not here, the holder may not, or the file cannot be written; `already_withdrawn`.
    fn withdraw(record: RecordRef, reason: String) -> SavedRecord;

    /// Says that something which was withdrawn stands after all.
    ///
    /// # Errors
    /// When it is not here, the holder may not, or the file cannot be written.
    fn restore(record: RecordRef, reason: Option<String>) -> SavedRecord;

    /// Adds a region.
    ///
    /// # Errors
    /// As for adding a household.
    fn add_region(region: NewRegion, draft: Option<String>) -> SavedRegion;
}

/// A fresh id for a form, which keeps it from its first keystroke: saved twice is then saved once.
macro_rules! fresh_ids {
    ($($name:ident -> $id:ident;)+) => {
        #[uniffi::export]
        impl Core {$(
            /// A fresh id for a form to keep from its first keystroke: saved twice is then saved once.
            ///
            /// # Errors
            /// `internal`.
            pub fn $name(&self) -> Result<$id, KetingError> {
                guarded::now(|| Ok::<_, EngineError>(self.keting.$name()))
            }
        )+}
    };
}

fresh_ids! {
    new_household_id -> HouseholdId;
    new_resident_id -> ResidentId;
    new_need_id -> NeedId;
    new_visit_id -> VisitId;
    new_note_id -> NoteId;
    new_region_id -> RegionId;
}

#[uniffi::export]
impl Core {
    /// Keeps what was filled in so far, in place of what was kept under the key before. It stays on this
    /// phone, in the encrypted file, and is discarded with the edit that names the key.
    ///
    /// # Errors
    /// `draft_too_large`, `too_many_drafts`, `bad_draft_name`; when the file cannot be written.
    pub async fn keep_draft(
        &self,
        key: String,
        household: Option<HouseholdId>,
        form: String,
        bytes: Vec<u8>,
    ) -> Result<(), KetingError> {
        guarded::soon(async { self.keting.keep_draft(key, household, form, bytes).await }).await
    }

    /// What was filled in and kept under a key; none if the form was saved or discarded.
    ///
    /// # Errors
    /// When the file cannot be read; `closed`.
    pub async fn draft(&self, key: String) -> Result<Option<Vec<u8>>, KetingError> {
        guarded::soon(async { self.keting.draft(key).await }).await
    }

    /// Every form that was begun and not saved, the latest first.
    ///
    /// # Errors
    /// When the file cannot be read; `closed`.
    pub async fn drafts(&self) -> Result<Vec<Draft>, KetingError> {
        guarded::soon(async { self.keting.drafts().await }).await
    }

    /// Forgets what was filled in: the person does not want it any more.
    ///
    /// # Errors
    /// When the file cannot be written; `closed`.
    pub async fn discard_draft(&self, key: String) -> Result<(), KetingError> {
        guarded::soon(async { self.keting.discard_draft(key).await }).await
    }
}
