//! Invitations as the operator looks after them.

use keting_scenarios::city::MICRO_GRID;
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
