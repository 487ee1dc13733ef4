//! What was entered by mistake: withdrawn, restored, and shown on demand.

use keting::commands::{Record, WithdrawalCommand};
use keting::parts::Local as Keting;
use keting::views::{ConflictView, FactView, ItemKind};
use keting::{Command, DocumentId, ItemId};

use crate::arguments::{OfHousehold, RestoreReason, WithdrawReason, Writing};
use crate::commands::words::who_and_when;
use crate::device;
use crate::exit::Failure;
use crate::output;

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
    let record = record(&keting, &household, of)?;
    withdraw_record(&keting, household, record, why, writing)
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
    withdraw_record(&keting, household, Record::Resident(resident), why, writing)
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
    let record = record(&keting, &household, of)?;
    restore_record(&keting, household, record, why, writing)
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
    restore_record(&keting, household, Record::Resident(resident), why, writing)
}

fn withdraw_record(
    keting: &Keting,
    household: DocumentId,
    record: Record,
    why: WithdrawReason,
    writing: &Writing,
) -> Result<(), Failure> {
    let (fact, time, reason) = (keting.new_item(), keting.now(), why.reason);
    let seen = match record {
        Record::Household => keting.visits_and_notes(&household)?,
        _ => Vec::new(),
    };
    let withdraw = WithdrawalCommand::Withdraw { household, record, fact, reason, seen, time };
    write(keting, withdraw, household, record, writing)
}

fn restore_record(
    keting: &Keting,
    household: DocumentId,
    record: Record,
    why: RestoreReason,
    writing: &Writing,
) -> Result<(), Failure> {
    let (fact, time, reason) = (keting.new_item(), keting.now(), why.reason);
    let restore = WithdrawalCommand::Restore { household, record, fact, reason, time };
    write(keting, restore, household, record, writing)
}

fn write(
    keting: &Keting,
    command: WithdrawalCommand,
    household: DocumentId,
    record: Record,
    writing: &Writing,
) -> Result<(), Failure> {
    let about = match record {
        Record::Household => household.to_string(),
        Record::Resident(item)
        | Record::Need(item)
        | Record::Visit { visit: item, .. }
        | Record::Note { note: item, .. } => item.to_string(),
    };
    device::write(keting, &Command::Withdrawal(command), about, writing)
}

/// What the options name.
fn record(keting: &Keting, household: &DocumentId, of: &OfHousehold) -> Result<Record, Failure> {
    if let Some(need) = &of.need {
        return Ok(Record::Need(device::item(keting, household, ItemKind::Need, need)?));
    }
    if let Some(visit) = &of.visit {
        let visit = device::item(keting, household, ItemKind::Visit, visit)?;
        let year = year_of(keting, household, &visit)?.ok_or(Failure::NotFound("the visit"))?;
        return Ok(Record::Visit { visit, year });
    }
    if let Some(note) = &of.note {
        let note = device::item(keting, household, ItemKind::Note, note)?;
        let year = year_of(keting, household, &note)?.ok_or(Failure::NotFound("the note"))?;
        return Ok(Record::Note { note, year });
    }
    Ok(Record::Household)
}

/// The year of the day of a visit or note.
fn year_of(keting: &Keting, household: &DocumentId, id: &ItemId) -> Result<Option<u16>, Failure> {
    let page = keting.household_with_withdrawn(household)?;
    let page = page.ok_or(Failure::NotFound("the household"))?;
    let visits = page.visits.iter().flatten().map(|visit| (visit.id, &visit.at));
    let notes = page.notes.iter().flatten().map(|note| (note.id, &note.at));
    let day = visits.chain(notes).find(|(one, _)| one == id).map(|(_, day)| day);
    Ok(day.and_then(|day| day.get(..4)?.parse().ok()))
}

/// Says how many households are in no list any more though others worked on them meanwhile.
///
/// # Errors
/// When the device cannot be read.
pub fn mention(keting: &Keting) -> Result<(), Failure> {
    let conflicts = keting.conflicts(None)?;
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
