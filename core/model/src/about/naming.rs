//! What commands themselves say that things are called.

use std::collections::BTreeMap;

use crate::command::Command;
use crate::fields::Fields;
use crate::household::HouseholdCommand;
use crate::household_visits::VisitsCommand;
use crate::id::{DocumentId, ItemId};
use crate::region::RegionCommand;

/// What commands say that regions and households, and what stands in a household, are called; and where
/// these lie. The last word counts, so commands are to be heard in the order they were entered.
#[derive(Debug, Clone, Default)]
pub struct Naming {
    said: BTreeMap<(DocumentId, Option<ItemId>), BTreeMap<String, String>>,
    region_of: BTreeMap<DocumentId, DocumentId>,
}

impl Naming {
    /// Hears a command.
    pub fn hear(&mut self, command: &Command) {
        match &command.in_normal_form() {
            Command::Region(RegionCommand::Add { region, parent, fields }) => {
                self.region_of.extend(parent.map(|parent| (*region, parent)));
                self.say_all(*region, None, fields);
            }
            Command::Region(RegionCommand::Edit { region, fields }) => {
                self.say_all(*region, None, fields);
            }
            Command::Household(command) => self.hear_of_household(command),
            Command::Visits(VisitsCommand::AddVisit { household, visit, fields, .. }) => {
                self.say_all(*household, Some(*visit), fields);
            }
            Command::Visits(VisitsCommand::AddNote { household, note, text, time }) => {
                self.say(*household, Some(*note), "at", &time.day().to_string());
                self.say(*household, Some(*note), "text", text);
            }
            // These name nothing that was not there before.
            Command::Private(_) | Command::Settle(_) | Command::Withdrawal(_) => {}
        }
    }

    fn hear_of_household(&mut self, command: &HouseholdCommand) {
        match command {
            HouseholdCommand::Add { household, region, fields, residents, .. } => {
                self.region_of.insert(*household, *region);
                self.say_all(*household, None, fields);
                for one in residents {
                    self.say_all(*household, Some(one.resident), &one.fields);
                }
            }
            HouseholdCommand::Edit { household, fields } => {
                self.say_all(*household, None, fields);
            }
            HouseholdCommand::AddResident { household, resident, .. } => {
                self.say_all(*household, Some(resident.resident), &resident.fields);
            }
            HouseholdCommand::EditResident { household, resident, fields, .. } => {
                self.say_all(*household, Some(*resident), fields);
            }
            HouseholdCommand::AddNeed { household, need, text, .. } => {
                self.say(*household, Some(*need), "text", text);
            }
            HouseholdCommand::SetStatus { .. }
            | HouseholdCommand::AdvanceNeed { .. }
            | HouseholdCommand::Conceal { .. }
            | HouseholdCommand::Reveal { .. } => {}
        }
    }

    fn say_all(&mut self, document: DocumentId, item: Option<ItemId>, fields: &Fields) {
        for (name, value) in fields.iter() {
            if let Some(text) = value.as_text() {
                self.say(document, item, name, text);
            }
        }
    }

    fn say(&mut self, document: DocumentId, item: Option<ItemId>, name: &str, text: &str) {
        self.said.entry((document, item)).or_default().insert(name.to_owned(), text.to_owned());
    }

    /// What was said of a field.
    pub(super) fn said(
        &self,
        document: &DocumentId,
        item: Option<&ItemId>,
        name: &str,
    ) -> Option<String> {
        self.said.get(&(*document, item.copied()))?.get(name).cloned()
    }

    /// The region that a household or region was put in.
    pub(super) fn region_of(&self, document: &DocumentId) -> Option<DocumentId> {
        self.region_of.get(document).copied()
    }
}
