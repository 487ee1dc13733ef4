//! What a server and a device write into their logs, and what they never do.

use keting_scenarios::city::{MICRO_GRID, UNIT};
use keting_scenarios::device::Ended;
use keting_scenarios::served::ServedCity;
use serde_json::Value;

/// What must never be in a log: who, where, by what number, and what opens doors.
const NAME: &str = "李燕云";
const PHONE: &str = "19900009330";
const ID_NUMBER: &str = "990481199007130028";
const ADDRESS: &str = "望潮苑1幢1单元101室";
const HOLDER: &str = "陆德祥";

#[test]
fn the_log_tells_starts_enrolments_refusals_and_stops_by_code_for_people_and_for_machines() {
    let mut city = ServedCity::start();
    city.stop();
    let written_for_people = city.log();
    for told in ["serving", "stopping signal=\"SIGTERM\"", "stopped"] {
        assert!(written_for_people.contains(told), "{told}: {written_for_people}");
    }
    city.serve_with(&["--log-format", "json"]);
    let alice = city.device(HOLDER, "micro_grid_head", MICRO_GRID);
    assert_eq!(city.new_device().run(&["enroll", &used(&city)]).refusal().1, "invitation_used");
    let unknown = city.on_server(&["device", "end", "zz", "--why", "试"]);
    assert_eq!(unknown.refusal().1, "no_such_device");
    let granted = city.on_server(&["grant", "list", "--json"]).json();
    let of_alice =
        granted.as_array().unwrap().iter().find(|grant| grant["name"] == HOLDER).unwrap();
    let id = of_alice["device"].as_str().unwrap();
    city.on_server(&["device", "end", id, "--why", "试"]).done();
    assert_eq!(alice.run(&["sync"]).refusal().1, "device_ended");
    city.stop();

    let log = city.log().split_off(written_for_people.len());
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let is_told = |message: &str, field: &str, value: &str| {
        let is_it = |line: &&Value| line["message"] == message && line["level"] == "INFO";
        lines.iter().filter(is_it).any(|line| line[field] == value || field.is_empty())
    };
    for (message, field, value) in [
        ("serving", "", ""),
        ("an operator's request was carried out", "act", "invite"),
        ("a device is enrolled", "", ""),
        ("a device is not served", "code", "invitation_used"),
        ("an operator's request was refused", "code", "no_such_device"),
        ("an operator's request was carried out", "act", "end_device"),
        ("a device hands over", "code", "device_ended"),
        ("stopping", "signal", "SIGTERM"),
        ("stopped", "", ""),
    ] {
        assert!(is_told(message, field, value), "{message} {value} is not in the log:\n{log}");
    }
}

/// An invitation that a device has used.
fn used(city: &ServedCity) -> String {
    let invitation = city.invite("沈国强", "micro_grid_head", MICRO_GRID);
    city.new_device().run(&["enroll", &invitation]).done();
    invitation
}

#[test]
fn logs_at_the_most_verbose_level_hold_nothing_of_anybody_and_no_secret() {
    let mut city = ServedCity::start();
    let invitation = city.invite(HOLDER, "micro_grid_head", MICRO_GRID);
    let alice = city.new_device();
    let mut said = Vec::new();
    let mut run = |arguments: &[&str]| {
        let mut command = alice.command(arguments);
        let ended = Ended::of(command.env("KETING_LOG", "trace").env("RUST_LOG", "trace"));
        said.push(ended.err.clone());
        ended
    };
    run(&["enroll", &invitation]).done();
    let household = run(&["household", "add", "--region", UNIT, "--address", ADDRESS]).line();
    let resident = ["resident", "add", &household, "--name", NAME, "--phone", PHONE];
    run(&[&resident[..], &["--id-number", ID_NUMBER]].concat()).done();
    // What is refused is not repeated either.
    run(&[&resident[..], &["--id-number", "990481199007130027"]].concat());
    run(&["household", "visit", &household, "--purpose", NAME, "--by", HOLDER]).done();
    run(&["sync"]).done();
    city.stop();
    run(&["sync"]);

    let server = city.log();
    assert!(server.contains("serving") && server.contains("TRACE"), "it was not verbose: {server}");
    let secret = invitation.strip_prefix("keting1:").unwrap();
    let device_seed = hex::encode(std::fs::read(alice.secret("device-seed")).unwrap());
    let database_key = hex::encode(std::fs::read(alice.secret("database-key")).unwrap());
    let secrets = [secret, &device_seed, &database_key];
    let persons = [NAME, PHONE, ID_NUMBER, ADDRESS, HOLDER, "990481199007130027"];
    for (whose, log) in [("server", server), ("device", said.concat())] {
        for private in persons.iter().chain(&secrets) {
            assert!(!log.contains(private), "the {whose}'s log holds {private}");
        }
    }
}
