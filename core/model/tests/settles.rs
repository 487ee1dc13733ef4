//! Settles made apart, and what is written beside them: everything is seen, in whatever order it
//! arrives.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::{Replica, Sent, add_household, add_region, edit_resident, household_id, residents};
use keting_model::{Command, CommandError, Fields, ItemId, Settle, Value};

const X: &str = "13800000001";
const Y: &str = "13800000002";
const Z: &str = "13800000003";

/// Somebody's phone number, for which Alice wrote X and Bob Y.
struct InConflict {
    /// One who knows both.
    all: Replica,
    /// One who knows only X.
    only_x: Replica,
    resident: ItemId,
}

fn in_conflict() -> InConflict {
    let mut alice = Replica::new(1);
    alice.run(&add_region(1, None, "town")).unwrap();
    let command = add_household(&mut alice, 1, 1, &[Fields::new().with("name", "李梅")]);
    alice.run(&command).unwrap();
    let resident = residents(&alice, 1)[0];
    let mut bob = person(2, &alice);
    edit(&mut alice, resident, X);
    edit(&mut bob, resident, Y);
    let only_x = person(3, &alice);
    alice.hear(&bob.sent);
    assert_eq!(values(&alice, resident), [X, Y]);
    InConflict { all: alice, only_x, resident }
}

/// Somebody who knows what another knows.
fn person(actor: u8, other: &Replica) -> Replica {
    let mut person = Replica::new(actor);
    person.hear(&other.sent);
    person
}

fn edit(replica: &mut Replica, resident: ItemId, phone: &str) {
    let edit = edit_resident(replica, 1, resident, Fields::new().with("phone", phone));
    replica.run(&edit).unwrap();
}

fn settle(replica: &mut Replica, resident: ItemId, phone: &str) {
    let key = format!("r/{resident}/phone");
    let settle =
        Settle { document: household_id(1), key, value: Value::from(phone), time: replica.time() };
    replica.run(&Command::Settle(settle)).unwrap();
}

/// The numbers that stand there, sorted.
fn values(replica: &Replica, resident: ItemId) -> Vec<String> {
    let document = &replica.documents[&household_id(1)];
    let mut values: Vec<String> =
        document.values(&format!("r/{resident}/phone")).iter().map(Value::to_string).collect();
    values.sort();
    values
}

/// What stands there when the last changes of these people have come together, whatever the order.
fn together(known: &Replica, people: &[&Replica], resident: ItemId) -> Vec<String> {
    let changes: Vec<&Sent> = people.iter().map(|person| person.sent.last().unwrap()).collect();
    let mut seen: Vec<Vec<String>> = Vec::new();
    for order in orders(changes.len()) {
        let mut reader = known.clone();
        order.iter().for_each(|place| assert!(reader.take(changes[*place])));
        seen.push(values(&reader, resident));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "the order decided");
    seen.remove(0)
}

fn orders(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let shorter = orders(last);
    let with_last = |order: &Vec<usize>, place: usize| {
        let mut order = order.clone();
        order.insert(place, last);
        order
    };
    shorter.iter().flat_map(|order| (0..count).map(|place| with_last(order, place))).collect()
}

#[test]
fn two_who_settle_differently_have_to_agree_whichever_value_was_shown() {
    let InConflict { all, resident, .. } = in_conflict();
    let (mut alice, mut bob) = (person(4, &all), person(5, &all));
    settle(&mut alice, resident, X);
    settle(&mut bob, resident, Y);
    assert_eq!(
        (values(&alice, resident), values(&bob, resident)),
        (vec![X.into()], vec![Y.into()])
    );
    assert_eq!(together(&all, &[&alice, &bob], resident), [X, Y]);
    // Once somebody has seen both choices it is settled for good.
    alice.hear(&bob.sent);
    settle(&mut alice, resident, Y);
    bob.hear(&alice.sent);
    assert_eq!(values(&bob, resident), [Y]);
}

#[test]
fn two_who_settle_alike_agree() {
    let InConflict { all, resident, .. } = in_conflict();
    for phone in [X, Y, Z] {
        let (mut alice, mut bob) = (person(4, &all), person(5, &all));
        settle(&mut alice, resident, phone);
        settle(&mut bob, resident, phone);
        assert_eq!(together(&all, &[&alice, &bob], resident), [phone]);
        // And who edits the number later writes over both.
        alice.hear(&bob.sent);
        edit(&mut alice, resident, "13800000009");
        assert_eq!(values(&alice, resident), ["13800000009"]);
    }
}

#[test]
fn an_edit_by_somebody_who_had_not_seen_the_settle_stands_beside_it() {
    let InConflict { all, only_x, resident } = in_conflict();
    for settled in [X, Y] {
        let (mut alice, mut carol) = (person(4, &all), person(6, &only_x));
        settle(&mut alice, resident, settled);
        edit(&mut carol, resident, Z);
        assert_eq!(together(&all, &[&alice, &carol], resident), [settled, Z]);
    }
}

#[test]
fn three_people_and_three_words_are_three_and_a_fourth_who_agrees_adds_none() {
    let InConflict { all, only_x, resident } = in_conflict();
    let mut people = [4, 5, 6].map(|actor| person(actor, &all));
    for (person, phone) in people.iter_mut().zip([X, Y, Y]) {
        settle(person, resident, phone);
    }
    let mut carol = person(7, &only_x);
    edit(&mut carol, resident, Z);
    let [alice, bob, dora] = &people;
    assert_eq!(together(&all, &[alice, bob, dora, &carol], resident), [X, Y, Z]);
}

#[test]
fn the_first_care_tags_of_two_people_are_no_conflict_and_an_untold_one_is_not_taken_away() {
    let InConflict { all, resident, .. } = in_conflict();
    let (mut alice, mut bob) = (person(4, &all), person(5, &all));
    let tag = |replica: &mut Replica, fields: Fields| {
        let edit = edit_resident(replica, 1, resident, fields);
        replica.run(&edit)
    };
    let fields = Fields::new().with_care_tag("bereaved", true);
    tag(&mut alice, fields).unwrap();
    let fields = Fields::new().with_care_tag("low_income", true).with_care_tag("bereaved", false);
    tag(&mut bob, fields).unwrap();
    let untold = tag(&mut bob, Fields::new().with_care_tag("empty_nest", false));
    assert_eq!(untold, Err(CommandError::NothingChanged));
    alice.hear(&bob.sent);
    let document = &alice.documents[&household_id(1)];
    for tag in ["bereaved", "low_income"] {
        assert_eq!(document.values(&format!("r/{resident}/t/{tag}")), [Value::Bool(true)]);
    }
}
