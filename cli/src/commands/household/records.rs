//! What is entered of a household beside its own fields: visits, needs, notes.

use keting::Command;
use keting::commands::{HouseholdCommand, VisitsCommand};
use keting::views::ItemKind;

use super::fields;
use crate::arguments::{NeedSaid, NewNote, NewVisit};
use crate::device;
use crate::exit::Failure;

/// Records a visit.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn visit(said: NewVisit) -> Result<(), Failure> {
    let NewVisit { id, writing, purpose, note, at, by } = said;
    let keting = device::open(&writing.data)?;
    let household = device::household(&keting, &id)?;
    let (visit, time) = (keting.new_item(), keting.now());
    let at = at.unwrap_or_else(|| time.day().to_string());
    let fields =
        fields(&[("at", Some(at)), ("purpose", Some(purpose)), ("note", note), ("by", by)]);
    let add = VisitsCommand::AddVisit { household, visit, fields, time };
    device::write(&keting, &Command::Visits(add), visit, &writing)
}

/// Records a need, or what became of one.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn need(said: NeedSaid) -> Result<(), Failure> {
    let NeedSaid { id, writing, text, need, status, note } = said;
    let keting = device::open(&writing.data)?;
    let household = device::household(&keting, &id)?;
    let time = keting.now();
    let (need, command) = match (text, need, status) {
        (Some(text), ..) => {
            let need = keting.new_item();
            (need, HouseholdCommand::AddNeed { household, need, text, time })
        }
        (None, Some(need), Some(status)) => {
            let need = device::item(&keting, &household, ItemKind::Need, &need)?;
            let fact = keting.new_item();
            (need, HouseholdCommand::AdvanceNeed { household, need, fact, status, note, time })
        }
        // The command line lets nothing else through.
        (None, ..) => {
            return Err(Failure::Usage(
                "写 --text，或 --need 和 --status · --text, or --need and --status".to_owned(),
            ));
        }
    };
    device::write(&keting, &Command::Household(command), need, &writing)
}

/// Writes a note.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn note(said: NewNote) -> Result<(), Failure> {
    let NewNote { id, writing, text } = said;
    let keting = device::open(&writing.data)?;
    let household = device::household(&keting, &id)?;
    let (note, time) = (keting.new_item(), keting.now());
    let add = VisitsCommand::AddNote { household, note, text, time };
    device::write(&keting, &Command::Visits(add), note, &writing)
}
