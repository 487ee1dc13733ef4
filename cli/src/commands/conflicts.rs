//! Fields for which several people wrote different values: shown as numbered choices, and settled.
//! What several people said of a resident or need is settled by saying it once more ([`facts`]), and what
//! others did to something withdrawn by withdrawing it once more or restoring it ([`withdrawals`]).

mod facts;
mod meanwhile;
mod withdrawals;

use keting::input::{Field, Takes};
use keting::views::{ConflictValue, ConflictView, HouseholdPage};
use keting::{Ambiguous, Keting};
use keting_model::query::Candidate;
use keting_model::{Command, DocumentId, DocumentKind, ItemId, Settle};

use crate::arguments::{SettleOn, Writing};
use crate::commands::words::{field_name, who_and_when, word_name};
use crate::device;
use crate::exit::Failure;
use crate::output;

/// Settles a field, and says on what.
///
/// # Errors
/// When there is nothing to choose from, or the device refuses.
pub fn settle(id: &str, key: &str, writing: &Writing, on: &SettleOn) -> Result<(), Failure> {
    let keting = device::open(&writing.data)?;
    let document = match id.parse() {
        Ok(document) => document,
        Err(_) => device::household(&keting, id)?,
    };
    let conflicts = conflicts_of(&keting, &document)?;
    let key = named(&conflicts, key)?;
    let typed = match (on.choose, &on.value) {
        (Some(number), _) => chosen(&conflicts, &key, number)?,
        (None, Some(value)) => value.clone(),
        (None, None) => String::new(),
    };
    let settle = Settle::on_typed(document, &key, &typed, keting.now());
    let settle = settle.map_err(keting::EngineError::from)?;
    device::write(&keting, &Command::Settle(settle), document, writing)?;
    if !writing.json {
        output::note(&format!("已定为 settled on: {}", in_words(&key, &typed)));
    }
    Ok(())
}

/// What has to be settled of one document.
fn conflicts_of(keting: &Keting, document: &DocumentId) -> Result<Vec<ConflictView>, Failure> {
    // A part of a household does not say of which one.
    let has_its_own =
        matches!(document.kind(), Some(DocumentKind::Household | DocumentKind::Region));
    let mut conflicts = keting.conflicts(has_its_own.then_some(document))?;
    conflicts.retain(|one| one.document == *document);
    Ok(conflicts)
}

/// The key that was typed, of which the beginnings of ids are enough.
fn named(conflicts: &[ConflictView], key: &str) -> Result<String, Failure> {
    let keys: Vec<_> =
        conflicts.iter().map(|one| &one.key).filter(|one| begins(one, key)).collect();
    match keys[..] {
        [] => Ok(key.to_owned()),
        [only] => Ok(only.clone()),
        _ => {
            let called = |key: &&String| Candidate { id: (*key).clone(), called: String::new() };
            let candidates = keys.iter().map(called).collect();
            let ambiguous = Ambiguous { count: keys.len(), candidates };
            Err(keting::EngineError::from(ambiguous).into())
        }
    }
}

/// Whether each part of a key begins as it was typed.
fn begins(key: &str, typed: &str) -> bool {
    let (parts, typed): (Vec<_>, Vec<_>) = (key.split('/').collect(), typed.split('/').collect());
    let is_item = |at: usize| at == 1 && parts.len() > 1;
    let mut pairs = parts.iter().zip(&typed).enumerate();
    parts.len() == typed.len()
        && pairs.all(
            |(at, (part, typed))| {
                if is_item(at) { part.starts_with(typed) } else { part == typed }
            },
        )
}

/// Prints what has to be settled of a household, with what to type to do so. The page also has what was
/// withdrawn.
///
/// # Errors
/// When standard output is closed.
pub fn print(page: &HouseholdPage, data: &str) -> Result<(), Failure> {
    for conflict in &page.conflicts {
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
    let row = |(number, value): (usize, &ConflictValue)| {
        let said_by: Vec<_> = value.entered.iter().map(who_and_when).collect();
        let said =
            vec![number.to_string(), in_words(&conflict.key, &value.value), said_by.join("、")];
        (said, what_to_type(conflict, data, number))
    };
    print_choices(
        &["", "取值 value", "录入 entered"],
        conflict,
        (1..).zip(&conflict.values).map(row),
    )
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

/// The value of a number among those of a field.
fn chosen(conflicts: &[ConflictView], key: &str, number: usize) -> Result<String, Failure> {
    let conflict = conflicts.iter().find(|one| one.key == key);
    let conflict = conflict.ok_or(Failure::NotFound("a field to settle"))?;
    let value = number.checked_sub(1).and_then(|place| conflict.values.get(place));
    value.map(|one| one.value.clone()).ok_or_else(|| {
        let count = conflict.values.len();
        Failure::Usage(format!("序号从 1 到 {count} · choose a number from 1 to {count}"))
    })
}

/// What a field is called, with what the resident, need, visit or note is called that it is about.
fn about(page: &HouseholdPage, key: &str) -> String {
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
fn item(page: &HouseholdPage, letter: &str, id: &str) -> Option<String> {
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

/// A value of a field, with what it is called if it is a word that the field chooses from.
fn in_words(key: &str, value: &str) -> String {
    let field = key.rsplit('/').next().and_then(Field::of_name);
    match value {
        "" => "清空 cleared".to_owned(),
        word if field.is_some_and(|field| matches!(field.takes(), Takes::Words(_))) => {
            word_name(word)
        }
        "true" => "是 true".to_owned(),
        "false" => "否 false".to_owned(),
        text => text.to_owned(),
    }
}

fn what_to_type(conflict: &ConflictView, data: &str, number: usize) -> String {
    let ConflictView { document, key, .. } = conflict;
    let data = shell_word(data);
    format!("keting household settle {document} {key} --choose {number} --data {data}")
}

/// A text as a shell takes it for one word.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::arguments::{Arguments, Household, Verb};
    use clap::Parser as _;

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
        let number = on.choose.unwrap();
        let value = chosen(std::slice::from_ref(&conflict), &key, number).unwrap();
        assert_eq!(value, "");
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

    #[test]
    fn a_key_that_begins_as_two_do_is_refused_and_names_both() {
        let one = phone();
        let other = ConflictView { key: "r/0102aaaaaaaaaaaa/phone".to_owned(), ..phone() };
        let both = [one, other];
        assert_eq!(named(&both, "r/010203/phone").unwrap(), both[0].key);
        let failure = named(&both, "r/0102/phone").unwrap_err();
        assert_eq!(failure.code(), "ambiguous_id");
        assert_eq!(named(&both, "r/0102/name").unwrap(), "r/0102/name");
    }

    #[test]
    fn a_number_that_is_none_of_the_choices_is_refused() {
        let conflict = phone();
        let of = |number| {
            chosen(std::slice::from_ref(&conflict), &conflict.key, number)
                .map_err(|failure| failure.code().to_owned())
        };
        assert_eq!(of(1), Ok("13800000001".to_owned()));
        assert_eq!([of(0), of(3)], [Err("usage".to_owned()), Err("usage".to_owned())]);
        let nowhere = chosen(&[], &conflict.key, 1).unwrap_err();
        assert_eq!(nowhere.code(), "not_found");
    }

    #[test]
    fn a_directory_with_blanks_or_quotes_stays_one_word_for_the_shell() {
        assert_eq!(shell_word("/data/手机1"), "/data/手机1");
        assert_eq!(shell_word("my phone's"), r"'my phone'\''s'");
    }
}
