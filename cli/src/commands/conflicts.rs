//! Fields for which several people wrote different values: shown as numbered choices, and settled
//! ([`settling`]). What several people said of a resident or need is settled by saying it once more
//! ([`facts`]), and what others did to something withdrawn by withdrawing it once more or restoring it
//! ([`withdrawals`]).

mod facts;
mod meanwhile;
mod settling;
mod withdrawals;

use std::path::Path;

use keting::views::{ConflictValue, ConflictView, HouseholdInFull};
use keting::{EngineError, ItemId};
use keting_model::CommandError;

use crate::commands::words::{field_name, value_words, who_and_when};
use crate::device::{self, wait};
use crate::exit::Failure;
use crate::output::{self, shell_word};

pub use settling::settle;
pub use withdrawals::mention as mention_of_withdrawn;

/// A value that a field may be settled on.
#[derive(Debug)]
pub struct Choice {
    /// In words.
    pub value: String,
    /// Who entered it, and when.
    pub entered: String,
    /// What to type for it; none for whoever may not.
    pub to_type: Option<String>,
}

/// Adds to a refusal of the device in a directory what the field may be settled on, where it has to be first.
pub fn with_choices(refused: Failure, data: &Path) -> Failure {
    match refused {
        // What cannot be read does not hide why nothing was saved.
        Failure::Engine(error) => match to_settle(&error, data) {
            Ok(choices) if !choices.is_empty() => Failure::ToSettle { error, choices },
            Ok(_) | Err(_) => Failure::Engine(error),
        },
        other => other,
    }
}

fn to_settle(refused: &EngineError, data: &Path) -> Result<Vec<Choice>, Failure> {
    let EngineError::Command(CommandError::Conflicted { document, key }) = refused else {
        return Ok(Vec::new());
    };
    let keting = device::open(data)?;
    let open = wait(keting.conflicts(Some(*document)))?;
    let open = open.iter().find(|one| one.home == *document && one.key == *key);
    let data = data.display().to_string();
    Ok(open.into_iter().flat_map(|open| choices(open, &data)).collect())
}

/// Prints what has to be settled of a household, with what to type to do so. The page also has what was
/// withdrawn.
///
/// # Errors
/// When standard output is closed.
pub fn print(page: &HouseholdInFull, data: &str) -> Result<(), Failure> {
    for (at, conflict) in page.conflicts.iter().enumerate() {
        if at > 0 {
            output::line("")?;
        }
        output::line(format!("待定 to settle: {}", about(page, &conflict.key)))?;
        if withdrawals::is_one(conflict) {
            withdrawals::print(page, conflict, data)?;
        } else if conflict.facts.is_empty() {
            print_values(conflict, data)?;
        } else {
            facts::print(conflict, &shell_word(data))?;
        }
    }
    Ok(())
}

/// Prints the values of a field, each with who said it.
fn print_values(conflict: &ConflictView, data: &str) -> Result<(), Failure> {
    let row = |(number, Choice { value, entered, to_type }): (usize, Choice)| {
        (vec![number.to_string(), value, entered], to_type.unwrap_or_default())
    };
    let all = (1..).zip(choices(conflict, data)).map(row);
    print_choices(&["", "取值 value", "录入 entered"], conflict, all)
}

/// The values of a field.
fn choices(conflict: &ConflictView, data: &str) -> impl Iterator<Item = Choice> {
    let choice = |(number, value): (usize, &ConflictValue)| {
        let said_by: Vec<_> = value.entered.iter().map(who_and_when).collect();
        Choice {
            value: in_words(&conflict.key, &value.value),
            entered: said_by.join("、"),
            to_type: conflict.may_settle.then(|| what_to_type(conflict, data, number)),
        }
    };
    (1..).zip(&conflict.values).map(choice)
}

/// Prints what people said, and beside it what to type to settle on it for those who may: nobody is
/// told to type what would be refused.
fn print_choices(
    headings: &[&str],
    conflict: &ConflictView,
    choices: impl Iterator<Item = (Vec<String>, String)>,
) -> Result<(), Failure> {
    let mut headings = headings.to_vec();
    headings.extend(conflict.may_settle.then_some("选用此项，请输入 to choose it, type"));
    let row = |(mut said, to_type): (Vec<String>, String)| {
        said.extend(conflict.may_settle.then_some(to_type));
        said
    };
    output::table(&headings, &choices.map(row).collect::<Vec<_>>())
}

/// What a field is called, with what the resident, need, visit or note is called that it is about.
fn about(page: &HouseholdInFull, key: &str) -> String {
    let mut segments = key.splitn(3, '/');
    let (letter, id, field) = (segments.next(), segments.next(), segments.next());
    let item = letter.zip(id).and_then(|(letter, id)| item(page, letter, id));
    match (item, field.unwrap_or(key)) {
        (None, "w") => "整户 the whole household".to_owned(),
        (None, field) => field_name(field),
        (Some(item), "s") if letter == Some("r") => format!("{item} {}", field_name("status")),
        (Some(item), field) if letter == Some("r") && field != key && field != "w" => {
            format!("{item} {}", field_name(field))
        }
        (Some(item), _) => item,
    }
}

/// What something of a household is called; a resident by their name.
fn item(page: &HouseholdInFull, letter: &str, id: &str) -> Option<String> {
    let is_it = |one: &ItemId| one.to_string() == id;
    let household = &page.household;
    let called = match letter {
        "r" => {
            let mut residents = household.residents.iter().map(|detail| &detail.resident);
            residents.find(|one| is_it(&one.id)).map(|one| one.name.clone())
        }
        "n" => {
            let need = household.needs.iter().find(|one| is_it(&one.id));
            Some(format!("需求 need {}", need.map_or(id, |need| need.text.as_str())))
        }
        "v" => {
            let visit = page.visits.iter().flatten().find(|one| is_it(&one.id));
            Some(format!("走访 visit {}", visit.map_or(id, |visit| visit.at.as_str())))
        }
        "o" => {
            let note = page.notes.iter().flatten().find(|one| is_it(&one.id));
            Some(format!("记录 note {}", note.map_or(id, |note| note.text.as_str())))
        }
        _ => return None,
    };
    called.or_else(|| Some(id.to_owned()))
}

/// A value of the field under a key, in words.
fn in_words(key: &str, value: &str) -> String {
    value_words(key.rsplit('/').next().unwrap_or(key), value)
}

fn what_to_type(conflict: &ConflictView, data: &str, number: usize) -> String {
    let ConflictView { document, key, .. } = conflict;
    let data = shell_word(data);
    format!("keting household settle {document} {key} --choose {number} --data {data}")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use clap::Parser as _;
    use keting::{DocumentId, DocumentKind};

    use super::*;
    use crate::arguments::{Arguments, Household, SettleOn, Verb};

    fn said(value: &str) -> ConflictValue {
        ConflictValue { value: value.to_owned(), entered: Vec::new() }
    }

    fn phone() -> ConflictView {
        let document = DocumentId::from_random(DocumentKind::Household, [7; 14]);
        ConflictView {
            document,
            home: document,
            key: "r/0102030405060708/phone".to_owned(),
            shown: "13800000001".to_owned(),
            values: ["13800000001", ""].map(said).into(),
            facts: Vec::new(),
            meanwhile: Vec::new(),
            may_settle: true,
        }
    }

    fn parsed(words: &[&str]) -> Result<(String, String, PathBuf, SettleOn), clap::Error> {
        let words = ["keting", "household", "settle"].iter().chain(words);
        match Arguments::try_parse_from(words)?.command {
            Verb::Household(Household::Settle { id, key, writing, on }) => {
                Ok((id, key, writing.data, on))
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_printed_to_type_is_understood_and_chooses_that_value() {
        let conflict = phone();
        let line = what_to_type(&conflict, "/home/me/phone", 2);
        let words: Vec<&str> = line.split(' ').skip(3).collect();
        let (id, key, data, on) = parsed(&words).unwrap();
        assert_eq!((&id, &key), (&conflict.document.to_string(), &conflict.key));
        assert_eq!(data, std::path::Path::new("/home/me/phone"));
        assert_eq!(on.choose, Some(2));
    }

    #[test]
    fn a_settle_says_exactly_one_of_a_number_a_value_and_cleared() {
        let with = |words: &[&'static str]| {
            parsed(&[&["ID", "KEY", "--data", "d"], words].concat()).map(|(.., on)| on)
        };
        assert_eq!(with(&["--choose", "1"]).unwrap().choose, Some(1));
        assert_eq!(with(&["--value", "x"]).unwrap().value.as_deref(), Some("x"));
        assert!(with(&["--clear"]).unwrap().clear);
        assert!(with(&[]).is_err());
        assert!(with(&["--clear", "--value", "x"]).is_err());
        assert!(with(&["--choose", "1", "--value", "x"]).is_err());
    }
}
