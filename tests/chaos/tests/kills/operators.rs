//! What an operator does, killed: the command, and a moment later the server that was doing it.

use std::process::Command;
use std::time::Duration;

use keting_scenarios::city::MICRO_GRID;
use keting_scenarios::device::Device;
use keting_scenarios::served::ServedCity;
use serde_json::{Value, json};

use crate::SEED;
use crate::instants::Instants;
use crate::victim::{End, Victim};

const KILLS: u32 = 8;
const TRIES_MAX: u32 = 60;
/// More than the thirty days that a server believes to have slept.
const AHEAD_DAYS: i64 = 40;

/// How often a command was killed before it had done anything, and how often after.
#[derive(Debug, Default)]
struct Seen {
    killed: u32,
    before: u32,
    after: u32,
}

impl Seen {
    fn note(&mut self, end: &End, is_done: bool) {
        assert!(is_done || end.exit_code.is_none(), "seed {SEED}: it said that it was done");
        self.killed += u32::from(end.exit_code.is_none());
        let found = if is_done { &mut self.after } else { &mut self.before };
        *found += 1;
    }

    fn is_enough(&self) -> bool {
        self.killed >= KILLS && self.before > 0 && self.after > 0
    }

    fn assert_enough(&self) {
        println!("seed {SEED}: {self:?}");
        assert!(self.is_enough(), "seed {SEED}: {self:?}");
    }
}

#[test]
fn a_device_whose_end_is_killed_is_ended_or_goes_on_and_can_be_ended_again() {
    let mut city = ServedCity::start();
    let mut instants = Instants::within(end_whole(&city));
    let mut seen = Seen::default();
    for number in 0..TRIES_MAX {
        if seen.is_enough() {
            break;
        }
        let (device, id) = enrolled(&city, &format!("第{number}人"));
        add_household(&device, &format!("望潮苑1幢1单元{number}室"));
        let act = city.command(&["device", "end", &id, "--why", "已调离"]);
        let end = kill_both(&mut city, act, instants.draw());
        let is_ended = grants_of(&city, &id) == ["ended"];
        instants.note(is_ended);
        seen.note(&end, is_ended);
        let sync = device.run(&["sync"]);
        if is_ended {
            assert_eq!(sync.refusal(), (1, "device_ended"), "seed {SEED}, {number}");
        } else {
            sync.done();
            city.on_server(&["device", "end", &id, "--why", "已调离"]).done();
            assert_eq!(device.run(&["sync"]).refusal(), (1, "device_ended"), "seed {SEED}");
        }
        let status = device.json(&["status"]);
        assert_eq!((&status["waiting"], &status["held"]), (&json!(0), &json!(0)), "seed {SEED}");
    }
    seen.assert_enough();
    assert_eq!(city.verify().json()["differences"], json!([]));
}

/// How long it takes to end a device when nothing disturbs it.
fn end_whole(city: &ServedCity) -> Duration {
    let (_, id) = enrolled(city, "刘平杰");
    let (end, took) =
        Victim::start(&mut city.command(&["device", "end", &id, "--why", "试"])).run_to_its_end();
    assert_eq!(end.exit_code, Some(0));
    took
}

#[test]
fn an_issuing_key_whose_renewal_is_killed_is_the_old_one_or_the_new_one() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    city.stop();
    let key = city.path("root-key");
    let renew = ["init", "--renew-issuing", "--root-key", key.to_str().unwrap()];
    let (end, whole) = Victim::start(&mut city.command(&renew)).run_to_its_end();
    assert_eq!(end.exit_code, Some(0));
    let (mut instants, mut seen) = (Instants::within(whole), Seen::default());
    for _ in 0..TRIES_MAX {
        if seen.is_enough() {
            break;
        }
        let before = city.rows_in("grants");
        let renewal = Victim::start(&mut city.command(&renew));
        let end = renewal.kill_after(instants.draw());
        // The issuing key's grant and that of the server's own key, or neither.
        let made = city.rows_in("grants") - before;
        assert!(made == 0 || made == 2, "seed {SEED}: {made}");
        seen.note(&end, made == 2);
        instants.note(made == 2);
        assert_eq!(city.verify().json()["differences"], json!([]), "seed {SEED}");
    }
    seen.assert_enough();
    city.serve();
    add_household(&alice, "望潮苑1幢1单元101室");
    alice.run(&["sync"]).done();
    let bob = city.device("沈建国", "micro_grid_head", MICRO_GRID);
    assert_eq!(bob.json(&["household", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_clock_whose_confirmation_is_killed_is_suspect_still_or_confirmed() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let (mut ahead_days, mut seen) = (0, Seen::default());
    let mut set_wrong = |city: &ServedCity| {
        ahead_days = AHEAD_DAYS - ahead_days;
        city.set_clock_ahead(ahead_days);
        assert_eq!(alice.run(&["sync"]).refusal(), (5, "clock_suspect"), "seed {SEED}");
    };
    set_wrong(&city);
    let confirm = |city: &ServedCity| city.command(&["server", "confirm-clock"]);
    let (end, whole) = Victim::start(&mut confirm(&city)).run_to_its_end();
    assert_eq!(end.exit_code, Some(0));
    let mut instants = Instants::within(whole);
    for number in 0..TRIES_MAX {
        if seen.is_enough() {
            break;
        }
        add_household(&alice, &format!("望潮苑1幢1单元{number}室"));
        set_wrong(&city);
        let act = confirm(&city);
        let end = kill_both(&mut city, act, instants.draw());
        let sync = alice.run(&["sync"]);
        let is_confirmed = sync.exit_code == Some(0);
        instants.note(is_confirmed);
        seen.note(&end, is_confirmed);
        if !is_confirmed {
            assert_eq!(sync.refusal(), (5, "clock_suspect"), "seed {SEED}, {number}");
            city.confirm_clock();
            alice.run(&["sync"]).done();
        }
        let status = alice.json(&["status"]);
        assert_eq!((&status["waiting"], &status["held"]), (&json!(0), &json!(0)), "seed {SEED}");
    }
    seen.assert_enough();
    assert_eq!(city.verify().json()["differences"], json!([]));
}

/// Kills a command, and at once the server that it spoke with; then the server is started again.
fn kill_both(city: &mut ServedCity, mut act: Command, at: Duration) -> End {
    let end = Victim::start(&mut act).kill_after(at);
    city.kill();
    city.serve();
    end
}

/// A device of somebody new, and its id.
fn enrolled(city: &ServedCity, name: &str) -> (Device, String) {
    let device = city.device(name, "micro_grid_head", MICRO_GRID);
    let listed = city.on_server(&["grant", "list", "--json"]).json();
    let grant = listed.as_array().unwrap().iter().find(|grant| grant["name"] == name).unwrap();
    (device, grant["device"].as_str().unwrap().to_owned())
}

/// What became of each grant of a device.
fn grants_of(city: &ServedCity, device: &str) -> Vec<Value> {
    let listed = city.on_server(&["grant", "list", "--json"]).json();
    let grants = listed.as_array().unwrap().iter().filter(|grant| grant["device"] == device);
    grants.map(|grant| grant["state"].clone()).collect()
}

fn add_household(device: &Device, address: &str) {
    let add = ["household", "add", "--region", MICRO_GRID, "--address", address];
    device.run(&add).done();
}
