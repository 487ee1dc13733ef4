//! Households: add, list, show, edit, visit, need, note, settle, withdraw, restore.

mod entries;
mod list;
mod records;
mod show;

use keting::commands::HouseholdCommand;
use keting::views::FactView;
use keting::{Command, DocumentKind, Fields, Value};
use keting_model::words::WITHDRAWN;

use crate::arguments::Household;
use crate::commands::words::{who_and_when, word_name};
use crate::commands::{conflicts, withdrawal};
use crate::device;
use crate::exit::Failure;

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
            list::list(region.as_deref(), withdrawn, &reading)
        }
        Household::Show { id, withdrawn, reading } => show::show(&id, withdrawn, &reading),
        Household::Edit { id, writing, address, address_code, tenure } => {
            let fields =
                fields(&[("address", address), ("address_code", address_code), ("tenure", tenure)]);
            let keting = device::open(&writing.data)?;
            let household = device::household(&keting, &id)?;
            let edit = Command::Household(HouseholdCommand::Edit { household, fields });
            device::write(&keting, &edit, household, &writing)
        }
        Household::Visit(visit) => records::visit(visit),
        Household::Need(need) => records::need(need),
        Household::Note(note) => records::note(note),
        Household::Settle { id, key, writing, on } => conflicts::settle(&id, &key, &writing, &on),
        Household::Withdraw { id, record, why, writing } => {
            withdrawal::withdraw(&id, &record, why, &writing)
        }
        Household::Restore { id, record, why, writing } => {
            withdrawal::restore(&id, &record, why, &writing)
        }
    }
}

/// An address, with a mark if the household was withdrawn.
fn marked(address: String, withdrawn: &[FactView]) -> String {
    if withdrawn.is_empty() { address } else { format!("{address}（已作废 withdrawn）") }
}

/// A text, with a mark if people say different things of it.
fn flagged(text: String, in_conflict: bool) -> String {
    if in_conflict { format!("{text}（待定 to settle）") } else { text }
}

/// What people say became of something, a line each with who said it. Where only one does, their word stands
/// beside it already.
fn facts_lines(facts: &[FactView]) -> Vec<String> {
    match facts {
        [only] => vec![who_and_when(&only.entered)],
        several => said_lines(several),
    }
}

/// What people said became of something, a line each: the word, the day, why, and who said so when.
fn said_lines(facts: &[FactView]) -> Vec<String> {
    let line = |fact: &FactView| {
        let said = [Some(word_name(&fact.status)), fact.at.clone(), fact.reason.clone()];
        with_author(said.into_iter().flatten().collect(), fact)
    };
    facts.iter().map(line).collect()
}

/// Why something was withdrawn, or stands after all, a line for each who says so.
fn withdrawn_lines(facts: &[FactView]) -> Vec<String> {
    let line = |fact: &FactView| {
        let word = (fact.status != WITHDRAWN).then(|| word_name(&fact.status));
        let reason = Some(withdrawal::why(fact)).filter(|why| !why.is_empty()).map(str::to_owned);
        with_author(word.into_iter().chain(reason).collect(), fact)
    };
    facts.iter().map(line).collect()
}

fn with_author(mut said: Vec<String>, fact: &FactView) -> String {
    said.push(format!("（{}）", who_and_when(&fact.entered)));
    said.join("  ")
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
