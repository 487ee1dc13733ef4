//! A sync killed while it hears that something is not as it was entered: work is held and leaves its
//! documents, or the device was ended and hands over the last of what it made.

use std::collections::BTreeSet;

use keting_scenarios::city::{GRID, MICRO_GRID, VILLAGE};
use keting_scenarios::device::Device;
use keting_scenarios::served::ServedCity;
use serde_json::json;

use crate::SEED;
use crate::instants::Instants;
use crate::victim::Victim;

const KILLS: u32 = 6;
const TRIES_MAX: u32 = 60;

#[test]
fn a_sync_that_takes_out_held_work_is_killed_and_everything_stands_or_is_listed() {
    let city = ServedCity::start();
    let device = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let (mut killed, mut open, mut taken_out) = (0, 0, 0);
    let mut instants: Option<Instants> = None;
    for number in 0..TRIES_MAX {
        if killed >= KILLS && open > 0 && taken_out > 0 {
            break;
        }
        add_where_one_may_not(&device, &format!("不可{number}号"));
        add(&device, MICRO_GRID, &format!("可{number}号"));
        if let Some(instants) = &mut instants {
            let sync = Victim::start(&mut device.command(&["sync"]));
            let end = sync.kill_after(instants.draw());
            killed += u32::from(end.exit_code.is_none());
            let is_taken_out = device.json(&["status"])["held"] == json!(number + 1);
            instants.note(is_taken_out);
            let found = if is_taken_out { &mut taken_out } else { &mut open };
            *found += 1;
        }
        let (end, took) = Victim::start(&mut device.command(&["sync"])).run_to_its_end();
        assert_eq!(end.exit_code, Some(1), "seed {SEED}: {}", end.said);
        instants.get_or_insert_with(|| Instants::within(took));
        assert_eq!(addresses(&device), numbered("可", number), "seed {SEED}");
        assert_eq!(held(&device), numbered("不可", number), "seed {SEED}");
        assert_eq!(device.json(&["status"])["waiting"], 0, "seed {SEED}");
        device.run(&["verify"]).done();
    }
    println!("seed {SEED}: {killed} kills, {open} before and {taken_out} after it was taken out");
    assert!(killed >= KILLS && open > 0 && taken_out > 0, "seed {SEED}: {killed}, {taken_out}");
    assert_eq!(city.verify().json()["differences"], json!([]));
}

#[test]
fn an_ended_device_that_is_killed_while_it_hands_over_hands_over_the_rest_later() {
    const EDITS: u32 = 2;
    let city = ServedCity::start();
    let colleague = city.device("刘平杰", "micro_grid_head", MICRO_GRID);
    let device = city.new_device();
    let (mut killed, mut made) = (0, BTreeSet::new());
    let mut instants: Option<Instants> = None;
    for number in 0..TRIES_MAX {
        if killed >= KILLS {
            break;
        }
        // A later invitation into the folder stands, whatever was ended before.
        let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
        device.run(&["enroll", &invitation]).done();
        for edit in 0..EDITS {
            let address = format!("{number}幢{edit}室");
            add(&device, MICRO_GRID, &address);
            made.insert(address);
        }
        city.on_server(&["device", "end", &id_of(&city, "陆德祥"), "--why", "已调离"]).done();
        if let Some(instants) = &mut instants {
            let sync = Victim::start(&mut device.command(&["sync"]));
            let end = sync.kill_after(instants.draw());
            instants.note(end.exit_code.is_some());
            killed += u32::from(end.exit_code.is_none());
        }
        let (end, took) = Victim::start(&mut device.command(&["sync"])).run_to_its_end();
        assert_eq!(end.exit_code, Some(1), "seed {SEED}: {}", end.said);
        instants.get_or_insert_with(|| Instants::within(took));
        let status = device.json(&["status"]);
        assert_eq!((&status["waiting"], &status["held"]), (&json!(0), &json!(0)), "seed {SEED}");
    }
    println!("seed {SEED}: {killed} kills");
    assert!(killed >= KILLS, "seed {SEED}: {killed}");
    colleague.run(&["sync"]).done();
    assert_eq!(addresses(&colleague), made, "seed {SEED}");
    assert_eq!(city.verify().json()["differences"], json!([]));
}

fn add(device: &Device, region: &str, address: &str) {
    device.run(&["household", "add", "--region", region, "--address", address]).done();
}

/// A broken app that takes the whole grid for a part of its holder's micro-grid.
fn add_where_one_may_not(device: &Device, address: &str) {
    let region = |code| format!("(SELECT document FROM region WHERE code = '{code}')");
    let move_grid_below = |code| {
        let parent = region(code);
        device.alter(&format!("UPDATE region SET parent = {parent} WHERE code = '{GRID}'"));
    };
    move_grid_below(MICRO_GRID);
    add(device, GRID, address);
    move_grid_below(VILLAGE);
}

fn addresses(device: &Device) -> BTreeSet<String> {
    let listed = device.json(&["household", "list"]);
    let address = |one: &serde_json::Value| one["address"].as_str().unwrap().to_owned();
    listed.as_array().unwrap().iter().map(address).collect()
}

/// The addresses of the households that are held.
fn held(device: &Device) -> BTreeSet<String> {
    let listed = device.json(&["held", "list"]);
    let address = |one: &serde_json::Value| one["fields"][0]["value"].as_str().unwrap().to_owned();
    listed.as_array().unwrap().iter().map(address).collect()
}

fn numbered(what: &str, last: u32) -> BTreeSet<String> {
    (0..=last).map(|number| format!("{what}{number}号")).collect()
}

fn id_of(city: &ServedCity, name: &str) -> String {
    let listed = city.on_server(&["grant", "list", "--json"]).json();
    let grant = listed.as_array().unwrap().iter().find(|grant| grant["name"] == name).unwrap();
    grant["device"].as_str().unwrap().to_owned()
}
