//! What was entered on a machine that had been put back is authored on what its author had seen then: it
//! stands beside what colleagues did meanwhile, and overrules nobody.

use keting_scenarios::city::{MICRO_GRID, OTHER_MICRO_GRID};
use keting_scenarios::device::Device;
use keting_scenarios::phone::Phone;
use serde_json::json;

use crate::ending::devices_of;
use crate::rolled_back::Story;

#[test]
fn what_a_colleague_wrote_meanwhile_stands_beside_it_and_nothing_is_overruled() {
    let story = Story::begin();
    let copy = story.copied_before_more_is_sent();
    story.edit(&story.bob, "--address", "甲");
    story.bob.run(&["sync"]).done();
    story.put_back(&copy);
    story.edit(&story.alice, "--address", "乙");
    story.sync_both();
    for device in [&story.alice, &story.bob] {
        assert_eq!(story.values(device, "address"), ["乙", "甲"]);
        device.run(&["verify"]).done();
    }
    story.nothing_waits();
    // It is settled like any conflict, and then gone.
    let settle = ["household", "settle", &story.household, "address", "--value", "甲"];
    story.alice.run(&settle).done();
    story.sync_both();
    assert_eq!(story.values(&story.bob, "address"), [""; 0]);
}

#[test]
fn a_settle_does_not_settle_a_value_that_came_after_it() {
    let story = Story::begin();
    let carol = story.city.device("沈建国", "micro_grid_head", MICRO_GRID);
    carol.run(&["sync"]).done();
    story.edit(&carol, "--address", "丁");
    story.edit(&story.bob, "--address", "甲");
    story.edit(&story.alice, "--address", "乙");
    story.bob.run(&["sync"]).done();
    story.alice.run(&["sync"]).done();
    let copy = story.copied_before_more_is_sent();
    carol.run(&["sync"]).done();
    story.put_back(&copy);
    assert_eq!(story.values(&story.alice, "address"), ["乙", "甲"]);
    let settle = ["household", "settle", &story.household, "address", "--value", "乙"];
    story.alice.run(&settle).done();
    story.sync_both();
    for device in [&story.alice, &story.bob] {
        assert_eq!(story.values(device, "address"), ["丁", "乙"]);
    }
    story.nothing_waits();
}

#[test]
fn several_in_a_row_build_on_each_other_and_on_what_they_only_read() {
    let story = Story::begin();
    let copy = story.copied_before_more_is_sent();
    story.edit(&story.bob, "--address", "甲");
    story.bob.run(&["sync"]).done();
    story.put_back(&copy);
    let household = &story.household;
    story.edit(&story.alice, "--address", "乙");
    story.edit(&story.alice, "--address", "丙");
    let resident =
        story.alice.run(&["resident", "add", household, "--name", "李一", "--relation", "head"]);
    let resident = resident.line();
    let edit = ["resident", "edit", household, &resident, "--phone", "13800000001"];
    story.alice.run(&edit).done();
    let health = ["resident", "edit", household, &resident, "--health", "良好"];
    story.alice.run(&health).done();
    let visit = ["household", "visit", household, "--purpose", "走访", "--note", "来过"];
    story.alice.run(&visit).done();
    story.sync_both();
    for device in [&story.alice, &story.bob] {
        assert_eq!(story.values(device, "address"), ["丙", "甲"]);
        let shown = device.json(&["household", "show", household]);
        let found = &shown["household"]["residents"][0];
        assert_eq!((&found["phone"], &found["health"]), (&"13800000001".into(), &"良好".into()));
        assert_eq!(shown["visits"][0]["note"], "来过");
        device.run(&["verify"]).done();
    }
    story.nothing_waits();
}

#[test]
fn put_back_between_two_of_them_the_second_builds_on_what_the_first_became() {
    let story = Story::begin();
    let copy = story.copied_before_more_is_sent();
    story.put_back(&copy);
    story.edit(&story.alice, "--address", "乙");
    let copy = story.copied();
    story.alice.run(&["sync"]).done();
    story.put_back(&copy);
    story.edit(&story.alice, "--address", "丙");
    story.sync_both();
    for device in [&story.alice, &story.bob] {
        assert_eq!(story.values(device, "address"), [""; 0]);
        assert_eq!(device.json(&["household", "list"])[0]["address"], "丙");
    }
    story.nothing_waits();
}

#[test]
fn what_stood_there_already_as_it_was_seen_is_told_once() {
    let story = Story::begin();
    story.edit(&story.alice, "--tenure", "owned");
    story.alice.run(&["sync"]).done();
    let copy = story.copied_before_more_is_sent();
    story.put_back(&copy);
    story.edit(&story.alice, "--tenure", "rented");
    story.edit(&story.alice, "--tenure", "owned");
    // The first is of an app that this version knows nothing of.
    story.alice.alter(
        "UPDATE outbox SET command = x'ff'
         WHERE commit_row = (SELECT min(commit_row) FROM outbox WHERE state = 0)",
    );
    let synced = story.alice.run(&["sync", "--json"]);
    assert_eq!(synced.refusal(), (1, "held"));
    let told: serde_json::Value = serde_json::from_str(&synced.out).unwrap();
    assert_eq!(told["moot"][0]["command"], "household.edit");
    assert_eq!(told["moot"][0]["fields"], json!([{ "name": "tenure", "value": "owned" }]));
    assert!(synced.err.contains(r#""event":"moot""#), "{}", synced.err);
    let synced = story.alice.run(&["sync", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&synced.out).unwrap();
    assert_eq!(told["moot"], json!([]));
    let held = story.alice.json(&["held", "list"]);
    assert_eq!(held.as_array().unwrap().len(), 1);
    assert_eq!(held[0]["code"], "needs_a_person");
    assert_eq!(story.tenure(), "owned");
}

#[test]
fn what_no_grant_covers_for_now_waits_for_one_and_is_made_anew_then() {
    let story = Story::begin();
    let copy = story.copied_before_more_is_sent();
    story.put_back(&copy);
    story.edit(&story.alice, "--tenure", "rented");
    story.edit(&story.alice, "--tenure", "owned");
    let id = devices_of(&story.city, "陆德祥").remove(0).0;
    story.city.on_server(&["device", "end", &id, "--why", "已调离本村"]).done();
    for sync in [&["sync"][..], &["sync"], &["sync", "--watch"]] {
        let synced = story.alice.run(sync);
        assert_eq!(synced.refusal(), (1, "device_ended"));
        assert!(synced.err.contains("waiting for an invitation: 2"), "{}", synced.err);
    }
    let enroll = |region: &str| {
        let invitation = story.city.invite("陆德祥", "micro_grid_head", region);
        story.alice.run(&["enroll", &invitation]).done();
    };
    enroll(OTHER_MICRO_GRID);
    assert_eq!(story.alice.run(&["sync"]).refusal(), (1, "held"));
    let held = story.alice.json(&["held", "list"]);
    let codes: Vec<_> = held.as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert_eq!(codes, ["device_rolled_back"; 2]);
    enroll(MICRO_GRID);
    story.sync_both();
    assert_eq!(story.tenure(), "owned");
    assert_eq!(story.bob.json(&["household", "show", &story.household])["conflicts"], json!([]));
    story.nothing_waits();
}

/// Both copies know the resident, and go on from there before either of them has sent anything.
#[test]
fn of_an_act_that_two_copies_have_the_first_that_comes_stands_and_what_stood_on_the_other_is_made_anew()
 {
    for is_original_first in [true, false] {
        let story = Story::begin();
        let household = &story.household;
        let added = ["resident", "add", household, "--name", "李一", "--relation", "head"];
        let resident = story.alice.run(&added).line();
        let copy = story.alice.copied_to(story.city.path("copy"));
        Phone::open(story.alice.directory().to_owned()).makes_anew();
        let edit = |device: &Device, field: &str, value: &str| {
            device.run(&["resident", "edit", household, &resident, field, value]).done();
        };
        edit(&story.alice, "--phone", "13800000001");
        edit(&copy, "--health", "良好");
        let both = [&story.alice, &copy];
        let [first, second] = if is_original_first { [both[1], both[0]] } else { both };
        for device in [first, second, first, &story.bob] {
            device.run(&["sync"]).done();
        }
        for device in [&story.alice, &copy, &story.bob] {
            let shown = device.json(&["household", "show", household]);
            let residents = shown["household"]["residents"].as_array().unwrap();
            assert_eq!(residents.len(), 1, "{is_original_first}");
            let found = (&residents[0]["phone"], &residents[0]["health"]);
            assert_eq!(found, (&"13800000001".into(), &"良好".into()), "{is_original_first}");
            assert_eq!(device.json(&["held", "list"]), json!([]));
            let status = device.json(&["status"]);
            assert_eq!((&status["waiting"], &status["conflicts"]), (&0.into(), &0.into()));
            device.run(&["verify"]).done();
        }
        story.nothing_waits();
    }
}

#[test]
fn what_could_not_be_made_anew_is_asked_for_no_more_once_a_copy_of_the_device_has_sent_it() {
    for is_made_anew_there in [false, true] {
        let story = Story::begin();
        story.edit(&story.alice, "--tenure", "rented");
        let copy = story.alice.copied_to(story.city.path("copy"));
        // It is of an app that this version knows nothing of.
        story.alice.alter("UPDATE outbox SET command = x'ff' WHERE state = 0");
        Phone::open(story.alice.directory().to_owned()).hears_that_it_was_put_back();
        assert_eq!(story.alice.run(&["sync"]).refusal(), (1, "held"));
        assert_eq!(story.alice.json(&["held", "list"])[0]["code"], "needs_a_person");
        if is_made_anew_there {
            Phone::open(copy.directory().to_owned()).makes_anew();
        }
        copy.run(&["sync"]).done();
        story.sync_both();
        assert_eq!(story.tenure(), "rented", "{is_made_anew_there}");
        story.nothing_waits();
        story.alice.run(&["verify"]).done();
    }
}

impl Story {
    pub(crate) fn edit(&self, device: &Device, field: &str, value: &str) {
        device.run(&["household", "edit", &self.household, field, value]).done();
    }

    fn sync_both(&self) {
        self.alice.run(&["sync"]).done();
        self.bob.run(&["sync"]).done();
    }

    /// The values that stand against each other under a key, in order; none if there is no conflict.
    fn values(&self, device: &Device, key: &str) -> Vec<String> {
        let phone = Phone::open(device.directory().to_owned());
        let conflicts = phone.conflicts(self.household.parse().unwrap()).into_iter();
        let of_key = conflicts.filter(|conflict| conflict.key == key);
        let mut values: Vec<_> =
            of_key.flat_map(|conflict| conflict.values).map(|value| value.value).collect();
        values.sort_unstable();
        values
    }

    fn nothing_waits(&self) {
        for device in [&self.alice, &self.bob] {
            let status = device.json(&["status"]);
            assert_eq!((&status["waiting"], &status["held"]), (&0.into(), &0.into()));
        }
        self.city.verify().done();
    }
}
