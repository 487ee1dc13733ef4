//! What was said stands: of two people who say different things at once neither is overruled, by no
//! clock and by nobody who had not seen it.

use keting_model::{Command, DocumentId, Fields, ItemId, Settle, Value};
use keting_scenarios::city::{City, MICRO_GRID, UNIT};
use keting_scenarios::phone::{Phone, Two};
use keting_scenarios::served::ServedCity;

const X: &str = "13800000001";
const Y: &str = "13800000002";
const Z: &str = "13800000003";

#[test]
fn two_people_who_settle_one_field_differently_are_both_seen() {
    let city = City::start();
    let two = Two::in_city(&city);
    let (alice, bob, household) = (&two.alice, &two.bob, two.household);
    let resident = alice.household(household).residents[0].id;
    write_phone(alice, household, resident, X);
    write_phone(bob, household, resident, Y);
    two.sync();
    assert_eq!(numbers(alice, household), [X, Y]);

    settle_phone(alice, household, resident, X);
    settle_phone(bob, household, resident, Y);
    assert_eq!((alice.conflicts(household), bob.conflicts(household)), (vec![], vec![]));
    two.sync();
    for phone in [alice, bob] {
        assert_eq!(numbers(phone, household), [X, Y]);
        phone.assert_verified();
    }

    settle_phone(bob, household, resident, Y);
    two.sync();
    for phone in [alice, bob] {
        assert_eq!(phone.conflicts(household), []);
        assert_eq!(phone.household(household).residents[0].phone.as_deref(), Some(Y));
    }
}

#[test]
fn an_edit_made_apart_from_a_settle_stands_beside_it() {
    let city = City::start();
    for settled in [X, Y] {
        let two = Two::in_city(&city);
        let (alice, bob, household) = (&two.alice, &two.bob, two.household);
        let carol = city.phone("沈国强", "micro_grid_head", MICRO_GRID);
        let resident = alice.household(household).residents[0].id;
        write_phone(alice, household, resident, X);
        alice.sync();
        carol.sync();
        write_phone(bob, household, resident, Y);
        two.sync();

        settle_phone(alice, household, resident, settled);
        write_phone(&carol, household, resident, Z);
        for phone in [alice, &carol, alice, bob] {
            phone.sync();
        }
        for phone in [alice, bob, &carol] {
            assert_eq!(numbers(phone, household), [settled, Z]);
            phone.assert_verified();
        }
    }
}

#[test]
fn the_first_care_tags_of_two_people_are_two_tags_and_no_conflict() {
    let city = ServedCity::start();
    let [alice, bob] =
        ["陆德祥", "沈国强"].map(|name| city.device(name, "micro_grid_head", MICRO_GRID));
    let household = alice.run(&["household", "add", "--region", UNIT, "--address", "一号"]).line();
    let add = ["resident", "add", &household, "--name", "李燕云"];
    let resident = alice.run(&add).line();
    let sync = || [&alice, &bob, &alice].map(|device| drop(device.run(&["sync"]).done()));
    sync();
    let edit = ["resident", "edit", &household, &resident];
    alice.run(&[&edit[..], &["--tag", "living_alone"]].concat()).done();
    bob.run(&[&edit[..], &["--tag", "chronic_illness", "--no-tag", "living_alone"]].concat())
        .done();
    sync();
    for device in [&alice, &bob] {
        let shown = device.json(&["household", "show", &household]);
        let tags = &shown["household"]["residents"][0]["care_tags"];
        assert_eq!(*tags, serde_json::json!(["chronic_illness", "living_alone"]));
        assert_eq!(shown["conflicts"], serde_json::json!([]));
    }
    // What has been seen can be taken away, and only what is named is.
    bob.run(&[&edit[..], &["--no-tag", "living_alone"]].concat()).done();
    sync();
    let shown = alice.json(&["household", "show", &household]);
    let tags = &shown["household"]["residents"][0]["care_tags"];
    assert_eq!(*tags, serde_json::json!(["chronic_illness"]));
}

fn write_phone(phone: &Phone, household: DocumentId, resident: ItemId, number: &str) {
    phone.edit_resident(household, resident, Fields::new().with("phone", number));
}

fn settle_phone(phone: &Phone, household: DocumentId, resident: ItemId, number: &str) {
    let (key, value) = (format!("r/{resident}/phone"), Value::from(number));
    let settle = Settle { document: household, key, value };
    phone.keting.execute(&Command::Settle(settle)).unwrap();
}

/// The numbers somebody has to choose from, sorted.
fn numbers(phone: &Phone, household: DocumentId) -> Vec<String> {
    let conflicts = phone.conflicts(household);
    assert_eq!(conflicts.len(), 1);
    let mut values = conflicts[0].values.clone();
    values.sort();
    values
}
