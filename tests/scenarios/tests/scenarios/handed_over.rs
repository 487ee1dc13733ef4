//! What a device that was ended still hands over, wherever it lies: nothing more is read for it, so what
//! goes out and what is shown of it must not wait for what the log brings.

use keting_scenarios::city::MICRO_GRID;
use keting_scenarios::device::Device;
use keting_scenarios::phone::Phone;
use keting_scenarios::served::ServedCity;
use serde_json::json;

use crate::damaged::{damage, pages_of};
use crate::ending::{WHY, add_household, devices_of};

#[test]
fn what_was_salvaged_on_an_ended_device_is_handed_over_and_stands_once_after_an_invitation() {
    for heard_of_it_before in [true, false] {
        let city = ServedCity::start();
        let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
        let bob = city.device("刘平杰", "micro_grid_head", MICRO_GRID);
        alice.run(&["sync"]).done();
        let entered = add_household(&alice, "望潮苑1幢1单元101室");
        alice.run(&["household", "edit", &entered, "--tenure", "rented"]).done();
        let id = devices_of(&city, "陆德祥").remove(0).0;
        let later = if heard_of_it_before {
            // It heard of the end, and could not hand over: the server had no room.
            Phone::open(alice.directory().to_owned()).hears_of_its_end(WHY);
            vec![add_household(&alice, "望潮苑1幢1单元102室")]
        } else {
            Vec::new()
        };
        city.on_server(&["device", "end", &id, "--why", WHY]).done();
        let pages = pages_of(Phone::open(alice.directory().to_owned()), "household");
        damage(alice.directory(), &pages);
        alice.run(&["salvage"]).done();
        for _ in 0..2 {
            assert_eq!(alice.run(&["sync"]).refusal(), (1, "device_ended"));
        }
        assert_eq!(waiting(&alice), (later.len(), later.len(), 0));
        bob.run(&["sync"]).done();
        assert_eq!(bob.json(&["household", "show", &entered])["household"]["tenure"], "rented");

        alice.run(&["enroll", &city.invite("陆德祥", "micro_grid_head", MICRO_GRID)]).done();
        alice.run(&["sync"]).done();
        assert_eq!(waiting(&alice), (0, 0, 0));
        bob.run(&["sync"]).done();
        for device in [&alice, &bob] {
            let listed = device.json(&["household", "list"]);
            assert_eq!(listed.as_array().unwrap().len(), 1 + later.len());
            let shown = device.json(&["household", "show", &entered]);
            assert_eq!(shown["household"]["tenure"], "rented");
            assert_eq!(shown["conflicts"], json!([]));
            device.run(&["verify"]).done();
        }
        city.verify().done();
    }
}

#[test]
fn what_a_copy_has_handed_over_is_shown_as_done_on_an_ended_device_that_had_it_too() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.device("刘平杰", "micro_grid_head", MICRO_GRID);
    let household = add_household(&alice, "望潮苑1幢1单元101室");
    alice.run(&["sync"]).done();
    alice.run(&["household", "edit", &household, "--tenure", "rented"]).done();
    let copy = alice.copied_to(city.path("copy"));
    Phone::open(copy.directory().to_owned()).makes_anew();
    copy.run(&["sync"]).done();
    let id = devices_of(&city, "陆德祥").remove(0).0;
    city.on_server(&["device", "end", &id, "--why", WHY]).done();
    for _ in 0..2 {
        assert_eq!(alice.run(&["sync"]).refusal(), (1, "device_ended"));
        assert_eq!(waiting(&alice), (0, 0, 0));
        assert_eq!(alice.json(&["outbox"]), json!([]));
    }
    alice.run(&["enroll", &city.invite("陆德祥", "micro_grid_head", MICRO_GRID)]).done();
    alice.run(&["sync"]).done();
    assert_eq!(waiting(&alice), (0, 0, 0));
    bob.run(&["sync"]).done();
    for device in [&alice, &bob] {
        let shown = device.json(&["household", "show", &household]);
        assert_eq!(shown["household"]["tenure"], "rented");
        assert_eq!(shown["conflicts"], json!([]));
        device.run(&["verify"]).done();
    }
    city.verify().done();
}

#[test]
fn a_second_end_of_a_device_keeps_the_first_reason_on_the_device() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    alice.run(&["sync"]).done();
    let id = devices_of(&city, "陆德祥").remove(0).0;
    for why in [WHY, "手机已遗失"] {
        city.on_server(&["device", "end", &id, "--why", why]).done();
        assert_eq!(alice.run(&["sync"]).refusal(), (1, "device_ended"));
        assert_eq!(alice.json(&["status"])["ended"], WHY);
    }
    city.verify().done();
}

/// How much waits, how much of it for an invitation, and how much is held.
fn waiting(device: &Device) -> (usize, usize, usize) {
    let status = device.json(&["status"]);
    let count = |name: &str| usize::try_from(status[name].as_u64().unwrap()).unwrap();
    (count("waiting"), count("waiting_for_invitation"), count("held"))
}
