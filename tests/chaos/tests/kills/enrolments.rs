//! An enrolment, killed: while it makes its keys, while it presents its invitation, in the middle of
//! its first sync.

use keting_scenarios::city::MICRO_GRID;
use keting_scenarios::device::Device;
use keting_scenarios::served::ServedCity;

use crate::SEED;
use crate::instants::Instants;
use crate::victim::Victim;

const KILLS: u32 = 16;
const HOUSEHOLDS: usize = 80;
const TRIES_MAX: u32 = 200;

#[test]
fn an_enrolment_killed_at_any_instant_is_taken_up_again_with_the_same_invitation() {
    let city = ServedCity::start();
    let phone = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    for number in 0..HOUSEHOLDS {
        phone.add_household(MICRO_GRID, &format!("望潮苑1幢1单元{number}室"), "李一");
    }
    phone.sync();
    let start = |device: &Device, invitation: &str| {
        Victim::start(&mut device.command(&["enroll", invitation]))
    };
    let invite = || city.invite("沈国强", "micro_grid_head", MICRO_GRID);
    let (_, whole) = start(&city.new_device(), &invite()).run_to_its_end();
    let (mut instants, mut again_at) = (Instants::within(whole), Instants::within(whole));

    let (mut killed, mut in_first_sync, mut again_in_first_sync) = (0, 0, 0);
    for _ in 0..TRIES_MAX {
        if killed >= KILLS && again_in_first_sync > 0 {
            break;
        }
        let (device, invitation) = (city.new_device(), invite());
        let end = start(&device, &invitation).kill_after(instants.draw());
        instants.note(end.exit_code.is_some());
        killed += u32::from(end.exit_code.is_none());
        if is_in_first_sync(&device) {
            in_first_sync += 1;
            let sync = Victim::start(&mut device.command(&["sync"]));
            let end = sync.kill_after(again_at.draw());
            again_at.note(end.exit_code.is_some());
            again_in_first_sync += u32::from(is_in_first_sync(&device));
        }
        take_up(&device, &invitation);
        assert_eq!(device.json(&["household", "list"]).as_array().unwrap().len(), HOUSEHOLDS);
        device.run(&["verify"]).done();
    }
    println!(
        "seed {SEED}: {killed} kills of an enrolment, {in_first_sync} in its first sync; \
         {again_in_first_sync} syncs that went on with it were killed in it too"
    );
    assert!(killed >= KILLS && again_in_first_sync > 0, "seed {SEED}: {killed}, {in_first_sync}");
    assert_eq!(city.verify().json()["differences"], serde_json::json!([]));
}

/// Whether the device has entered the city and not yet all of its documents.
fn is_in_first_sync(device: &Device) -> bool {
    let status = device.run(&["status", "--json"]);
    match status.exit_code {
        Some(0) => status.json()["first_sync"].is_object(),
        _ => {
            assert_eq!(status.refusal(), (3, "no_replica"), "seed {SEED}: {status:?}");
            false
        }
    }
}

/// Does what a person would: enrols again, whether or not the device has joined already.
fn take_up(device: &Device, invitation: &str) {
    device.run(&["enroll", invitation]).done();
}

#[test]
fn an_enrolled_device_killed_while_it_is_enrolled_once_more_has_the_old_membership_or_the_new_one()
{
    let city = ServedCity::start();
    let device = city.device("沈国强", "micro_grid_head", MICRO_GRID);
    let invite = || city.invite("沈国强", "micro_grid_head", MICRO_GRID);
    let start = |invitation: &str| Victim::start(&mut device.command(&["enroll", invitation]));
    let mut instants = Instants::within(start(&invite()).run_to_its_end().1);
    let mut killed = 0;
    for number in 0..KILLS * 2 {
        let address = format!("望潮苑1幢1单元{number}室");
        let add = ["household", "add", "--region", MICRO_GRID, "--address", &address];
        device.run(&add).done();
        let end = start(&invite()).kill_after(instants.draw());
        instants.note(end.exit_code.is_some());
        killed += u32::from(end.exit_code.is_none());
        // Whatever it was in the middle of, it is a device of the city and its work goes out.
        device.run(&["sync"]).done();
        assert_eq!(device.json(&["status"])["waiting"], 0, "seed {SEED}, {number}");
    }
    assert!(killed >= KILLS / 2, "seed {SEED}: {killed} kills");
    device.run(&["verify"]).done();
    assert_eq!(city.verify().json()["differences"], serde_json::json!([]));
}
