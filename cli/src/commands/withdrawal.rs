//! What was entered by mistake: withdrawn, restored, and shown on demand.

use keting::input::Field;
use keting::verbs::RecordRef;
use keting::views::{ConflictView, FactView, ItemKind};
use keting::{HouseholdId, Keting, NeedId, NoteId, VisitId};

use crate::arguments::{OfHousehold, RestoreReason, WithdrawReason, Writing};
use crate::commands::words::who_and_when;
use crate::device::{self, print_saved, wait};
use crate::exit::Failure;
use crate::output;
use crate::typed::Typed;

/// Withdraws the household, or something of it, and prints the id of what it was.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn withdraw(
    household: &str,
    of: &OfHousehold,
    why: WithdrawReason,
    writing: &Writing,
) -> Result<(), Failure> {
    let keting = device::open(&writing.data)?;
    let household = device::household(&keting, household)?;
    withdraw_record(&keting, record(&keting, household, of)?, why, writing)
}

/// Withdraws a resident, and prints their id.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn withdraw_resident(
    household: &str,
    resident: &str,
    why: WithdrawReason,
    writing: &Writing,
) -> Result<(), Failure> {
    let keting = device::open(&writing.data)?;
    let (household, resident) = device::resident(&keting, household, resident)?;
    withdraw_record(&keting, RecordRef::Resident { household, resident }, why, writing)
}

/// Restores the household, or something of it, and prints the id of what it is.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn restore(
    household: &str,
    of: &OfHousehold,
    why: RestoreReason,
    writing: &Writing,
) -> Result<(), Failure> {
    let keting = device::open(&writing.data)?;
    let household = device::household(&keting, household)?;
    restore_record(&keting, record(&keting, household, of)?, why, writing)
}

/// Restores a resident, and prints their id.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn restore_resident(
    household: &str,
    resident: &str,
    why: RestoreReason,
    writing: &Writing,
) -> Result<(), Failure> {
    let keting = device::open(&writing.data)?;
    let (household, resident) = device::resident(&keting, household, resident)?;
    restore_record(&keting, RecordRef::Resident { household, resident }, why, writing)
}

fn withdraw_record(
    keting: &Keting,
    record: RecordRef,
    why: WithdrawReason,
    writing: &Writing,
) -> Result<(), Failure> {
    let mut typed = Typed::on(keting)?;
    let reason = typed.text(Field::WithdrawalReason, why.reason);
    let cautions = typed.cautions()?;
    let saved = wait(keting.withdraw(record, reason))?;
    print_saved(&saved, cautions, id_of(record), writing)
}

fn restore_record(
    keting: &Keting,
    record: RecordRef,
    why: RestoreReason,
    writing: &Writing,
) -> Result<(), Failure> {
    let mut typed = Typed::on(keting)?;
    let reason = typed.given(Field::WithdrawalReason, why.reason);
    let cautions = typed.cautions()?;
    let saved = wait(keting.restore(record, reason))?;
    print_saved(&saved, cautions, id_of(record), writing)
}

/// The id of what it is.
fn id_of(record: RecordRef) -> String {
    match record {
        RecordRef::Household { household } => household.to_string(),
        RecordRef::Resident { resident, .. } => resident.to_string(),
        RecordRef::Need { need, .. } => need.to_string(),
        RecordRef::Visit { visit, .. } => visit.to_string(),
        RecordRef::Note { note, .. } => note.to_string(),
    }
}

/// What the options name.
fn record(keting: &Keting, household: HouseholdId, of: &OfHousehold) -> Result<RecordRef, Failure> {
    let item = |kind, typed: &str| device::item(keting, household, kind, typed);
    if let Some(need) = &of.need {
        let need = NeedId::of(item(ItemKind::Need, need)?);
        return Ok(RecordRef::Need { household, need });
    }
    if let Some(visit) = &of.visit {
        let visit = VisitId::of(item(ItemKind::Visit, visit)?);
        return Ok(RecordRef::Visit { household, visit });
    }
    if let Some(note) = &of.note {
        let note = NoteId::of(item(ItemKind::Note, note)?);
        return Ok(RecordRef::Note { household, note });
    }
    Ok(RecordRef::Household { household })
}

/// Says how many households are in no list any more though others worked on them meanwhile.
///
/// # Errors
/// When the device cannot be read.
pub fn mention(keting: &Keting) -> Result<(), Failure> {
    let conflicts = wait(keting.conflicts(None))?;
    let is_hidden = |one: &&ConflictView| one.key == "w" && one.shown == "withdrawn";
    let hidden: Vec<_> = conflicts.iter().filter(is_hidden).collect();
    let count = hidden.len();
    if count == 0 {
        return Ok(());
    }
    let (zh, en) = match hidden.iter().any(|one| one.may_settle) {
        true => ("请加 --withdrawn 查看并定下", "list them with --withdrawn and settle it"),
        false => ("加 --withdrawn 可以查看", "--withdrawn lists them"),
    };
    let households = if count == 1 { "household was" } else { "households were" };
    output::note(&format!(
        "另有 {count} 户已作废，但同时有人改过，{zh}。 {count} withdrawn {households} worked on meanwhile: {en}."
    ));
    Ok(())
}

/// Why somebody says that something is withdrawn, or stands again, as far as the holder may read it.
pub(super) fn why(fact: &FactView) -> &str {
    let withheld = if fact.withheld.is_empty() { "" } else { "原因 reason 不可见 withheld" };
    fact.reason.as_deref().unwrap_or(withheld)
}

/// Why a household is not shown that is withdrawn, with who withdrew it.
pub fn refuses_to_show(withdrawn: &[FactView]) -> Failure {
    let why = withdrawn.iter().map(|fact| {
        let reason = why(fact);
        format!("{reason}（{}）", who_and_when(&fact.entered))
    });
    let why = why.collect::<Vec<_>>().join("；");
    let advice = output::in_language(
        "这一户已作废，要看内容请加 --withdrawn，要用请先恢复。",
        "This household is withdrawn: --withdrawn shows it, and to use it, restore it first.",
    );
    Failure::Withdrawn(format!("{advice} 原因 reason: {why}"))
}
