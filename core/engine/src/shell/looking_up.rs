//! What an app looks up once: what somebody named, and what is known without reading the file.

use keting_model::query::{Candidate, ItemKind};
use keting_model::{CityTime, DocumentId, HouseholdId, ItemId, RegionId};

use crate::error::EngineError;
use crate::shell::hosting::Answered;
use crate::shell::keting::Keting;
use crate::shell::local::Local;
use crate::shell::outbox::HeldView;

impl Keting {
    /// The city's time, whatever the machine's clock shows: what [`check`](crate::input::check) counts days
    /// from.
    ///
    /// # Errors
    /// `closed`, or why the file cannot be opened.
    pub fn now(&self) -> Answered<CityTime> {
        self.read(|replica| Ok(replica.now()))
    }

    /// The region with a code. Should two people have given the same, the one that is in the log: the
    /// other will be held, and what is entered for it with it.
    ///
    /// # Errors
    /// When the file cannot be read; `closed`.
    pub fn region_of_code(&self, code: String) -> Answered<Option<RegionId>> {
        self.read(move |replica| Ok(replica.region_of_code(&code)?.and_then(RegionId::of)))
    }

    /// The household or region that a document is of, by its address or name. None if that is not here, or
    /// not shown to the holder.
    ///
    /// # Errors
    /// When the file cannot be read; `closed`.
    pub fn about(&self, of: DocumentId) -> Answered<Option<Candidate<DocumentId>>> {
        self.read(move |replica| replica.about(&of))
    }

    /// The household whose id begins as somebody typed, also one that is withdrawn. A whole id is taken as it
    /// is: whoever uses it hears whether it is here.
    ///
    /// # Errors
    /// `malformed_id`; `not_found` when none begins so; `ambiguous_id` with the candidates when several do.
    pub fn household_named(&self, typed: String) -> Answered<HouseholdId> {
        self.read(move |replica| {
            let named = HouseholdId::of(replica.household_named(&typed)?);
            named.ok_or(EngineError::NotFound { what: "the household" })
        })
    }

    /// What stands in a household and has an id that begins as somebody typed; as for households.
    ///
    /// # Errors
    /// As for [`Self::household_named`].
    pub fn item_named(
        &self,
        household: HouseholdId,
        kind: ItemKind,
        typed: String,
    ) -> Answered<ItemId> {
        self.read(move |replica| replica.item_named(&household.document(), kind, &typed))
    }

    /// The held edit whose id begins as somebody typed.
    ///
    /// # Errors
    /// As for [`Self::household_named`].
    pub fn held_named(&self, typed: String) -> Answered<HeldView> {
        self.read(move |replica| replica.held_named(&typed))
    }

    /// How many digits of a household's id name it among all that are here.
    ///
    /// # Errors
    /// When the file cannot be read; `closed`.
    pub fn household_digits(&self) -> Answered<usize> {
        self.read(Local::household_digits)
    }
}
