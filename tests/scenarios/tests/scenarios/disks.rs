//! A disk that is full or read-only has that one name wherever it is met, and what can be read is read.

use std::path::Path;

use keting::parts::{SyncDriver, replica_of};
use keting_scenarios::binary::keting;
use keting_scenarios::city::{City, MICRO_GRID, REGIONS, UNIT};
use keting_scenarios::device::{Device, Ended};
use keting_scenarios::phone::Phone;
use keting_scenarios::served::ServedCity;
use keting_scenarios::small_disk::{SmallDisk, is_inside};
use keting_testkit::vfs::{Disk, Failure, Fault, Op};

const ADD: [&str; 4] = ["household", "add", "--region", UNIT];

fn add(device: &Device, address: &str) -> Ended {
    device.run(&[&ADD[..], &["--address", address]].concat())
}

/// A phone whose data and keys are on a small disk, with a household that it has not sent yet.
fn on_a_small_disk(city: &ServedCity) -> (Device, SmallDisk, String) {
    let alice = city.new_device();
    let disk = SmallDisk::mount(alice.directory(), 6);
    alice.run(&["enroll", &city.invite("陆德祥", "micro_grid_head", MICRO_GRID)]).done();
    let household = add(&alice, "一号").line();
    (alice, disk, household)
}

/// Stops a city's server and moves its directory to a small disk.
fn on_a_small_disk_after_a_stop(city: &mut ServedCity) -> SmallDisk {
    city.stop();
    let elsewhere = city.path("moved");
    std::fs::rename(city.server_directory(), &elsewhere).unwrap();
    let disk = SmallDisk::mount(&city.server_directory(), 8);
    for file in std::fs::read_dir(&elsewhere).unwrap().map(Result::unwrap) {
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), city.server_directory().join(file.file_name())).unwrap();
        }
    }
    disk
}

/// What is looked at every day.
fn reads_everything(device: &Device, household: &str) {
    for look in [
        &["status"][..],
        &["household", "list"],
        &["household", "show", household],
        &["outbox"],
        &["verify"],
        &["region", "list"],
    ] {
        device.run(look).done();
    }
}

#[test]
fn on_a_phone_that_is_full_to_the_last_byte_everything_is_read_and_what_writes_says_disk_full() {
    if !is_inside(
        "disks::on_a_phone_that_is_full_to_the_last_byte_everything_is_read_and_what_writes_says_disk_full",
    ) {
        return;
    }
    let city = ServedCity::start();
    let (alice, disk, household) = on_a_small_disk(&city);
    disk.fill();
    for _ in 0..2 {
        reads_everything(&alice, &household);
        assert_eq!(add(&alice, "二号").refusal(), (4, "disk_full"));
        assert_eq!(alice.run(&["sync"]).refusal(), (4, "disk_full"));
    }
    // So is a new device, whose folder, keys and file are yet to be made.
    let fresh = Device::at(alice.directory().join("fresh"));
    let invitation = city.invite("刘平杰", "micro_grid_head", MICRO_GRID);
    assert_eq!(fresh.run(&["enroll", &invitation]).refusal(), (4, "disk_full"));
    assert!(!fresh.directory().exists(), "a folder is left of a device that could not be made");

    disk.free();
    fresh.run(&["enroll", &invitation]).done();
    add(&alice, "三号").done();
    assert_eq!(alice.json(&["sync"])["commits_sent"], 2);
    assert_eq!(alice.json(&["household", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn on_a_phone_whose_disk_has_become_read_only_everything_is_read_and_what_writes_says_so() {
    if !is_inside(
        "disks::on_a_phone_whose_disk_has_become_read_only_everything_is_read_and_what_writes_says_so",
    ) {
        return;
    }
    let city = ServedCity::start();
    let (alice, disk, household) = on_a_small_disk(&city);
    disk.set_read_only(true);
    reads_everything(&alice, &household);
    assert_eq!(add(&alice, "二号").refusal(), (4, "read_only"));
    assert_eq!(alice.run(&["sync"]).refusal(), (4, "read_only"));
    disk.set_read_only(false);
    add(&alice, "二号").done();
    assert_eq!(alice.json(&["sync"])["commits_sent"], 2);
}

#[test]
fn a_server_whose_disk_is_full_says_so_to_phones_in_its_log_and_in_its_health() {
    if !is_inside(
        "disks::a_server_whose_disk_is_full_says_so_to_phones_in_its_log_and_in_its_health",
    ) {
        return;
    }
    let mut city = ServedCity::start();
    let disk = on_a_small_disk_after_a_stop(&mut city);
    city.serve();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let late = city.invite("刘平杰", "micro_grid_head", MICRO_GRID);
    disk.fill();
    for number in 1..=20 {
        add(&alice, &format!("{number}号")).done();
    }
    assert_eq!(alice.run(&["sync"]).refusal(), (5, "server_full"));
    assert_eq!(alice.json(&["status"])["waiting"], 20);
    assert_eq!(city.new_device().run(&["enroll", &late]).refusal(), (5, "server_full"));
    let told = r#"{"healthy":false,"fault":"server_full"}"#.to_owned();
    assert_eq!(city.get("/health"), ("HTTP/1.1 503 Service Unavailable".to_owned(), told));
    assert!(city.log().contains(r#"code="server_full""#), "{}", city.log());
    // What is there is read all the same.
    alice.run(&["household", "list"]).done();

    disk.free();
    assert_eq!(alice.json(&["sync"])["commits_sent"], 20);
    assert_eq!(city.get("/health").1, r#"{"healthy":true}"#);
    city.new_device().run(&["enroll", &late]).done();
    assert_eq!(city.verify().json()["differences"], serde_json::json!([]));
}

#[test]
fn a_city_is_not_made_half_on_a_full_disk_nor_served_from_one_and_both_say_so() {
    if !is_inside(
        "disks::a_city_is_not_made_half_on_a_full_disk_nor_served_from_one_and_both_say_so",
    ) {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let (on_disk, beside) = (place.path().join("small"), place.path().join("large"));
    let disk = SmallDisk::mount(&on_disk, 6);
    let init = |server: &Path, root_key: &Path| {
        let city = ["init", "--city", "潮乡市", "--regions", REGIONS];
        let mut command = keting();
        command.args(city).arg("--data").arg(server).arg("--root-key").arg(root_key);
        Ended::of(&mut command)
    };
    let serve = |server: &Path| {
        Ended::of(keting().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(server))
    };
    let (server, root_key) = (on_disk.join("server"), place.path().join("root-key"));
    disk.fill();
    let full = init(&server, &root_key);
    assert_eq!(full.refusal(), (4, "disk_full"));
    assert!(full.err.contains(&format!(" ({}: ", server.display())), "{}", full.err);
    let (key_there, full) = (on_disk.join("root-key"), init(&beside, &on_disk.join("root-key")));
    assert_eq!(full.refusal(), (4, "disk_full"));
    assert!(full.err.contains(&format!(" ({}: ", key_there.display())), "{}", full.err);
    disk.free();
    init(&server, &root_key).done();
    disk.fill();
    assert_eq!(serve(&server).refusal(), (4, "disk_full"));
    disk.free();
    disk.set_read_only(true);
    assert_eq!(serve(&server).refusal(), (4, "read_only"));
}

#[test]
fn a_city_on_a_disk_that_is_read_only_or_full_is_checked_and_its_grants_are_listed() {
    if !is_inside(
        "disks::a_city_on_a_disk_that_is_read_only_or_full_is_checked_and_its_grants_are_listed",
    ) {
        return;
    }
    let mut city = ServedCity::start();
    city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let disk = on_a_small_disk_after_a_stop(&mut city);
    let looks_at_everything = || {
        assert_eq!(city.verify().json()["differences"], serde_json::json!([]));
        assert!(city.on_server(&["grant", "list"]).done().out.contains("陆德祥"));
    };
    disk.set_read_only(true);
    looks_at_everything();
    disk.set_read_only(false);
    disk.fill();
    looks_at_everything();
}

#[test]
fn a_session_that_cannot_note_what_it_sends_ends_in_that_very_step() {
    let city = City::start();
    let disk = Disk::new(1);
    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let alice = Phone::on_disk(city.directory(), &invitation, &disk);
    alice.sync();
    alice.add_household(MICRO_GRID, "一号", "李一");
    disk.inject(Fault::nth(Op::Write, 1, Failure::Full));
    let mut replica = replica_of(&alice.keting);
    let mut session = SyncDriver::start(&mut replica, [0; 32], 0).unwrap();
    assert_eq!(session.take_ended().unwrap().unwrap_err().code(), "disk_full");
}
