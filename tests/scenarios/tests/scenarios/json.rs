//! The real command: what it prints for machines has exactly the promised names.

use keting_scenarios::city::{MICRO_GRID, UNIT};
use keting_scenarios::device::Device;
use keting_scenarios::served::ServedCity;
use serde_json::{Value, json};

const ID_NUMBER: &str = "990481199007130028";
const PHONE: &str = "19900009330";

#[test]
fn a_sync_tells_machines_what_went_and_came_under_the_promised_names() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    alice.run(&["household", "add", "--region", UNIT, "--address", "一号"]).done();
    let report = alice.json(&["sync"]);
    let promised = [
        "bytes_down",
        "bytes_up",
        "clock_off_ms",
        "commits_received",
        "commits_sent",
        "conflicts",
        "cursor",
        "documents_entered",
        "documents_left",
        "held",
        "moot",
        "round_trips",
        "took_ms",
    ];
    assert_eq!(names(&report), promised);
    assert_eq!((&report["commits_sent"], &report["held"]), (&1.into(), &0.into()));
    assert!(report["bytes_up"].as_u64() > Some(0) && report["bytes_down"].as_u64() > Some(0));
    assert!(report["round_trips"].as_u64() >= Some(1));
    assert!(report["cursor"]["number"].as_u64() > Some(0));
}

#[test]
fn a_list_of_households_has_the_promised_names_and_says_what_is_withheld() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let household = add_household(&alice);
    alice.run(&["sync"]).done();
    let steward = city.device("梁志杰", "steward", UNIT);

    for (device, may_see) in [(&alice, true), (&steward, false)] {
        let listed = device.json(&["household", "list"]);
        let [shown] = listed.as_array().unwrap().as_slice() else { panic!("{listed}") };
        let promised = [
            "address",
            "conflicts",
            "head",
            "id",
            "living_here",
            "region",
            "residents",
            "withheld",
        ];
        assert_eq!(names(shown), promised);
        assert_eq!((&shown["id"], &shown["region"]), (&household.clone().into(), &UNIT.into()));
        assert_eq!((&shown["address"], &shown["head"]), (&"一号".into(), &"李燕云".into()));
        let [resident] = shown["residents"].as_array().unwrap().as_slice() else {
            panic!("{shown}")
        };
        let promised = [
            "bond",
            "care_tags",
            "concealed",
            "id",
            "id_number",
            "name",
            "phone",
            "relation",
            "status",
            "status_in_conflict",
            "withheld",
        ];
        assert_eq!(names(resident), promised);
        assert_eq!((&resident["name"], &resident["phone"]), (&"李燕云".into(), &PHONE.into()));
        assert_eq!(resident["care_tags"], serde_json::json!(["living_alone"]));
        assert_eq!(
            (&resident["relation"], &resident["status"]),
            (&"head".into(), &"living".into())
        );
        if may_see {
            assert_eq!(resident["id_number"], ID_NUMBER);
            assert_eq!(resident["withheld"], serde_json::json!([]));
            assert_eq!(shown["withheld"], serde_json::json!([]));
        } else {
            assert_eq!(resident["id_number"], Value::Null);
            assert_eq!(resident["withheld"], serde_json::json!(["id_number"]));
            assert_eq!(shown["withheld"], serde_json::json!(["id_number"]));
        }
    }
}

#[test]
fn every_reading_command_prints_json_when_asked() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let household = add_household(&alice);

    let status = alice.json(&["status"]);
    assert_eq!((&status["city"], &status["holder"]), (&"潮乡市".into(), &"陆德祥".into()));
    assert_eq!((&status["role"], &status["held"]), (&"micro_grid_head".into(), &0.into()));
    assert_eq!(status["waiting"], 2);
    let outbox = alice.json(&["outbox"]);
    let commands: Vec<_> =
        outbox.as_array().unwrap().iter().map(|entry| &entry["command"]).collect();
    assert_eq!(commands, ["household.add", "resident.add"]);
    assert!(outbox.as_array().unwrap().iter().all(|entry| entry["state"] == "queued"));
    alice.run(&["sync"]).done();
    assert_eq!(alice.json(&["status"])["waiting"], 0);

    let devices = alice.json(&["device", "list"]);
    assert_eq!(names(&devices[0]), ["device", "expires_at_ms", "name", "role"]);
    assert!(!alice.json(&["region", "list"]).as_array().unwrap().is_empty());
    assert_eq!(alice.json(&["region", "show", UNIT])["code"], UNIT);
    let shown = alice.json(&["household", "show", &household]);
    assert_eq!(names(&shown), ["conflicts", "household", "notes", "visits", "withheld"]);
    for report in [alice.json(&["verify"]), city.verify().json()] {
        assert_eq!(names(&report), ["changes", "commits", "differences", "documents", "proven_by"]);
        assert!(report["documents"].get(&household).is_some());
    }
    for file in [alice.json(&["inspect"]), city.on_server(&["inspect", "--json"]).json()] {
        assert_eq!(names(&file), ["bytes", "file", "free_bytes", "tables"]);
        assert!(file["bytes"].as_u64() > Some(0));
        let tables = file["tables"].as_array().unwrap();
        let documents = tables.iter().find(|table| table["name"] == "documents").unwrap();
        assert!(documents["rows"].as_u64() > Some(0));
    }
}

fn add_household(device: &Device) -> String {
    let household = device.run(&["household", "add", "--region", UNIT, "--address", "一号"]).line();
    let resident = ["resident", "add", &household, "--name", "李燕云", "--relation", "head"];
    let more = ["--id-number", ID_NUMBER, "--phone", PHONE, "--tag", "living_alone"];
    device.run(&[&resident[..], &more].concat()).done();
    household
}

/// The names of an object's fields, in order.
fn names(object: &Value) -> Vec<&str> {
    let mut names: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[test]
fn whoever_asks_for_json_gets_complaints_as_an_object_too() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let household = add_household(&alice);
    let told = |arguments: &[&str]| {
        let ended = alice.run(&[arguments, &["--json"]].concat());
        let object: Value = serde_json::from_str(&ended.err).unwrap();
        (ended.exit_code.unwrap(), object)
    };
    let (exit_code, refused) = told(&["resident", "add", &household, "--name", ""]);
    assert_eq!(exit_code, 1);
    let promised = ["code", "detail", "en", "field", "fields", "kind", "retryable", "zh"];
    assert_eq!(names(&refused), promised);
    assert_eq!([&refused["kind"], &refused["field"]], ["refused", "name"]);
    assert!(refused["zh"].as_str().is_some_and(|text| text.contains('请')), "{refused}");
    let (_, unknown) = told(&["household", "edit", &household, "--tenure", "泥房"]);
    assert_eq!(unknown["code"], "unknown_word");
    assert_eq!(unknown["allowed"], json!(["owned", "rented", "public", "employer", "other"]));
    // Also where the arguments are not understood at all.
    let (exit_code, usage) = told(&["household", "show"]);
    assert_eq!((exit_code, &usage["code"]), (2, &Value::from("usage")));
    assert!(promised.iter().all(|name| usage.get(name).is_some()), "{usage}");
    assert_eq!(usage["missing"], json!(["<ID>"]));
}

#[test]
fn what_a_sync_says_beside_its_report_is_an_object_a_line() {
    let city = ServedCity::start();
    let invite =
        ["invite", "--name", "陆德祥", "--role", "micro_grid_head", "--region", MICRO_GRID];
    let invitation = city.on_server(&[&invite[..], &["--days", "29"]].concat()).line();
    let alice = city.new_device();
    alice.run(&["enroll", &invitation]).done();
    let synced = alice.run(&["sync", "--json"]).done();
    let said: Vec<Value> =
        synced.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(said.len(), 1, "{}", synced.err);
    assert_eq!(said[0]["event"], "grant_ends_soon");
}

#[test]
fn the_folder_may_be_named_once_for_all_commands() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let mut command = keting_scenarios::binary::keting();
    command.args(["household", "list", "--json"]);
    command.env("KETING_DATA", alice.data()).env("KETING_VAULT", alice.vault());
    let listed = keting_scenarios::device::Ended::of(&mut command).json();
    assert_eq!(listed, alice.json(&["household", "list"]));
    let mut completions = keting_scenarios::binary::keting();
    let printed = keting_scenarios::device::Ended::of(completions.args(["completions", "bash"]));
    assert!(printed.done().out.contains("withdraw"));
}
