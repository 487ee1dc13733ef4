//! Something that is withdrawn, and that others worked on meanwhile or say stands: what was said and done,
//! and what to type for either outcome.

use keting::views::{ConflictView, HouseholdInFull};

use super::meanwhile;
use crate::commands::withdrawal::why;
use crate::commands::words::{who_and_when, word_name};
use crate::exit::Failure;
use crate::output::{self, shell_word};

/// Whether a conflict is about a withdrawal.
pub fn is_one(conflict: &ConflictView) -> bool {
    conflict.key.rsplit('/').next() == Some("w")
}

/// Prints what was said and done, and what to type.
///
/// # Errors
/// When standard output is closed.
pub fn print(page: &HouseholdInFull, conflict: &ConflictView, data: &str) -> Result<(), Failure> {
    for fact in &conflict.facts {
        let reason = why(fact);
        let (status, entered) = (word_name(&fact.status), who_and_when(&fact.entered));
        output::line(format!("  {status}  {reason}  （{entered}）"))?;
    }
    for done in &conflict.meanwhile {
        output::line(format!("  作废时未知 not known then: {}", meanwhile::told(page, done)))?;
    }
    either_way(conflict, data).iter().try_for_each(output::line)
}

/// Says beside the refusal to show a withdrawn household that others worked on it meanwhile, and what to type
/// to look at that and to decide.
pub fn mention(page: &HouseholdInFull, data: &str) {
    let Some(conflict) = page.conflicts.iter().find(|one| one.key == "w") else { return };
    let household = page.household.id;
    let shown = shell_word(data);
    output::note(
        "待定 to settle: 作废的同时，有人改过这一户 others worked on this household meanwhile",
    );
    output::note(&format!(
        "  查看改了什么，请输入 to see what they did, type: keting household show {household} --withdrawn --data {shown}"
    ));
    either_way(conflict, data).iter().for_each(|line| output::note(line));
}

/// What to type for either outcome, a line each, for those who may.
fn either_way(conflict: &ConflictView, data: &str) -> Vec<String> {
    if !conflict.may_settle {
        return Vec::new();
    }
    let [keep, undo] = what_to_type(conflict, data);
    vec![
        format!("  保持作废，请输入 to keep it withdrawn, type: {keep}"),
        format!("  恢复，请输入 to restore it, type: {undo}"),
    ]
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
    let (reason, data) = (output::option("reason", reason), shell_word(data));
    [
        format!("keting {verbs} withdraw {record} {reason} --data {data}"),
        format!("keting {verbs} restore {record} --data {data}"),
    ]
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use keting::views::{Entered, FactView};
    use keting_model::{DocumentId, DocumentKind, ItemId};

    use super::*;
    use crate::arguments::{Arguments, Household, OfHousehold, Resident, Verb};

    const ID: &str = "0102030405060708";

    fn parsed(key: &str) -> [Verb; 2] {
        let document = DocumentId::from_random(DocumentKind::Household, [7; 14]);
        let fact = FactView {
            fact: ItemId::new([2; 8]),
            status: "withdrawn".to_owned(),
            at: None,
            reason: Some("录错了户".to_owned()),
            entered: Entered::default(),
            withheld: &[],
        };
        let conflict = ConflictView {
            document,
            home: document,
            key: key.to_owned(),
            shown: "withdrawn".to_owned(),
            values: Vec::new(),
            facts: vec![fact],
            meanwhile: Vec::new(),
            may_settle: true,
        };
        assert!(is_one(&conflict));
        let lines = what_to_type(&conflict, "phone");
        lines.map(|line| Arguments::try_parse_from(line.split(' ')).unwrap().command)
    }

    #[test]
    fn what_is_printed_to_type_keeps_or_restores_what_was_withdrawn() {
        match parsed(&format!("r/{ID}/w")) {
            [
                Verb::Resident(Resident::Withdraw { resident, why, .. }),
                Verb::Resident(Resident::Restore { resident: restored, .. }),
            ] => {
                assert_eq!([resident.as_str(), restored.as_str()], [ID, ID]);
                assert_eq!(why.reason, "录错了户");
            }
            other => panic!("{other:?}"),
        }
        let of_household = |key: &str| match parsed(key) {
            [
                Verb::Household(Household::Withdraw { record: one, .. }),
                Verb::Household(Household::Restore { record: other, .. }),
            ] => [one, other].map(|OfHousehold { visit, note, need }| [visit, note, need]),
            other => panic!("{other:?}"),
        };
        let id = || Some(ID.to_owned());
        for (key, named) in [
            ("w".to_owned(), [None, None, None]),
            (format!("v/{ID}/w"), [id(), None, None]),
            (format!("o/{ID}/w"), [None, id(), None]),
            (format!("n/{ID}/w"), [None, None, id()]),
        ] {
            assert_eq!(of_household(&key), [named.clone(), named]);
        }
    }
}
