//! What a message tells people to do helps: each command that one names, from the error to what the
//! person had wanted. The list is in `docs/errors.md`.

use std::process::Command;

use keting_scenarios::binary::keting;
use keting_scenarios::city::{MICRO_GRID, REGIONS, UNIT};
use keting_scenarios::device::{Device, Ended};
use keting_scenarios::served::ServedCity;

use crate::damaged::{damage, pages_of};

fn add(device: &Device, address: &str) -> Ended {
    device.run(&["household", "add", "--region", UNIT, "--address", address])
}

fn add_resident(device: &Device, household: &str) -> Ended {
    device.run(&["resident", "add", household, "--name", "李一", "--relation", "head"])
}

#[test]
fn whoever_has_not_joined_joins_as_the_message_says() {
    let city = ServedCity::start();
    let alice = city.new_device();
    assert_eq!(add(&alice, "一号").refusal(), (3, "no_replica"));
    alice.run(&["enroll", &city.invite("陆德祥", "micro_grid_head", MICRO_GRID)]).done();
    add(&alice, "一号").done();
}

#[test]
fn a_damaged_file_is_salvaged_as_its_message_says() {
    let city = ServedCity::start();
    let phone = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let alice = Device::at(phone.directory().to_owned());
    damage(alice.directory(), &pages_of(phone, "region"));
    let failed = alice.run(&["region", "list"]);
    assert_eq!(failed.refusal(), (4, "corrupt"));
    assert!(failed.err.contains("keting salvage"), "{}", failed.err);
    alice.run(&["salvage"]).done();
    alice.run(&["sync"]).done();
    add(&alice, "二号").done();
}

#[test]
fn a_field_in_conflict_is_settled_and_then_edited_as_the_message_says() {
    let city = ServedCity::start();
    let [alice, bob] =
        ["陆德祥", "刘平杰"].map(|name| city.device(name, "micro_grid_head", MICRO_GRID));
    let household = add(&alice, "一号").line();
    for device in [&alice, &bob] {
        device.run(&["sync"]).done();
    }
    let edit = |device: &Device, address| {
        device.run(&["household", "edit", &household, "--address", address])
    };
    edit(&alice, "二号").done();
    edit(&bob, "三号").done();
    for device in [&alice, &bob, &alice] {
        device.run(&["sync"]).done();
    }
    let refused = edit(&alice, "四号");
    assert_eq!(refused.refusal(), (1, "conflicted"));
    let as_json = ["household", "edit", &household, "--address", "四号", "--json"];
    let complaint: serde_json::Value =
        serde_json::from_str(alice.run(&as_json).err.lines().last().unwrap()).unwrap();
    let choices = complaint["choices"].as_array().unwrap();
    assert_eq!(choices.len(), 2);
    for choice in choices {
        for part in ["value", "entered", "to_type"] {
            let part = choice[part].as_str().unwrap();
            assert!(refused.err.contains(part), "{part} is not in {}", refused.err);
        }
    }
    let third = choices.iter().find(|choice| choice["value"] == "三号").unwrap();
    let to_type = third["to_type"].as_str().unwrap().split_once(" --data ").unwrap().0;
    let words: Vec<&str> = to_type.split(' ').skip(1).collect();
    assert_eq!(words[..4], ["household", "settle", household.as_str(), "address"]);
    alice.run(&words).done();
    assert_eq!(alice.json(&["household", "show", &household])["household"]["address"], "三号");
    edit(&alice, "四号").done();
}

#[test]
fn what_is_not_here_is_here_after_a_sync_as_the_message_says() {
    let city = ServedCity::start();
    let [alice, bob] =
        ["陆德祥", "刘平杰"].map(|name| city.device(name, "micro_grid_head", MICRO_GRID));
    let household = add(&alice, "一号").line();
    alice.run(&["sync"]).done();
    assert_eq!(add_resident(&bob, &household).refusal(), (3, "not_found"));
    bob.run(&["sync"]).done();
    add_resident(&bob, &household).done();
}

#[test]
fn where_there_is_no_city_one_is_made_as_the_message_says() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("server");
    let serve = || keting_with(&["serve", "--listen", "127.0.0.1:0", "--data"], &data);
    std::fs::create_dir(&data).unwrap();
    assert_eq!(Ended::of(&mut serve()).refusal(), (3, "no_city"));
    let root_key = place.path().join("root-key");
    let made = ["init", "--city", "潮乡市", "--regions", REGIONS, "--root-key"];
    Ended::of(keting().args(made).arg(root_key).arg("--data").arg(&data)).done();
    let mut serving = serve().stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    let mut out = std::io::BufReader::new(serving.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut said).unwrap();
    serving.kill().unwrap();
    serving.wait().unwrap();
    assert!(said.contains("listening on "), "{said}");
}

#[test]
fn a_server_that_does_not_run_is_started_as_the_message_says() {
    let mut city = ServedCity::start();
    city.stop();
    let invite =
        ["invite", "--name", "陆德祥", "--role", "micro_grid_head", "--region", MICRO_GRID];
    assert_eq!(city.on_server(&invite).refusal(), (5, "server_not_running"));
    city.serve();
    city.on_server(&invite).done();
}

#[test]
fn a_folder_is_taken_from_others_as_the_message_says() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let chmod = |mode| Command::new("chmod").arg(mode).arg(alice.data()).status().unwrap();
    assert!(chmod("a+w").success());
    let failed = add(&alice, "一号");
    assert_eq!(failed.refusal(), (1, "folder_not_private"));
    assert!(failed.err.contains("chmod go-w"), "{}", failed.err);
    assert!(chmod("go-w").success());
    add(&alice, "一号").done();
}

fn keting_with(arguments: &[&str], data: &std::path::Path) -> Command {
    let mut command = keting();
    command.args(arguments).arg(data).stderr(std::process::Stdio::piped());
    command
}
