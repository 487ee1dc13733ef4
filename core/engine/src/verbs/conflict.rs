//! Settling what several people said differently.

use keting_model::query::{ConflictId, ConflictView, Permitted, conflicts};
use keting_model::words::{NeedStatus, Status};
use keting_model::{
    Command, Day, HouseholdId, ItemId, NeedId, NoteId, ResidentId, Settle, VisitId,
};

use crate::error::EngineError;
use crate::replica::Replica;
use crate::verbs::{Made, NeedStep, NewStatus, RecordRef};

/// What it shall be, of what people said differently. It is said in full, and not as the number of one of
/// the values: the list may have changed since somebody read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Of a field: a value, as the conflict lists it or as it was typed.
    Value {
        /// The value.
        value: String,
    },
    /// Of a field: nothing.
    Clear,
    /// Of a resident: what became of them.
    Fact {
        /// What.
        status: Status,
        /// Why, in a few words.
        reason: Option<String>,
        /// On which day.
        at: Option<Day>,
    },
    /// Of a need: how far it has come.
    Need {
        /// What has become of it.
        status: NeedStatus,
        /// What was done about it.
        note: Option<String>,
    },
    /// Of something that was withdrawn while others worked on it: it stays withdrawn.
    Withdrawn {
        /// Why, in a few words.
        reason: String,
    },
    /// Of something that was withdrawn while others worked on it: it stands.
    Stands {
        /// Why, in a few words.
        reason: Option<String>,
    },
}

impl Settlement {
    /// The command that settles a conflict, if it stands as it was read.
    pub(super) fn made(self, conflict: ConflictId, replica: &mut Replica) -> Made<ConflictId> {
        let found = find(conflict, replica)?;
        Ok((conflict, command(&found, self, replica)?))
    }
}

/// The conflict, if it stands as it stood.
fn find(conflict: ConflictId, replica: &Replica) -> Result<ConflictView, EngineError> {
    let home = conflict.home();
    let (withheld, permitted) = (replica.withheld(), Permitted::from_roles(&replica.roles()));
    let found = match &home {
        Some(home) => conflicts(replica.store(), &withheld, &permitted, Some(home))?,
        None => Vec::new(),
    };
    let is_it = |one: &ConflictView| one.id() == conflict;
    let about = home.and_then(HouseholdId::of);
    found.into_iter().find(is_it).ok_or(EngineError::ChangedMeanwhile { about })
}

fn command(
    conflict: &ConflictView,
    on: Settlement,
    replica: &mut Replica,
) -> Result<Command, EngineError> {
    let (document, time) = (conflict.document, replica.now());
    let on_typed = |typed: &str| Settle::on_typed(document, &conflict.key, typed, time);
    match (About::of(conflict), on) {
        (About::Field, Settlement::Value { value }) => Ok(Command::Settle(on_typed(&value)?)),
        (About::Field, Settlement::Clear) => Ok(Command::Settle(on_typed("")?)),
        (About::Resident(resident), Settlement::Fact { status, reason, at }) => {
            Ok(NewStatus { status, reason, on: at }.command(document, resident, replica))
        }
        (About::Need(need), Settlement::Need { status, note }) => {
            Ok(NeedStep { status, note }.command(document, need, replica))
        }
        (About::Withdrawal(record), Settlement::Withdrawn { reason }) => {
            record.withdrawal(reason, replica)
        }
        (About::Withdrawal(record), Settlement::Stands { reason }) => {
            record.restoration(reason, replica)
        }
        _ => Err(EngineError::SettlementOfSomethingElse),
    }
}

/// What people said different things about.
enum About {
    Field,
    /// What became of a resident.
    Resident(ItemId),
    /// How far a need has come.
    Need(ItemId),
    /// Whether something stands.
    Withdrawal(RecordRef),
}

impl About {
    fn of(conflict: &ConflictView) -> Self {
        let segments: Vec<&str> = conflict.key.split('/').collect();
        let item = segments.get(1).and_then(|item| item.parse().ok());
        let Some(household) = HouseholdId::of(conflict.document) else { return Self::Field };
        let withdrawn = |record| Self::Withdrawal(record);
        match (segments.as_slice(), item) {
            (["w"], _) => withdrawn(RecordRef::Household { household }),
            (["r", _, "s"], Some(item)) => Self::Resident(item),
            (["n", _, "s"], Some(item)) => Self::Need(item),
            (["r", _, "w"], Some(item)) => {
                withdrawn(RecordRef::Resident { household, resident: ResidentId::of(item) })
            }
            (["n", _, "w"], Some(item)) => {
                withdrawn(RecordRef::Need { household, need: NeedId::of(item) })
            }
            (["v", _, "w"], Some(item)) => {
                withdrawn(RecordRef::Visit { household, visit: VisitId::of(item) })
            }
            (["o", _, "w"], Some(item)) => {
                withdrawn(RecordRef::Note { household, note: NoteId::of(item) })
            }
            _ => Self::Field,
        }
    }
}
