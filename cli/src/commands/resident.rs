//! Residents: add, edit, leave.

use keting_model::household::{HouseholdCommand, NewResident};
use keting_model::{Command, Fields, words};

use crate::arguments::{Resident, ResidentFields};
use crate::commands::household::{execute, fields};
use crate::device;
use crate::exit::Failure;
use crate::output;

/// Does what was asked with residents.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn run(verb: Resident) -> Result<(), Failure> {
    match verb {
        Resident::Add { household, data, fields } => {
            let household = device::household_id(&household)?;
            let keting = device::open(&data)?;
            let (id, fact, time) = (keting.new_item(), keting.new_item(), keting.now());
            let fields = resident_fields(fields);
            let resident = NewResident { resident: id, fact, fields };
            let add = HouseholdCommand::AddResident { household, resident, time };
            keting.execute(&Command::Household(add))?;
            output::line(id)
        }
        Resident::Edit { household, resident, data, fields } => {
            let household = device::household_id(&household)?;
            let resident = device::item_id(&resident)?;
            let fields = resident_fields(fields);
            execute(&data, |keting| {
                let time = keting.now();
                let edit = HouseholdCommand::EditResident { household, resident, fields, time };
                Command::Household(edit)
            })?;
            output::line(resident)
        }
        Resident::Leave { household, resident, data, status, reason } => {
            let household = device::household_id(&household)?;
            let resident = device::item_id(&resident)?;
            execute(&data, |keting| {
                let (fact, time) = (keting.new_item(), keting.now());
                Command::Household(HouseholdCommand::SetStatus {
                    household,
                    resident,
                    fact,
                    status,
                    reason,
                    at: None,
                    time,
                })
            })?;
            output::line(resident)
        }
    }
}

fn resident_fields(given: ResidentFields) -> Fields {
    let mut all = fields(&[
        ("name", given.name),
        ("phone", given.phone),
        ("relation", given.relation),
        ("bond", given.bond),
        ("id_number", given.id_number),
        ("birth_date", given.birth_date),
        ("sex", given.sex),
        ("health", given.health),
        ("disability", given.disability),
    ]);
    if let Some(tags) = given.care_tags {
        // The whole list is given: a known tag that is not in it is taken away, and an unknown one
        // is passed on for the engine to refuse.
        for tag in words::OPEN_TAGS.iter().chain(words::HEALTH_TAGS) {
            all = all.with_care_tag(tag, tags.iter().any(|given| given == tag));
        }
        let known = |tag: &&String| {
            words::OPEN_TAGS.iter().chain(words::HEALTH_TAGS).any(|known| known == tag)
        };
        for tag in tags.iter().filter(|tag| !tag.is_empty() && !known(tag)) {
            all = all.with_care_tag(tag, true);
        }
    }
    all
}
