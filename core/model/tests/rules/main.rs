//! What the planner and the rule let through and what they refuse, case by case.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod days;
mod regions;
mod settles;

use std::collections::BTreeSet;

use common::{
    Replica, add_household, add_region, edit_resident, household_id, region_id, residents,
};
use keting_model::household::HouseholdCommand;
use keting_model::household_private::PrivateCommand;
use keting_model::household_visits::{VisitsCommand, visits_of};
use keting_model::{
    CityTime, Command, CommandError, Document, DocumentId, DocumentKind, Family, Fields, Home,
    ItemId, Op, RULE_VERSION, RuleError, Touched, Value, home_of, judge,
};

/// When all commits are made that are judged here without a replica.
const TIME: CityTime = CityTime::new(common::NOW_MS);
const TIME_MS: i64 = common::NOW_MS.cast_signed();

fn founded() -> Replica {
    let mut alice = Replica::new(1);
    alice.run(&add_region(1, None, "town")).unwrap();
    let adult = Fields::new().with("name", "李梅").with("relation", "head");
    let command = add_household(&mut alice, 1, 1, &[adult]);
    alice.run(&command).unwrap();
    alice
}

fn judged(name: &str, before: &Document, ops: &[Op]) -> Result<BTreeSet<Family>, RuleError> {
    let verdict = judge(name, RULE_VERSION, TIME, &[Touched { before, ops }]);
    verdict.map(|families| families.into_values().flatten().collect())
}

fn put(key: &str, value: impl Into<Value>) -> Op {
    Op::Put { key: key.to_owned(), value: value.into() }
}

fn id_value(id: &DocumentId) -> Value {
    Value::Bytes(id.as_bytes().to_vec())
}

#[test]
fn a_commit_by_newer_rules_waits_for_a_newer_app() {
    let before = Document::empty(household_id(1));
    let touched = [Touched { before: &before, ops: &[] }];
    let verdict = judge("household.add", RULE_VERSION + 1, TIME, &touched);
    let error = RuleError::NeedsNewerApp { rule_version: RULE_VERSION + 1 };
    assert_eq!(verdict, Err(error.clone()));
    assert_eq!(error.code(), "needs_newer_app");
}

#[test]
fn a_document_needs_its_founding_keys_and_gets_them_once() {
    let region = id_value(&region_id(1));
    let empty = Document::empty(household_id(1));
    let home = put("home", region.clone());
    let verdict = judged("household.add", &empty, std::slice::from_ref(&home));
    let group = "the household";
    assert_eq!(verdict, Err(RuleError::Incomplete { group, missing: "address" }));
    let verdict = judged("household.edit", &empty, &[put("address", "x")]);
    assert_eq!(verdict, Err(RuleError::NotFound { group }));
    let whole = [home, put("address", "x")];
    assert_eq!(judged("household.add", &empty, &whole), Ok(BTreeSet::from([Family::Household])));
    let alice = founded();
    let verdict = judged("household.add", &alice.documents[&household_id(1)], &whole);
    assert_eq!(verdict, Err(RuleError::AlreadySet { field: "home" }));
}

#[test]
fn a_document_that_belongs_to_another_has_the_id_that_follows_from_it() {
    let (owner, other) = (household_id(1), household_id(2));
    let item = ItemId::new([7; 8]);
    let private = DocumentId::derive(&owner, DocumentKind::HouseholdPrivate, 0);
    let sex = put(&format!("r/{item}/sex"), "male");
    let ops = |of: &DocumentId| [put("of", id_value(of)), sex.clone()];
    let before = Document::empty(private);
    let families = judged("private.edit", &before, &ops(&owner));
    assert_eq!(families, Ok(BTreeSet::from([Family::Private])));
    assert_eq!(judged("private.edit", &before, &ops(&other)), Err(RuleError::WrongOwner));
    let verdict = judged("private.edit", &before, &ops(&owner)[..1]);
    assert_eq!(verdict, Err(RuleError::BadCommit));
    let verdict = judged("private.edit", &before, &ops(&owner)[1..]);
    let group = "the private part";
    assert_eq!(verdict, Err(RuleError::Incomplete { group, missing: "of" }));

    let note_at = |time: i64, year: i64, at: &str| {
        let (text, day, key) =
            (format!("o/{item}/text"), format!("o/{item}/at"), format!("o/{item}/time"));
        [
            put("of", id_value(&owner)),
            put("year", year),
            put(&text, "x"),
            put(&day, at),
            put(&key, time),
        ]
    };
    let note = |year, at| note_at(TIME_MS, year, at);
    let before = Document::empty(visits_of(&owner, 2026));
    let families = judged("note.add", &before, &note(2026, "2026-06-01"));
    assert_eq!(families, Ok(BTreeSet::from([Family::Note])));
    let verdict = judged("note.add", &before, &note(2025, "2025-06-01"));
    assert_eq!(verdict, Err(RuleError::WrongOwner));
    let verdict = judged("note.add", &before, &note(2026, "2025-06-01"));
    assert_eq!(verdict, Err(RuleError::WrongYear));
    let verdict = judged("note.add", &before, &note_at(TIME_MS + 1, 2026, "2026-06-01"));
    assert_eq!(verdict, Err(RuleError::WrongTime { field: "o/*/time" }));
}

#[test]
fn a_commit_touches_something_known_and_nothing_twice() {
    let alice = founded();
    let document = &alice.documents[&household_id(1)];
    let ops = [put("address", "新")];
    let touched = Touched { before: document, ops: &ops };
    let verdict = judge("household.edit", RULE_VERSION, TIME, &[touched, touched]);
    assert_eq!(verdict, Err(RuleError::BadCommit));
    assert_eq!(judge("household.edit", RULE_VERSION, TIME, &[]), Err(RuleError::BadCommit));
    let unknown = Document::empty(DocumentId::new([0xff; 16]));
    assert_eq!(judged("household.edit", &unknown, &ops), Err(RuleError::UnknownKind));
    assert_eq!(judged("household.burn", document, &ops), Err(RuleError::UnknownCommand));
    let make = [Op::MakeText { key: "address".into() }];
    assert_eq!(judged("household.edit", document, &make), Err(RuleError::UnknownKey));
}

#[test]
fn a_command_is_about_one_resident_and_an_edit_makes_none() {
    let mut alice = founded();
    let resident = residents(&alice, 1)[0];
    let stranger = ItemId::new([9; 8]);
    let document = alice.documents[&household_id(1)].clone();
    let verdict = judged("resident.edit", &document, &[put(&format!("r/{stranger}/name"), "张三")]);
    assert_eq!(verdict, Err(RuleError::NotFound { group: "the resident" }));
    let key = |item: ItemId| format!("r/{item}/phone");
    let two = [put(&key(resident), "13800000001"), put(&key(stranger), "13800000002")];
    assert_eq!(judged("resident.edit", &document, &two), Err(RuleError::TooManyItems));
    let edit = edit_resident(&alice, 1, stranger, Fields::new().with("name", "张三"));
    assert_eq!(alice.plan(&edit), Err(CommandError::NotFound { what: "the resident" }));
}

#[test]
fn leaving_and_returning_are_commands_of_their_own() {
    let alice = founded();
    let document = &alice.documents[&household_id(1)];
    let resident = residents(&alice, 1)[0];
    let fact = format!("r/{resident}/s/{}", ItemId::new([9; 8]));
    let first = document.keys().find(|key| key.ends_with("/over")).unwrap();
    let first: ItemId = first.split('/').nth(3).unwrap().parse().unwrap();
    let over = Value::Bytes(first.as_bytes().to_vec());
    let says = |status: &str| {
        let key = |field: &str| format!("{fact}/{field}");
        [put(&key("status"), status), put(&key("over"), over.clone()), put(&key("time"), TIME_MS)]
    };
    let families = Ok(BTreeSet::from([Family::Resident]));
    assert_eq!(judged("resident.leave", document, &says("away")), families);
    assert_eq!(judged("resident.return", document, &says("living")), families);
    let field = "r/*/s/*/status";
    for (command, status) in [("resident.return", "away"), ("resident.leave", "living")] {
        let verdict = judged(command, document, &says(status));
        assert_eq!(verdict, Err(RuleError::NotThisCommand { field }));
    }
    let verdict = judged("resident.leave", document, &says("away")[..2]);
    assert_eq!(verdict, Err(RuleError::Incomplete { group: "the fact", missing: "time" }));
}

#[test]
fn only_what_differs_is_written_and_nothing_is_no_command() {
    let mut alice = founded();
    let id = household_id(1);
    let same = Fields::new().with("address", " 潮乡1幢1单元101室 ").with("tenure", "");
    let edit = |fields| Command::Household(HouseholdCommand::Edit { household: id, fields });
    assert_eq!(alice.plan(&edit(same.clone())), Err(CommandError::NothingChanged));
    let plan = alice.run(&edit(same.with("tenure", "rented"))).unwrap();
    assert_eq!(plan.edits[0].ops, vec![put("tenure", "rented")]);
    let plan = alice.run(&edit(Fields::new().with("tenure", Value::Null))).unwrap();
    assert_eq!(plan.edits[0].ops, vec![Op::Put { key: "tenure".into(), value: Value::Null }]);
}

#[test]
fn wrong_input_is_refused_with_the_name_of_its_field() {
    let mut alice = founded();
    let resident = residents(&alice, 1)[0];
    let cases: [(&str, &str, &str); 7] = [
        ("phone", "12345", "not_a_phone"),
        ("id_number", "110105194912310021", "not_an_id_number"),
        ("birth_date", "2026-02-30", "not_a_date"),
        ("relation", "king", "unknown_word"),
        ("name", "", "empty"),
        ("bond", "none", "unknown_word"),
        (
            "name",
            "很长的名字很长的名字很长的名字很长的名字很长的名字很长的名字很长的名字很长的名字很长的名字很长的名字很长的名字很长的名字很长的名字很长的名字",
            "too_long",
        ),
    ];
    for (name, value, code) in cases {
        let edit = edit_resident(&alice, 1, resident, Fields::new().with(name, value));
        let error = alice.plan(&edit).unwrap_err();
        assert_eq!(error.code(), code, "{name}");
        assert!(
            matches!(error, CommandError::Invalid { field, .. } if field == format!("r/*/{name}"))
        );
    }
    for unknown in ["home", "s/0900000000000000/status", "nickname", "of", "time"] {
        let edit = edit_resident(&alice, 1, resident, Fields::new().with(unknown, "living"));
        assert_eq!(alice.plan(&edit).unwrap_err().code(), "unknown_field", "{unknown}");
    }
}

#[test]
fn a_child_keeps_only_name_and_relation_in_the_open_until_somebody_reveals_them_after_fourteen() {
    let mut alice = founded();
    let (id, child) = (household_id(1), alice.fresh());
    let resident = keting_model::household::NewResident {
        resident: child,
        fact: alice.fresh(),
        fields: Fields::new()
            .with("name", "小宝")
            .with("phone", "13800000001")
            .with("birth_date", "2012-06-02"),
    };
    let time = alice.time();
    let add = HouseholdCommand::AddResident { household: id, resident, time };
    let plan = alice.run(&Command::Household(add)).unwrap();
    let open = plan.edits.iter().find(|edit| edit.document == id).unwrap();
    let keys: Vec<&str> = open.ops.iter().filter_map(|op| Some(op.written()?.0)).collect();
    let ends = ["/concealed", "/name", "/over", "/time"];
    assert!(keys.len() == 4 && keys.iter().zip(ends).all(|(key, end)| key.ends_with(end)));

    // Two days later the fourteenth birthday has been.
    let later = CityTime::new(common::NOW_MS + 2 * 24 * 60 * 60 * 1000);
    let reveal = |time| {
        Command::Household(HouseholdCommand::Reveal { household: id, resident: child, time })
    };
    assert_eq!(alice.plan(&reveal(alice.time())), Err(CommandError::IsChild));
    let plan = alice.run(&reveal(later)).unwrap();
    let key = format!("r/{child}/phone");
    let written = |place: usize, op: Op| plan.edits[place].ops.contains(&op);
    assert!(written(0, put(&key, "13800000001")));
    assert!(written(1, Op::Put { key: key.clone(), value: Value::Null }));
}

#[test]
fn a_document_says_where_it_lives() {
    let mut alice = founded();
    let id = household_id(1);
    let note = VisitsCommand::AddNote {
        household: id,
        note: alice.fresh(),
        text: "看望".into(),
        time: alice.time(),
    };
    alice.run(&Command::Visits(note)).unwrap();
    let home = |id: &DocumentId| home_of(&alice.documents[id]);
    assert_eq!(home(&region_id(1)), Some(Home::Itself));
    assert_eq!(home(&id), Some(Home::Region(region_id(1))));
    assert_eq!(home(&visits_of(&id, 2026)), Some(Home::Of(id)));
    assert_eq!(home_of(&Document::empty(id)), None);
}

#[test]
fn two_phones_that_begin_the_same_private_part_at_once_do_not_disagree() {
    let mut alice = founded();
    let mut bob = Replica::new(2);
    bob.hear(&alice.sent);
    let resident = residents(&alice, 1)[0];
    let edit = |fields| {
        Command::Private(PrivateCommand::Edit { household: household_id(1), resident, fields })
    };
    alice.run(&edit(Fields::new().with("health", "高血压"))).unwrap();
    bob.run(&edit(Fields::new().with("sex", "female"))).unwrap();
    alice.hear(&bob.sent);
    let rows = alice.rows();
    assert!(rows.iter().all(|row| row.table.name != "conflict"));
    assert_eq!(rows.iter().filter(|row| row.table.name == "resident_private").count(), 1);
}

#[test]
fn bytes_that_are_no_command_or_go_on_after_it_are_an_error() {
    let command = add_region(1, None, "town");
    let bytes = command.to_bytes();
    assert_eq!(Command::from_bytes(&bytes), Ok(command));
    assert!(Command::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    assert!(Command::from_bytes(&[bytes.as_slice(), &[0]].concat()).is_err());
    assert!(Command::from_bytes(&[0x82, 0x18, 0x63, 0x80]).is_err());
}
