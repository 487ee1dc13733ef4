//! Households and what stands in them are named by the beginning of their ids.

use keting_scenarios::city::{GRID, MICRO_GRID, UNIT, VILLAGE};
use keting_scenarios::device::{Device, Ended};
use keting_scenarios::served::ServedCity;
use serde_json::{Value, json};

fn add_household(device: &Device, region: &str, address: &str) -> String {
    device.run(&["household", "add", "--region", region, "--address", address]).line()
}

/// How an id begins that no other of some ids begins with.
fn beginning<'i>(id: &'i str, others: &[&str]) -> &'i str {
    let is_its_own = |end: &usize| others.iter().all(|other| !other.starts_with(&id[..*end]));
    &id[..(1..=id.len()).find(is_its_own).unwrap()]
}

#[test]
fn everything_of_a_household_is_named_by_how_its_id_begins() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let [first, second] = ["一号", "二号"].map(|address| add_household(&alice, UNIT, address));
    let household = beginning(&first, &[&second]);
    let add = |name| alice.run(&["resident", "add", household, "--name", name]).line();
    let [one, other] = ["李燕云", "王二"].map(add);
    let resident = beginning(&one, &[&other]).to_uppercase();
    alice.run(&["resident", "edit", household, &resident, "--phone", "13800000001"]).done();
    let leave = ["resident", "leave", household, &resident, "--status", "away"];
    alice.run(&leave).done();
    alice.run(&["household", "edit", household, "--tenure", "owned"]).done();

    let need = alice.run(&["household", "need", household, "--text", "换灯"]).line();
    let met = ["household", "need", household, "--need", &need[..3], "--status", "met"];
    alice.run(&met).done();
    let visit = alice.run(&["household", "visit", household, "--purpose", "回访"]).line();
    let note = alice.run(&["household", "note", household, "--text", "记错了人"]).line();
    for (option, id) in [("--visit", &visit), ("--note", &note), ("--need", &need)] {
        let withdraw = ["household", "withdraw", household, option, &id[..3]];
        alice.run(&[&withdraw[..], &["--reason", "录错了"]].concat()).done();
        alice.run(&["household", "restore", household, option, &id[..3]]).done();
    }
    let page = alice.json(&["household", "show", household]);
    assert_eq!(page["household"]["tenure"], "owned");
    let residents = page["household"]["residents"].as_array().unwrap();
    let told = residents.iter().find(|resident| resident["id"] == json!(one)).unwrap();
    assert_eq!((&told["phone"], &told["status"]), (&json!("13800000001"), &json!("away")));
    assert_eq!(page["household"]["needs"][0]["status"], "met");

    let withdraw = ["resident", "withdraw", household, &resident, "--reason", "录错了户"];
    alice.run(&withdraw).done();
    alice.run(&["household", "withdraw", household, "--reason", "录重复了"]).done();
    alice.run(&["household", "restore", household]).done();
}

#[test]
fn a_beginning_that_several_share_lists_them_and_one_that_none_has_says_so() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let [first, _] = ["一号", "二号"].map(|address| add_household(&alice, UNIT, address));
    // What every household's id begins with.
    let both = alice.run(&["household", "show", &first[..4]]);
    assert_eq!(both.refusal(), (1, "ambiguous_id"));
    assert!(both.err.contains("一号") && both.err.contains("二号"), "{both:?}");
    let told = alice.run(&["household", "edit", &first[..4], "--tenure", "owned", "--json"]);
    let told: Value = serde_json::from_str(&told.err).unwrap();
    let candidates = told["candidates"].as_array().unwrap();
    let called: Vec<_> = candidates.iter().map(|one| one["called"].as_str().unwrap()).collect();
    assert!(called.len() == 2 && called.contains(&"一号"), "{told}");
    // What is told of each names it.
    for one in candidates {
        let page = alice.json(&["household", "show", one["id"].as_str().unwrap()]);
        assert_eq!(page["household"]["address"], one["called"]);
    }
    for (typed, code) in [("0002", "ambiguous_id"), ("ffff", "not_found"), ("一号", "malformed_id")]
    {
        assert_eq!(alice.run(&["household", "note", typed, "--text", "x"]).refusal().1, code);
    }
    let add = |name: String| alice.run(&["resident", "add", &first, "--name", &name]).line();
    let people: Vec<_> = (0..17).map(|at| add(format!("李{at}"))).collect();
    // Of seventeen ids two begin with the same digit.
    let shared = people
        .iter()
        .find(|one| people.iter().any(|other| other != *one && other.starts_with(&one[..1])));
    let leave = ["resident", "leave", &first, &shared.unwrap()[..1], "--status", "away"];
    let several = alice.run(&leave);
    assert_eq!(several.refusal(), (1, "ambiguous_id"));
    assert!(several.err.contains("  李") && !several.err.contains("0 begin"), "{several:?}");
}

#[test]
fn who_names_a_region_by_its_name_is_told_its_code() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let regions = alice.json(&["region", "list"]);
    let unit = regions.as_array().unwrap().iter().find(|one| one["code"] == UNIT).unwrap();
    let name = unit["name"].as_str().unwrap();
    let add = ["household", "add", "--region", name, "--address", "一号"];
    let told = alice.run(&add);
    assert_eq!(told.refusal(), (3, "region_by_name"));
    assert!(told.err.contains(UNIT) && told.err.contains(name), "{}", told.err);
    let told = alice.run(&[&add[..], &["--json"]].concat());
    let told: Value = serde_json::from_str(&told.err).unwrap();
    let codes = told["candidates"].as_array().unwrap().iter().map(|one| one["id"].as_str());
    assert!(codes.flatten().any(|code| code == UNIT), "{told}");
    let nowhere = ["household", "list", "--region", "天涯海角"];
    assert_eq!(alice.run(&nowhere).refusal(), (3, "not_found"));
    assert_eq!(alice.run(&["region", "show", name]).refusal(), (3, "region_by_name"));
    alice.run(&["region", "show", UNIT]).done();
}

#[test]
fn who_names_a_region_to_the_server_by_its_name_is_told_its_code() {
    let city = ServedCity::start();
    let alice = city.device("刘平杰", "village_officer", VILLAGE);
    let regions = alice.json(&["region", "list"]);
    let unit = regions.as_array().unwrap().iter().find(|one| one["code"] == UNIT).unwrap();
    let name = unit["name"].as_str().unwrap();
    let own = alice.json(&["device", "list"]);
    let own = own.as_array().unwrap().iter().find(|one| one["name"] == "刘平杰").unwrap();
    let device = own["device"].as_str().unwrap();
    let invite = ["invite", "--name", "梁志杰", "--role", "steward", "--region"];
    let renew = ["grant", "renew", device, "--region"];
    for verb in [&invite[..], &renew] {
        let told = city.on_server(&[verb, &[name]].concat());
        assert_eq!(told.refusal(), (3, "region_by_name"), "{}", told.err);
        assert!(told.err.contains(UNIT) && told.err.contains(name), "{}", told.err);
        let nowhere = city.on_server(&[verb, &["天涯海角"]].concat());
        assert_eq!(nowhere.refusal(), (1, "unknown_region"));
    }
    // A code is taken as people type it.
    city.on_server(&[&invite[..], &["９９０４８１ 0010010101001"]].concat()).line();
}

/// A head and a worker who wrote different phone numbers of a resident.
struct Differing {
    alice: Device,
    bob: Device,
    household: String,
    resident: String,
    _city: ServedCity,
}

impl Differing {
    fn start() -> Self {
        let city = ServedCity::start();
        let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
        let bob = city.device("刘平杰", "grid_worker", GRID);
        let household = add_household(&alice, UNIT, "一号");
        let resident = alice.run(&["resident", "add", &household, "--name", "李燕云"]).line();
        alice.run(&["sync"]).done();
        bob.run(&["sync"]).done();
        for (device, phone) in [(&alice, "13800000001"), (&bob, "13800000002")] {
            device.run(&["resident", "edit", &household, &resident, "--phone", phone]).done();
            device.run(&["sync"]).done();
        }
        Self { alice, bob, household, resident, _city: city }
    }

    /// Lets the worker settle, on a field whose key begins as it is typed.
    fn settle(&self, key: &str, on: &[&str]) -> Ended {
        self.bob.run(&[&["household", "settle", &self.household[..12], key], on].concat())
    }
}

#[test]
fn a_value_is_settled_by_the_beginnings_of_ids() {
    let story = Differing::start();
    let key = format!("r/{}/phone", &story.resident[..2]);
    let settled = story.settle(&key, &["--value", "138 0000-0002"]).done();
    assert!(settled.err.contains("settled on: 13800000002"), "{settled:?}");
    let page = story.bob.json(&["household", "show", &story.household[..12]]);
    assert_eq!(page["conflicts"], json!([]));
    assert_eq!(page["household"]["residents"][0]["phone"], "13800000002");
}

#[test]
fn what_a_field_of_several_lines_was_settled_on_takes_one_row() {
    let story = Differing::start();
    for (device, health) in [(&story.alice, "高血压"), (&story.bob, "糖尿病")] {
        let edit = ["resident", "edit", &story.household, &story.resident, "--health", health];
        device.run(&edit).done();
        device.run(&["sync"]).done();
    }
    let key = format!("r/{}/health", story.resident);
    let private = story.bob.json(&["household", "show", &story.household])["conflicts"].clone();
    let of_health = |one: &&Value| one["key"] == key.as_str();
    let private = private.as_array().unwrap().iter().find(of_health).unwrap()["document"].clone();
    let on = ["--value", "高血压\n共 9 户"];
    let settle = ["household", "settle", private.as_str().unwrap(), &key];
    let settled = story.bob.run(&[&settle[..], &on].concat()).done();
    assert!(settled.err.contains("settled on: 高血压 共 9 户\n"), "{settled:?}");
}

#[test]
fn what_is_settled_already_is_answered_in_one_way_however_it_is_named_with_what_stands_now() {
    let story = Differing::start();
    let whole = format!("r/{}/phone", story.resident);
    let begun = format!("r/{}/phone", &story.resident[..4]);
    let seen_by = |number: &str| story.settle(&whole, &["--choose", number]);
    for (number, language, told) in [
        ("3", "zh", "这里有 2 个取值可选，--choose 请填 1 至 2 的数字。"),
        ("0", "en", "There are 2 values to choose from: give --choose a number from 1 to 2."),
    ] {
        let mut settle = story.bob.command(&["household", "settle", &story.household, &whole]);
        let refused = Ended::of(settle.args(["--choose", number]).env("KETING_LANG", language));
        assert_eq!(refused.refusal(), (2, "usage"));
        assert!(refused.err.contains(told), "{refused:?}");
    }
    story.settle(&whole, &["--value", "13800000002"]).done();
    for key in [&whole, &begun] {
        for on in [&["--choose", "1"][..], &["--value", "13800000001"], &["--clear"]] {
            let refused = story.settle(key, on);
            assert_eq!(refused.refusal(), (1, "nothing_to_settle"), "{key} {on:?}");
            assert!(
                refused.err.contains("stands now: 李燕云 电话 phone  13800000002"),
                "{refused:?}"
            );
        }
    }
    let told = seen_by("1").err;
    assert!(!told.contains("13800000001"), "{told}");
    let told = story.settle(&begun, &["--choose", "1", "--json"]).err;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["stands_now"]["value"], "13800000002");
    for (key, code) in
        [("r/ffff/phone", "not_found"), (&whole.replace("phone", "fax")[..], "unknown_field")]
    {
        assert_eq!(story.settle(key, &["--clear"]).refusal().1, code, "{key}");
    }
    assert_eq!(story.settle("address", &["--clear"]).refusal(), (1, "nothing_to_settle"));
    story.alice.run(&["sync"]).done();
}
