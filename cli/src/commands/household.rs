//! Households: add, list, show, edit, visit, need, note, settle, withdraw, restore.

mod entries;
mod list;
mod records;
mod show;

use keting::input::Field;
use keting::verbs::{HouseholdEdit, NewHousehold};
use keting::views::FactView;
use keting::words::Tenure;
use keting_model::words::WITHDRAWN;

use crate::arguments::Household;
use crate::commands::words::{who_and_when, word_name};
use crate::commands::{conflicts, withdrawal};
use crate::device::{self, print_saved, wait};
use crate::exit::Failure;
use crate::typed::Typed;

/// Does what was asked with households.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn run(verb: Household) -> Result<(), Failure> {
    match verb {
        Household::Add { writing, region, address, address_code, tenure } => {
            let keting = device::open(&writing.data)?;
            let region = device::region(&keting, &region)?;
            let mut typed = Typed::on(&keting)?;
            let form = NewHousehold {
                address_code: typed.given(Field::AddressCode, address_code),
                tenure: tenure.and_then(|word| typed.word(Field::Tenure, &word, Tenure::of_code)),
                ..NewHousehold::at(region, typed.text(Field::Address, address))
            };
            let cautions = typed.cautions()?;
            let saved = wait(keting.add_household(form, None))?;
            print_saved(&saved, cautions, saved.id, &writing)
        }
        Household::List { region, withdrawn, reading } => {
            list::list(region.as_deref(), withdrawn, &reading)
        }
        Household::Show { id, withdrawn, reading } => show::show(&id, withdrawn, &reading),
        Household::Edit { id, writing, address, address_code, tenure } => {
            let keting = device::open(&writing.data)?;
            let household = device::household(&keting, &id)?;
            let mut typed = Typed::on(&keting)?;
            let address = address.map(|text| typed.text(Field::Address, text));
            let code = typed.edited(Field::AddressCode, address_code);
            let tenure = tenure.map(|word| typed.word(Field::Tenure, &word, Tenure::of_code));
            let edits = [
                address.map(|value| HouseholdEdit::Address { value }),
                code.map(|value| HouseholdEdit::AddressCode { value }),
                tenure.map(|value| HouseholdEdit::Tenure { value }),
            ];
            let cautions = typed.cautions()?;
            let edits = edits.into_iter().flatten().collect();
            let saved = wait(keting.edit_household(household, edits, None))?;
            print_saved(&saved, cautions, household, &writing)
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

/// A value, with a mark if people say different things of it: also one of which nothing is shown then.
fn flagged_value(value: Option<String>, in_conflict: bool) -> Option<String> {
    let empty = in_conflict.then(|| "空 empty".to_owned());
    value.or(empty).map(|text| flagged(text, in_conflict))
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
    let of_others = |fact: &FactView| (fact.status != WITHDRAWN).then(|| word_name(&fact.status));
    facts.iter().map(|fact| withdrawal_line(of_others(fact), fact)).collect()
}

/// What was said of a withdrawal before: that it was made, or that something stands again.
fn withdrawn_before_lines(facts: &[FactView]) -> Vec<String> {
    facts.iter().map(|fact| withdrawal_line(Some(word_name(&fact.status)), fact)).collect()
}

fn withdrawal_line(word: Option<String>, fact: &FactView) -> String {
    let reason = Some(withdrawal::why(fact)).filter(|why| !why.is_empty()).map(str::to_owned);
    with_author(word.into_iter().chain(reason).collect(), fact)
}

fn with_author(mut said: Vec<String>, fact: &FactView) -> String {
    said.push(format!("（{}）", who_and_when(&fact.entered)));
    said.join("  ")
}
