//! Whole commits: signed, checked in order, chained through a batch.

use keting_model::command::Command;
use keting_model::fields::Fields;
use keting_model::region::RegionCommand;
use keting_model::{CityTime, CommandId, Document, DocumentId, HybridTime, Op, Stamp};
use keting_trust::guard::{Forks, check_commit};
use keting_trust::{Part, SignedCommit};

use crate::phone::{Documents, Phone, region};

pub fn add_city(number: u8) -> Command {
    let fields = Fields::new().with("code", "990481").with("name", "海宁市").with("level", "city");
    Command::Region(RegionCommand::Add { region: region(number), parent: None, fields })
}

pub fn rename(number: u8, name: &str) -> Command {
    let fields = Fields::new().with("name", name);
    Command::Region(RegionCommand::Edit { region: region(number), fields })
}

fn code(commit: &SignedCommit, parts: &[Part], documents: &Documents) -> &'static str {
    match check_commit(commit, parts, documents, &mut Forks::default()) {
        Ok(_) => "let in",
        Err(error) => error.code(),
    }
}

#[test]
fn the_commits_of_a_batch_stand_on_one_another() {
    let mut phone = Phone::new(1);
    let batch = [
        phone.execute(&add_city(1)),
        phone.execute(&rename(1, "一")),
        phone.execute(&rename(1, "二")),
    ];
    let (mut documents, mut forks) = (Documents::new(), Forks::default());
    // The second cannot come first.
    assert_eq!(code(&batch[1].0, &batch[1].1, &documents), "missing_dependency");
    for (commit, parts) in &batch {
        let checked = check_commit(commit, parts, &documents, &mut forks).unwrap();
        assert_eq!(checked.families.len(), 1);
        let new = checked.into_documents();
        documents.extend(new.into_iter().map(|document| (document.id(), document)));
    }
    assert_eq!(documents[&region(1)].heads(), phone.documents[&region(1)].heads());
}

#[test]
fn a_row_of_changes_made_behind_the_heads_is_let_in_one_after_the_other() {
    let (mut alice, mut bob) = (Phone::new(1), Phone::new(2));
    alice.execute(&add_city(1));
    bob.documents = alice.documents.clone();
    bob.execute(&rename(1, "bob"));
    let mut documents = bob.documents.clone();
    let mut forks = Forks::default();
    for name in ["一", "二", "三"] {
        let (commit, parts) = alice.execute(&rename(1, name));
        let checked = check_commit(&commit, &parts, &documents, &mut forks).unwrap();
        let change = checked.parts.into_iter().next().unwrap().change.unwrap();
        assert_eq!(change.document.values("name").len(), 2);
        documents = Documents::from([(region(1), change.document)]);
    }
}

#[test]
fn some_of_the_parts_are_enough_and_others_are_refused() {
    let mut phone = Phone::new(1);
    let add = |number| {
        let command = add_city(number);
        let id = region(number);
        let plan = command.plan(&Documents::from([(id, Document::empty(id))])).unwrap();
        (id, plan.edits[0].ops.clone())
    };
    let (commit, parts) = phone.write("region.add", &[add(1), add(2)]);
    let none = Documents::new();
    let checked = check_commit(&commit, &parts, &none, &mut Forks::default()).unwrap();
    assert_eq!(checked.parts.iter().map(|part| part.entry).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(code(&commit, &parts[1..], &none), "let in");
    assert_eq!(code(&commit, &[], &none), "let in");
    assert_eq!(code(&commit, &[parts[0].clone(), parts[0].clone()], &none), "document_twice");
    let other = Part { salt: [9; 16], ..parts[0].clone() };
    assert_eq!(code(&commit, &[other], &none), "not_in_commit");
    let elsewhere = Part { document: region(3), ..parts[0].clone() };
    assert_eq!(code(&commit, &[elsewhere], &none), "not_in_commit");
    let long = Part { change: vec![0; 256 * 1024 + 1], ..parts[0].clone() };
    assert_eq!(code(&commit, &[long], &none), "limit");
}

#[test]
fn a_change_says_the_same_of_itself_as_its_commit() {
    let mut phone = Phone::new(1);
    let (_, parts) = phone.execute(&add_city(1));
    let stamp = phone.stamp();
    let none = Documents::new();
    let resign = |stamp: Stamp| code(&phone.sign("region.add", &stamp, &parts), &parts, &none);
    assert_eq!(resign(stamp), "let in");
    assert_eq!(resign(Stamp { command: CommandId::new([0xee; 8]), ..stamp }), "stamp_differs");
    assert_eq!(resign(Stamp { time: HybridTime::new(1, 1), ..stamp }), "stamp_differs");
    for city in [CityTime::new(1), stamp.city.uncertain()] {
        assert_eq!(resign(Stamp { city, ..stamp }), "stamp_differs");
    }
    let other = Phone { sequence: phone.sequence, ..Phone::new(9) };
    assert_eq!(code(&other.sign("region.add", &stamp, &parts), &parts, &none), "stamp_differs");
}

#[test]
fn the_rule_has_the_last_word() {
    let mut phone = Phone::new(1);
    let put = |key: &str| Op::Put { key: key.to_owned(), value: "x".into() };
    let (commit, parts) = phone.write("region.edit", &[(region(1), vec![put("secret")])]);
    assert_eq!(code(&commit, &parts, &Documents::new()), "unknown_key");
    let (_, parts) = Phone::new(2).execute(&add_city(1));
    let two = Phone { sequence: 1, ..Phone::new(2) };
    let unknown = two.sign("region.paint", &two.stamp(), &parts);
    assert_eq!(code(&unknown, &parts, &Documents::new()), "unknown_command");
}

#[test]
fn bytes_of_a_kind_from_a_newer_version_are_kept_unread() {
    let mut phone = Phone::new(1);
    phone.sequence = 1;
    let mut id = [7; 16];
    id[0] = 0xff;
    let part = Part { salt: [0; 16], document: DocumentId::new(id), change: b"later".to_vec() };
    let stamp = phone.stamp();
    let commit = phone.sign("case.open", &stamp, std::slice::from_ref(&part));
    let documents = Documents::new();
    let checked = check_commit(&commit, &[part], &documents, &mut Forks::default()).unwrap();
    assert!(checked.parts[0].change.is_none() && checked.families.is_empty());
}

#[test]
fn a_copied_replica_s_second_change_under_one_number_is_a_fork() {
    let mut phone = Phone::new(1);
    phone.execute(&add_city(1));
    let mut copy = Phone { documents: phone.documents.clone(), sequence: 5, ..Phone::new(1) };
    phone.execute(&rename(1, "一"));
    let (commit, parts) = copy.execute(&rename(1, "二"));
    assert_eq!(code(&commit, &parts, &phone.documents), "fork");
}
