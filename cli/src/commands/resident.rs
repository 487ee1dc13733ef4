//! Residents: add, edit, leave.

use keting_model::household::{HouseholdCommand, NewResident};
use keting_model::{Command, Fields};

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
        Resident::Leave { household, resident, data, status, reason, at } => {
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
                    at,
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
    for (tags, has) in [(given.tags, true), (given.no_tags, false)] {
        all = tags.iter().fold(all, |all, tag| all.with_care_tag(tag, has));
    }
    all
}
