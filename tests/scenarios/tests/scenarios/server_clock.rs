//! A server whose clock goes wrong: what it does not trust leaves nothing behind, and what it wrongly
//! trusted leaves nothing that lasts.

use keting_scenarios::city::MICRO_GRID;
use keting_scenarios::device::Device;
use keting_scenarios::served::ServedCity;

use crate::ending::devices_of;

/// A day by the right clock, as `household show` has it.
fn today() -> String {
    use keting::Environment as _;
    keting::CityTime::new(keting::SystemEnvironment.unix_ms()).day().to_string()
}

fn add_household(device: &Device, address: &str) -> String {
    let add = ["household", "add", "--region", MICRO_GRID, "--address", address];
    device.run(&add).done().line()
}

fn visit(device: &Device, household: &str) {
    device.run(&["household", "visit", household, "--purpose", "上门看望"]).done();
}

/// How many edits a device has held, refused and waiting.
fn left(device: &Device) -> [u64; 3] {
    let status = device.json(&["status"]);
    ["held", "refused", "waiting"].map(|name| status[name].as_u64().unwrap())
}

#[test]
fn one_minute_of_a_wrong_server_clock_holds_nothing_and_the_edit_goes_out_by_itself() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.device("沈建国", "micro_grid_head", MICRO_GRID);
    alice.run(&["sync"]).done();
    let household = add_household(&alice, "望潮苑1幢1单元101室");
    city.set_clock_ahead(800);
    assert_eq!(alice.run(&["sync"]).refusal(), (5, "clock_suspect"));
    assert_eq!(left(&alice), [0, 0, 1]);
    let invite = ["invite", "--name", "王五", "--role", "steward", "--region", MICRO_GRID];
    assert_eq!(city.on_server(&invite).refusal(), (5, "clock_suspect"));
    assert!(city.log().contains("the clock is suspect"));
    let (_, health) = city.get("/health");
    assert_eq!(health.trim(), r#"{"healthy":false,"fault":"clock_suspect"}"#);

    // Right again, it waits for somebody to say so, also over a restart.
    city.set_clock_ahead(0);
    assert_eq!(alice.run(&["sync"]).refusal(), (5, "clock_suspect"));
    city.kill();
    city.serve();
    assert_eq!(alice.run(&["sync"]).refusal(), (5, "clock_suspect"));
    assert!(city.confirm_clock().starts_with(&today()));
    alice.run(&["sync"]).done();
    assert_eq!(left(&alice), [0, 0, 0]);
    bob.run(&["sync"]).done();
    bob.run(&["household", "show", &household]).done();
    assert!(city.verify().done().out.contains("\"differences\""));
}

#[test]
fn of_a_clock_that_was_confirmed_wrongly_nothing_lasting_comes() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.new_device();
    let invite = ["invite", "--name", "沈建国", "--role", "micro_grid_head", "--days", "1000"];
    let invitation = city.on_server(&[&invite[..], &["--region", MICRO_GRID]].concat()).line();
    bob.run(&["enroll", &invitation]).done();
    alice.run(&["sync"]).done();
    bob.run(&["sync"]).done();
    let household = add_household(&alice, "望潮苑1幢1单元101室");
    city.set_clock_ahead(800);
    assert!(!city.confirm_clock().starts_with(&today()));

    // By that clock Alice's grant is over and Bob's is not.
    assert_eq!(alice.run(&["sync"]).refusal(), (5, "grant_ended"));
    assert_eq!(left(&alice), [0, 0, 1]);
    let late = add_household(&alice, "望潮苑1幢1单元102室");
    bob.run(&["sync"]).done();
    let early = city.new_device();
    let invite = ["invite", "--name", "王五", "--role", "micro_grid_head", "--days", "100"];
    let invitation = city.on_server(&[&invite[..], &["--region", MICRO_GRID]].concat()).line();
    early.run(&["enroll", &invitation]).done();

    city.set_clock_ahead(0);
    assert_eq!(alice.run(&["sync"]).refusal(), (5, "clock_suspect"));
    city.confirm_clock();
    alice.run(&["sync"]).done();
    assert_eq!(left(&alice), [0, 0, 0]);
    bob.run(&["sync"]).done();
    for household in [&household, &late] {
        visit(&bob, household);
        let shown = bob.json(&["household", "show", household]);
        assert_eq!(shown["visits"][0]["at"], today(), "the phone follows the server downwards");
    }
    bob.run(&["sync"]).done();
    assert_eq!(left(&bob), [0, 0, 0]);
    // Who was let in by the wrong clock has a grant that is not valid yet, until the operator renews it.
    assert_eq!(early.run(&["sync"]).refusal(), (5, "grant_not_yet_valid"));
    let [(id, state)] = &devices_of(&city, "王五")[..] else { panic!() };
    assert_eq!(state, "not_yet_valid");
    city.on_server(&["grant", "renew", id]).done();
    early.run(&["sync"]).done();
}
