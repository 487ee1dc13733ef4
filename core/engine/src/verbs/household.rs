//! Households: added and edited.

use keting_model::household::HouseholdCommand;
use keting_model::words::Tenure;
use keting_model::{Command, Fields, HouseholdId, RegionId};

use crate::shell::local::Local;
use crate::verbs::{NewResident, Saving, set, set_given};

/// A household to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHousehold {
    /// The id that the form took; none for a fresh one.
    pub id: Option<HouseholdId>,
    /// The region it lives in.
    pub region: RegionId,
    /// Where it lives, as it was typed.
    pub address: String,
    /// The code of its standard address.
    pub address_code: Option<String>,
    /// By what right it lives there.
    pub tenure: Option<Tenure>,
    /// Those who live there.
    pub residents: Vec<NewResident>,
}

impl NewHousehold {
    /// A household of which no more is known.
    pub fn at(region: RegionId, address: impl Into<String>) -> Self {
        Self {
            id: None,
            region,
            address: address.into(),
            address_code: None,
            tenure: None,
            residents: Vec::new(),
        }
    }
}

/// What shall be different about a household. None clears a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HouseholdEdit {
    /// Where it lives.
    Address {
        /// As it was typed.
        value: String,
    },
    /// The code of its standard address.
    AddressCode {
        /// As it was typed.
        value: Option<String>,
    },
    /// By what right it lives there.
    Tenure {
        /// The word.
        value: Option<Tenure>,
    },
}

impl Local {
    /// Adds a household, perhaps with its residents.
    ///
    /// # Errors
    /// When a field is not valid, the holder may not, or the file cannot be written; `already_exists` when
    /// something else stands under the id. The draft is then still there.
    pub fn add_household(
        &self,
        household: NewHousehold,
        draft: Option<String>,
    ) -> Saving<HouseholdId> {
        self.save(draft, |replica| {
            let id = household.id;
            let fresh = || HouseholdId::from_random(replica.environment().random());
            let id = id.unwrap_or_else(fresh);
            let mut fields = Fields::new().with("address", household.address);
            set_given(&mut fields, "address_code", household.address_code);
            set_given(&mut fields, "tenure", household.tenure.map(Tenure::code));
            let residents = household.residents.into_iter();
            let residents = residents.map(|resident| resident.with_ids(replica)).collect();
            let add = HouseholdCommand::Add {
                household: id.document(),
                region: household.region.document(),
                fields,
                residents,
                time: replica.now(),
            };
            Ok((id, Command::Household(add)))
        })
    }

    /// Edits a household; what is not mentioned is not written.
    ///
    /// # Errors
    /// When it is not here, a value is not valid, the holder may not, or the file cannot be written;
    /// `conflicted` when people wrote different things in a field, which has to be settled first.
    pub fn edit_household(
        &self,
        household: HouseholdId,
        edits: Vec<HouseholdEdit>,
        draft: Option<String>,
    ) -> Saving<HouseholdId> {
        self.save(draft, |_| {
            let mut fields = Fields::new();
            for edit in edits {
                match edit {
                    HouseholdEdit::Address { value } => fields.set("address", value),
                    HouseholdEdit::AddressCode { value } => {
                        set(&mut fields, "address_code", value);
                    }
                    HouseholdEdit::Tenure { value } => {
                        set(&mut fields, "tenure", value.map(Tenure::code));
                    }
                }
            }
            let edit = HouseholdCommand::Edit { household: household.document(), fields };
            Ok((household, Command::Household(edit)))
        })
    }
}
