//! What was entered by mistake: withdrawn, and restored.

use keting_model::query::{visits_and_notes, when_recorded};
use keting_model::withdrawal::{Record, WithdrawalCommand};
use keting_model::{Command, DocumentId, HouseholdId, ItemId, NeedId, NoteId, ResidentId, VisitId};

use crate::error::EngineError;
use crate::replica::Replica;
use crate::verbs::fresh_item;

/// Something that can be withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordRef {
    /// A household, with everything that belongs to it.
    Household {
        /// Which.
        household: HouseholdId,
    },
    /// A resident.
    Resident {
        /// Of which household.
        household: HouseholdId,
        /// Who.
        resident: ResidentId,
    },
    /// A need.
    Need {
        /// Of which household.
        household: HouseholdId,
        /// Which.
        need: NeedId,
    },
    /// A visit.
    Visit {
        /// To which household.
        household: HouseholdId,
        /// Which.
        visit: VisitId,
    },
    /// A note.
    Note {
        /// About which household.
        household: HouseholdId,
        /// Which.
        note: NoteId,
    },
}

impl RecordRef {
    /// The command that withdraws it, by somebody who has seen what is here of it.
    pub(super) fn withdrawal(
        self,
        reason: String,
        replica: &mut Replica,
    ) -> Result<Command, EngineError> {
        let (household, record) = self.in_household(replica)?;
        let seen = match record {
            Record::Household => visits_and_notes(replica.store(), &household)?,
            Record::Resident(_) | Record::Need(_) | Record::Visit { .. } | Record::Note { .. } => {
                Vec::new()
            }
        };
        let (fact, time) = (fresh_item(replica), replica.now());
        let withdraw = WithdrawalCommand::Withdraw { household, record, fact, reason, seen, time };
        Ok(Command::Withdrawal(withdraw))
    }

    /// The command that restores it.
    pub(super) fn restoration(
        self,
        reason: Option<String>,
        replica: &mut Replica,
    ) -> Result<Command, EngineError> {
        let (household, record) = self.in_household(replica)?;
        let (fact, time) = (fresh_item(replica), replica.now());
        let restore = WithdrawalCommand::Restore { household, record, fact, reason, time };
        Ok(Command::Withdrawal(restore))
    }

    /// Its household, and what it is in there.
    fn in_household(self, replica: &Replica) -> Result<(DocumentId, Record), EngineError> {
        let year = |household: HouseholdId, id: ItemId, what| {
            let recorded = when_recorded(replica.store(), &household.document(), &id)?;
            let day = recorded.ok_or(EngineError::NotFound { what })?.day;
            Ok::<_, EngineError>(day.year())
        };
        let (household, record) = match self {
            Self::Household { household } => (household, Record::Household),
            Self::Resident { household, resident } => {
                (household, Record::Resident(resident.item()))
            }
            Self::Need { household, need } => (household, Record::Need(need.item())),
            Self::Visit { household, visit } => {
                let (visit, what) = (visit.item(), "the visit");
                (household, Record::Visit { visit, year: year(household, visit, what)? })
            }
            Self::Note { household, note } => {
                let (note, what) = (note.item(), "the note");
                (household, Record::Note { note, year: year(household, note, what)? })
            }
        };
        Ok((household.document(), record))
    }
}
