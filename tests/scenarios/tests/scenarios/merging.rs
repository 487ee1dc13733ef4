//! Edits made apart come together.

use keting_model::{Command, Fields, Settle, Value};
use keting_scenarios::city::{City, MICRO_GRID, OTHER_MICRO_GRID, VILLAGE};
use keting_scenarios::phone::Two;

#[test]
fn edits_of_different_fields_made_offline_by_two_people_both_survive() {
    let city = City::start();
    let two = Two::in_city(&city);
    let (alice, bob, household) = (&two.alice, &two.bob, two.household);

    alice.edit(household, Fields::new().with("address_code", "990481-1-101")).unwrap();
    bob.edit(household, Fields::new().with("tenure", "rented")).unwrap();
    two.sync();

    for phone in [alice, bob] {
        let shown = phone.keting.household(&household).unwrap().unwrap().household;
        assert_eq!(shown.address_code.as_deref(), Some("990481-1-101"));
        assert_eq!(shown.tenure.as_deref(), Some("rented"));
        assert_eq!(phone.conflicts(household), []);
        phone.assert_verified();
    }
}

#[test]
fn edits_of_the_same_field_are_both_kept_and_shown_until_somebody_settles_them() {
    let city = City::start();
    let two = Two::in_city(&city);
    let (alice, bob, household) = (&two.alice, &two.bob, two.household);

    alice.edit(household, Fields::new().with("address", "望潮苑1幢1单元102室")).unwrap();
    bob.edit(household, Fields::new().with("address", "望潮苑1幢1单元103室")).unwrap();
    two.sync();

    for phone in [alice, bob] {
        let conflicts = phone.conflicts(household);
        assert_eq!(conflicts.len(), 1);
        let mut values: Vec<_> = conflicts[0].values.iter().map(|one| one.value.as_str()).collect();
        values.sort_unstable();
        assert_eq!(values, ["望潮苑1幢1单元102室", "望潮苑1幢1单元103室"]);
    }
    assert_eq!(alice.household(household).address, bob.household(household).address);

    let over_it = alice.edit(household, Fields::new().with("address", "望潮苑1幢1单元104室"));
    assert_eq!(over_it.unwrap_err().code(), "conflicted");

    let value = Value::from("望潮苑1幢1单元103室");
    let settle =
        Settle { document: household, key: "address".to_owned(), value, time: alice.keting.now() };
    alice.keting.execute(&Command::Settle(settle)).unwrap();
    alice.sync();
    bob.sync();
    for phone in [alice, bob] {
        assert_eq!(phone.conflicts(household), []);
        assert_eq!(phone.household(household).address, "望潮苑1幢1单元103室");
        phone.assert_verified();
    }
}

#[test]
fn three_values_of_one_field_are_all_three_listed_and_any_of_them_settles_it() {
    let city = City::start();
    let Two { alice, bob, household } = Two::in_city(&city);
    let carol = city.phone("陈建国", "micro_grid_head", MICRO_GRID);
    let addresses = ["望潮苑1幢1单元102室", "望潮苑1幢1单元103室", "望潮苑1幢1单元104室"];
    let phones = [&alice, &bob, &carol];
    for (phone, address) in phones.iter().zip(addresses) {
        phone.edit(household, Fields::new().with("address", address)).unwrap();
    }
    for phone in phones.iter().chain(&phones) {
        phone.sync();
    }
    for phone in phones {
        let conflicts = phone.conflicts(household);
        assert_eq!(conflicts.len(), 1);
        assert_eq!(conflicts[0].values[0].value, conflicts[0].shown);
        let mut values: Vec<_> = conflicts[0].values.iter().map(|one| &one.value).collect();
        values.sort();
        assert_eq!(values, addresses.each_ref());
        let detail = phone.keting.household(&household).unwrap().unwrap();
        assert_eq!(detail.conflicts, conflicts);
    }
    let last = carol.conflicts(household)[0].values[2].value.clone();
    let value = Value::from(last.as_str());
    let settle =
        Settle { document: household, key: "address".to_owned(), value, time: carol.keting.now() };
    carol.keting.execute(&Command::Settle(settle)).unwrap();
    for phone in [&carol, &alice, &bob] {
        phone.sync();
        assert_eq!(phone.conflicts(household), []);
        assert_eq!(phone.household(household).address, last);
        phone.assert_verified();
    }
}

#[test]
fn two_people_who_write_the_private_part_of_a_household_at_once_write_the_same_document() {
    let city = City::start();
    let two = Two::in_city(&city);
    let (alice, bob, household) = (&two.alice, &two.bob, two.household);
    let resident = alice.household(household).residents[0].id;

    alice.edit_resident(household, resident, Fields::new().with("health", "高血压"));
    bob.edit_resident(household, resident, Fields::new().with("sex", "male"));
    two.sync();

    for phone in [alice, bob] {
        let shown = phone.keting.household(&household).unwrap().unwrap().household;
        assert_eq!(shown.residents[0].health.as_deref(), Some("高血压"));
        assert_eq!(shown.residents[0].sex.as_deref(), Some("male"));
        phone.assert_verified();
    }
}

#[test]
fn what_happens_in_another_micro_grid_does_not_come_to_a_head_and_does_come_to_an_officer() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let carol = city.phone("陈建国", "micro_grid_head", OTHER_MICRO_GRID);
    let officer = city.phone("宋芳云", "village_officer", VILLAGE);
    alice.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    let other = carol.add_household(OTHER_MICRO_GRID, "听涛苑1幢1单元101室", "王二");
    alice.sync();
    carol.sync();
    alice.sync();
    officer.sync();

    assert!(alice.households().iter().all(|household| household.id != other));
    assert_eq!(alice.households().len(), 1);
    assert_eq!(officer.households().len(), 2);
    for phone in [&alice, &carol, &officer] {
        phone.assert_verified();
    }
}

#[test]
fn a_phone_that_was_offline_through_two_hundred_edits_catches_up_in_one_sync() {
    let city = City::start();
    let two = Two::in_city(&city);
    let (alice, bob, household) = (&two.alice, &two.bob, two.household);
    for number in 0..200 {
        let address = format!("望潮苑1幢1单元{number}室");
        alice.edit(household, Fields::new().with("address", address.as_str())).unwrap();
    }
    let sent = alice.sync();
    assert_eq!(sent.progress.commits_sent, 200);
    let received = bob.sync();
    assert_eq!(received.progress.commits_received, 200);
    assert_eq!(bob.household(household).address, "望潮苑1幢1单元199室");
    bob.assert_verified();
}
