//! Each value says who and when, and conflicts are counted where people look first.

use keting_scenarios::city::{GRID, MICRO_GRID, UNIT};
use keting_scenarios::served::ServedCity;
use serde_json::Value;

#[test]
fn every_visit_and_note_says_on_every_phone_who_entered_it_and_when() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.device("刘平杰", "grid_worker", GRID);
    let household = alice.run(&["household", "add", "--region", UNIT, "--address", "一号"]).line();
    alice
        .run(&[
            "household",
            "visit",
            &household,
            "--at",
            "2026-05-01",
            "--purpose",
            "节日",
            "--by",
            "老王",
        ])
        .done();
    alice.run(&["sync"]).done();
    bob.run(&["sync"]).done();
    bob.run(&["household", "note", &household, "--text", "楼道灯不亮"]).done();
    bob.run(&["sync"]).done();
    alice.run(&["sync"]).done();

    for device in [&alice, &bob] {
        let shown = device.json(&["household", "show", &household]);
        let (visit, note) = (&shown["visits"][0], &shown["notes"][0]);
        assert_eq!((&visit["by"], &visit["entered"]["by"]), (&"老王".into(), &"陆德祥".into()));
        assert_eq!(note["entered"]["by"], "刘平杰");
        let at = note["entered"]["at"].as_str().unwrap();
        assert!(at.ends_with("+08:00") && at.starts_with(note["at"].as_str().unwrap()), "{at}");
        assert_ne!(visit["entered"]["device"], note["entered"]["device"]);
        let text = device.run(&["household", "show", &household]).done().out;
        let minute = at.get(..16).unwrap().replace('T', " ");
        assert!(text.contains(&format!("楼道灯不亮  （刘平杰 {minute}）")), "{text}");
        device.run(&["verify"]).done();
    }
}

#[test]
fn conflicts_are_counted_in_lists_status_and_sync_and_only_who_may_is_told_how_to_settle() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.device("刘平杰", "grid_worker", GRID);
    let steward = city.device("梁志杰", "steward", UNIT);
    let household = alice.run(&["household", "add", "--region", UNIT, "--address", "一号"]).line();
    let add = ["resident", "add", &household, "--name", "李燕云", "--phone", "13800000001"];
    let resident = alice.run(&add).line();
    alice.run(&["sync"]).done();
    bob.run(&["sync"]).done();
    for (device, phone) in [(&alice, "13800000002"), (&bob, "13800000003")] {
        device.run(&["resident", "edit", &household, &resident, "--phone", phone]).done();
        device.run(&["sync"]).done();
    }
    let devices = [(&alice, true), (&bob, true), (&steward, false)];
    for (device, may_settle) in devices {
        assert_eq!(device.json(&["sync"])["conflicts"], 1);
        assert_eq!(device.json(&["status"])["conflicts"], 1);
        assert_eq!(device.json(&["household", "list"])[0]["conflicts"], 1);
        let shown = device.json(&["household", "show", &household]);
        let conflict = &shown["conflicts"][0];
        assert_eq!(conflict["may_settle"], may_settle);
        let mut said: Vec<&Value> = conflict["values"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["entered"][0]["by"])
            .collect();
        said.sort_by_key(ToString::to_string);
        assert_eq!(said, ["刘平杰", "陆德祥"]);
        let text = device.run(&["household", "show", &household]).done().out;
        assert_eq!(text.contains("keting household settle"), may_settle, "{text}");
        assert!(text.contains("陆德祥"), "{text}");
    }
}
