//! What is held, under which code, and what is held with it.

use keting_trust::{Cursor, Incarnation};

use super::*;

const BEHIND: Outcome = Outcome::Refused { code: "position_behind" };

#[test]
fn what_a_grant_does_not_cover_is_held_and_everything_that_builds_on_it() {
    let mut town = Town::new();
    let elsewhere = town.region(OTHER_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let before = town.number();
    let (household, first) = alice.add_household(elsewhere);
    let second = alice.edit_household(household, "二幢");
    let answers = town.admit(&[alice.push(vec![first.clone(), second])]);
    let held = |number, code: &str| Outcome::Held { number, code: code.into() };
    assert_eq!(answers[0], [held(before + 1, "not_granted"), held(before + 2, "ancestor_held")]);
    let third = alice.edit_household(household, "三幢");
    assert_eq!(town.admit_one(&alice, third), held(before + 3, "ancestor_held"));
    assert_eq!(town.admit_one(&alice, first), held(before + 1, "not_granted"));

    let mut store = town.reopen();
    let read = store.snapshot().unwrap();
    assert_eq!(read.document(&household).unwrap(), None);
    let own = read.own_numbers(&alice.device(), 0, u64::MAX >> 1, 9).unwrap();
    // The grant, and the three verdicts.
    assert_eq!(own, [before, before + 1, before + 2, before + 3]);
    let verdict = read.entry(before + 1).unwrap().unwrap();
    let key = keting_trust::Signer::public_key(&town.city.issuing).clone();
    let verdict = SignedVerdict::open(&verdict.record, &key).unwrap();
    assert_eq!(verdict.record.commit.device, alice.device());
    assert!(read.device(&alice.device()).unwrap().unwrap().held_bytes > 0);
}

#[test]
fn a_role_that_may_not_write_something_is_held() {
    let mut town = Town::new();
    let unit = town.region(UNIT);
    let mut steward = town.person("steward", UNIT);
    let (_, commit) = steward.add_household(unit);
    assert!(matches!(
        town.admit_one(&steward, commit),
        Outcome::Held { code, .. } if code == "not_granted"
    ));
}

#[test]
fn a_commit_that_claims_less_than_its_device_had_confirmed_before_it_is_refused() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let before = alice.seen;
    let (_, made_before) = alice.add_household(region);
    let cursor = town.read().head().unwrap().unwrap().cursor();
    town.confirm(&alice, cursor);
    let (_, behind) = alice.add_household(region);
    alice.seen = cursor.position();
    let (_, after) = alice.add_household(region);
    // A copied or restored file is another life, which never confirmed anything.
    alice.seen = before;
    alice.incarnation = Incarnation::new([9; 8]);
    let (_, of_another_life) = alice.add_household(region);
    let push = alice.push(vec![made_before, behind, after, of_another_life]);
    let answers = town.admit(&[push]).remove(0);
    assert_eq!(answers[1], BEHIND);
    for admitted in [0, 2, 3] {
        assert!(matches!(answers[admitted], Outcome::Admitted { .. }), "{answers:?}");
    }
}

#[test]
fn a_commit_that_was_refused_as_behind_stays_refused_whatever_its_device_confirms_then() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let life = alice.incarnation;
    let cursor = town.read().head().unwrap().unwrap().cursor();
    town.confirm(&alice, cursor);
    let (_, behind) = alice.add_household(region);
    assert_eq!(town.admit_one(&alice, behind.clone()), BEHIND);

    // The machine is put back to before it heard of that, again and again: it confirms what it hears once
    // more, before it knows of it and in lives of its own.
    let nothing = Cursor::genesis(cursor.log, cursor.generation);
    for incarnation in [life, Incarnation::new([9; 8]), life, Incarnation::new([8; 8])] {
        alice.incarnation = incarnation;
        town.confirm(&alice, nothing);
        assert_eq!(town.admit_one(&alice, behind.clone()), BEHIND);
    }
}

#[test]
fn what_an_earlier_life_could_not_send_is_judged_by_what_was_heard_in_that_life() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let cursor = town.read().head().unwrap().unwrap().cursor();
    town.confirm(&alice, Cursor::genesis(cursor.log, cursor.generation));
    let (_, unsent) = alice.add_household(region);
    alice.incarnation = Incarnation::new([9; 8]);
    town.confirm(&alice, cursor);
    assert!(matches!(town.admit_one(&alice, unsent), Outcome::Admitted { .. }));
}

#[test]
fn what_the_guard_is_against_is_held_with_the_guards_code_whatever_else_is_wrong() {
    let mut town = Town::new();
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    alice.seen.number = 1_000;
    let household = keting_model::DocumentId::from_random(DocumentKind::Household, [3; 14]);
    let lacking = vec![Op::Put { key: "address".into(), value: Value::from("一幢") }];
    let lacking = alice.write("household.add", vec![(household, lacking)]);
    assert_eq!(held_code(&town.admit_one(&alice, lacking)), "incomplete");
}

#[test]
fn a_change_that_is_not_what_its_operations_make_is_held_with_the_guards_code() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let (_, mut commit) = alice.add_household(region);
    let actor = keting_model::ActorId::new([1; 10]);
    let stamp = keting_model::Stamp { actor, ..alice.stamp() };
    commit.parts[0].change[20] ^= 1;
    let bent = alice.sign("household.add", &stamp, commit.parts);
    assert!(matches!(
        town.admit_one(&alice, bent),
        Outcome::Held { code, .. } if code == "malformed"
    ));
    let household = keting_model::DocumentId::from_random(DocumentKind::Household, [3; 14]);
    let lacking = vec![Op::Put { key: "address".into(), value: Value::from("一幢") }];
    let lacking = alice.write("household.add", vec![(household, lacking)]);
    assert!(
        matches!(town.admit_one(&alice, lacking), Outcome::Held { code, .. } if code == "incomplete")
    );
}
