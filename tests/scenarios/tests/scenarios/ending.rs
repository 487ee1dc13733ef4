//! The end of a device, by the operator, on real processes.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use keting::parts::replica_of;
use keting_scenarios::city::{City, MICRO_GRID};
use keting_scenarios::device::Device;
use keting_scenarios::phone::Two;
use keting_scenarios::served::ServedCity;
use serde_json::{Value, json};

pub(crate) const WHY: &str = "已调离本村";

pub(crate) fn add_household(device: &Device, address: &str) -> String {
    let add = ["household", "add", "--region", MICRO_GRID, "--address", address];
    device.run(&add).done().line()
}

/// The ids of somebody's devices, with what became of each grant.
pub(crate) fn devices_of(city: &ServedCity, name: &str) -> Vec<(String, String)> {
    let listed = city.on_server(&["grant", "list", "--json"]).done().out;
    let listed: Vec<serde_json::Value> = serde_json::from_str(&listed).unwrap();
    let text = |grant: &serde_json::Value, field: &str| grant[field].as_str().unwrap().to_owned();
    let of = listed.iter().filter(|grant| grant["name"] == name);
    of.map(|grant| (text(grant, "device"), text(grant, "state"))).collect()
}

#[test]
fn a_device_that_nobody_can_name_is_found_in_the_list_and_ended() {
    let city = ServedCity::start();
    city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let unknown = city.on_server(&["device", "end", "zz", "--why", WHY]);
    assert_eq!(unknown.refusal(), (3, "no_such_device"));
    assert!(unknown.err.contains("keting grant list"), "{}", unknown.err);
    let [(id, _)] = &devices_of(&city, "陆德祥")[..] else { panic!() };
    assert_eq!(&city.on_server(&["device", "end", &id[..6], "--why", WHY]).line(), id);
    assert_eq!(devices_of(&city, "陆德祥"), [(id.clone(), "ended".to_owned())]);
    let table = city.on_server(&["grant", "list"]).done().out;
    assert!(table.contains(WHY), "{table}");
}

#[test]
fn an_ended_device_hands_over_says_why_and_keeps_what_it_has_and_the_end_stands_after_a_kill() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.device("刘平杰", "micro_grid_head", MICRO_GRID);
    alice.run(&["sync"]).done();
    let household = add_household(&alice, "望潮苑1幢1单元101室");
    let id = devices_of(&city, "陆德祥").remove(0).0;
    city.on_server(&["device", "end", &id, "--why", WHY]).done();
    city.kill();
    city.serve();
    for _ in 0..2 {
        assert_eq!(alice.run(&["sync"]).refusal(), (1, "device_ended"));
    }
    let status = alice.json(&["status"]);
    assert_eq!(
        (&status["ended"], &status["held"], &status["waiting"]),
        (&WHY.into(), &0.into(), &0.into())
    );
    assert!(alice.run(&["status"]).done().out.contains(WHY));
    alice.run(&["household", "show", &household]).done();
    bob.run(&["sync"]).done();
    bob.run(&["household", "show", &household]).done();
    let foreign = add_household(&bob, "望潮苑1幢1单元102室");
    bob.run(&["sync"]).done();
    assert_eq!(alice.run(&["sync"]).refusal(), (1, "device_ended"));
    assert_eq!(alice.run(&["household", "show", &foreign]).refusal(), (3, "not_found"));
    city.verify().done();
}

#[test]
fn whoever_stays_connected_hears_of_their_end_and_why_and_nothing_else_before() {
    let city = ServedCity::start();
    for json in [&["--json"][..], &[]] {
        let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
        let is_hers = |(_, state): &(String, String)| state != "ended";
        let (id, _) = devices_of(&city, "陆德祥").into_iter().find(is_hers).unwrap();
        let bob = city.device("刘平杰", "micro_grid_head", MICRO_GRID);
        let mut watching = alice
            .command(&[&["sync", "--watch"], json].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // What a colleague enters is there, so it is connected.
        add_household(&bob, "望潮苑1幢1单元101室");
        bob.run(&["sync"]).done();
        let mut news = BufReader::new(watching.stdout.take().unwrap());
        let mut told = String::new();
        while !told.contains("household") {
            assert!(news.read_line(&mut told).unwrap() > 0, "the watch ended");
        }
        city.on_server(&["device", "end", &id, "--why", WHY]).done();
        news.read_to_string(&mut told).unwrap();
        let ended = watching.wait_with_output().unwrap();
        let complaint = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{complaint}");
        for text in [&told, &complaint] {
            assert!(!text.contains("grant_ended"), "{text}");
        }
        assert!(complaint.contains(WHY) && complaint.contains("device_ended"), "{complaint}");
        let lost = told.lines().filter(|line| line.contains("disconnected")).collect::<Vec<_>>();
        assert!(lost.iter().all(|line| line.contains("device_ended")), "{lost:?}");
        assert_eq!(lost.len(), json.len());
    }
}

#[test]
fn what_is_entered_before_a_device_hears_of_its_end_goes_out_though_the_link_broke_as_it_was_told()
{
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.device("刘平杰", "micro_grid_head", MICRO_GRID);
    alice.run(&["sync"]).done();
    let mut entered = vec![add_household(&alice, "望潮苑1幢1单元101室")];
    let id = devices_of(&city, "陆德祥").remove(0).0;
    city.on_server(&["device", "end", &id, "--why", WHY]).done();
    // It hands over, and before it is told why nothing comes the server is gone.
    let mut syncing = alice.command(&["sync"]);
    let mut syncing = syncing.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while bob.run(&["household", "show", &entered[0]]).exit_code != Some(0) {
        assert_eq!(syncing.try_wait().unwrap(), None);
        bob.run(&["sync"]).done();
    }
    city.kill();
    assert_ne!(syncing.wait().unwrap().code(), Some(0));
    city.serve();
    assert_eq!(alice.json(&["status"])["ended"], json!(null));

    entered.push(add_household(&alice, "望潮苑1幢1单元102室"));
    assert_eq!(alice.run(&["sync"]).refusal(), (1, "device_ended"));
    let status = alice.json(&["status"]);
    assert_eq!(
        (&status["ended"], &status["held"], &status["waiting"]),
        (&WHY.into(), &0.into(), &0.into())
    );
    bob.run(&["sync"]).done();
    for household in &entered {
        bob.run(&["household", "show", household]).done();
    }
    city.verify().done();
}

#[test]
fn what_an_ended_device_enters_after_it_heard_of_its_end_waits_and_goes_out_after_an_invitation() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.device("刘平杰", "micro_grid_head", MICRO_GRID);
    alice.run(&["sync"]).done();
    let before = add_household(&alice, "望潮苑1幢1单元101室");
    let id = devices_of(&city, "陆德祥").remove(0).0;
    city.on_server(&["device", "end", &id, "--why", WHY]).done();
    assert_eq!(alice.run(&["sync"]).refusal(), (1, "device_ended"));
    let status = alice.json(&["status"]);
    assert_eq!((&status["waiting"], &status["grant_expires_at_ms"]), (&0.into(), &json!(null)));

    let after = add_household(&alice, "望潮苑1幢1单元102室");
    alice.run(&["household", "edit", &after, "--tenure", "rented"]).done();
    let told = "waiting for an invitation: 2";
    let outbox = alice.json(&["outbox"]);
    let waits = |one: &Value| one["waits_for_invitation"] == json!(true);
    assert!(outbox.as_array().unwrap().iter().all(waits), "{outbox}");
    let shown = alice.run(&["outbox"]).done().out;
    assert!(shown.contains(&format!("this device was ended: {WHY}")), "{shown}");
    assert!(shown.contains(told) && !shown.contains("may still be handed over"), "{shown}");
    for _ in 0..2 {
        let synced = alice.run(&["sync"]);
        assert_eq!(synced.refusal(), (1, "device_ended"));
        assert!(synced.err.contains(told), "{}", synced.err);
        city.kill();
        city.serve();
    }
    let status = alice.json(&["status"]);
    let counted = ["waiting", "waiting_for_invitation", "refused", "held"];
    assert_eq!(counted.map(|count| status[count].clone()), [2, 2, 0, 0].map(|count| json!(count)));
    assert!(alice.run(&["status"]).done().out.contains(told));
    bob.run(&["sync"]).done();
    bob.run(&["household", "show", &before]).done();
    assert_eq!(bob.run(&["household", "show", &after]).refusal(), (3, "not_found"));

    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    alice.run(&["enroll", &invitation]).done();
    alice.run(&["sync"]).done();
    let status = alice.json(&["status"]);
    assert_eq!(counted.map(|count| status[count].clone()), [0, 0, 0, 0].map(|count| json!(count)));
    assert_eq!(status["ended"], json!(null));
    assert!(status["grant_expires_at_ms"].is_u64());
    bob.run(&["sync"]).done();
    bob.run(&["household", "show", &after]).done();
    city.verify().done();
}

#[test]
fn what_was_entered_before_the_end_is_handed_over_though_the_incarnation_changed_before_it_was_sent()
 {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.device("刘平杰", "micro_grid_head", MICRO_GRID);
    alice.run(&["sync"]).done();
    let token = std::fs::read(alice.secret("incarnation-token")).unwrap();
    let mut entered = vec![add_household(&alice, "望潮苑1幢1单元101室")];
    // A power cut: the file has the incarnation's new token, and the vault the one before.
    std::fs::write(alice.secret("incarnation-token"), token).unwrap();
    entered.push(add_household(&alice, "望潮苑1幢1单元102室"));
    let id = devices_of(&city, "陆德祥").remove(0).0;
    city.on_server(&["device", "end", &id, "--why", WHY]).done();
    assert_eq!(alice.run(&["sync"]).refusal(), (1, "device_ended"));
    let status = alice.json(&["status"]);
    assert_eq!((&status["held"], &status["waiting"]), (&0.into(), &0.into()));
    bob.run(&["sync"]).done();
    for household in &entered {
        bob.run(&["household", "show", household]).done();
    }
    city.verify().done();
}

#[test]
fn a_machine_that_was_put_back_to_before_it_heard_of_its_end_loses_nothing_that_is_entered_on_it() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.device("刘平杰", "micro_grid_head", MICRO_GRID);
    alice.run(&["sync"]).done();
    add_household(&alice, "望潮苑1幢1单元101室");
    alice.run(&["sync"]).done();
    let copies = [alice.data(), alice.vault()].map(|folder| (Device::copied(&folder), folder));
    let id = devices_of(&city, "陆德祥").remove(0).0;
    city.on_server(&["device", "end", &id, "--why", WHY]).done();
    assert_eq!(alice.run(&["sync"]).refusal(), (1, "device_ended"));
    for (copy, folder) in &copies {
        Device::put_back(folder, copy);
    }
    let after = add_household(&alice, "望潮苑1幢1单元102室");
    assert_eq!(alice.run(&["sync"]).refusal(), (1, "device_ended"));
    alice.run(&["enroll", &city.invite("陆德祥", "micro_grid_head", MICRO_GRID)]).done();
    alice.run(&["sync"]).done();
    let status = alice.json(&["status"]);
    assert_eq!((&status["held"], &status["waiting"]), (&0.into(), &0.into()));
    bob.run(&["sync"]).done();
    bob.run(&["household", "show", &after]).done();
    city.verify().done();
}

#[test]
fn a_device_that_was_told_of_its_end_says_so_each_time_until_a_server_gives_it_everything() {
    let city = City::start();
    let Two { alice, .. } = Two::in_city(&city);
    let says_so = || replica_of(&alice.keting).session_config().unwrap().told_of_end;
    assert!(!says_so());
    replica_of(&alice.keting).note_ended(WHY, None, &[]).unwrap();
    assert!(says_so());
    alice.sync();
    assert!(!says_so());
}

#[test]
fn what_waits_on_a_copy_of_an_ended_device_goes_out_with_the_sync_that_hears_of_the_invitation() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    alice.run(&["sync"]).done();
    let id = devices_of(&city, "陆德祥").remove(0).0;
    city.on_server(&["device", "end", &id, "--why", WHY]).done();
    assert_eq!(alice.run(&["sync"]).refusal(), (1, "device_ended"));
    let copy = alice.copied_to(city.path("copy"));
    add_household(&copy, "望潮苑1幢1单元101室");
    assert_eq!(copy.json(&["status"])["waiting_for_invitation"], json!(1));

    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    alice.run(&["enroll", &invitation]).done();
    copy.run(&["sync"]).done();
    let status = copy.json(&["status"]);
    assert_eq!((&status["ended"], &status["waiting"]), (&json!(null), &json!(0)));
    city.verify().done();
}

#[test]
fn the_outbox_of_an_ended_device_says_what_may_be_handed_over_and_what_may_not() {
    let city = City::start();
    let phone = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    phone.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    phone.hears_of_its_end(WHY);
    phone.add_household(MICRO_GRID, "望潮苑1幢1单元102室", "王二");
    let device = Device::at(phone.directory().to_owned());
    drop(phone);
    let waits = |place: usize| device.json(&["outbox"])[place]["waits_for_invitation"].clone();
    assert_eq!([waits(0), waits(1)], [json!(false), json!(true)]);
    let shown = device.run(&["outbox"]).done().out;
    let line = |address: &str| shown.lines().find(|line| line.contains(address)).unwrap();
    assert!(line("101室").contains("待发送 queued"), "{shown}");
    assert!(line("102室").contains("等待新邀请 waiting for an invitation"), "{shown}");
    for told in [
        &format!("this device was ended: {WHY}"),
        "may still be handed over: 1（",
        "waiting for an invitation: 1（",
    ] {
        assert!(shown.contains(told), "{told} is not in {shown}");
    }
}
