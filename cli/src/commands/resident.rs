//! Residents: add, edit, leave, conceal, reveal, withdraw, restore.

use std::collections::BTreeSet;

use keting_model::household::{HouseholdCommand, NewResident};
use keting_model::input::{Field, check};
use keting_model::{CityTime, Command, DocumentId, Fields, ItemId};

use crate::arguments::{Resident, ResidentFields, Writing};
use crate::commands::household::fields;
use crate::commands::withdrawal;
use crate::device;
use crate::exit::Failure;
use crate::language::InBoth;

/// Does what was asked with residents.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn run(verb: Resident) -> Result<(), Failure> {
    match verb {
        Resident::Add { household, writing, fields } => {
            let keting = device::open(&writing.data)?;
            let household = device::household(&keting, &household)?;
            let (id, fact, time) = (keting.new_item(), keting.new_item(), keting.now());
            let fields = resident_fields(fields);
            let resident = NewResident { resident: id, fact, fields };
            let add = HouseholdCommand::AddResident { household, resident, time };
            device::write(&keting, &Command::Household(add), id, &writing)
        }
        Resident::Edit { household, resident, writing, fields, no_tags } => {
            let keting = device::open(&writing.data)?;
            let (household, resident) = device::resident(&keting, &household, &resident)?;
            require_one_word(&fields.tags, &no_tags)?;
            let fields = resident_fields(fields);
            let fields = no_tags.iter().fold(fields, |all, tag| all.with_care_tag(tag, false));
            let time = keting.now();
            let edit = HouseholdCommand::EditResident { household, resident, fields, time };
            device::write(&keting, &Command::Household(edit), resident, &writing)
        }
        Resident::Leave { household, resident, writing, status, reason, at } => {
            let keting = device::open(&writing.data)?;
            let (household, resident) = device::resident(&keting, &household, &resident)?;
            let (fact, time) = (keting.new_item(), keting.now());
            let said =
                HouseholdCommand::SetStatus { household, resident, fact, status, reason, at, time };
            device::write(&keting, &Command::Household(said), resident, &writing)
        }
        Resident::Conceal { household, resident, writing } => {
            move_all(&household, &resident, &writing, |household, resident, time| {
                HouseholdCommand::Conceal { household, resident, time }
            })
        }
        Resident::Reveal { household, resident, writing } => {
            move_all(&household, &resident, &writing, |household, resident, time| {
                HouseholdCommand::Reveal { household, resident, time }
            })
        }
        Resident::Withdraw { household, resident, why, writing } => {
            withdrawal::withdraw_resident(&household, &resident, why, &writing)
        }
        Resident::Restore { household, resident, why, writing } => {
            withdrawal::restore_resident(&household, &resident, why, &writing)
        }
    }
}

/// Moves what is known of a resident out of the open or back.
fn move_all(
    household: &str,
    resident: &str,
    writing: &Writing,
    command: impl FnOnce(DocumentId, ItemId, CityTime) -> HouseholdCommand,
) -> Result<(), Failure> {
    let keting = device::open(&writing.data)?;
    let (household, resident) = device::resident(&keting, household, resident)?;
    let command = Command::Household(command(household, resident, keting.now()));
    device::write(&keting, &command, resident, writing)
}

/// Complains of a tag that is given and taken away at once, by whatever it is called.
fn require_one_word(tags: &[String], no_tags: &[String]) -> Result<(), Failure> {
    let word = |said: &String| {
        let checked = check(Field::CareTag, said, CityTime::default());
        checked.map_or_else(|_| said.clone(), |checked| checked.value)
    };
    let given: BTreeSet<String> = tags.iter().map(word).collect();
    match no_tags.iter().find(|tag| given.contains(&word(tag))) {
        Some(_) => Err(Failure::Misused(InBoth {
            zh: "同一项重点关注不能又加又去，请只写 --tag 或 --no-tag。".to_owned(),
            en: "The same care tag is given with --tag and with --no-tag: choose one of them."
                .to_owned(),
        })),
        None => Ok(()),
    }
}

fn resident_fields(given: ResidentFields) -> Fields {
    let all = fields(&[
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
    given.tags.iter().fold(all, |all, tag| all.with_care_tag(tag, true))
}
