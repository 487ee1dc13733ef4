//! One household in full, laid out for whoever reads it at arm's length. Everything that `--json` has
//! stands there, but for the ids of facts and devices, which no command takes.

use keting::views::{HouseholdInFull, ResidentDetail};
use keting_model::words::RELATIONS;

use super::entries::{
    BEFORE_LABEL, Entry, WITHDRAWN_LABEL, of_need, of_note, of_resident, of_visit, print,
};
use super::{flagged, flagged_value, marked, withdrawn_before_lines, withdrawn_lines};
use crate::arguments::Reading;
use crate::commands::fourteen::Fourteen;
use crate::commands::known::Known;
use crate::commands::words::{field_name, role_name, word_name};
use crate::commands::{conflicts, held, withdrawal};
use crate::device::{self, wait};
use crate::exit::Failure;
use crate::output;

/// Shows a household.
///
/// # Errors
/// When it is not here, was withdrawn and is not asked for as such, or the device cannot be used.
pub fn show(id: &str, withdrawn: bool, reading: &Reading) -> Result<(), Failure> {
    let keting = device::open(&reading.data)?;
    let id = device::household(&keting, id)?;
    if reading.json
        && !withdrawn
        && let Some(page) = wait(keting.household(id))?
    {
        return output::json(&page);
    }
    let all =
        wait(keting.household_with_withdrawn(id))?.ok_or(Failure::NotFound("the household"))?;
    let data = reading.data.display().to_string();
    let role = wait(keting.device())?.role.map(|role| role_name(role.name())).unwrap_or_default();
    if !withdrawn && !all.household.withdrawn.is_empty() {
        if !reading.json {
            conflicts::mention_of_withdrawn(&all, &data);
        }
        return Err(withdrawal::refuses_to_show(&all.household.withdrawn));
    }
    if reading.json {
        return output::json(&all);
    }
    print_household(&all, withdrawn)?;
    let fourteen = Fourteen::read(&keting, &reading.data)?;
    print_residents(&role, &all, &fourteen, withdrawn)?;
    print_beside(&role, &all, withdrawn)?;
    if !all.conflicts.is_empty() {
        output::line("")?;
        conflicts::print(&all, &data)?;
    }
    held::mention(&keting)
}

fn print_household(page: &HouseholdInFull, withdrawn: bool) -> Result<(), Failure> {
    let household = &page.household;
    let is_in_conflict = |name: &str| page.conflicts.iter().any(|one| one.key == name);
    let address = flagged(household.address.clone(), is_in_conflict("address"));
    output::line(marked(address, &household.withdrawn))?;
    let mut known = Known::default();
    known.add("编号 id", Some(household.id.to_string()));
    for (name, value) in [
        ("region", household.region.clone()),
        ("address_code", household.address_code.clone()),
        ("tenure", household.tenure.as_deref().map(word_name)),
        ("head", household.head.clone()),
        ("living_here", Some(household.living_here.to_string())),
    ] {
        known.add(&field_name(name), flagged_value(value, is_in_conflict(name)));
    }
    known.add_lines(WITHDRAWN_LABEL, withdrawn_lines(&household.withdrawn));
    if withdrawn {
        known.add_lines(BEFORE_LABEL, withdrawn_before_lines(&household.withdrawn_before));
    }
    known.print("  ", known.widest())
}

fn print_residents(
    role: &str,
    page: &HouseholdInFull,
    fourteen: &Fourteen,
    withdrawn: bool,
) -> Result<(), Failure> {
    let household = &page.household;
    // The head first, then as people list relations; who has none comes last.
    let mut residents: Vec<_> = household.residents.iter().collect();
    residents.sort_by_key(|one| {
        let relation = one.resident.relation.as_deref();
        RELATIONS.iter().position(|known| Some(*known) == relation).unwrap_or(RELATIONS.len())
    });
    let entry = |one: &ResidentDetail| {
        let to_do = fourteen.to_do(&one.resident.id);
        of_resident(one, household.withheld, &page.conflicts, to_do)
    };
    let residents = residents.into_iter().map(entry);
    heading("居民 residents", residents.clone(), withdrawn)?;
    if !household.withheld.is_empty() {
        print_withheld(role, household.withheld)?;
    }
    print(residents, withdrawn)?;
    let needs = household.needs.iter().map(of_need);
    heading("需求 needs", needs.clone(), withdrawn)?;
    print(needs, withdrawn)
}

/// Prints visits and notes, or that they are withheld.
fn print_beside(role: &str, page: &HouseholdInFull, withdrawn: bool) -> Result<(), Failure> {
    let named = |name: &'static str, own: &'static str, of_others: &str| {
        if page.withheld.contains(&of_others) { own } else { name }
    };
    if let Some(visits) = &page.visits {
        let name = named("走访 visits", "本人登记的走访 your own visits", "visits_of_others");
        heading(name, visits.iter().map(of_visit), withdrawn)?;
        print(visits.iter().map(of_visit), withdrawn)?;
    }
    if let Some(notes) = &page.notes {
        let name = named("记录 notes", "本人写的记录 your own notes", "notes_of_others");
        heading(name, notes.iter().map(of_note), withdrawn)?;
        print(notes.iter().map(of_note), withdrawn)?;
    }
    if page.withheld.is_empty() {
        return Ok(());
    }
    output::line("")?;
    print_withheld(role, page.withheld)
}

/// What a part is called, and how much of it follows.
fn heading(
    name: &str,
    entries: impl Iterator<Item = Entry>,
    withdrawn: bool,
) -> Result<(), Failure> {
    let (gone, standing): (Vec<_>, Vec<_>) = entries.partition(|entry| entry.is_withdrawn);
    output::line("")?;
    match gone.len() {
        count if withdrawn && count > 0 => {
            output::line(format!("{name}: {}，已作废 withdrawn: {count}", standing.len()))
        }
        _ => output::line(format!("{name}: {}", standing.len())),
    }
}

/// Prints what the reader's role does not let them read.
fn print_withheld(role: &str, fields: &[&str]) -> Result<(), Failure> {
    let names: Vec<_> = fields.iter().map(|field| field_name(field)).collect();
    let why = format!("{role} 无权查看 your role may not read it");
    let mut known = Known::default();
    known.add_lines("不可见 withheld", vec![names.join("、"), why.trim_start().to_owned()]);
    known.print("  ", known.widest())
}
