//! `keting doctor` finds what keeps a device or a server from working, says what to do, and touches
//! nothing.

use std::path::{Path, PathBuf};

use keting_scenarios::city::{MICRO_GRID, UNIT};
use keting_scenarios::device::{Device, Ended};
use keting_scenarios::served::ServedCity;
use keting_scenarios::small_disk::{SmallDisk, is_inside};
use keting_server::shell::certificate;
use serde_json::Value;

use crate::damaged::{damage, pages_of};

const DEVICE: [&str; 10] =
    ["folder", "disk", "vault", "file", "clock", "address", "server_key", "grant", "work", "sync"];
const SERVER: [&str; 7] = ["folder", "disk", "file", "certificate", "process", "clock", "grant"];

/// What a check-up for machines said: exit code, and the checks by name.
struct Found {
    exit_code: Option<i32>,
    checks: Vec<Value>,
}

impl Found {
    fn of(ended: &Ended) -> Self {
        let found: Value = serde_json::from_str(&ended.out).unwrap();
        let checks = found["checks"].as_array().unwrap().clone();
        assert_eq!(found["healthy"], ended.exit_code == Some(0), "{ended:?}");
        Self { exit_code: ended.exit_code, checks }
    }

    fn on(device: &Device) -> Self {
        Self::of(&device.run(&["doctor", "--json"]))
    }

    fn names(&self) -> Vec<&str> {
        self.checks.iter().map(|check| check["name"].as_str().unwrap()).collect()
    }

    fn check(&self, name: &str) -> &Value {
        self.checks.iter().find(|check| check["name"] == name).unwrap()
    }

    /// What is not as it should be: name, state, code.
    fn wrong(&self) -> Vec<(&str, &str, &str)> {
        let all = self.checks.iter().map(|check| {
            let text = |member: &str| check[member].as_str().unwrap_or_default();
            (text("name"), text("state"), text("code"))
        });
        // The disk that tests run on is not theirs to judge.
        let is_wrong = |(name, state, _): &(&str, &str, &str)| *state != "ok" && *name != "disk";
        all.filter(is_wrong).collect()
    }

    fn faults(&self) -> Vec<(&str, &str)> {
        let wrong = self.wrong().into_iter().filter(|(_, state, _)| *state == "fault");
        wrong.map(|(name, _, code)| (name, code)).collect()
    }
}

fn enrolled(city: &ServedCity) -> Device {
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    alice.run(&["sync"]).done();
    alice
}

fn add(device: &Device) -> String {
    device.run(&["household", "add", "--region", UNIT, "--address", "一号"]).line()
}

/// Every file below a folder, with what is in it.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.is_dir() {
            true => found.extend(files(&entry)),
            false => found.push((entry.clone(), std::fs::read(&entry).unwrap_or_default())),
        }
    }
    found.sort();
    found
}

#[test]
fn a_device_with_which_all_is_well_is_told_so_and_stays_as_it_was_to_the_last_byte() {
    let city = ServedCity::start();
    let alice = enrolled(&city);
    add(&alice);
    let before = files(alice.directory());
    let found = Found::on(&alice);
    assert_eq!((found.wrong(), found.names()), (vec![], DEVICE.to_vec()));
    assert_eq!(found.exit_code, Some(0));
    assert_eq!(found.check("work")["facts"]["waiting"], 1);
    assert_eq!(found.check("file")["facts"]["generation"], 0);
    let said = Ended::of(alice.command(&["doctor"]).env("LC_ALL", "zh_CN.UTF-8")).done().out;
    assert!(said.contains("正常  钥匙库 vault"), "{said}");
    assert_eq!(files(alice.directory()), before);
}

#[test]
fn with_a_vault_that_is_another_one_nothing_is_made_and_the_folder_to_look_at_is_named() {
    let city = ServedCity::start();
    let alice = enrolled(&city);
    let nowhere = city.path("mistyped");
    let wrong =
        |arguments: &[&str]| Ended::of(alice.command(arguments).env("KETING_VAULT", &nowhere));
    let found = Found::of(&wrong(&["doctor", "--json"]));
    assert_eq!((found.exit_code, found.names()), (Some(1), DEVICE.to_vec()));
    assert_eq!(found.faults(), [("vault", "vault_secret_missing")]);
    assert_eq!(found.check("vault")["facts"]["path"], nowhere.display().to_string());
    assert_eq!(found.check("file")["state"], "unknown");
    let said = wrong(&["doctor"]).out;
    assert!(said.contains("1. 钥匙库 vault") && said.contains("KETING_VAULT"), "{said}");
    // Nor does any other look at the device make one.
    for look in [&["status"][..], &["household", "list"], &["verify"], &["outbox"]] {
        assert_eq!(wrong(look).refusal(), (4, "vault_secret_missing"));
    }
    assert!(!nowhere.exists());
}

#[test]
fn a_folder_without_a_device_is_told_apart_from_one_that_others_may_write_to() {
    use std::os::unix::fs::PermissionsExt;
    let city = ServedCity::start();
    let nobody = city.new_device();
    let found = Found::on(&nobody);
    assert_eq!((found.faults(), found.names()), (vec![("folder", "no_replica")], DEVICE.to_vec()));
    assert!(!nobody.directory().exists());

    let alice = enrolled(&city);
    let set = |mode| {
        std::fs::set_permissions(alice.data(), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set(0o777);
    assert_eq!(Found::on(&alice).faults(), [("folder", "folder_not_private")]);
    set(0o700);
    assert_eq!(Found::on(&alice).faults(), []);
}

#[test]
fn a_server_that_is_down_and_a_name_that_leads_nowhere_are_told_apart() {
    let mut city = ServedCity::start();
    city.stop();
    city.serve_with(&["--url", "wss://keting.invalid:7411/v1/sync"]);
    let invitation = city.invite("沈国强", "micro_grid_head", MICRO_GRID);
    city.stop();
    city.serve();
    let alice = enrolled(&city);
    assert_eq!(city.new_device().run(&["enroll", &invitation]).refusal(), (5, "unreachable"));
    let bob = Device::at(city.path("device2"));
    assert_eq!(Found::on(&bob).faults()[0], ("address", "name_not_found"));

    city.stop();
    let found = Found::on(&alice);
    assert_eq!((found.faults(), found.exit_code), (vec![("address", "unreachable")], Some(1)));
    assert_eq!(found.check("server_key")["state"], "unknown");
    city.serve();
    assert_eq!(Found::on(&alice).faults(), []);
}

#[test]
fn a_stranger_at_the_servers_address_is_told_from_a_server_that_changed_its_key() {
    let mut city = ServedCity::start();
    let alice = enrolled(&city);
    city.on_server(&["server", "rotate-key"]).done();
    assert_eq!(Found::on(&alice).wrong(), []);
    alice.run(&["sync"]).done();
    let found = Found::on(&alice);
    assert_eq!(found.wrong(), []);
    assert_eq!(found.check("server_key")["facts"].as_object().unwrap().len(), 1);

    city.stop();
    for file in std::fs::read_dir(city.server_directory()).unwrap().map(Result::unwrap) {
        if file.file_name().to_str().unwrap().starts_with("tls-") {
            std::fs::remove_file(file.path()).unwrap();
        }
    }
    certificate::make(&city.server_directory()).unwrap();
    city.serve();
    let found = Found::on(&alice);
    assert_eq!(found.faults(), [("server_key", "wrong_server_key")]);
    assert_eq!(found.check("address")["state"], "ok");
}

#[test]
fn a_clock_that_is_off_is_found_by_the_server_that_answers_and_by_what_one_that_is_down_told() {
    let mut city = ServedCity::start();
    let alice = enrolled(&city);
    city.stop();
    city.set_clock_ahead(3);
    city.serve();
    city.confirm_clock();
    // Not heard since, only the answer tells.
    for _ in 0..2 {
        let found = Found::on(&alice);
        assert_eq!(
            (found.wrong(), found.exit_code),
            (vec![("clock", "warning", "clock_off")], Some(0))
        );
        let off_ms = found.check("clock")["facts"]["off_ms"].as_i64().unwrap();
        assert_eq!((off_ms as f64 / 86_400_000.0).round(), -3.0);
        alice.run(&["sync"]).done();
    }
    city.stop();
    let found = Found::on(&alice);
    assert_eq!(found.check("clock")["code"], "clock_off");
    assert_eq!(found.faults(), [("address", "unreachable")]);
}

#[test]
fn a_grant_is_warned_of_in_its_last_thirty_days_and_is_a_fault_once_it_is_over() {
    let mut city = ServedCity::start();
    let invite =
        ["invite", "--name", "陆德祥", "--role", "micro_grid_head", "--region", MICRO_GRID];
    let invitation = city.on_server(&[&invite[..], &["--days", "29"]].concat()).line();
    let alice = city.new_device();
    alice.run(&["enroll", &invitation]).done();
    alice.run(&["sync"]).done();
    let found = Found::on(&alice);
    assert_eq!(
        (found.wrong(), found.exit_code),
        (vec![("grant", "warning", "grant_ends_soon")], Some(0))
    );
    assert_eq!(found.check("grant")["facts"]["role"], "micro_grid_head");

    city.stop();
    city.set_clock_ahead(30);
    city.serve();
    city.confirm_clock();
    assert_eq!(Found::on(&alice).faults(), [("grant", "grant_ended")]);
}

#[test]
fn what_is_held_is_named_and_a_damaged_file_is_found_before_anything_else_is_asked_of_it() {
    let city = ServedCity::start();
    let phone = city.phone("沈国强", "micro_grid_head", MICRO_GRID);
    let bob = Device::at(phone.directory().to_owned());
    damage(bob.directory(), &pages_of(phone, "region"));
    let found = Found::on(&bob);
    assert_eq!(found.faults(), [("file", "corrupt")]);
    assert_eq!(found.check("clock")["state"], "unknown");

    let alice = enrolled(&city);
    crate::held::add_where_she_may_not(&alice);
    assert_eq!(alice.run(&["sync"]).refusal(), (1, "held"));
    assert_eq!(Found::on(&alice).wrong(), [("work", "warning", "edits_held")]);
}

#[test]
fn a_device_that_is_in_use_is_looked_at_beside_whoever_uses_it() {
    let city = ServedCity::start();
    let alice = enrolled(&city);
    let phone = city.phone("沈国强", "micro_grid_head", MICRO_GRID);
    let bob = Device::at(phone.directory().to_owned());
    assert_eq!(bob.run(&["status"]).refusal(), (4, "replica_in_use"));
    let found = Found::on(&bob);
    assert_eq!((found.faults(), found.exit_code), (vec![], Some(0)));
    assert_eq!(found.check("file")["facts"]["used_by"], "another process");
    drop(phone);
    assert_eq!(Found::on(&alice).check("file")["facts"].get("used_by"), None);
}

#[test]
fn on_a_disk_that_is_read_only_all_is_looked_at_and_that_is_what_is_wrong() {
    if !is_inside("doctor::on_a_disk_that_is_read_only_all_is_looked_at_and_that_is_what_is_wrong")
    {
        return;
    }
    let city = ServedCity::start();
    let alice = city.new_device();
    let disk = SmallDisk::mount(alice.directory(), 6);
    alice.run(&["enroll", &city.invite("陆德祥", "micro_grid_head", MICRO_GRID)]).done();
    alice.run(&["sync"]).done();
    assert_eq!(Found::on(&alice).check("disk")["code"], "disk_low");
    disk.set_read_only(true);
    let found = Found::on(&alice);
    assert_eq!((found.wrong(), found.exit_code), (vec![], Some(1)));
    assert_eq!(found.check("disk")["code"], "read_only");
    disk.set_read_only(false);
    disk.fill();
    assert_eq!(Found::on(&alice).check("disk")["code"], "disk_full");
}

#[test]
fn a_server_that_is_not_well_says_so_to_whoever_checks_a_device_and_why_on_its_own_folder() {
    let mut city = ServedCity::start();
    let alice = enrolled(&city);
    let on_server = |city: &ServedCity| Found::of(&city.on_server(&["doctor", "--json"]));
    let found = on_server(&city);
    assert_eq!((found.wrong(), found.names()), (vec![], SERVER.to_vec()));

    city.set_clock_ahead(800);
    let found = Found::on(&alice);
    assert_eq!(found.wrong(), [("address", "warning", "server_unwell")]);
    let said = alice.run(&["doctor"]).out;
    assert!(said.contains("keting doctor"), "{said}");
    assert_eq!(on_server(&city).faults(), [("clock", "clock_suspect")]);
    city.set_clock_ahead(0);
    city.confirm_clock();
    assert_eq!((on_server(&city).wrong(), Found::on(&alice).wrong()), (vec![], vec![]));

    city.stop();
    let before = files(&city.server_directory());
    let found = on_server(&city);
    assert_eq!(found.faults(), [("process", "server_not_running")]);
    assert_eq!(files(&city.server_directory()), before);
    let said = city.on_server(&["doctor"]).out;
    assert!(said.contains("start it and try again"), "{said}");
    std::fs::remove_file(city.server_directory().join("tls-key.pem")).unwrap();
    assert_eq!(on_server(&city).faults()[0], ("certificate", "certificate_failed"));
}

#[test]
fn a_server_that_is_stuck_is_neither_damaged_nor_gone() {
    let city = ServedCity::start();
    let alice = enrolled(&city);
    alice.run(&["household", "add", "--region", UNIT, "--address", "一号"]).done();
    alice.run(&["sync"]).done();
    let on_server = |city: &ServedCity| Found::of(&city.on_server(&["doctor", "--json"]));
    city.freeze();
    let found = on_server(&city);
    assert_eq!(found.faults(), [("process", "server_silent")]);
    assert_eq!((&found.check("file")["state"], found.names()), (&"ok".into(), SERVER.to_vec()));
    city.thaw();
    assert_eq!(on_server(&city).wrong(), vec![]);
}
