//! Residents: add, edit, leave, conceal, reveal, withdraw, restore.

use keting::input::Field;
use keting::verbs::{NewResident, NewStatus, ResidentEdit};
use keting::words::{Bond, CareTag, Relation, Sex, Status};
use keting::{HouseholdId, Keting, ResidentId, Saved};

use crate::arguments::{Resident, ResidentFields, Writing};
use crate::commands::withdrawal;
use crate::device::{self, print_saved, wait};
use crate::exit::Failure;
use crate::language::InBoth;
use crate::typed::Typed;

/// Does what was asked with residents.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn run(verb: Resident) -> Result<(), Failure> {
    match verb {
        Resident::Add { household, writing, fields } => add(&household, &writing, fields),
        Resident::Edit { household, resident, writing, fields, no_tags } => {
            edit(&household, &resident, &writing, fields, &no_tags)
        }
        Resident::Leave { household, resident, writing, status, reason, at } => {
            let keting = device::open(&writing.data)?;
            let (household, resident) = device::resident(&keting, &household, &resident)?;
            let mut typed = Typed::on(&keting)?;
            let status = typed.word(Field::Status, &status, Status::of_code);
            let reason = typed.given(Field::StatusReason, reason);
            let on = at.and_then(|day| typed.day(Field::StatusAt, &day));
            let cautions = typed.cautions()?;
            // What is empty is no word, and was refused.
            let status = status.ok_or(Failure::NotFound("the status"))?;
            let said = NewStatus { status, reason, on };
            let saved = wait(keting.set_status(household, resident, said))?;
            print_saved(&saved, cautions, resident, &writing)
        }
        Resident::Conceal { household, resident, writing } => {
            move_all(&household, &resident, &writing, |keting, household, resident| {
                wait(keting.conceal_resident(household, resident))
            })
        }
        Resident::Reveal { household, resident, writing } => {
            move_all(&household, &resident, &writing, |keting, household, resident| {
                wait(keting.reveal_resident(household, resident))
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

fn add(household: &str, writing: &Writing, fields: ResidentFields) -> Result<(), Failure> {
    let keting = device::open(&writing.data)?;
    let household = device::household(&keting, household)?;
    let mut typed = Typed::on(&keting)?;
    let ResidentFields { name, phone, relation, bond, tags, .. } = fields;
    let resident = NewResident {
        id: None,
        name: typed.text(Field::Name, name.unwrap_or_default()),
        phone: typed.given(Field::Phone, phone),
        relation: relation.and_then(|text| typed.word(Field::Relation, &text, Relation::of_code)),
        bond: bond.and_then(|text| typed.word(Field::Bond, &text, Bond::of_code)),
        care_tags: typed.care_tags(&tags),
        id_number: typed.given(Field::IdNumber, fields.id_number),
        birth_date: fields.birth_date.and_then(|day| typed.day(Field::BirthDate, &day)),
        sex: fields.sex.and_then(|text| typed.word(Field::Sex, &text, Sex::of_code)),
        health: typed.given(Field::Health, fields.health),
        disability: typed.given(Field::Disability, fields.disability),
    };
    let cautions = typed.cautions()?;
    let saved = wait(keting.add_resident(household, resident, None))?;
    print_saved(&saved, cautions, saved.id, writing)
}

fn edit(
    household: &str,
    resident: &str,
    writing: &Writing,
    fields: ResidentFields,
    no_tags: &[String],
) -> Result<(), Failure> {
    let keting = device::open(&writing.data)?;
    let (household, resident) = device::resident(&keting, household, resident)?;
    let mut typed = Typed::on(&keting)?;
    let edits = edits(&mut typed, fields, no_tags)?;
    let cautions = typed.cautions()?;
    let saved = wait(keting.edit_resident(household, resident, edits, None))?;
    print_saved(&saved, cautions, resident, writing)
}

/// The edits that were typed, of the fields that were mentioned.
fn edits(
    typed: &mut Typed,
    fields: ResidentFields,
    no_tags: &[String],
) -> Result<Vec<ResidentEdit>, Failure> {
    let ResidentFields { name, phone, relation, bond, tags, .. } = fields;
    let (tags, no_tags) = (typed.care_tags(&tags), typed.care_tags(no_tags));
    if no_tags.iter().any(|tag| tags.contains(tag)) {
        return Err(given_and_taken_away());
    }
    let name = name.map(|text| typed.text(Field::Name, text));
    let phone = typed.edited(Field::Phone, phone);
    let relation = relation.map(|text| typed.word(Field::Relation, &text, Relation::of_code));
    let bond = bond.map(|text| typed.word(Field::Bond, &text, Bond::of_code));
    let id_number = typed.edited(Field::IdNumber, fields.id_number);
    let birth_date = fields.birth_date.map(|day| typed.day(Field::BirthDate, &day));
    let sex = fields.sex.map(|text| typed.word(Field::Sex, &text, Sex::of_code));
    let health = typed.edited(Field::Health, fields.health);
    let disability = typed.edited(Field::Disability, fields.disability);
    let edits = [
        name.map(|value| ResidentEdit::Name { value }),
        relation.map(|value| ResidentEdit::Relation { value }),
        phone.map(|value| ResidentEdit::Phone { value }),
        bond.map(|value| ResidentEdit::Bond { value }),
        id_number.map(|value| ResidentEdit::IdNumber { value }),
        birth_date.map(|value| ResidentEdit::BirthDate { value }),
        sex.map(|value| ResidentEdit::Sex { value }),
        health.map(|value| ResidentEdit::Health { value }),
        disability.map(|value| ResidentEdit::Disability { value }),
    ];
    let tag = |on| move |tag: CareTag| ResidentEdit::CareTag { tag, on };
    let tags = tags.into_iter().map(tag(true)).chain(no_tags.into_iter().map(tag(false)));
    Ok(edits.into_iter().flatten().chain(tags).collect())
}

/// Moves what is known of a resident out of the open or back.
fn move_all(
    household: &str,
    resident: &str,
    writing: &Writing,
    move_it: impl FnOnce(&Keting, HouseholdId, ResidentId) -> Result<Saved<ResidentId>, Failure>,
) -> Result<(), Failure> {
    let keting = device::open(&writing.data)?;
    let (household, resident) = device::resident(&keting, household, resident)?;
    let saved = move_it(&keting, household, resident)?;
    print_saved(&saved, Vec::new(), resident, writing)
}

/// A tag that is given and taken away at once, by whatever it is called.
fn given_and_taken_away() -> Failure {
    Failure::Misused(InBoth {
        zh: "同一项重点关注不能又加又去，请只写 --tag 或 --no-tag。".to_owned(),
        en: "The same care tag is given with --tag and with --no-tag: choose one of them."
            .to_owned(),
    })
}
