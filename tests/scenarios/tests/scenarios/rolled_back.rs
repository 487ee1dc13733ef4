//! A machine that was put back to an earlier state: file, vault, or both, on the very same inodes.

use std::path::PathBuf;

use keting::parts::replica_of;
use keting_scenarios::city::{GRID, MICRO_GRID};
use keting_scenarios::device::Device;
use keting_scenarios::phone::Phone;
use keting_scenarios::served::ServedCity;
use keting_sync::message::Highest;
use keting_trust::Digest;

#[test]
fn a_machine_put_back_with_its_vault_goes_on_and_loses_nothing() {
    let story = Story::begin();
    let copy = story.copied_before_more_is_sent();
    story.put_back(&copy);
    story.add("三号");
    story.alice.run(&["household", "edit", &story.household, "--tenure", "rented"]).done();
    story.alice.run(&["sync"]).done();
    story.has_all(&["一号", "二号", "三号"]);
    assert_eq!(story.tenure(), "rented");
}

#[test]
fn more_edits_after_it_than_were_sent_before_it_stand_as_well() {
    let story = Story::begin();
    let copy = story.copied();
    story.alice.run(&["household", "edit", &story.household, "--tenure", "owned"]).done();
    story.alice.run(&["sync"]).done();
    story.put_back(&copy);
    let all = ["二号", "三号", "四号", "五号"];
    all.iter().for_each(|address| drop(story.add(address)));
    story.alice.run(&["household", "edit", &story.household, "--tenure", "rented"]).done();
    story.alice.run(&["sync"]).done();
    story.has_all(&["一号", "二号", "三号", "四号", "五号"]);
    // What was said in each life, without having seen the other, stands to be settled.
    let shown = story.alice.json(&["household", "show", &story.household]);
    let values = shown["conflicts"][0]["values"].as_array().unwrap().iter();
    let mut values: Vec<_> = values.map(|value| value["value"].as_str().unwrap()).collect();
    values.sort_unstable();
    assert_eq!(values, ["owned", "rented"]);
}

#[test]
fn more_work_than_goes_out_with_the_greeting_is_authored_anew_as_well() {
    let story = Story::begin();
    let copy = story.copied_before_more_is_sent();
    story.put_back(&copy);
    for number in 1..=24 {
        story.edit(&story.alice, "--address", &format!("甲{number}号"));
    }
    story.alice.run(&["sync"]).done();
    story.has_all(&["二号", "甲24号"]);
}

#[test]
fn a_machine_that_had_only_received_since_loses_nothing_either() {
    let story = Story::begin();
    let copy = story.copied();
    story.edit(&story.bob, "--address", "甲");
    story.bob.run(&["sync"]).done();
    story.alice.run(&["sync"]).done();
    story.put_back(&copy);
    story.edit(&story.alice, "--tenure", "rented");
    story.alice.run(&["sync"]).done();
    story.has_all(&["甲"]);
    assert_eq!(story.tenure(), "rented");
}

#[test]
fn a_machine_put_back_again_and_again_keeps_what_it_entered_each_time() {
    let story = Story::begin();
    story.add("二号");
    let copy = story.copied();
    story.alice.run(&["sync"]).done();
    for address in ["三号", "四号", "五号"] {
        story.put_back(&copy);
        story.add(address);
        story.alice.run(&["sync"]).done();
    }
    story.has_all(&["一号", "二号", "三号", "四号", "五号"]);
    // Once more, and nothing is entered meanwhile.
    story.put_back(&copy);
    story.alice.run(&["sync"]).done();
    story.has_all(&["一号", "二号", "三号", "四号", "五号"]);
}

#[test]
fn the_vault_alone_or_the_data_alone_put_back_costs_nothing_either() {
    for vault in [true, false] {
        let story = Story::begin();
        story.add("二号");
        let folder = if vault { story.alice.vault() } else { story.alice.data() };
        let copy = Device::copied(&folder);
        story.alice.run(&["sync"]).done();
        story.add("三号");
        story.alice.run(&["sync"]).done();
        Device::put_back(&folder, &copy);
        story.add("四号");
        story.alice.run(&["sync"]).done();
        story.has_all(&["一号", "二号", "三号", "四号"]);
    }
}

#[test]
fn what_is_there_already_is_made_once_and_what_cannot_be_made_anew_keeps_its_text() {
    let story = Story::begin();
    let edit = |household: &str, field: &str, value: &str| {
        story.alice.run(&["household", "edit", household, field, value]).done();
    };
    story.add("二号");
    let copy = story.copied();
    story.alice.run(&["sync"]).done();
    for tenure in ["rented", "owned", "rented"] {
        edit(&story.household, "--tenure", tenure);
    }
    story.alice.run(&["sync"]).done();
    story.put_back(&copy);
    edit(&story.household, "--tenure", "rented");
    let third = story.add("三号");
    // The household was entered with an app that this version knows nothing of; so it is not there to
    // be edited when the edit is made anew.
    story.alice.alter(
        "UPDATE outbox SET command = x'ff'
         WHERE commit_row = (SELECT max(commit_row) FROM outbox WHERE state = 0)",
    );
    edit(&third, "--address", "丙");
    assert_eq!(story.alice.run(&["sync"]).refusal(), (1, "held"));
    let held = story.alice.json(&["held", "list"]);
    assert_eq!(held.as_array().unwrap().len(), 2);
    assert_eq!(
        (&held[1]["code"], &held[1]["fields"][0]["value"]),
        (&"needs_a_person".into(), &"丙".into())
    );
    assert_eq!(story.alice.json(&["household", "list"]).as_array().unwrap().len(), 2);
    assert_eq!(story.alice.json(&["status"])["conflicts"], 0);
    assert_eq!(story.tenure(), "rented");
    story.alice.run(&["verify"]).done();
}

#[test]
fn a_phone_that_stops_right_after_it_was_told_goes_on_with_the_next_sync() {
    let city = ServedCity::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    alice.add_household(MICRO_GRID, "一号", "李一");
    let incarnation = replica_of(&alice.keting).persisted().incarnation;
    let elsewhere = Highest { sequence: 9, digest: Digest::of(b"of another life") };
    replica_of(&alice.keting).note_highest(&incarnation, Some(&elsewhere)).unwrap();
    let alice = alice.reopened();
    assert_eq!(alice.households(), []);
    assert_eq!(alice.keting.held().unwrap()[0].code, "device_rolled_back");
    alice.sync();
    assert_eq!(alice.households().len(), 1);
    assert_eq!(alice.keting.held().unwrap(), []);
    let bob = city.phone("刘平杰", "grid_worker", GRID);
    assert_eq!(bob.households(), alice.households());
    alice.assert_verified();
}

/// Alice, whose machine is put back, and Bob, who sees what she does.
pub(crate) struct Story {
    pub(crate) city: ServedCity,
    pub(crate) alice: Device,
    pub(crate) bob: Device,
    pub(crate) household: String,
}

type Copied = [Vec<(PathBuf, Vec<u8>)>; 2];

impl Story {
    pub(crate) fn begin() -> Self {
        let city = ServedCity::start();
        let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
        let added = ["household", "add", "--region", MICRO_GRID, "--address", "一号"];
        let household = alice.run(&added).line();
        alice.run(&["sync"]).done();
        let bob = city.device("刘平杰", "grid_worker", GRID);
        Self { city, alice, bob, household }
    }

    pub(crate) fn add(&self, address: &str) -> String {
        let added = ["household", "add", "--region", MICRO_GRID, "--address", address];
        self.alice.run(&added).line()
    }

    pub(crate) fn copied(&self) -> Copied {
        [Device::copied(&self.alice.data()), Device::copied(&self.alice.vault())]
    }

    /// A copy of Alice's machine, which then enters and hands over one household more.
    pub(crate) fn copied_before_more_is_sent(&self) -> Copied {
        let copy = self.copied();
        self.add("二号");
        self.alice.run(&["sync"]).done();
        copy
    }

    pub(crate) fn put_back(&self, [data, vault]: &Copied) {
        Device::put_back(&self.alice.data(), data);
        Device::put_back(&self.alice.vault(), vault);
    }

    pub(crate) fn tenure(&self) -> String {
        let phone = Phone::open(self.alice.directory().to_owned());
        let detail = phone.detail(self.household.parse().unwrap());
        detail.tenure.unwrap_or_default()
    }

    /// Both have the households and nothing else, nothing waits, and all of it holds up.
    fn has_all(&self, addresses: &[&str]) {
        self.bob.run(&["sync"]).done();
        for device in [&self.alice, &self.bob] {
            let listed = device.json(&["household", "list"]);
            let listed = listed.as_array().unwrap().iter();
            let mut found: Vec<_> = listed.map(|one| one["address"].as_str().unwrap()).collect();
            found.sort_unstable();
            let mut expected = addresses.to_vec();
            expected.sort_unstable();
            assert_eq!(found, expected);
            let status = device.json(&["status"]);
            assert_eq!((&status["waiting"], &status["held"]), (&0.into(), &0.into()));
            device.run(&["sync"]).done();
            device.run(&["verify"]).done();
        }
        self.city.verify().done();
    }
}
