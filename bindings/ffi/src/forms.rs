//! What people fill in, form by form, as the engine's verbs take it.

use keting::verbs::{
    Draft, HouseholdEdit, NeedStep, NewHousehold, NewNeed, NewNote, NewRegion, NewResident,
    NewStatus, NewVisit, RecordRef, ResidentEdit, Settlement,
};
use keting::words::{Bond, CareTag, NeedStatus, Relation, Sex, Status, Tenure};
use keting::{Day, HouseholdId, Level, NeedId, NoteId, RegionId, ResidentId, VisitId};

/// A household to be added.
#[uniffi::remote(Record)]
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

/// What shall be different about a household. None clears a field.
#[uniffi::remote(Enum)]
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

/// A resident to be added.
#[uniffi::remote(Record)]
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
#[uniffi::remote(Enum)]
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
#[uniffi::remote(Record)]
pub struct NewStatus {
    /// What.
    pub status: Status,
    /// Why, in a few words.
    pub reason: Option<String>,
    /// On which day.
    pub on: Option<Day>,
}

/// A visit to be recorded.
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
pub struct NewNote {
    /// The id that the form took; none for a fresh one.
    pub id: Option<NoteId>,
    /// The note, as it was typed.
    pub text: String,
}

/// A need to be entered.
#[uniffi::remote(Record)]
pub struct NewNeed {
    /// The id that the form took; none for a fresh one.
    pub id: Option<NeedId>,
    /// What is needed, as it was typed.
    pub text: String,
}

/// How far a need has come.
#[uniffi::remote(Record)]
pub struct NeedStep {
    /// What has become of it.
    pub status: NeedStatus,
    /// What was done about it, as it was typed.
    pub note: Option<String>,
}

/// Something that can be withdrawn.
#[uniffi::remote(Enum)]
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

/// What it shall be, of what people said differently. It is said in full, and not as the number of one of
/// the values: the list may have changed since somebody read it.
#[uniffi::remote(Enum)]
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

/// A form that somebody has begun to fill in, as a list shows it.
#[uniffi::remote(Record)]
pub struct Draft {
    /// The app's name for it.
    pub key: String,
    /// The household it is about, if it is about one.
    pub household: Option<HouseholdId>,
    /// Which form, as the app calls it.
    pub form: String,
    /// When it was kept last by the city's time, milliseconds since the Unix epoch.
    pub kept_at_ms: u64,
}

/// A region to be added.
#[uniffi::remote(Record)]
pub struct NewRegion {
    /// The id that the form took; none for a fresh one.
    pub id: Option<RegionId>,
    /// The region it lies in.
    pub parent: RegionId,
    /// The code, which continues that of the region it lies in.
    pub code: String,
    /// The name, as it was typed; so are the other texts.
    pub name: String,
    /// How deep it lies.
    pub level: Level,
    /// The boundary, in words.
    pub boundary: Option<String>,
    /// The person in charge.
    pub head: Option<String>,
}
