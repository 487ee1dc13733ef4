//! A server killed while it announces another address, or changes its TLS key: it has done so or has
//! not, what it announced it has, and its device comes in all the same.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use keting_scenarios::binary::keting;
use keting_scenarios::city::MICRO_GRID;
use keting_scenarios::device::Device;
use keting_scenarios::served::ServedCity;
use keting_server::shell::tls_keys::TlsKeys;
use serde_json::Value;

use crate::SEED;
use crate::instants::Instants;
use crate::victim::Victim;

const KILLS: u32 = 16;
const TRIES_MAX: u32 = 80;

#[test]
fn a_server_killed_while_it_changes_its_tls_key_has_changed_it_or_has_not() {
    let mut story = Story::begin();
    let mut instants = Instants::within(story.run_to_its_end(&["rotate-key"]));
    story.settle();
    let (mut changed, mut unchanged) = (0, 0);
    for number in 0..TRIES_MAX {
        if number >= KILLS && changed > 0 && unchanged > 0 {
            break;
        }
        let before = story.announced_keys();
        story.kill_server_within(&["rotate-key"], instants.draw());
        let after = story.announced_keys();
        instants.note(after != before);
        match after.len() - before.len() {
            0 => unchanged += 1,
            1 => changed += 1,
            other => panic!("seed {SEED}, {number}: {other} keys at once"),
        }
        assert!(after.ends_with(&before), "seed {SEED}, {number}");
        assert!(story.keys_on_disk().is_superset(&after.into_iter().collect()), "seed {SEED}");
        story.settle();
        assert_eq!(story.announced_keys().len(), 1, "seed {SEED}, {number}");
    }
    println!("seed {SEED}: killed {changed} times with the key changed, {unchanged} without");
    assert!(changed > 0 && unchanged > 0, "seed {SEED}: {changed}, {unchanged}");
    assert_eq!(story.city.verify().json()["differences"], serde_json::json!([]));
}

#[test]
fn a_server_killed_while_it_announces_an_address_has_announced_it_or_has_not() {
    let mut story = Story::begin();
    let here = format!("wss://127.0.0.1:{}/v1/sync", story.city.port());
    let mut instants = Instants::within(story.run_to_its_end(&["announce", "--url", &here]));
    let (mut announced, mut not_announced) = (0, 0);
    for number in 0..TRIES_MAX {
        if number >= KILLS && announced > 0 && not_announced > 0 {
            break;
        }
        let before = story.status()["urls"].clone();
        let beside = format!("wss://127.0.0.1:{}/v1/sync", number + 1);
        let announce = ["announce", "--url", &here, "--url", &beside];
        story.kill_server_within(&announce, instants.draw());
        let after = story.status()["urls"].clone();
        instants.note(after != before);
        let found = if after == before { &mut not_announced } else { &mut announced };
        *found += 1;
        assert!(after == before || after == serde_json::json!([here, beside]), "seed {SEED}");
        story.settle();
    }
    println!(
        "seed {SEED}: killed {announced} times with the address announced, {not_announced} without"
    );
    assert!(announced > 0 && not_announced > 0, "seed {SEED}: {announced}, {not_announced}");
    assert_eq!(story.city.verify().json()["differences"], serde_json::json!([]));
}

struct Story {
    city: ServedCity,
    device: Device,
    entered: u32,
}

impl Story {
    fn begin() -> Self {
        let city = ServedCity::start();
        let device = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
        Self { city, device, entered: 0 }
    }

    fn command(&self, verb: &[&str]) -> Command {
        let mut command = keting();
        command.arg("server").args(verb).arg("--data").arg(self.city.server_directory());
        command
    }

    fn run_to_its_end(&self, verb: &[&str]) -> Duration {
        let (end, took) = Victim::start(&mut self.command(verb)).run_to_its_end();
        assert_eq!(end.exit_code, Some(0), "{verb:?}");
        took
    }

    /// Asks the server for something, kills it soon after, and starts it again.
    fn kill_server_within(&mut self, verb: &[&str], time: Duration) {
        let mut asking = Victim::start(&mut self.command(verb));
        asking.wait_until(Instant::now() + time);
        self.city.kill();
        asking.run_to_its_end();
        self.city.serve();
    }

    /// The device enters something, hands it over and hears what is announced. Then the server has
    /// nobody to wait for.
    fn settle(&mut self) {
        self.entered += 1;
        let address = format!("望潮苑1幢1单元{}室", self.entered);
        let add = ["household", "add", "--region", MICRO_GRID, "--address", &address];
        self.device.run(&add).done();
        self.device.run(&["sync"]).done();
        assert_eq!(self.device.json(&["status"])["waiting"], 0);
        self.city.stop();
        self.city.serve();
    }

    fn status(&self) -> Value {
        self.city.on_server(&["server", "status", "--json"]).json()
    }

    /// The newest first.
    fn announced_keys(&self) -> Vec<String> {
        let status = self.status();
        let keys = status["keys"].as_array().unwrap().iter();
        keys.map(|known| known["key"].as_str().unwrap().to_owned()).collect()
    }

    fn keys_on_disk(&self) -> BTreeSet<String> {
        let keys = TlsKeys::load(&self.city.server_directory(), &[]).unwrap();
        keys.pins()
            .iter()
            .map(|pin| pin.iter().map(|byte| format!("{byte:02x}")).collect())
            .collect()
    }
}
