//! A sync killed on a machine that was put back with its vault: while it hears of it, takes out what it
//! made since, receives what it had sent before, and makes the rest anew.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use keting_scenarios::city::MICRO_GRID;
use keting_scenarios::device::Device;
use keting_scenarios::phone::Phone;
use keting_scenarios::served::ServedCity;
use serde_json::json;

use crate::SEED;
use crate::instants::Instants;
use crate::victim::Victim;

const KILLS: u32 = 16;
const EDITS: u32 = 6;
const TRIES_MAX: u32 = 80;

#[test]
fn a_sync_of_a_machine_that_was_put_back_is_killed_at_any_instant_and_nothing_is_lost() {
    let mut story = Story::begin();
    story.put_back_after_edits();
    let mut instants = Instants::within(story.sync_to_the_end());
    let (mut killed, mut between) = (0, 0);
    for _ in 0..TRIES_MAX {
        if killed >= KILLS && between > 0 {
            break;
        }
        story.put_back_after_edits();
        let sync = Victim::start(&mut story.device.command(&["sync"]));
        let end = sync.kill_after(instants.draw());
        instants.note(end.exit_code.is_some());
        killed += u32::from(end.exit_code.is_none());
        between += u32::from(story.device.json(&["status"])["held"] != 0);
        story.sync_to_the_end();
    }
    println!("seed {SEED}: {killed} kills, {between} of them with edits still to be made anew");
    assert!(killed >= KILLS && between > 0, "seed {SEED}: {killed}, {between}");
}

/// A device whose machine is put back again and again, and everything that was entered on it.
struct Story {
    city: ServedCity,
    device: Device,
    entered: BTreeSet<String>,
}

impl Story {
    fn begin() -> Self {
        let city = ServedCity::start();
        let device = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
        Self { city, device, entered: BTreeSet::new() }
    }

    /// Enters some households and hands them over, is put back to before that, and enters some more.
    fn put_back_after_edits(&mut self) {
        let folders = [self.device.data(), self.device.vault()];
        let copies: Vec<(PathBuf, _)> =
            folders.map(|folder| (folder.clone(), Device::copied(&folder))).into();
        self.edit();
        self.device.run(&["sync"]).done();
        for (folder, copy) in &copies {
            Device::put_back(folder, copy);
        }
        self.edit();
    }

    fn edit(&mut self) {
        let phone = Phone::open(self.device.directory().to_owned());
        for _ in 0..EDITS {
            let address = format!("望潮苑1幢1单元{}室", self.entered.len() + 1);
            // Two in a row: the second is to be made anew on what the first became.
            let household = phone.add_household(MICRO_GRID, "待核", "李一");
            phone.change_address(household, &address);
            self.entered.insert(address);
        }
    }

    /// Nothing disturbs this sync: then everything that was entered is on both sides, and once.
    fn sync_to_the_end(&self) -> Duration {
        let (end, took) = Victim::start(&mut self.device.command(&["sync"])).run_to_its_end();
        assert_eq!(end.exit_code, Some(0), "seed {SEED}: {}", end.said);
        let listed = self.device.json(&["household", "list"]);
        let addresses = listed.as_array().unwrap().iter();
        let addresses: Vec<_> =
            addresses.map(|one| one["address"].as_str().unwrap().to_owned()).collect();
        assert_eq!(addresses.len(), self.entered.len(), "seed {SEED}");
        assert_eq!(BTreeSet::from_iter(addresses), self.entered, "seed {SEED}");
        let status = self.device.json(&["status"]);
        let open = ["waiting", "held", "conflicts"].map(|count| status[count].clone());
        assert_eq!(open, [0, 0, 0].map(|count| json!(count)), "seed {SEED}");
        let here = self.device.json(&["verify"]);
        let there = self.city.verify().json();
        assert_eq!((&here["differences"], &there["differences"]), (&json!([]), &json!([])));
        for (document, heads) in here["documents"].as_object().unwrap() {
            assert_eq!(there["documents"].get(document), Some(heads), "seed {SEED}: {document}");
        }
        took
    }
}
