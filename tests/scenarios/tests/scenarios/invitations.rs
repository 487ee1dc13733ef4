//! Invitations as the operator looks after them.

use std::sync::Arc;

use keting::parts::Local;
use keting::{DirectoryVault, Invitation};
use keting_scenarios::city::{GRID, MICRO_GRID, UNIT};
use keting_scenarios::device::Device;
use keting_scenarios::served::ServedCity;
use serde_json::{Value, json};

#[test]
fn an_invitation_that_went_astray_is_listed_and_taken_back_and_of_one_that_was_used_the_device_is_ended()
 {
    let mut city = ServedCity::start();
    let astray = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let device = city.device("沈国强", "micro_grid_head", MICRO_GRID);
    let granted = city.on_server(&["grant", "list", "--json"]).json();
    let (open, used) = (listed(&city, "陆德祥"), listed(&city, "沈国强"));
    assert_eq!(
        [&open["state"], &open["role"], &open["region"], &open["device"]],
        [&json!("open"), &json!("micro_grid_head"), &json!(MICRO_GRID), &Value::Null]
    );
    assert_eq!((&used["state"], &used["device"]), (&json!("used"), &granted[0]["device"]));

    let cancel = |id: &str| city.on_server(&["invitation", "cancel", id]);
    let id = |invitation: &Value| invitation["invitation"].as_str().unwrap().to_owned();
    assert_eq!(cancel("zz").refusal(), (1, "no_such_invitation"));
    assert_eq!(cancel(&id(&used)).refusal(), (1, "invitation_taken_up"));
    let its_device = used["device"].as_str().unwrap();
    city.on_server(&["device", "end", its_device, "--why", "发错了人"]).done();
    assert_eq!(device.run(&["sync"]).refusal(), (1, "device_ended"));
    assert_eq!(cancel(&id(&open)[..8]).line(), id(&open));
    assert_eq!(city.new_device().run(&["enroll", &astray]).refusal(), (1, "invitation_cancelled"));

    // It is listed also while the server does not run, and taken back only while it does.
    city.stop();
    assert_eq!(listed(&city, "陆德祥")["state"], "cancelled");
    let table = city.on_server(&["invitation", "list"]).out;
    for told in [&id(&open)[..8], "陆德祥", "已撤回 cancelled", "已用 used"] {
        assert!(table.contains(told), "{told}: {table}");
    }
    let stopped = city.on_server(&["invitation", "cancel", "00"]);
    assert_eq!(stopped.refusal(), (5, "server_not_running"));
}

/// The invitation of somebody, as it is listed.
fn listed(city: &ServedCity, name: &str) -> Value {
    let all = city.on_server(&["invitation", "list", "--json"]).json();
    all.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone()
}

#[test]
fn an_invitation_that_is_turned_down_leaves_nothing_behind_and_the_next_one_works_in_the_same_folder()
 {
    let city = ServedCity::start();
    let used = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    city.new_device().run(&["enroll", &used]).done();
    let other_city = ServedCity::start();
    let of_another = other_city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let device = city.new_device();
    for (invitation, code) in
        [(&used[..], "invitation_used"), (&used[..40], "invitation_malformed")]
    {
        assert_eq!(device.run(&["enroll", invitation]).refusal(), (1, code));
        assert!(!device.directory().exists(), "{invitation}");
    }
    // A folder that was there stays, and what is in it.
    std::fs::create_dir_all(device.data()).unwrap();
    std::fs::write(device.data().join("notes.txt"), "x").unwrap();
    assert_eq!(device.run(&["enroll", &used]).refusal(), (1, "invitation_used"));
    let left: Vec<_> = Device::copied(&device.data()).into_iter().map(|(path, _)| path).collect();
    assert_eq!(left, [device.data().join("notes.txt")]);
    assert!(!device.vault().exists());

    let good = city.invite("刘平杰", "grid_worker", GRID);
    device.run(&["enroll", &good]).done();
    // Now there is something of value, whatever is tried.
    assert_ne!(device.run(&["enroll", &used]).exit_code, Some(0));
    assert_ne!(device.run(&["enroll", &of_another]).exit_code, Some(0));
    device.run(&["sync"]).done();
}

#[test]
fn whoever_makes_a_device_where_another_is_leaves_the_other_as_it_was() {
    let city = ServedCity::start();
    let good: Invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID).parse().unwrap();
    let device = city.new_device();
    let vault = Arc::new(DirectoryVault::open(&device.vault()).unwrap());
    let first = Local::create(&device.data(), vault.clone(), &good).unwrap();
    let second = Local::create(&device.data(), vault.clone(), &good);
    assert_eq!(second.err().unwrap().code(), "replica_in_use");
    assert_eq!(
        Local::discard(&device.data(), vault.clone()).err().unwrap().code(),
        "replica_in_use"
    );
    drop(first);

    // The name under which the vault knows the file is lost; the file and its keys are not taken away.
    let name = device.data().join("replica.id");
    let kept = std::fs::read(&name).unwrap();
    std::fs::remove_file(&name).unwrap();
    let nameless = Local::create(&device.data(), vault.clone(), &good);
    assert_eq!(nameless.err().unwrap().code(), "meta_damaged");
    assert!(!name.exists());
    std::fs::write(&name, kept).unwrap();
    let found = Local::open(&device.data(), vault.clone()).unwrap();

    // Somebody began to fill something in, and has not joined yet.
    found.keep_draft("visit".to_owned(), None, "visit".to_owned(), vec![1]).unwrap();
    drop(found);
    assert!(!Local::discard(&device.data(), vault.clone()).unwrap());
    let found = Local::open(&device.data(), vault.clone()).unwrap();
    found.discard_draft("visit".to_owned()).unwrap();
    drop(found);
    assert!(Local::discard(&device.data(), vault).unwrap());
    assert!(Device::copied(&device.data()).is_empty());
}

#[test]
fn a_device_that_finds_no_server_is_told_that_the_next_sync_joins_and_joins_then() {
    let mut city = ServedCity::start();
    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let wrong = city.invite("刘平杰", "grid_worker", GRID);
    city.stop();
    let device = city.new_device();
    let away = device.run(&["enroll", &invitation]);
    assert_eq!(away.exit_code, Some(5), "{away:?}");
    assert!(away.err.contains("has not joined yet") && away.err.contains("keting sync --data"));
    city.serve();
    city.new_device().run(&["enroll", &wrong]).done();
    // What a server that was away may have heard of is not taken away by another invitation.
    assert_eq!(device.run(&["enroll", &wrong]).refusal(), (1, "invitation_used"));
    assert!(device.file().exists());
    device.run(&["enroll", &invitation]).done();
    assert_eq!(device.json(&["status"])["holder"], "陆德祥");

    city.stop();
    let later = city.new_device();
    city.serve();
    let invitation = city.invite("沈国强", "micro_grid_head", MICRO_GRID);
    city.stop();
    assert_eq!(later.run(&["enroll", &invitation]).exit_code, Some(5));
    city.serve();
    later.run(&["sync"]).done();
    assert_eq!(later.json(&["status"])["holder"], "沈国强");
}

#[test]
fn a_device_stays_one_persons_and_an_invitation_for_another_joins_in_another_folder() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let invitation = city.invite("王六", "steward", UNIT);
    assert_eq!(alice.run(&["enroll", &invitation]).refusal(), (1, "anothers_device"));
    assert_eq!(alice.json(&["status"])["holder"], "陆德祥");
    alice.run(&["household", "add", "--region", UNIT, "--address", "一号"]).done();
    alice.run(&["sync"]).done();
    let other = city.new_device();
    other.run(&["enroll", &invitation]).done();
    assert_eq!(other.json(&["status"])["holder"], "王六");
    alice.run(&["enroll", &city.invite("陆德祥", "grid_worker", GRID)]).done();
}
