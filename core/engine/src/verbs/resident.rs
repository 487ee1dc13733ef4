//! Residents: added, edited, what became of them, and who may read of them.

use keting_model::household::{HouseholdCommand, NewResident as Named};
use keting_model::words::{Bond, CareTag, Relation, Sex, Status};
use keting_model::{CityTime, Command, Day, DocumentId, Fields, HouseholdId, ItemId, ResidentId};

use crate::replica::Replica;
use crate::verbs::{Made, fresh_item, set, set_given};

/// A resident to be added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewResident {
    /// The id that the form took; none for a fresh one.
    pub id: Option<ResidentId>,
    /// The name, as it was typed; so are the other texts.
    pub name: String,
    /// What they are to the head of the household.
    pub relation: Option<Relation>,
    /// The phone number.
    pub phone: Option<String>,
    /// How they belong to the household.
    pub bond: Option<Bond>,
    /// The reasons to look after them.
    pub care_tags: Vec<CareTag>,
    /// The identity number.
    pub id_number: Option<String>,
    /// The day of birth.
    pub birth_date: Option<Day>,
    /// The sex that stands in their papers.
    pub sex: Option<Sex>,
    /// Health, in words.
    pub health: Option<String>,
    /// Disability, in words.
    pub disability: Option<String>,
}

/// What shall be different about a resident. None clears a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResidentEdit {
    /// The name.
    Name {
        /// As it was typed.
        value: String,
    },
    /// What they are to the head of the household.
    Relation {
        /// The word.
        value: Option<Relation>,
    },
    /// The phone number.
    Phone {
        /// As it was typed.
        value: Option<String>,
    },
    /// How they belong to the household.
    Bond {
        /// The word.
        value: Option<Bond>,
    },
    /// A reason to look after them.
    CareTag {
        /// Which.
        tag: CareTag,
        /// Whether it is so.
        on: bool,
    },
    /// The identity number.
    IdNumber {
        /// As it was typed.
        value: Option<String>,
    },
    /// The day of birth.
    BirthDate {
        /// The day.
        value: Option<Day>,
    },
    /// The sex that stands in their papers.
    Sex {
        /// The word.
        value: Option<Sex>,
    },
    /// Health, in words.
    Health {
        /// As it was typed.
        value: Option<String>,
    },
    /// Disability, in words.
    Disability {
        /// As it was typed.
        value: Option<String>,
    },
}

/// What became of a resident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStatus {
    /// What.
    pub status: Status,
    /// Why, in a few words.
    pub reason: Option<String>,
    /// On which day.
    pub on: Option<Day>,
}

impl NewStatus {
    /// A status of which no more is known.
    pub const fn of(status: Status) -> Self {
        Self { status, reason: None, on: None }
    }

    /// The command that says so.
    pub(super) fn command(
        self,
        household: DocumentId,
        resident: ItemId,
        replica: &mut Replica,
    ) -> Command {
        Command::Household(HouseholdCommand::SetStatus {
            household,
            resident,
            fact: fresh_item(replica),
            status: self.status.code().to_owned(),
            reason: self.reason,
            at: self.on.map(|day| day.to_string()),
            time: replica.now(),
        })
    }
}

/// The command that moves all that is known of a resident.
pub(super) fn moved(
    household: HouseholdId,
    resident: ResidentId,
    replica: &mut Replica,
    command: impl FnOnce(DocumentId, ItemId, CityTime) -> HouseholdCommand,
) -> Made<ResidentId> {
    let command = command(household.document(), resident.item(), replica.now());
    Ok((resident, Command::Household(command)))
}

impl NewResident {
    /// The command that adds them.
    pub(super) fn added(self, household: HouseholdId, replica: &mut Replica) -> Made<ResidentId> {
        let (household, resident) = (household.document(), self.with_ids(replica));
        let (id, time) = (ResidentId::of(resident.resident), replica.now());
        let add = HouseholdCommand::AddResident { household, resident, time };
        Ok((id, Command::Household(add)))
    }

    /// The same with its fields by name and every id made.
    pub(super) fn with_ids(self, replica: &mut Replica) -> Named {
        let resident = self.id.map_or_else(|| fresh_item(replica), ResidentId::item);
        let mut fields = Fields::new().with("name", self.name);
        set_given(&mut fields, "relation", self.relation.map(Relation::code));
        set_given(&mut fields, "phone", self.phone);
        set_given(&mut fields, "bond", self.bond.map(Bond::code));
        set_given(&mut fields, "id_number", self.id_number);
        set_given(&mut fields, "birth_date", self.birth_date.map(|day| day.to_string()));
        set_given(&mut fields, "sex", self.sex.map(Sex::code));
        set_given(&mut fields, "health", self.health);
        set_given(&mut fields, "disability", self.disability);
        let tags = self.care_tags.into_iter();
        let fields = tags.fold(fields, |fields, tag| fields.with_care_tag(tag.code(), true));
        Named { resident, fact: fresh_item(replica), fields }
    }
}

impl ResidentEdit {
    /// The command that makes some edits.
    pub(super) fn made(
        edits: Vec<Self>,
        household: HouseholdId,
        resident: ResidentId,
        replica: &Replica,
    ) -> Made<ResidentId> {
        let edit = HouseholdCommand::EditResident {
            household: household.document(),
            resident: resident.item(),
            fields: edits.into_iter().fold(Fields::new(), Self::add_to),
            time: replica.now(),
        };
        Ok((resident, Command::Household(edit)))
    }

    fn add_to(mut fields: Fields, edit: Self) -> Fields {
        match edit {
            Self::Name { value } => fields.set("name", value),
            Self::Relation { value } => {
                set(&mut fields, "relation", value.map(Relation::code));
            }
            Self::Phone { value } => set(&mut fields, "phone", value),
            Self::Bond { value } => set(&mut fields, "bond", value.map(Bond::code)),
            Self::CareTag { tag, on } => return fields.with_care_tag(tag.code(), on),
            Self::IdNumber { value } => set(&mut fields, "id_number", value),
            Self::BirthDate { value } => {
                set(&mut fields, "birth_date", value.map(|day| day.to_string()));
            }
            Self::Sex { value } => set(&mut fields, "sex", value.map(Sex::code)),
            Self::Health { value } => set(&mut fields, "health", value),
            Self::Disability { value } => set(&mut fields, "disability", value),
        }
        fields
    }
}
