//! Visits and notes: what is recorded of a household under a day.

use keting_model::household_visits::VisitsCommand;
use keting_model::query::{Recorded, when_recorded};
use keting_model::{Command, CommandError, Day, Fields, HouseholdId, NoteId, VisitId};

use crate::replica::Replica;
use crate::verbs::{Made, fresh_item, set_given};

/// A visit to be recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewVisit {
    /// The id that the form took; none for a fresh one.
    pub id: Option<VisitId>,
    /// The day; none for the city's today.
    pub on: Option<Day>,
    /// What for, as it was typed; so are the other texts.
    pub purpose: Option<String>,
    /// What was said and seen.
    pub note: Option<String>,
    /// Who went there.
    pub by: Option<String>,
}

/// A note to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewNote {
    /// The id that the form took; none for a fresh one.
    pub id: Option<NoteId>,
    /// The note, as it was typed.
    pub text: String,
}

impl NewVisit {
    /// The command that records it.
    pub(super) fn added(self, household: HouseholdId, replica: &mut Replica) -> Made<VisitId> {
        let (household, time) = (household.document(), replica.now());
        let recorded = match self.id {
            Some(id) => when_recorded(replica.store(), &household, &id.item())?,
            None => None,
        };
        // Each year's visits are a document of their own, where the form is not found under another day.
        let day = match (self.on, recorded) {
            (Some(on), Some(Recorded { day, .. })) if on != day => {
                return Err(CommandError::AlreadyExists { what: "the visit" }.into());
            }
            (on, recorded) => on.or(recorded.map(|recorded| recorded.day)),
        };
        let id = self.id.unwrap_or_else(|| VisitId::of(fresh_item(replica)));
        let mut fields = Fields::new().with("at", day.unwrap_or(time.day()).to_string());
        set_given(&mut fields, "purpose", self.purpose);
        set_given(&mut fields, "note", self.note);
        set_given(&mut fields, "by", self.by);
        let add = VisitsCommand::AddVisit { household, visit: id.item(), fields, time };
        Ok((id, Command::Visits(add)))
    }
}

impl NewNote {
    /// The command that writes it.
    pub(super) fn added(self, household: HouseholdId, replica: &mut Replica) -> Made<NoteId> {
        let household = household.document();
        let recorded = match self.id {
            Some(id) => when_recorded(replica.store(), &household, &id.item())?,
            None => None,
        };
        // One that was saved already stands under the day it was saved on.
        let time = recorded.map_or_else(|| replica.now(), |recorded| recorded.entered);
        let id = self.id.unwrap_or_else(|| NoteId::of(fresh_item(replica)));
        let add = VisitsCommand::AddNote { household, note: id.item(), text: self.text, time };
        Ok((id, Command::Visits(add)))
    }
}
