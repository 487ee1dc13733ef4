//! What was said stands: of two people who say different things at once neither is overruled, by no
//! clock and by nobody who had not seen it.

use keting_model::{Command, DocumentId, Fields, ItemId, Settle, Value};
use keting_scenarios::city::{City, GRID, MICRO_GRID, UNIT};
use keting_scenarios::phone::{Phone, Two};
use keting_scenarios::served::ServedCity;

const X: &str = "13800000001";
const Y: &str = "13800000002";
const Z: &str = "13800000003";

#[test]
fn of_two_people_who_say_different_things_of_a_resident_both_are_heard_whatever_their_clocks_show()
{
    let city = City::start();
    for bob_off_ms in [0, 20 * 60 * 60 * 1000] {
        let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
        let invitation = city.invite("刘平杰", "grid_worker", GRID);
        let bob = Phone::with_clock_off_by(city.directory(), &invitation, bob_off_ms);
        let household = alice.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
        let resident = alice.household(household).residents[0].id;
        alice.sync();
        bob.sync();
        alice.say_why(household, resident, "deceased", Some("医院证明"));
        bob.say_why(household, resident, "away", Some("去杭州"));
        for phone in [&alice, &bob, &alice] {
            phone.sync();
        }
        for phone in [&alice, &bob] {
            assert_eq!(said(phone, household), ["away 去杭州", "deceased 医院证明"]);
            let shown = phone.household(household);
            assert_eq!(shown.residents[0].status.as_deref(), Some("away"));
            assert!(shown.residents[0].status_in_conflict);
            assert_eq!(shown.living_here, 1);
        }
        // Settled once, also on what is shown already, it is settled for both.
        bob.say(household, resident, "away");
        bob.sync();
        alice.sync();
        for phone in [&alice, &bob] {
            assert_eq!(phone.conflicts(household), []);
            phone.assert_verified();
        }
    }
}

#[test]
fn of_two_people_who_say_different_things_of_a_need_both_notes_stand() {
    let city = City::start();
    let two = Two::in_city(&city);
    let (alice, bob, household) = (&two.alice, &two.bob, two.household);
    let need = alice.add_need(household, "修水管");
    two.sync();
    alice.advance_with(household, need, "met", Some("修好了"));
    bob.advance_with(household, need, "dropped", Some("不要了"));
    two.sync();
    for phone in [alice, bob] {
        assert_eq!(said(phone, household), ["dropped 不要了", "met 修好了"]);
        assert!(phone.detail(household).needs[0].status_in_conflict);
    }
    alice.advance(household, need, "met");
    two.sync();
    for phone in [alice, bob] {
        assert_eq!(phone.conflicts(household), []);
        phone.assert_verified();
    }
}

#[test]
fn what_somebody_corrected_themselves_is_history_and_the_word_of_another_is_not() {
    let city = City::start();
    let two = Two::in_city(&city);
    let (alice, bob, household) = (&two.alice, &two.bob, two.household);
    let resident = alice.household(household).residents[0].id;
    alice.say_why(household, resident, "deceased", Some("听说"));
    alice.say_why(household, resident, "moved_out", Some("弄错了"));
    bob.say_why(household, resident, "away", Some("去杭州"));
    two.sync();
    for phone in [alice, bob] {
        assert_eq!(said(phone, household), ["away 去杭州", "moved_out 弄错了"]);
        phone.assert_verified();
    }
}

#[test]
fn two_people_who_say_the_same_for_different_reasons_agree_and_both_reasons_are_shown() {
    let city = City::start();
    let two = Two::in_city(&city);
    let (alice, bob, household) = (&two.alice, &two.bob, two.household);
    let resident = alice.household(household).residents[0].id;
    alice.say_why(household, resident, "deceased", Some("医院证明"));
    bob.say_why(household, resident, "deceased", Some("邻居说"));
    two.sync();
    for phone in [alice, bob] {
        assert_eq!(phone.conflicts(household), []);
        let resident = &phone.detail(household).residents[0];
        assert_eq!(resident.status_reason.as_deref(), Some("医院证明；邻居说"));
        assert_eq!(resident.facts.len(), 2);
    }
}

#[test]
fn a_household_counts_who_lives_there_for_a_steward_too() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let household = alice.add_household(UNIT, "望潮苑1幢1单元101室", "李一");
    let first = alice.household(household).residents[0].id;
    let add = |fields: Fields| alice.add_resident(household, fields);
    let second = add(Fields::new().with("name", "李二"));
    add(Fields::new().with("name", "李小宝").with("birth_date", "2025-05-05"));
    alice.say(household, first, "deceased");
    alice.say(household, second, "moved_out");
    alice.sync();
    let steward = city.phone("周巧珍", "steward", UNIT);
    for phone in [&alice, &steward] {
        assert_eq!(phone.household(household).living_here, 1);
        assert_eq!(phone.household(household).residents.len(), 3);
        assert_eq!(phone.detail(household).living_here, 1);
    }
}

#[test]
fn what_is_printed_beside_each_thing_that_was_said_settles_it() {
    let city = ServedCity::start();
    let [alice, bob] =
        ["陆德祥", "沈国强"].map(|name| city.device(name, "micro_grid_head", MICRO_GRID));
    let household = alice.run(&["household", "add", "--region", UNIT, "--address", "一号"]).line();
    let resident = alice.run(&["resident", "add", &household, "--name", "李燕云"]).line();
    let sync = || [&alice, &bob, &alice].map(|device| drop(device.run(&["sync"]).done()));
    sync();
    let leave = ["resident", "leave", &household, &resident, "--status"];
    alice.run(&[&leave[..], &["deceased", "--reason", "医院证明"]].concat()).done();
    bob.run(&[&leave[..], &["away", "--reason", "去杭州", "--at", "2026-11-02"]].concat()).done();
    sync();
    let conflict = &alice.json(&["household", "show", &household])["conflicts"][0];
    assert_eq!(conflict["shown"], "away");
    let facts = conflict["facts"].as_array().unwrap();
    let of = |status: &str| facts.iter().find(|fact| fact["status"] == status).unwrap();
    assert_eq!(
        (&of("deceased")["reason"], &of("away")["at"]),
        (&"医院证明".into(), &"2026-11-02".into())
    );
    assert_ne!(of("deceased")["entered"]["device"], of("away")["entered"]["device"]);

    let printed = alice.run(&["household", "show", &household]).done();
    let line = printed.out.lines().find(|line| line.contains("--status deceased")).unwrap();
    let line = line.split_once("keting ").unwrap().1.split_once(" --data").unwrap().0;
    alice.run(&line.split(' ').collect::<Vec<_>>()).done();
    sync();
    for device in [&alice, &bob] {
        let shown = device.json(&["household", "show", &household]);
        assert_eq!(shown["conflicts"], serde_json::json!([]));
        assert_eq!(shown["household"]["residents"][0]["status"], "deceased");
    }
}

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
    let time = phone.keting.now();
    let settle = Settle { document: household, key, value, time };
    phone.keting.execute(&Command::Settle(settle)).unwrap();
}

/// What is said and why, of the one thing that has to be settled, sorted.
fn said(phone: &Phone, household: DocumentId) -> Vec<String> {
    let conflicts = phone.conflicts(household);
    assert_eq!(conflicts.len(), 1);
    let facts = conflicts[0].facts.iter();
    let mut said: Vec<String> = facts
        .map(|fact| format!("{} {}", fact.status, fact.reason.as_deref().unwrap_or_default()))
        .collect();
    said.sort();
    said
}

/// The numbers somebody has to choose from, sorted.
fn numbers(phone: &Phone, household: DocumentId) -> Vec<String> {
    let conflicts = phone.conflicts(household);
    assert_eq!(conflicts.len(), 1);
    let mut values: Vec<_> = conflicts[0].values.iter().map(|one| one.value.clone()).collect();
    values.sort();
    values
}
