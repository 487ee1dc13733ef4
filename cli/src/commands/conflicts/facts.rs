//! What several people said of a resident or a need, each with what to type to settle on it: one who
//! says it again, having seen all of it, has the last word.

use keting::views::{ConflictView, FactView};

use super::print_choices;
use crate::commands::words::{who_and_when, word_name};
use crate::exit::Failure;
use crate::output;

/// Prints the facts, and what to type to settle on each.
///
/// # Errors
/// When standard output is closed.
pub fn print(conflict: &ConflictView, data: &str) -> Result<(), Failure> {
    let row = |fact: &FactView| {
        let said = vec![
            word_name(&fact.status),
            fact.at.clone().unwrap_or_default(),
            fact.reason.clone().unwrap_or_default(),
            who_and_when(&fact.entered),
        ];
        (said, what_to_type(conflict, fact, data))
    };
    let why = if conflict.key.starts_with("n/") { "办理说明 note" } else { "原因 reason" };
    let headings = ["状态 status", "日期 day", why, "录入 entered"];
    print_choices(&headings, conflict, conflict.facts.iter().map(row))
}

fn what_to_type(conflict: &ConflictView, fact: &FactView, data: &str) -> String {
    let ConflictView { document, key, .. } = conflict;
    let item = key.split('/').nth(1).unwrap_or_default();
    let status = &fact.status;
    let option = |name: &str, value: &Option<String>| {
        value.as_ref().map(|value| format!(" {}", output::option(name, value))).unwrap_or_default()
    };
    if key.starts_with("n/") {
        let note = option("note", &fact.reason);
        format!(
            "keting household need {document} --need {item} --status {status}{note} --data {data}"
        )
    } else {
        let said = option("reason", &fact.reason) + &option("at", &fact.at);
        format!("keting resident leave {document} {item} --status {status}{said} --data {data}")
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use keting::views::Entered;
    use keting_model::{DocumentId, DocumentKind, ItemId};

    use super::*;
    use crate::arguments::{Arguments, Household, NeedSaid, Resident, Verb};

    fn conflict(item: &str, status: &str, reason: &str) -> ConflictView {
        let document = DocumentId::from_random(DocumentKind::Household, [7; 14]);
        let fact = FactView {
            fact: ItemId::new([2; 8]),
            status: status.to_owned(),
            at: None,
            reason: Some(reason.to_owned()),
            entered: Entered::default(),
            withheld: &[],
        };
        ConflictView {
            document,
            home: document,
            key: format!("{item}/0102030405060708/s"),
            shown: status.to_owned(),
            values: Vec::new(),
            facts: vec![fact],
            meanwhile: Vec::new(),
            may_settle: true,
        }
    }

    fn parsed(conflict: &ConflictView) -> Verb {
        let line = what_to_type(conflict, &conflict.facts[0], "phone");
        Arguments::try_parse_from(line.split(' ')).unwrap().command
    }

    #[test]
    fn what_is_printed_to_type_of_a_resident_is_understood_and_says_the_same_again() {
        match parsed(&conflict("r", "deceased", "医院证明")) {
            Verb::Resident(Resident::Leave { resident, status, reason, .. }) => {
                assert_eq!((resident.as_str(), status.as_str()), ("0102030405060708", "deceased"));
                assert_eq!(reason.as_deref(), Some("医院证明"));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_printed_to_type_of_a_need_is_understood_and_says_the_same_again() {
        match parsed(&conflict("n", "met", "修好了")) {
            Verb::Household(Household::Need(NeedSaid { need, status, note, .. })) => {
                assert_eq!(
                    (need.as_deref(), status.as_deref()),
                    (Some("0102030405060708"), Some("met"))
                );
                assert_eq!(note.as_deref(), Some("修好了"));
            }
            other => panic!("{other:?}"),
        }
    }
}
