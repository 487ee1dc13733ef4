//! Households: added and edited.

use keting_model::household::HouseholdCommand;
use keting_model::words::Tenure;
use keting_model::{Command, Fields, HouseholdId, RegionId};

use crate::replica::Replica;
use crate::verbs::{Made, NewResident, set, set_given};

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

    /// The command that adds it.
    pub(super) fn added(self, replica: &mut Replica) -> Made<HouseholdId> {
        let fresh = || HouseholdId::from_random(replica.environment().random());
        let id = self.id.unwrap_or_else(fresh);
        let mut fields = Fields::new().with("address", self.address);
        set_given(&mut fields, "address_code", self.address_code);
        set_given(&mut fields, "tenure", self.tenure.map(Tenure::code));
        let residents = self.residents.into_iter();
        let residents = residents.map(|resident| resident.with_ids(replica)).collect();
        let add = HouseholdCommand::Add {
            household: id.document(),
            region: self.region.document(),
            fields,
            residents,
            time: replica.now(),
        };
        Ok((id, Command::Household(add)))
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

impl HouseholdEdit {
    /// The command that makes some edits.
    pub(super) fn made(edits: Vec<Self>, household: HouseholdId) -> Made<HouseholdId> {
        let mut fields = Fields::new();
        for edit in edits {
            match edit {
                Self::Address { value } => fields.set("address", value),
                Self::AddressCode { value } => set(&mut fields, "address_code", value),
                Self::Tenure { value } => set(&mut fields, "tenure", value.map(Tenure::code)),
            }
        }
        let edit = HouseholdCommand::Edit { household: household.document(), fields };
        Ok((household, Command::Household(edit)))
    }
}
