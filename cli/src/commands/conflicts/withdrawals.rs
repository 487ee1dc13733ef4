//! Something that is withdrawn, and that others worked on meanwhile or say stands: what was said and done,
//! and what to type for either outcome.

use keting::views::{ConflictView, HouseholdPage};

use super::{about, shell_word};
use crate::commands::words::{who_and_when, word_name};
use crate::exit::Failure;
use crate::output;

/// Whether a conflict is about a withdrawal.
pub fn is_one(conflict: &ConflictView) -> bool {
    conflict.key.rsplit('/').next() == Some("w")
}

/// Prints what was said and done, and what to type.
///
/// # Errors
/// When standard output is closed.
pub fn print(page: &HouseholdPage, conflict: &ConflictView, data: &str) -> Result<(), Failure> {
    for fact in &conflict.facts {
        let reason = fact.reason.as_deref().unwrap_or_default();
        let (status, entered) = (word_name(&fact.status), who_and_when(&fact.entered));
        output::line(format!("  {status}  {reason}  （{entered}）"))?;
    }
    for done in &conflict.meanwhile {
        let (what, entered) = (about(page, &done.key), who_and_when(&done.entered));
        output::line(format!("  作废时未知 not known then: {what}  （{entered}）"))?;
    }
    if conflict.may_settle {
        let [keep, undo] = what_to_type(conflict, data);
        output::line(format!("  保持作废，请输入 to keep it withdrawn, type: {keep}"))?;
        output::line(format!("  恢复，请输入 to restore it, type: {undo}"))?;
    }
    Ok(())
}

/// What keeps the record withdrawn, with the reason given before, and what restores it.
fn what_to_type(conflict: &ConflictView, data: &str) -> [String; 2] {
    let ConflictView { document, key, facts, .. } = conflict;
    let item = key.split('/').nth(1).unwrap_or_default();
    let (verbs, record) = match key.split('/').next() {
        Some("r") => ("resident", format!("{document} {item}")),
        Some("n") => ("household", format!("{document} --need {item}")),
        Some("v") => ("household", format!("{document} --visit {item}")),
        Some("o") => ("household", format!("{document} --note {item}")),
        Some(_) | None => ("household", document.to_string()),
    };
    let withdrawn = facts.iter().filter(|fact| fact.status == "withdrawn");
    let reason = withdrawn.into_iter().find_map(|fact| fact.reason.as_deref()).unwrap_or("录错");
    let (reason, data) = (shell_word(reason), shell_word(data));
    [
        format!("keting {verbs} withdraw {record} --reason {reason} --data {data}"),
        format!("keting {verbs} restore {record} --data {data}"),
    ]
}
