//! The devices of a city as its operator looks after them.

use keting_scenarios::city::{GRID, MICRO_GRID, UNIT, VILLAGE};
use keting_scenarios::served::ServedCity;
use serde_json::{Value, json};

#[test]
fn the_operator_sees_who_holds_each_device_when_it_last_came_and_what_is_open_on_it() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.device("梁志杰", "steward", UNIT);
    for device in [&alice, &bob] {
        device.run(&["sync"]).done();
    }
    // A broken app takes the whole grid for a part of the micro-grid, and the server holds what it made.
    let region = |code| format!("(SELECT document FROM region WHERE code = '{code}')");
    alice
        .alter(&format!("UPDATE region SET parent = {} WHERE code = '{GRID}'", region(MICRO_GRID)));
    alice.run(&["household", "add", "--region", GRID, "--address", "一号"]).done();
    assert_eq!(alice.run(&["sync"]).exit_code, Some(1));
    city.stop();
    let listed = city.on_server(&["device", "list", "--json"]).json();
    let (head, steward) = (of(&listed, "陆德祥"), of(&listed, "梁志杰"));
    let granted = &head["grants"][0];
    assert_eq!([&granted["role"], &granted["regions"][0]], ["micro_grid_head", MICRO_GRID]);
    assert_eq!([&steward["held"], &steward["waiting"], &head["waiting"]], [0, 0, 0]);
    assert_eq!([&head["held"], &granted["state"]], [&Value::from(1), &Value::from("live")]);
    assert!(head["seen_at_ms"].as_u64() >= steward["seen_at_ms"].as_u64());
    let table = city.on_server(&["device", "list"]).done().out;
    for told in ["陆德祥", "最近联系 last seen", "待处理 held", "有效 live"] {
        assert!(table.contains(told), "{told}: {table}");
    }
}

#[test]
fn every_list_of_devices_shows_as_many_digits_as_name_one_and_for_machines_all_and_why_it_ended() {
    const WHY: &str = "手机丢了";
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    city.device("梁志杰", "steward", UNIT);
    let listed = |list: &[&str]| city.on_server(&[list, &["--json"]].concat()).json();
    let own = of(&alice.json(&["device", "list"]), "陆德祥");
    let id = own["device"].as_str().unwrap().to_owned();
    let shown = &id[..8];
    let state = |list: [&str; 2]| {
        let told = of(&listed(&list), "陆德祥");
        let granted = told.get("grants").map_or(&told, |grants| &grants[0]);
        [&told["device"], &granted["state"], &granted["why"]].map(Value::clone)
    };
    let lists = [["grant", "list"], ["device", "list"]];
    for list in lists {
        assert_eq!(state(list), [own["device"].clone(), "live".into(), Value::Null]);
    }
    city.on_server(&["grant", "renew", shown, "--days", "400"]).done();
    city.on_server(&["device", "end", shown, "--why", WHY]).done();
    for list in lists {
        assert_eq!(state(list), [id.as_str(), "ended", WHY]);
    }
    city.stop();
    let tables = ["grant", "device", "invitation"].map(|noun| city.on_server(&[noun, "list"]));
    for table in tables.into_iter().chain([alice.run(&["device", "list"])]) {
        let out = table.done().out;
        assert!(out.contains(shown) && !out.contains(&id[..9]), "{out}");
    }
}

#[test]
fn every_grant_of_a_device_that_is_good_has_a_row_and_the_device_is_named_in_the_first() {
    let city = ServedCity::start();
    let alice = city.device("刘平杰", "village_officer", VILLAGE);
    city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let own = of(&alice.json(&["device", "list"]), "刘平杰");
    let id = own["device"].as_str().unwrap();
    city.on_server(&["grant", "renew", id, "--region", MICRO_GRID, "--days", "30"]).done();

    let device = of(&city.on_server(&["device", "list", "--json"]).json(), "刘平杰");
    let regions = |grant: &Value| (grant["state"].clone(), grant["regions"].clone());
    let granted: Vec<_> = device["grants"].as_array().unwrap().iter().map(regions).collect();
    let live = |region: &str| (json!("live"), json!([region]));
    assert_eq!(granted, [live(VILLAGE), live(MICRO_GRID)]);
    let table = city.on_server(&["device", "list"]).done().out;
    let rows: Vec<&str> = table.lines().collect();
    let first = rows.iter().position(|row| row.starts_with(&id[..8])).unwrap();
    assert!(rows[first].contains(VILLAGE) && rows[first].contains("刘平杰"), "{table}");
    let second = rows[first + 1];
    assert!(second.starts_with(' ') && second.contains(MICRO_GRID), "{table}");
    assert_eq!(rows.len(), 4, "{table}");

    // Of who has none that is good the last one is shown.
    city.on_server(&["device", "end", id, "--why", "已调离"]).done();
    let device = of(&city.on_server(&["device", "list", "--json"]).json(), "刘平杰");
    let granted: Vec<_> = device["grants"].as_array().unwrap().iter().map(regions).collect();
    assert_eq!(granted, [(json!("ended"), json!([VILLAGE]))]);
}

/// Somebody's device as it is listed.
fn of(listed: &Value, name: &str) -> Value {
    let found = listed.as_array().unwrap().iter().find(|one| one["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is not listed: {listed}")).clone()
}
