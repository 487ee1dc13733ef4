//! Attacks that were carried out against the design, each of which would have stopped somebody who
//! did nothing wrong.

use keting_model::command::Command;
use keting_model::fields::Fields;
use keting_model::household::HouseholdCommand;
use keting_model::household_visits::VisitsCommand;
use keting_model::{Document, DocumentId, ItemId, LogId};
use keting_sync::Entry;
use keting_trust::limits::{
    DEVICE_BRANCHES_MAX, DOCUMENT_BYTES_MAX, DOCUMENT_CHANGES_MAX, NUMBER_MAX,
};
use keting_trust::{Digest, Ed25519Signer, SignedGrant};

use super::*;
use crate::audience::{Coverage, FirstSync, entries_after};
use crate::authority::Book;
use crate::store::StoredDocument;
use crate::verify::verify;

#[test]
fn a_commit_whose_number_no_store_can_hold_is_refused() {
    let mut town = Town::new();
    let mut story = Story::new(&mut town);
    for (beyond, address) in [(NUMBER_MAX + 1, "二幢"), (u64::MAX, "三幢")] {
        let edit = vec![(story.household, vec![put("address", address)])];
        let commit = story.alice.write_as("household.edit", edit, |body| body.sequence = beyond);
        let answer = town.admit_one(&story.alice, commit);
        assert_eq!(answer, Outcome::Refused { code: "invalid_field" });
    }
}

#[test]
fn whoever_gets_a_commit_gets_the_grant_it_names_from_wherever_that_is() {
    let mut town = Town::new();
    let here = town.region(HEAD_REGION);
    let carol = town.person("micro_grid_head", HEAD_REGION);
    let bob = town.person("micro_grid_head", OTHER_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    alice.grant = town.enrol(&alice.signer, "micro_grid_head", OTHER_REGION);
    let named = alice.grant;
    let before = town.number();
    let (household, first) = alice.add_household(here);
    let second = alice.edit_household(household, "二幢");
    for commit in [first, second] {
        assert_admitted(&town.admit_one(&alice, commit));
    }
    let to_carol = tail(&town, &carol, before);
    let is_named = |entry: &Entry| Digest::of(&entry.record) == named;
    assert!(is_named(&to_carol[0]), "the grant comes before the first commit that names it");
    assert_eq!(to_carol.iter().filter(|entry| is_named(entry)).count(), 1);
    assert_eq!(to_carol.len(), 3);
    assert!(first_sync(&town, &carol).iter().any(is_named));
    // Where the grant holds it was there from the beginning.
    assert_eq!(tail(&town, &bob, before).len(), 0);
    assert_eq!(verify(&*town.read(), &mut |_| {}).unwrap().differences, []);
}

#[test]
fn a_device_does_not_branch_a_document_until_nobody_can_follow() {
    for at_once in [true, false] {
        let mut town = Town::new();
        let Story { mut alice, mut bob, household } = Story::new(&mut town);
        let base = alice.documents[&household].clone();
        let mut branches = Vec::new();
        for life in 0..=DEVICE_BRANCHES_MAX {
            branches.push(branch(&mut alice, &base, &format!("{life}幢")));
        }
        let answers = if at_once {
            town.admit(&[alice.push(branches)]).remove(0)
        } else {
            branches.into_iter().map(|commit| town.admit_one(&alice, commit)).collect()
        };
        let (last, others) = answers.split_last().unwrap();
        others.iter().for_each(assert_admitted);
        assert_eq!(*last, Outcome::Refused { code: "too_many_branches" });
        // A colleague who was away writes as before.
        bob.documents.insert(household, base.clone());
        let away = bob.edit_household(household, "我的");
        assert_admitted(&town.admit_one(&bob, away));
    }
}

#[test]
fn concurrent_values_of_one_device_do_not_pile_up_behind_a_single_head() {
    let mut town = Town::new();
    let Story { mut alice, household, .. } = Story::new(&mut town);
    let base = alice.documents[&household].clone();
    let mut all = base.clone();
    for life in 0..DEVICE_BRANCHES_MAX {
        let commit = branch(&mut alice, &base, &format!("{life}幢"));
        all.apply(&commit.parts[0].change).unwrap();
        assert_admitted(&town.admit_one(&alice, commit));
    }
    // One head again, with all the values still under the key.
    alice.documents.insert(household, all);
    let merging = alice.write("household.edit", vec![(household, vec![put("tenure", "owned")])]);
    let answer = town.admit_one(&alice, merging);
    assert_admitted(&answer);
    let merged = alice.documents[&household].clone();
    let one_more = branch(&mut alice, &base, "九幢");
    alice.documents.insert(household, merged);
    let refused = Outcome::Refused { code: "too_many_branches" };
    assert_eq!(town.admit_one(&alice, one_more.clone()), refused);
    // Once somebody has settled them there is room again.
    alice.begin_incarnation();
    let settle = keting_model::Op::Settle { key: "address".into(), value: Value::from("一幢") };
    let settled = alice.write("field.settle", vec![(household, vec![settle])]);
    assert_admitted(&town.admit_one(&alice, settled));
    assert_admitted(&town.admit_one(&alice, one_more));
}

#[test]
fn nobody_writes_over_what_a_colleague_made_by_making_it_again_elsewhere() {
    let mut town = Town::new();
    let Story { mut alice, mut bob, household } = Story::new(&mut town);
    let visit = |person: &mut Person, note: &str| {
        let command = VisitsCommand::AddVisit {
            household,
            visit: ItemId::new([7; 8]),
            fields: Fields::new().with("at", "2026-09-21").with("note", note),
            time: CITY_TIME,
        };
        person.commit(&Command::Visits(command))
    };
    let ours = visit(&mut alice, "一切都好");
    assert_admitted(&town.admit_one(&alice, ours));
    let over = visit(&mut bob, "没有人");
    assert_held(&town.admit_one(&bob, over), "already_exists");

    let need = |text: &str| {
        let key = |field: &str| format!("n/0707070707070707/{field}");
        vec![
            put(&key("text"), text),
            Op::Put { key: key("time"), value: Value::Int(1_790_000_000_000) },
        ]
    };
    let ours = alice.write("need.add", vec![(household, need("修灯"))]);
    let over = bob.write("need.add", vec![(household, need("不用了"))]);
    let answers = town.admit(&[alice.push(vec![ours]), bob.push(vec![over])]);
    assert_admitted(&answers[0][0]);
    assert_held(&answers[1][0], "already_exists");
}

#[test]
fn whoever_conceals_somebody_whom_another_concealed_and_revealed_meanwhile_is_admitted() {
    let mut town = Town::new();
    let Story { mut alice, mut bob, household } = Story::new(&mut town);
    let name = alice.documents[&household].keys().find(|key| key.ends_with("/name")).unwrap();
    let resident: ItemId = name.split('/').nth(1).unwrap().parse().unwrap();
    let time = CITY_TIME;
    let conceal = Command::Household(HouseholdCommand::Conceal { household, resident, time });
    let reveal = Command::Household(HouseholdCommand::Reveal { household, resident, time });
    for command in [&conceal, &reveal] {
        let commit = bob.commit(command);
        assert_admitted(&town.admit_one(&bob, commit));
    }
    let apart = alice.commit(&conceal);
    assert_admitted(&town.admit_one(&alice, apart));
}

#[test]
fn a_document_has_a_number_of_changes_that_it_does_not_exceed() {
    let mut town = Town::new();
    let Story { mut alice, household, .. } = Story::new(&mut town);
    rewrite(&mut town, household, |stored| stored.change_count = DOCUMENT_CHANGES_MAX - 1);
    let (last, beyond) =
        (alice.edit_household(household, "二幢"), alice.edit_household(household, "三幢"));
    assert_admitted(&town.admit_one(&alice, last));
    assert_held(&town.admit_one(&alice, beyond), "document_full");
}

#[test]
fn a_document_has_a_size_that_it_does_not_exceed() {
    let mut town = Town::new();
    let Story { mut alice, household, .. } = Story::new(&mut town);
    let stamp = alice.stamp();
    let large = "字".repeat(usize::try_from(DOCUMENT_BYTES_MAX).unwrap() / 3);
    let document = alice.documents.get_mut(&household).unwrap();
    document.author(&stamp, &[put("stuffing", &large)]).unwrap();
    let stuffed = document.clone();
    put_document(&mut town, &stuffed, |_| {});
    let beyond = alice.edit_household(household, "二幢");
    assert_held(&town.admit_one(&alice, beyond), "document_full");
}

#[test]
fn what_is_refused_counts_against_the_day_of_the_device_that_brought_it() {
    let mut town = Town::new();
    let Story { mut alice, bob, household } = Story::new(&mut town);
    let _never_sent = alice.edit_household(household, "二幢");
    let lacking = alice.edit_household(household, "三幢");
    let bytes = (lacking.signed.len() + lacking.parts[0].change.len()) as u64;
    let day = |town: &Town, person: &Person| {
        let mut store = town.reopen();
        let read = store.snapshot().unwrap();
        read.device(&person.device()).unwrap().unwrap().day_bytes
    };
    let before = (day(&town, &alice), day(&town, &bob));
    let answers = town.admit(&[bob.push(vec![lacking])]);
    assert_eq!(answers[0][0], Outcome::Refused { code: "missing_dependency" });
    assert_eq!((day(&town, &alice), day(&town, &bob)), (before.0, before.1 + bytes));
}

#[test]
fn a_place_in_a_life_that_was_given_before_is_not_given_again() {
    let mut town = Town::new();
    let Story { mut alice, household, .. } = Story::new(&mut town);
    let edit = |alice: &mut Person, address: &str, sequence: u64| {
        let ops = vec![(household, vec![put("address", address)])];
        alice.write_as("household.edit", ops, |body| body.sequence = sequence)
    };
    let (second, again) = (edit(&mut alice, "二幢", 2), edit(&mut alice, "三幢", 2));
    let builds_on_it = edit(&mut alice, "四幢", 3);
    let answers = town.admit(&[alice.push(vec![second, again, builds_on_it])]).remove(0);
    assert_admitted(&answers[0]);
    assert_eq!(answers[1], Outcome::Refused { code: "sequence_reused" });
    assert_eq!(answers[2], Outcome::Refused { code: "missing_dependency" });
    let later = edit(&mut alice, "五幢", 2);
    assert_eq!(town.admit_one(&alice, later), Outcome::Refused { code: "sequence_reused" });
    assert_eq!(verify(&*town.read(), &mut |_| {}).unwrap().differences, []);
}

#[test]
fn another_commit_under_a_used_command_is_not_given_its_answer() {
    let mut town = Town::new();
    let Story { mut alice, household, .. } = Story::new(&mut town);
    let stamp = alice.stamp();
    let mut commit = |address: &str| {
        let mut document = alice.documents[&household].clone();
        let change = document.author(&stamp, &[put("address", address)]).unwrap().bytes;
        alice.sign(
            "household.edit",
            &stamp,
            vec![Part { salt: [1; 16], document: household, change }],
        )
    };
    let (one, other) = (commit("二幢"), commit("三幢"));
    let refused = Outcome::Refused { code: "other_commit" };
    let answers = town.admit(&[alice.push(vec![one.clone(), other.clone()])]).remove(0);
    assert_admitted(&answers[0]);
    assert_eq!(answers[1], refused);
    assert_eq!(town.admit_one(&alice, other), refused);
    assert_eq!(town.admit_one(&alice, one), answers[0]);
}

#[test]
fn a_change_that_somebody_else_wrapped_in_his_own_commit_is_not_held_for_it() {
    let mut town = Town::new();
    let Story { mut alice, mut bob, household } = Story::new(&mut town);
    let honest = alice.edit_household(household, "二幢");
    let follows = alice.edit_household(household, "三幢");
    let stamp = bob.stamp();
    let wrapped = bob.sign("household.edit", &stamp, honest.parts.clone());
    assert_held(&town.admit_one(&bob, wrapped), "stamp_differs");
    // What builds on it waits for it, and is not held with it.
    let early = town.admit_one(&alice, follows.clone());
    assert_eq!(early, Outcome::Refused { code: "missing_dependency" });
    for commit in [honest, follows] {
        assert_admitted(&town.admit_one(&alice, commit));
    }
}

#[test]
fn a_new_region_takes_no_code_but_one_made_of_the_code_above_it() {
    let mut town = Town::new();
    let parent = town.region(GRID);
    let mut officer = town.person("village_officer", VILLAGE);
    let mut add = |code: &str| {
        let region = DocumentId::from_random(DocumentKind::Region, officer.fresh());
        let ops = vec![
            put("code", code),
            put("name", "新"),
            put("level", "micro_grid"),
            Op::Put { key: "parent".into(), value: Value::Bytes(parent.as_bytes().to_vec()) },
        ];
        let commit = officer.write("region.add", vec![(region, ops)]);
        town.admit_one(&officer, commit)
    };
    for squatted in ["9904810010010202", "990481999", "990481001001010", "99048100100101020"] {
        assert_held(&add(squatted), "wrong_code");
    }
    assert_admitted(&add("9904810010010102"));
}

#[test]
fn a_grant_for_another_log_of_the_same_city_gives_nothing() {
    let mut town = Town::new();
    let here = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", OTHER_REGION);
    let log = LogId::new([9; 16]);
    let stored = |town: &mut Town, digest: &Digest| {
        let bytes = town.read().grant(digest).unwrap().unwrap().bytes;
        SignedGrant::read_stored(&bytes).unwrap().grant
    };
    let root = Ed25519Signer::from_seed(*town.root.seed);
    let issuing = town.city.issuing_grant;
    let issuing = stored(&mut town, &issuing);
    let issuing = keting_trust::Grant { log, id: [8; 16], ..issuing };
    let issuing = SignedGrant::issue(issuing, &root).unwrap();
    let own = stored(&mut town, &alice.grant);
    let parent = Some(issuing.digest());
    let own = keting_trust::Grant { log, id: [9; 16], regions: vec![here], parent, ..own };
    let own = SignedGrant::issue(own, &town.city.issuing).unwrap();
    town.log_grant(&issuing);
    town.log_grant(&own);
    alice.grant = own.digest();
    let (_, commit) = alice.add_household(here);
    assert_held(&town.admit_one(&alice, commit), "not_granted");
}

/// Two colleagues of one micro-grid with a household that both have.
struct Story {
    alice: Person,
    bob: Person,
    household: DocumentId,
}

impl Story {
    fn new(town: &mut Town) -> Self {
        let region = town.region(HEAD_REGION);
        let mut alice = town.person("micro_grid_head", HEAD_REGION);
        let mut bob = town.person("micro_grid_head", HEAD_REGION);
        let (household, first) = alice.add_household(region);
        assert_admitted(&town.admit_one(&alice, first));
        bob.receive(&alice, &household);
        Self { alice, bob, household }
    }
}

/// An edit on an earlier state, in a life of its own.
fn branch(person: &mut Person, base: &Document, address: &str) -> PushedCommit {
    person.begin_incarnation();
    person.documents.insert(base.id(), base.clone());
    person.edit_household(base.id(), address)
}

fn put(key: &str, value: &str) -> Op {
    Op::Put { key: key.into(), value: Value::from(value) }
}

fn assert_admitted(answer: &Outcome) {
    assert!(matches!(answer, Outcome::Admitted { .. }), "{answer:?}");
}

fn assert_held(answer: &Outcome, expected: &str) {
    assert!(matches!(answer, Outcome::Held { code, .. } if code == expected), "{answer:?}");
}

fn coverage(town: &Town, read: &dyn crate::store::ServerRead, person: &Person) -> Coverage {
    let head = read.head().unwrap().unwrap();
    let mut book = Book::default();
    book.refresh(read, &head).unwrap();
    Coverage::of(read, &head, &mut book, &town.city, &person.device(), NOW_MS).unwrap()
}

fn tail(town: &Town, person: &Person, after: u64) -> Vec<Entry> {
    let mut store = town.reopen();
    let read = store.snapshot().unwrap();
    let coverage = coverage(town, &*read, person);
    entries_after(&*read, &coverage, after, town.number(), 1 << 20).unwrap().entries
}

fn first_sync(town: &Town, person: &Person) -> Vec<Entry> {
    let mut store = town.reopen();
    let read = store.snapshot().unwrap();
    let coverage = coverage(town, &*read, person);
    let at = read.head().unwrap().unwrap().cursor();
    let plan = FirstSync::plan(&*read, &coverage, at).unwrap();
    plan.page(&*read, &coverage, None, 1 << 20).unwrap().entries
}

/// Puts a document as it never came to be.
fn put_document(town: &mut Town, document: &Document, change: impl FnOnce(&mut StoredDocument)) {
    let mut stored = town.read().document(&document.id()).unwrap().unwrap();
    stored.heads = document.heads();
    change(&mut stored);
    let mut transaction = town.store.begin().unwrap();
    transaction.put_document(&stored, &document.save()).unwrap();
    transaction.commit().unwrap();
}

fn rewrite(town: &mut Town, id: DocumentId, change: impl FnOnce(&mut StoredDocument)) {
    let snapshot = town.read().document_snapshot(&id).unwrap().unwrap();
    put_document(town, &Document::load(id, &snapshot).unwrap(), change);
}
