//! Residents, needs, visits and notes as they stand below a household: a line that says most, and below it
//! what else is known.

use keting::ItemId;
use keting::views::{ConflictView, NeedView, NoteView, ResidentDetail, VisitView, digits_apart};

use super::{
    facts_lines, flagged, flagged_value, said_lines, withdrawn_before_lines, withdrawn_lines,
};
use crate::commands::known::{Known, in_lines};
use crate::commands::words::{field_name, who_and_when, word_name};
use crate::device::digits_of;
use crate::exit::Failure;
use crate::output;

/// What stands before why something was withdrawn, and who said so.
pub const WITHDRAWN_LABEL: &str = "作废原因 withdrawn";

/// What stands before who withdrew something before, and who restored it.
pub const BEFORE_LABEL: &str = "作废和恢复 withdrawn before";

/// What stands before what was said of a status until somebody said something else.
const EARLIER_LABEL: &str = "此前 earlier";

/// So many digits of each id are shown at least.
const DIGITS_MIN: usize = 4;

/// Something of a household that has an id.
#[derive(Debug, Clone)]
pub struct Entry {
    id: ItemId,
    /// What says most of it.
    said: Vec<String>,
    known: Known,
    /// Whether it was withdrawn.
    pub is_withdrawn: bool,
    /// What was said of that before.
    before: Vec<String>,
}

/// A resident, of whom more may be withheld than of everybody, with what the reader should do about them.
pub fn of_resident(
    detail: &ResidentDetail,
    withheld_of_all: &[&str],
    conflicts: &[ConflictView],
    to_do: Option<String>,
) -> Entry {
    let resident = &detail.resident;
    let is_in_conflict = |name: &str| {
        let key = format!("r/{}/{name}", resident.id);
        let of_a_tag = format!("r/{}/t/", resident.id);
        conflicts
            .iter()
            .any(|one| one.key == key || name == "care_tags" && one.key.starts_with(&of_a_tag))
    };
    let mut said = vec![flagged(resident.name.clone(), is_in_conflict("name"))];
    let relation = resident.relation.as_deref().map(word_name);
    let has_relation = relation.is_some();
    said.extend(relation.map(|relation| flagged(relation, is_in_conflict("relation"))));
    let status = resident.status.as_deref().map(word_name);
    said.extend(status.map(|status| flagged(status, resident.status_in_conflict)));
    said.extend(resident.concealed.then(|| "（只公开姓名 concealed）".to_owned()));
    let mut known = Known::default();
    known.add_lines("待办 to do", to_do.into_iter().collect());
    if !has_relation {
        known.add(&field_name("relation"), flagged_value(None, is_in_conflict("relation")));
    }
    let tags = resident.care_tags.iter().flatten().map(|tag| word_name(tag));
    let tags = Some(tags.collect::<Vec<_>>().join("、")).filter(|tags| !tags.is_empty());
    for (name, value) in [
        ("phone", resident.phone.clone()),
        ("care_tags", tags),
        ("bond", resident.bond.as_deref().map(word_name)),
        ("id_number", resident.id_number.clone()),
        ("birth_date", detail.birth_date.clone()),
        ("sex", detail.sex.as_deref().map(word_name)),
        ("health", detail.health.clone()),
        ("disability", detail.disability.clone()),
        ("status_at", detail.status_at.clone()),
        ("status_reason", detail.status_reason.clone()),
    ] {
        known.add(&field_name(name), flagged_value(value, is_in_conflict(name)));
    }
    known.add_lines("状态录入 facts", facts_lines(&detail.facts));
    known.add_lines(EARLIER_LABEL, said_lines(&detail.earlier));
    let more = resident.withheld.iter().filter(|name| !withheld_of_all.contains(name));
    let more: Vec<_> = more.map(|name| field_name(name)).collect();
    if !more.is_empty() {
        known.add("不可见 withheld", Some(more.join("、")));
    }
    known.add_lines(WITHDRAWN_LABEL, withdrawn_lines(&resident.withdrawn));
    Entry {
        id: resident.id,
        said,
        known,
        is_withdrawn: !resident.withdrawn.is_empty(),
        before: withdrawn_before_lines(&resident.withdrawn_before),
    }
}

/// A need.
pub fn of_need(need: &NeedView) -> Entry {
    let status = flagged(word_name(&need.status), need.status_in_conflict);
    let mut known = Known::default();
    known.add("办理说明 note", need.note.clone());
    known.add_lines("办理录入 facts", facts_lines(&need.facts));
    known.add_lines(EARLIER_LABEL, said_lines(&need.earlier));
    known.add_lines(WITHDRAWN_LABEL, withdrawn_lines(&need.withdrawn));
    let said = vec![status, need.text.clone(), entered(&who_and_when(&need.entered))];
    Entry {
        id: need.id,
        said,
        known,
        is_withdrawn: !need.withdrawn.is_empty(),
        before: withdrawn_before_lines(&need.withdrawn_before),
    }
}

/// A visit.
pub fn of_visit(visit: &VisitView) -> Entry {
    let mut known = Known::default();
    known.add(&field_name("by"), visit.by.clone());
    known.add(&field_name("note"), visit.note.clone());
    known.add_lines(WITHDRAWN_LABEL, withdrawn_lines(&visit.withdrawn));
    let purpose = visit.purpose.clone().unwrap_or_default();
    let said = vec![visit.at.clone(), purpose, entered(&who_and_when(&visit.entered))];
    Entry {
        id: visit.id,
        said,
        known,
        is_withdrawn: !visit.withdrawn.is_empty(),
        before: withdrawn_before_lines(&visit.withdrawn_before),
    }
}

/// A note.
pub fn of_note(note: &NoteView) -> Entry {
    let mut known = Known::default();
    known.add_lines(WITHDRAWN_LABEL, withdrawn_lines(&note.withdrawn));
    let said = vec![note.at.clone(), note.text.clone(), entered(&who_and_when(&note.entered))];
    Entry {
        id: note.id,
        said,
        known,
        is_withdrawn: !note.withdrawn.is_empty(),
        before: withdrawn_before_lines(&note.withdrawn_before),
    }
}

fn entered(by: &str) -> String {
    format!("（{by}）")
}

/// Prints what stands, and what was withdrawn below it if that is asked for.
///
/// # Errors
/// When standard output is closed.
pub fn print(entries: impl Iterator<Item = Entry>, withdrawn: bool) -> Result<(), Failure> {
    let mut all: Vec<_> = entries.collect();
    for entry in all.iter_mut().filter(|_| withdrawn) {
        entry.known.add_lines(BEFORE_LABEL, std::mem::take(&mut entry.before));
    }
    let digits = digits_apart(all.iter().map(|entry| entry.id.as_bytes().as_slice()));
    let (gone, mut shown): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.is_withdrawn);
    if withdrawn {
        shown.extend(gone);
    }
    let (has_more, digits) =
        (shown.iter().any(|one| !one.known.is_empty()), digits.max(DIGITS_MIN));
    let indent = " ".repeat(digits + 4);
    let widest = shown.iter().map(|entry| entry.known.widest()).max().unwrap_or(0);
    for (at, entry) in shown.iter().enumerate() {
        if has_more && at > 0 {
            output::line("")?;
        }
        let id = digits_of(&entry.id, digits);
        let said = entry.said.iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>();
        let mut lines = said.join("  ");
        if entry.is_withdrawn {
            lines.push_str("  （已作废 withdrawn）");
        }
        let lines = in_lines(&lines).join(&format!("\n{indent}"));
        output::line(format!("  {id}  {lines}"))?;
        entry.known.print(&indent, widest)?;
    }
    Ok(())
}
