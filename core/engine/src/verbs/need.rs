//! Needs: entered, and moved on.

use keting_model::household::HouseholdCommand;
use keting_model::words::NeedStatus;
use keting_model::{Command, DocumentId, HouseholdId, ItemId, NeedId};

use crate::replica::Replica;
use crate::verbs::{Made, fresh_item};

/// A need to be entered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewNeed {
    /// The id that the form took; none for a fresh one.
    pub id: Option<NeedId>,
    /// What is needed, as it was typed.
    pub text: String,
}

impl NewNeed {
    /// The command that enters it.
    pub(super) fn added(self, household: HouseholdId, replica: &mut Replica) -> Made<NeedId> {
        let id = self.id.unwrap_or_else(|| NeedId::of(fresh_item(replica)));
        let (household, time) = (household.document(), replica.now());
        let add = HouseholdCommand::AddNeed { household, need: id.item(), text: self.text, time };
        Ok((id, Command::Household(add)))
    }
}

/// How far a need has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeedStep {
    /// What has become of it.
    pub status: NeedStatus,
    /// What was done about it, as it was typed.
    pub note: Option<String>,
}

impl NeedStep {
    /// The command that says so.
    pub(super) fn command(
        self,
        household: DocumentId,
        need: ItemId,
        replica: &mut Replica,
    ) -> Command {
        Command::Household(HouseholdCommand::AdvanceNeed {
            household,
            need,
            fact: fresh_item(replica),
            status: self.status.code().to_owned(),
            note: self.note,
            time: replica.now(),
        })
    }
}
