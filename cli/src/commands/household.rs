//! Households: add, list, show, edit, visit, need, note, settle.

use keting::commands::{HouseholdCommand, VisitsCommand};
use keting::views::{HouseholdFilter, HouseholdPage, ResidentView};
use keting::{Command, DocumentKind, Fields, Value};

use crate::arguments::{Household, Reading, Writing};
use crate::commands::words::{field_name, who_and_when};
use crate::commands::{conflicts, held};
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
        Household::List { region, reading } => list(region.as_deref(), &reading),
        Household::Show { id, reading } => show(&id, &reading),
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

fn list(region: Option<&str>, reading: &Reading) -> Result<(), Failure> {
    let keting = device::open(&reading.data)?;
    let region = region.map(|code| device::region(&keting, code)).transpose()?;
    let households = keting.households(&HouseholdFilter { region })?;
    if reading.json {
        return output::json(&households);
    }
    let rows: Vec<_> = households
        .into_iter()
        .map(|household| {
            vec![
                household.id.to_string(),
                household.region.unwrap_or_default(),
                household.address,
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
    held::mention(&keting)
}

fn show(id: &str, reading: &Reading) -> Result<(), Failure> {
    let id = device::household_id(id)?;
    let keting = device::open(&reading.data)?;
    let page = keting.household(&id)?.ok_or(Failure::NotFound("the household"))?;
    if reading.json {
        return output::json(&page);
    }
    let HouseholdPage { household, visits, notes, conflicts, withheld } = page;
    output::line(format!("{}  {}", household.id, household.address))?;
    for field in household.withheld.iter().chain(withheld) {
        output::line(format!("  {}: (不可见 withheld)", field_name(field)))?;
    }
    let residents: Vec<_> = household.residents.iter().map(|one| cells(&one.resident)).collect();
    let headings = ["编号 id", "姓名", "关系", "状态", "电话", "身份证号"];
    output::table(&headings, &residents)?;
    for need in &household.needs {
        let status = flagged(need.status.clone(), need.status_in_conflict);
        let entered = who_and_when(&need.entered);
        output::line(format!("需求 need {}  {status}  {}  （{entered}）", need.id, need.text))?;
    }
    for visit in visits.into_iter().flatten() {
        let purpose = visit.purpose.unwrap_or_default();
        let entered = who_and_when(&visit.entered);
        output::line(format!("走访 visit {}  {}  {purpose}  （{entered}）", visit.id, visit.at))?;
    }
    for note in notes.into_iter().flatten() {
        let entered = who_and_when(&note.entered);
        output::line(format!("记录 note {}  {}  {}  （{entered}）", note.id, note.at, note.text))?;
    }
    conflicts::print(&household, &conflicts, &reading.data.display().to_string())?;
    held::mention(&keting)
}

/// A resident's line: what is withheld of them says so in its place.
fn cells(resident: &ResidentView) -> Vec<String> {
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
