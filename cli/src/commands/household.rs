//! Households: add, list, show, edit, visit, need, note, settle, withdraw, restore.

use keting::commands::{HouseholdCommand, VisitsCommand};
use keting::views::{FactView, HouseholdFilter, HouseholdPage, ResidentView, Shown};
use keting::{Command, DocumentKind, Fields, Value};

use crate::arguments::{Household, Reading, Writing};
use crate::commands::words::{field_name, who_and_when};
use crate::commands::{conflicts, held, withdrawal};
use crate::device;
use crate::exit::Failure;
use crate::output;

/// Does what was asked with households.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn run(verb: Household) -> Result<(), Failure> {
    match verb {
        Household::Add { writing, region, address, address_code, tenure } => {
            let keting = device::open(&writing.data)?;
            let household = keting.new_document(DocumentKind::Household);
            let fields = fields(&[
                ("address", Some(address)),
                ("address_code", address_code),
                ("tenure", tenure),
            ]);
            let region = device::region(&keting, &region)?;
            let (residents, time) = (Vec::new(), keting.now());
            let add = HouseholdCommand::Add { household, region, fields, residents, time };
            device::write(&keting, &Command::Household(add), household, &writing)
        }
        Household::List { region, withdrawn, reading } => {
            list(region.as_deref(), withdrawn, &reading)
        }
        Household::Show { id, withdrawn, reading } => show(&id, withdrawn, &reading),
        Household::Edit { id, writing, address, address_code, tenure } => {
            let fields =
                fields(&[("address", address), ("address_code", address_code), ("tenure", tenure)]);
            let household = device::household_id(&id)?;
            let edit = Command::Household(HouseholdCommand::Edit { household, fields });
            device::write(&device::open(&writing.data)?, &edit, household, &writing)
        }
        Household::Visit { id, writing, purpose, note, at, by } => {
            let household = device::household_id(&id)?;
            let keting = device::open(&writing.data)?;
            let (visit, time) = (keting.new_item(), keting.now());
            let at = at.unwrap_or_else(|| time.day().to_string());
            let fields =
                fields(&[("at", Some(at)), ("purpose", Some(purpose)), ("note", note), ("by", by)]);
            let add = VisitsCommand::AddVisit { household, visit, fields, time };
            device::write(&keting, &Command::Visits(add), visit, &writing)
        }
        Household::Need { id, writing, text, need, status, note } => {
            let need = Need { text, need, status, note };
            run_need(&id, &writing, need)
        }
        Household::Note { id, writing, text } => {
            let household = device::household_id(&id)?;
            let keting = device::open(&writing.data)?;
            let (note, time) = (keting.new_item(), keting.now());
            let add = VisitsCommand::AddNote { household, note, text, time };
            device::write(&keting, &Command::Visits(add), note, &writing)
        }
        Household::Settle { id, key, writing, on } => conflicts::settle(&id, &key, &writing, &on),
        Household::Withdraw { id, record, why, writing } => {
            withdrawal::withdraw(&id, &record, why, &writing)
        }
        Household::Restore { id, record, why, writing } => {
            withdrawal::restore(&id, &record, why, &writing)
        }
    }
}

struct Need {
    text: Option<String>,
    need: Option<String>,
    status: Option<String>,
    note: Option<String>,
}

fn run_need(id: &str, writing: &Writing, asked: Need) -> Result<(), Failure> {
    let household = device::household_id(id)?;
    let keting = device::open(&writing.data)?;
    let time = keting.now();
    let (need, command) = match asked {
        Need { text: Some(text), .. } => {
            let need = keting.new_item();
            (need, HouseholdCommand::AddNeed { household, need, text, time })
        }
        Need { need: Some(need), status: Some(status), note, text: None } => {
            let need = device::item_id(&need)?;
            let fact = keting.new_item();
            (need, HouseholdCommand::AdvanceNeed { household, need, fact, status, note, time })
        }
        Need { .. } => {
            let usage = "say --text for a new need, or --need and --status for a known one";
            return Err(Failure::Usage(usage.to_owned()));
        }
    };
    device::write(&keting, &Command::Household(command), need, writing)
}

fn list(region: Option<&str>, withdrawn: bool, reading: &Reading) -> Result<(), Failure> {
    let keting = device::open(&reading.data)?;
    let region = region.map(|code| device::region(&keting, code)).transpose()?;
    let shown = if withdrawn { Shown::AlsoWithdrawn } else { Shown::Standing };
    let households = keting.households(&HouseholdFilter { region, shown })?;
    if reading.json {
        return output::json(&households);
    }
    let rows: Vec<_> = households
        .into_iter()
        .map(|household| {
            vec![
                household.id.to_string(),
                household.region.unwrap_or_default(),
                marked(household.address, &household.withdrawn),
                household.head.unwrap_or_default(),
                household.living_here.to_string(),
                if household.conflicts > 0 {
                    household.conflicts.to_string()
                } else {
                    String::new()
                },
            ]
        })
        .collect();
    output::table(
        &["编号 id", "网格 region", "地址 address", "户主 head", "人数", "待定 to settle"],
        &rows,
    )?;
    if !withdrawn {
        withdrawal::mention(&keting)?;
    }
    held::mention(&keting)
}

fn show(id: &str, withdrawn: bool, reading: &Reading) -> Result<(), Failure> {
    let id = device::household_id(id)?;
    let keting = device::open(&reading.data)?;
    let all = keting.household_with_withdrawn(&id)?.ok_or(Failure::NotFound("the household"))?;
    if !withdrawn && !all.household.withdrawn.is_empty() {
        return Err(withdrawal::refuses_to_show(&all.household.withdrawn));
    }
    if reading.json {
        return match withdrawn {
            true => output::json(&all),
            false => output::json(&keting.household(&id)?),
        };
    }
    let household = &all.household;
    let address = marked(household.address.clone(), &household.withdrawn);
    output::line(format!("{}  {address}", household.id))?;
    for field in household.withheld.iter().chain(all.withheld) {
        output::line(format!("  {}: (不可见 withheld)", field_name(field)))?;
    }
    print_standing(&all)?;
    if withdrawn {
        withdrawal::print(&all)?;
    }
    conflicts::print(&all, &reading.data.display().to_string())?;
    held::mention(&keting)
}

/// Prints the residents, needs, visits and notes that were not withdrawn one by one.
fn print_standing(page: &HouseholdPage) -> Result<(), Failure> {
    let HouseholdPage { household, visits, notes, .. } = page;
    let residents = household.residents.iter().map(|detail| &detail.resident);
    let residents = residents.filter(|one| one.withdrawn.is_empty()).map(cells);
    let headings = ["编号 id", "姓名", "关系", "状态", "电话", "身份证号"];
    output::table(&headings, &residents.collect::<Vec<_>>())?;
    for need in household.needs.iter().filter(|need| need.withdrawn.is_empty()) {
        let status = flagged(need.status.clone(), need.status_in_conflict);
        let entered = who_and_when(&need.entered);
        output::line(format!("需求 need {}  {status}  {}  （{entered}）", need.id, need.text))?;
    }
    for visit in visits.iter().flatten().filter(|visit| visit.withdrawn.is_empty()) {
        let purpose = visit.purpose.as_deref().unwrap_or_default();
        let entered = who_and_when(&visit.entered);
        output::line(format!("走访 visit {}  {}  {purpose}  （{entered}）", visit.id, visit.at))?;
    }
    for note in notes.iter().flatten().filter(|note| note.withdrawn.is_empty()) {
        let entered = who_and_when(&note.entered);
        output::line(format!("记录 note {}  {}  {}  （{entered}）", note.id, note.at, note.text))?;
    }
    Ok(())
}

/// An address, with a mark if the household was withdrawn.
fn marked(address: String, withdrawn: &[FactView]) -> String {
    if withdrawn.is_empty() { address } else { format!("{address}（已作废 withdrawn）") }
}

/// A resident's line: what is withheld of them says so in its place.
pub(super) fn cells(resident: &ResidentView) -> Vec<String> {
    let shown = |name: &str, field: &Option<String>| match field {
        None if resident.withheld.contains(&name) => "(不可见 withheld)".to_owned(),
        field => field.clone().unwrap_or_default(),
    };
    let concealed = if resident.concealed { " (只公开姓名 concealed)" } else { "" };
    vec![
        resident.id.to_string(),
        format!("{}{concealed}", resident.name),
        shown("relation", &resident.relation),
        flagged(shown("status", &resident.status), resident.status_in_conflict),
        shown("phone", &resident.phone),
        shown("id_number", &resident.id_number),
    ]
}

/// A status, with a mark if people say different things of it.
fn flagged(status: String, in_conflict: bool) -> String {
    if in_conflict { format!("{status} (待定)") } else { status }
}

/// Fields that were given on the command line; an empty text clears one.
pub fn fields(given: &[(&str, Option<String>)]) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in given {
        match value.as_deref() {
            Some("") => fields.set(name, Value::Null),
            Some(value) => fields.set(name, value),
            None => {}
        }
    }
    fields
}
