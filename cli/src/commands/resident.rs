//! Residents: add, edit, leave, conceal, reveal.

use std::path::Path;

use keting_model::household::{HouseholdCommand, NewResident};
use keting_model::{CityTime, Command, DocumentId, Fields, ItemId};

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
            device::execute(&keting, &Command::Household(add))?;
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
        Resident::Conceal { household, resident, data } => {
            move_all(&household, &resident, &data, |household, resident, time| {
                HouseholdCommand::Conceal { household, resident, time }
            })
        }
        Resident::Reveal { household, resident, data } => {
            move_all(&household, &resident, &data, |household, resident, time| {
                HouseholdCommand::Reveal { household, resident, time }
            })
        }
    }
}

/// Moves what is known of a resident out of the open or back.
fn move_all(
    household: &str,
    resident: &str,
    data: &Path,
    command: impl FnOnce(DocumentId, ItemId, CityTime) -> HouseholdCommand,
) -> Result<(), Failure> {
    let household = device::household_id(household)?;
    let resident = device::item_id(resident)?;
    execute(data, |keting| Command::Household(command(household, resident, keting.now())))?;
    output::line(resident)
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
