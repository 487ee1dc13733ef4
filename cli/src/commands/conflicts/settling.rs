//! Settling a field: which one is meant, on what, and what stands then. One that is not open any more is
//! answered in one way, however it is named and whatever was chosen: with what stands now.

use keting::commands::Settle;
use keting::verbs::Settlement;
use keting::views::{Candidate, ConflictView, HouseholdInFull, ItemKind, RegionView};
use keting::{Ambiguous, DocumentId, DocumentKind, EngineError, HouseholdId, Keting};
use keting_model::words::{STANDS, WITHDRAWN};
use serde_json::Value as Json;

use super::about;
use crate::arguments::{SettleOn, Writing};
use crate::columns::on_one_line;
use crate::commands::words::{region_field_name, value_words, word_name};
use crate::device::{self, print_saved, wait};
use crate::exit::Failure;
use crate::language::InBoth;
use crate::output;

/// Settles a field, and says on what.
///
/// # Errors
/// When there is nothing to choose from, or the device refuses.
pub fn settle(id: &str, key: &str, writing: &Writing, on: &SettleOn) -> Result<(), Failure> {
    let keting = device::open(&writing.data)?;
    let document = match id.parse() {
        Ok(document) => document,
        Err(_) => device::household(&keting, id)?.document(),
    };
    let conflicts = conflicts_of(&keting, &document)?;
    let Some(conflict) = named(&conflicts, key)? else {
        return Err(not_open(&keting, document, key)?);
    };
    if !conflict.facts.is_empty() {
        return Err(settled_by_saying_it_again());
    }
    let on = match (on.choose, &on.value) {
        (Some(number), _) => Settlement::Value { value: chosen(conflict, number)? },
        (None, Some(value)) => Settlement::Value { value: value.clone() },
        (None, None) => Settlement::Clear,
    };
    let saved = wait(keting.settle(conflict.id(), on))?;
    print_saved(&saved, Vec::new(), document, writing)?;
    if !writing.json
        && let Some(Stands { value, .. }) = stands(&keting, &document, &conflict.key)?
    {
        output::note(&format!("已定为 settled on: {}", on_one_line(&value)));
    }
    Ok(())
}

/// What has to be settled of one document.
fn conflicts_of(keting: &Keting, document: &DocumentId) -> Result<Vec<ConflictView>, Failure> {
    // A part of a household does not say of which one.
    let has_its_own =
        matches!(document.kind(), Some(DocumentKind::Household | DocumentKind::Region));
    let mut conflicts = wait(keting.conflicts(has_its_own.then_some(*document)))?;
    conflicts.retain(|one| one.document == *document);
    Ok(conflicts)
}

/// What has to be settled under the key that was typed, of which the beginnings of ids are enough.
fn named<'c>(
    conflicts: &'c [ConflictView],
    typed: &str,
) -> Result<Option<&'c ConflictView>, Failure> {
    let found: Vec<_> = conflicts.iter().filter(|one| begins(&one.key, typed)).collect();
    match found[..] {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        _ => {
            let called =
                |one: &&ConflictView| Candidate { id: one.key.clone(), called: String::new() };
            let candidates = found.iter().map(called).collect();
            let ambiguous = Ambiguous { count: found.len(), candidates };
            Err(EngineError::from(ambiguous).into())
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

/// The value of a number among those of a field.
fn chosen(conflict: &ConflictView, number: usize) -> Result<String, Failure> {
    let value = number.checked_sub(1).and_then(|place| conflict.values.get(place));
    value.map(|one| one.value.clone()).ok_or_else(|| {
        let count = conflict.values.len();
        Failure::Misused(InBoth {
            zh: format!("这里有 {count} 个取值可选，--choose 请填 1 至 {count} 的数字。"),
            en: format!(
                "There are {count} values to choose from: give --choose a number from 1 to {count}."
            ),
        })
    })
}

fn settled_by_saying_it_again() -> Failure {
    Failure::Misused(InBoth {
        zh: "这一项要再说一遍才能定下，请照 keting household show 里给出的命令输入。".to_owned(),
        en: "This is settled by saying it once more: type what keting household show gives for it."
            .to_owned(),
    })
}

/// Why a key that is not open cannot be settled: there is no such field, or nothing differs there any more.
fn not_open(keting: &Keting, document: DocumentId, typed: &str) -> Result<Failure, Failure> {
    let key = whole(keting, &document, typed)?;
    match stands(keting, &document, &key)? {
        Some(Stands { called, value }) => Ok(Failure::NotOpen { called, value }),
        // Then there is no such field, or not for whoever asks.
        None => {
            let settle = Settle::on_typed(document, &key, "", wait(keting.now())?);
            Ok(Failure::Engine(
                settle.err().map_or(EngineError::NotFound { what: "the field" }, EngineError::from),
            ))
        }
    }
}

/// A key with the whole id of the resident or need it is about.
fn whole(keting: &Keting, document: &DocumentId, typed: &str) -> Result<String, Failure> {
    let mut segments = typed.splitn(3, '/');
    let kind = match segments.next() {
        Some("r") => ItemKind::Resident,
        Some("n") => ItemKind::Need,
        Some(_) | None => return Ok(typed.to_owned()),
    };
    let (Some(item), Some(field)) = (segments.next(), segments.next()) else {
        return Ok(typed.to_owned());
    };
    let Some(household) = HouseholdId::of(*document) else { return Ok(typed.to_owned()) };
    let item = device::item(keting, household, kind, item)?;
    let letter = if kind == ItemKind::Resident { "r" } else { "n" };
    Ok(format!("{letter}/{item}/{field}"))
}

/// What a field is called, and what it shows.
struct Stands {
    called: String,
    value: String,
}

/// What stands under a key, if there is such a field and the reader may read it.
fn stands(keting: &Keting, document: &DocumentId, key: &str) -> Result<Option<Stands>, Failure> {
    if document.kind() == Some(DocumentKind::Region) {
        let region = wait(keting.regions())?.into_iter().find(|region| region.id == *document);
        return Ok(region.and_then(|region| of_region(&region, key)));
    }
    let Some(household) = HouseholdId::of(*document) else { return Ok(None) };
    let page = wait(keting.household_with_withdrawn(household))?;
    Ok(page.and_then(|page| of_household(&page, key)))
}

fn of_region(region: &RegionView, field: &str) -> Option<Stands> {
    let value = value_in(&serde_json::to_value(region).ok()?, field)?;
    Some(Stands { called: region_field_name(field), value })
}

fn of_household(page: &HouseholdInFull, key: &str) -> Option<Stands> {
    let household = serde_json::to_value(&page.household).ok()?;
    let mut segments = key.splitn(3, '/');
    let (letter, id, field) = (segments.next()?, segments.next(), segments.next());
    let list = match letter {
        "r" => "residents",
        "n" => "needs",
        field => {
            let value = value_in(&household, field)?;
            return Some(Stands { called: about(page, key), value });
        }
    };
    let is_it = |one: &&Json| one.get("id").and_then(Json::as_str) == id;
    let item = household.get(list)?.as_array()?.iter().find(is_it)?;
    Some(Stands { called: about(page, key), value: value_in(item, field?)? })
}

/// What a field shows of a region, household, resident or need: its name in keys is that in JSON, but for a
/// care tag, what became of it (`s`), and whether it was withdrawn (`w`).
fn value_in(shown: &Json, field: &str) -> Option<String> {
    let names = |list: &str, name: &str| {
        shown
            .get(list)
            .and_then(Json::as_array)
            .is_some_and(|all| all.iter().any(|one| one == name))
    };
    let (called, tag) = match field.strip_prefix("t/") {
        Some(tag) => ("care_tags", Some(tag)),
        None if field == "s" => ("status", None),
        None => (field, None),
    };
    if called == "w" {
        let is_withdrawn = shown.get("withdrawn").is_some();
        return Some(word_name(if is_withdrawn { WITHDRAWN } else { STANDS }));
    }
    if names("withheld", called) {
        return Some("不可见 withheld".to_owned());
    }
    let stands = shown.get(called)?;
    match tag {
        Some(tag) => Some(value_words(field, &names(called, tag).to_string())),
        None => said(stands, called),
    }
}

/// A value of JSON in words, if a field can hold it.
fn said(value: &Json, field: &str) -> Option<String> {
    match value {
        Json::Null => Some(value_words(field, "")),
        Json::Bool(flag) => Some(value_words(field, &flag.to_string())),
        Json::String(text) => Some(value_words(field, text)),
        Json::Number(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use keting::views::ConflictValue;

    use super::*;

    fn phone(resident: &str) -> ConflictView {
        let document = DocumentId::from_random(DocumentKind::Household, [7; 14]);
        let said = |value: &str| ConflictValue { value: value.to_owned(), entered: Vec::new() };
        ConflictView {
            document,
            home: document,
            key: format!("r/{resident}/phone"),
            shown: "13800000001".to_owned(),
            values: ["13800000001", ""].map(said).into(),
            facts: Vec::new(),
            meanwhile: Vec::new(),
            may_settle: true,
        }
    }

    #[test]
    fn a_key_that_begins_as_two_do_is_refused_and_names_both() {
        let both = [phone("0102030405060708"), phone("0102aaaaaaaaaaaa")];
        let key = |typed: &str| named(&both, typed).unwrap().map(|one| one.key.as_str());
        assert_eq!(key("r/010203/phone"), Some(both[0].key.as_str()));
        assert_eq!(key("r/0102/name"), None);
        assert_eq!(named(&both, "r/0102/phone").unwrap_err().code(), "ambiguous_id");
    }

    #[test]
    fn of_a_care_tag_that_the_reader_may_not_see_nothing_is_said() {
        let shown = |withheld: &[&str], tags: Json| {
            let shown = serde_json::json!({ "withheld": withheld, "care_tags": tags });
            value_in(&shown, "t/low_income").unwrap()
        };
        let tags = serde_json::json!(["low_income"]);
        assert_ne!(shown(&[], tags), shown(&[], serde_json::json!([])));
        assert!(shown(&["care_tags"], Json::Null).starts_with("不可见"));
    }

    #[test]
    fn a_number_that_is_none_of_the_choices_is_refused_and_says_how_many_there_are() {
        let conflict = phone("0102030405060708");
        assert_eq!(chosen(&conflict, 2).unwrap(), "");
        for number in [0, 3] {
            let refused = chosen(&conflict, number).unwrap_err();
            assert_eq!(refused.code(), "usage");
            assert!(refused.to_string().contains('2'), "{refused}");
        }
    }
}
