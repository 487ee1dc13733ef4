//! A grant that was narrowed: what lies outside stays in the file and is shown nowhere, until a grant
//! covers it again. On real processes.

use keting_scenarios::city::{GRID, MICRO_GRID, OTHER_MICRO_GRID, VILLAGE};
use keting_scenarios::device::Device;
use keting_scenarios::served::ServedCity;
use serde_json::{Value, json};

#[test]
fn what_a_narrower_grant_leaves_out_is_hidden_and_comes_back_with_a_wider_one() {
    let city = ServedCity::start();
    let alice = city.new_device();
    let invite = ["invite", "--name", "刘平杰", "--role", "village_officer", "--days", "1"];
    let invitation = city.on_server(&[&invite[..], &["--region", VILLAGE]].concat()).line();
    alice.run(&["enroll", &invitation]).done();
    let here = add_household(&alice, MICRO_GRID, "一号");
    let there = add_household(&alice, OTHER_MICRO_GRID, "二号");
    let there_too = add_household(&alice, OTHER_MICRO_GRID, "三号");
    alice.run(&["sync"]).done();
    let device = own_id(&alice);
    let renew = |region: &str| {
        city.on_server(&["grant", "renew", &device, "--region", region, "--days", "30"]).done()
    };

    // As long as the old one is live it covers what it did, and time alone takes nothing.
    renew(MICRO_GRID);
    alice.run(&["sync"]).done();
    assert_eq!((listed(&alice, &[]).len(), hidden(&alice)), (3, 0));
    alice.run(&["household", "edit", &there, "--tenure", "rented"]).done();
    assert_eq!(alice.json(&["outbox"])[0]["household"], json!({ "id": there, "address": "二号" }));
    city.set_clock_ahead(2);
    city.confirm_clock();
    assert_eq!(listed(&alice, &[]).len(), 3);

    // The server has told a time at which it is over.
    let synced = alice.run(&["sync"]);
    assert_eq!(synced.refusal(), (1, "grant_ended"));
    for scope in [&[][..], &["--region", VILLAGE]] {
        assert_eq!(listed(&alice, scope), ["一号"]);
    }
    assert_eq!(hidden(&alice), 2);
    let found = alice.run(&["household", "list", "--region", OTHER_MICRO_GRID]);
    assert_eq!(found.refusal(), (3, "not_found"));
    for household in [&there, &there_too] {
        assert_eq!(alice.run(&["household", "show", household]).refusal(), (3, "not_found"));
    }
    let edit = ["household", "edit", &there_too, "--tenure", "owned"];
    assert_eq!(alice.run(&edit).exit_code, Some(1));
    let regions = alice.json(&["region", "list"]);
    let codes: Vec<_> = regions.as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert!(codes.contains(&&json!(MICRO_GRID)) && codes.contains(&&json!(VILLAGE)), "{codes:?}");
    assert!(!codes.contains(&&json!(OTHER_MICRO_GRID)), "{codes:?}");
    let told = alice.run(&["status"]).done().out;
    assert!(told.contains("outside of what you are granted now: 2 户"), "{told}");
    assert_eq!(alice.json(&["status"])["waiting"], 1, "what was entered there still waits");
    let waits = &alice.json(&["outbox"])[0];
    assert_eq!(waits["household"], json!({ "id": there, "address": null }), "and says not where");
    assert_eq!(waits["region"], json!(null));
    alice.run(&["household", "show", &here]).done();
    alice.run(&["verify"]).done();

    renew(VILLAGE);
    alice.run(&["sync"]).done();
    assert_eq!((listed(&alice, &[]).len(), hidden(&alice)), (3, 0));
    alice.run(&["sync"]).done();
    let status = alice.json(&["status"]);
    assert_eq!((&status["waiting"], &status["held"]), (&json!(0), &json!(0)));
    let bob = city.device("陆德祥", "micro_grid_head", OTHER_MICRO_GRID);
    assert_eq!(bob.json(&["household", "show", &there])["household"]["tenure"], "rented");
    city.verify().done();
}

#[test]
fn who_was_ended_and_is_invited_again_for_less_sees_less_at_once() {
    let city = ServedCity::start();
    let alice = city.device("刘平杰", "village_officer", VILLAGE);
    add_household(&alice, MICRO_GRID, "一号");
    add_household(&alice, OTHER_MICRO_GRID, "二号");
    alice.run(&["sync"]).done();
    city.on_server(&["device", "end", &own_id(&alice), "--why", "调整网格"]).done();
    assert_eq!(alice.run(&["sync"]).refusal(), (1, "device_ended"));
    assert_eq!((listed(&alice, &[]).len(), hidden(&alice)), (2, 0));

    let invite = ["invite", "--name", "刘平杰", "--role", "grid_worker", "--days", "20"];
    let invitation = city.on_server(&[&invite[..], &["--region", GRID]].concat()).line();
    alice.run(&["enroll", &invitation]).done();
    alice.run(&["sync"]).done();
    assert_eq!((listed(&alice, &[]), hidden(&alice)), (vec!["一号".to_owned()], 1));
    assert_eq!(alice.json(&["status"])["grant_ends_soon"], true, "it is the new grant's end");
    alice.run(&["verify"]).done();
    city.verify().done();
}

fn add_household(device: &Device, region: &str, address: &str) -> String {
    device.run(&["household", "add", "--region", region, "--address", address]).line()
}

fn own_id(device: &Device) -> String {
    let listed = device.json(&["device", "list"]);
    let own = listed.as_array().unwrap().iter().find(|one| one["name"] == "刘平杰").unwrap();
    own["device"].as_str().unwrap().to_owned()
}

/// The addresses of the households that a list shows.
fn listed(device: &Device, more: &[&str]) -> Vec<String> {
    let listed = device.json(&[&["household", "list"], more].concat());
    let address = |one: &Value| one["address"].as_str().unwrap().to_owned();
    let mut addresses: Vec<_> = listed.as_array().unwrap().iter().map(address).collect();
    addresses.sort_unstable();
    addresses
}

fn hidden(device: &Device) -> u64 {
    device.json(&["status"])["hidden"].as_u64().unwrap()
}
