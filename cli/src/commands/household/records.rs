//! What is entered of a household beside its own fields: visits, needs, notes.

use keting::NeedId;
use keting::input::Field;
use keting::verbs::{self, NeedStep, NewNeed};
use keting::views::ItemKind;
use keting::words::NeedStatus;

use crate::arguments::{NeedSaid, NewNote, NewVisit};
use crate::device::{self, print_saved, wait};
use crate::exit::Failure;
use crate::typed::Typed;

/// Records a visit.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn visit(said: NewVisit) -> Result<(), Failure> {
    let NewVisit { id, writing, purpose, note, at, by } = said;
    let keting = device::open(&writing.data)?;
    let household = device::household(&keting, &id)?;
    let mut typed = Typed::on(&keting)?;
    let visit = verbs::NewVisit {
        id: None,
        on: at.and_then(|day| typed.day(Field::VisitAt, &day)),
        purpose: typed.given(Field::VisitPurpose, Some(purpose)),
        note: typed.given(Field::VisitNote, note),
        by: typed.given(Field::VisitBy, by),
    };
    let cautions = typed.cautions()?;
    let saved = wait(keting.add_visit(household, visit, None))?;
    print_saved(&saved, cautions, saved.id, &writing)
}

/// Records a need, or what became of one.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn need(said: NeedSaid) -> Result<(), Failure> {
    let NeedSaid { id, writing, text, need, status, note } = said;
    let keting = device::open(&writing.data)?;
    let household = device::household(&keting, &id)?;
    let mut typed = Typed::on(&keting)?;
    let usage = || {
        Failure::Usage(
            "写 --text，或 --need 和 --status · --text, or --need and --status".to_owned(),
        )
    };
    let (saved, cautions) = match (text, need, status) {
        (Some(text), ..) => {
            let need = NewNeed { id: None, text: typed.text(Field::Need, text) };
            let cautions = typed.cautions()?;
            (wait(keting.add_need(household, need, None))?, cautions)
        }
        (None, Some(need), Some(status)) => {
            let need = device::item(&keting, household, ItemKind::Need, &need)?;
            let status = typed.word(Field::NeedStatus, &status, NeedStatus::of_code);
            let note = typed.given(Field::NeedNote, note);
            let cautions = typed.cautions()?;
            // What is empty is no word, and was refused.
            let step = NeedStep { status: status.ok_or_else(usage)?, note };
            (wait(keting.advance_need(household, NeedId::of(need), step))?, cautions)
        }
        // The command line lets nothing else through.
        (None, ..) => return Err(usage()),
    };
    print_saved(&saved, cautions, saved.id, &writing)
}

/// Writes a note.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn note(said: NewNote) -> Result<(), Failure> {
    let NewNote { id, writing, text } = said;
    let keting = device::open(&writing.data)?;
    let household = device::household(&keting, &id)?;
    let mut typed = Typed::on(&keting)?;
    let note = verbs::NewNote { id: None, text: typed.text(Field::Note, text) };
    let cautions = typed.cautions()?;
    let saved = wait(keting.add_note(household, note, None))?;
    print_saved(&saved, cautions, saved.id, &writing)
}
