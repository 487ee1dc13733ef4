//! A sync killed on a copy of a machine, while it hears that what it has stands by another commit: it takes
//! that out, and makes anew on the one that stands what it had built on its own.

use std::collections::BTreeSet;

use keting_scenarios::city::MICRO_GRID;
use keting_scenarios::device::Device;
use keting_scenarios::phone::Phone;
use keting_scenarios::served::ServedCity;
use serde_json::json;

use crate::SEED;
use crate::instants::Instants;
use crate::victim::Victim;

const KILLS: u32 = 6;
const TRIES_MAX: u32 = 40;

#[test]
fn a_sync_that_hears_that_its_work_is_superseded_is_killed_and_all_of_it_stands_once() {
    let city = ServedCity::start();
    let device = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let (mut killed, mut entered) = (0, BTreeSet::new());
    let mut instants: Option<Instants> = None;
    for number in 0..TRIES_MAX {
        if killed >= KILLS {
            break;
        }
        let household = Phone::open(device.directory().to_owned()).add_household(
            MICRO_GRID,
            &format!("待核{number}"),
            "李一",
        );
        let copy = device.copied_to(city.path("copy"));
        Phone::open(device.directory().to_owned()).makes_anew();
        device.run(&["sync"]).done();
        let address = format!("望潮苑{number}幢");
        Phone::open(copy.directory().to_owned()).change_address(household, &address);
        entered.insert(address);
        if let Some(instants) = &mut instants {
            let end = Victim::start(&mut copy.command(&["sync"])).kill_after(instants.draw());
            instants.note(end.exit_code.is_some());
            killed += u32::from(end.exit_code.is_none());
        }
        let (end, took) = Victim::start(&mut copy.command(&["sync"])).run_to_its_end();
        assert_eq!(end.exit_code, Some(0), "seed {SEED}: {}", end.said);
        instants.get_or_insert_with(|| Instants::within(took));
        device.run(&["sync"]).done();
        for device in [&device, &copy] {
            has_all(device, &entered);
        }
        assert_eq!(city.verify().json()["differences"], json!([]), "seed {SEED}");
    }
    println!("seed {SEED}: {killed} kills");
    assert!(killed >= KILLS, "seed {SEED}: {killed}");
}

fn has_all(device: &Device, entered: &BTreeSet<String>) {
    let listed = device.json(&["household", "list"]);
    let address = |one: &serde_json::Value| one["address"].as_str().unwrap().to_owned();
    let addresses: Vec<_> = listed.as_array().unwrap().iter().map(address).collect();
    assert_eq!(addresses.len(), entered.len(), "seed {SEED}");
    assert_eq!(&BTreeSet::from_iter(addresses), entered, "seed {SEED}");
    let status = device.json(&["status"]);
    let open = ["waiting", "held", "conflicts"].map(|count| status[count].clone());
    assert_eq!(open, [0, 0, 0].map(|count| json!(count)), "seed {SEED}");
    assert_eq!(device.json(&["verify"])["differences"], json!([]), "seed {SEED}");
}
