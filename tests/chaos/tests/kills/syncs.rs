//! A sync killed while it hands over edits, and a server killed while it takes them.

use std::time::Duration;

use keting_scenarios::city::MICRO_GRID;
use keting_scenarios::device::Device;
use keting_scenarios::phone::Phone;
use keting_scenarios::served::ServedCity;
use serde_json::{Value, json};

use crate::SEED;
use crate::instants::Instants;
use crate::victim::Victim;

const KILLS_OF_A_SYNC: u32 = 16;
const KILLS_OF_THE_SERVER: u32 = 12;
const EDITS_A_ROUND: u32 = 20;
const TRIES_MAX: u32 = 80;

#[test]
fn a_sync_killed_at_any_instant_loses_no_edit_on_either_side() {
    let mut story = Story::begin();
    let mut instants = Instants::within(story.time_of_a_sync());
    let (mut killed, mut in_a_push) = (0, 0);
    for _ in 0..TRIES_MAX {
        if killed >= KILLS_OF_A_SYNC && in_a_push > 0 {
            break;
        }
        story.edit();
        let sync = Victim::start(&mut story.device.command(&["sync"]));
        let end = sync.kill_after(instants.draw());
        instants.note(end.exit_code.is_some());
        killed += u32::from(end.exit_code.is_none());
        let before = story.admitted;
        story.check_what_was_acknowledged();
        in_a_push += u32::from(story.admitted > before && story.waiting > 0);
    }
    println!("seed {SEED}: {killed} kills of a sync, {in_a_push} of them in the middle of a push");
    assert!(killed >= KILLS_OF_A_SYNC && in_a_push > 0, "seed {SEED}: {killed}, {in_a_push}");
    story.end();
}

#[test]
fn a_server_killed_at_any_instant_has_every_edit_it_acknowledged() {
    let mut story = Story::begin();
    let mut instants = Instants::within(story.time_of_a_sync());
    let mut broken_off = 0;
    for _ in 0..KILLS_OF_THE_SERVER {
        story.edit();
        let mut sync = Victim::start(&mut story.device.command(&["sync"]));
        sync.wait_until(std::time::Instant::now() + instants.draw());
        story.city.kill();
        let (end, _) = sync.run_to_its_end();
        assert!(matches!(end.exit_code, Some(0 | 5)), "seed {SEED}: {end:?}");
        broken_off += u32::from(end.exit_code == Some(5));
        instants.note(end.exit_code == Some(0));
        story.check_what_was_acknowledged();
        story.city.serve();
    }
    println!("seed {SEED}: {KILLS_OF_THE_SERVER} kills of the server, {broken_off} during a sync");
    assert!(broken_off > 0, "seed {SEED}: every sync was over before the server was killed");
    story.end();
}

/// A device that enters households and hands them to a server, both the real command.
struct Story {
    city: ServedCity,
    device: Device,
    /// How many commits the city began with: its regions.
    began_with: u64,
    /// Edits made on the device.
    entered: u64,
    /// Edits it knows no answer to.
    waiting: u64,
    /// Edits the server holds.
    admitted: u64,
}

impl Story {
    fn begin() -> Self {
        let city = ServedCity::start();
        let device = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
        let began_with = commits(&city.verify().json());
        Self { city, device, began_with, entered: 0, waiting: 0, admitted: 0 }
    }

    /// Enters some households. Each is a commit of its own.
    fn edit(&mut self) {
        let phone = Phone::open(self.device.directory().to_owned());
        for _ in 0..EDITS_A_ROUND {
            self.entered += 1;
            phone.add_household(MICRO_GRID, &format!("望潮苑1幢1单元{}室", self.entered), "李一");
        }
    }

    fn time_of_a_sync(&mut self) -> Duration {
        self.edit();
        Victim::start(&mut self.device.command(&["sync"])).run_to_its_end().1
    }

    /// Both files open, the device has everything that was entered, and the server everything that
    /// it acknowledged.
    fn check_what_was_acknowledged(&mut self) {
        let status = self.device.json(&["status"]);
        assert_eq!(status["held"], 0, "seed {SEED}");
        self.waiting = status["waiting"].as_u64().unwrap();
        let server = self.city.verify().json();
        assert_eq!(server["differences"], json!([]), "seed {SEED}");
        self.admitted = commits(&server) - self.began_with;
        let acknowledged = self.entered - self.waiting;
        assert!(
            (acknowledged..=self.entered).contains(&self.admitted),
            "seed {SEED}: {acknowledged} acknowledged, the server has {}",
            self.admitted
        );
        let listed = self.device.json(&["household", "list"]);
        assert_eq!(listed.as_array().unwrap().len() as u64, self.entered, "seed {SEED}");
    }

    /// Once nothing disturbs it any more, everything is on both sides, and once.
    fn end(mut self) {
        self.device.run(&["sync"]).done();
        self.check_what_was_acknowledged();
        assert_eq!((self.waiting, self.admitted), (0, self.entered), "seed {SEED}");
        let documents = |verified: Value| verified["documents"].as_object().unwrap().clone();
        let here = documents(self.device.json(&["verify"]));
        let there = documents(self.city.verify().json());
        for (document, heads) in &here {
            assert_eq!(there.get(document), Some(heads), "seed {SEED}: {document}");
        }
    }
}

fn commits(verified: &Value) -> u64 {
    verified["commits"].as_u64().unwrap()
}
