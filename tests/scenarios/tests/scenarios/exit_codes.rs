//! The real command: how it ends tells a script which kind of end it was.

use keting_scenarios::city::{GRID, MICRO_GRID};
use keting_scenarios::device::Device;
use keting_scenarios::phone::Phone;
use keting_scenarios::served::ServedCity;

const NOWHERE: &str = "00020000000000000000000000000000";

#[test]
fn done_refused_usage_and_not_found_have_exit_codes_of_their_own() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let add =
        |address| alice.run(&["household", "add", "--region", MICRO_GRID, "--address", address]);
    let household = add("一号").line();
    assert_eq!(add("").refusal(), (1, "empty"));
    assert_eq!(
        alice.run(&["household", "edit", &household, "--tenure", "borrowed"]).refusal(),
        (1, "unknown_word")
    );
    let usage = alice.run(&["household", "add", "--address", "一号"]);
    assert_eq!(usage.exit_code, Some(2));
    assert_eq!(alice.run(&["household", "show", "not-an-id"]).refusal(), (3, "malformed_id"));
    assert_eq!(alice.run(&["household", "show", NOWHERE]).refusal(), (3, "not_found"));
    assert_eq!(alice.run(&["region", "show", "nowhere"]).refusal(), (3, "not_found"));
    assert_eq!(city.new_device().run(&["status"]).refusal(), (3, "no_replica"));
    let uninvited = city.on_server(&["invite", "--name", "x", "--role", "mayor"]);
    assert_eq!(uninvited.exit_code, Some(1), "{uninvited:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_script_for_a_shell_that_cannot_be_written_is_told() {
    let full = std::fs::File::create("/dev/full").unwrap();
    let mut command = keting_scenarios::binary::keting();
    let ended = command.args(["completions", "bash"]).stdout(full).output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(4), "{told}");
}

#[cfg(target_os = "linux")]
#[test]
fn whoever_cannot_read_the_id_of_what_was_saved_is_told_that_it_was_saved() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    for json in [None, Some("--json")] {
        let add = ["household", "add", "--region", MICRO_GRID, "--address", "一号"];
        let add: Vec<&str> = add.into_iter().chain(json).collect();
        let full = std::fs::File::create("/dev/full").unwrap();
        let ended = alice.command(&add).stdout(full).output().unwrap();
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(4), "{told}");
        let is_told = told.contains("已保存") || told.contains(r#""event":"saved""#);
        assert!(is_told, "{told}");
    }
    assert_eq!(alice.json(&["household", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn a_sync_after_which_something_is_held_ends_with_one() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    // A broken app that takes the whole grid for a part of its holder's micro-grid.
    let own = format!("(SELECT document FROM region WHERE code = '{MICRO_GRID}')");
    alice.alter(&format!("UPDATE region SET parent = {own} WHERE code = '{GRID}'"));
    let added = ["household", "add", "--region", GRID, "--address", "一号"];
    alice.run(&added).done();

    let held = alice.run(&["sync", "--json"]);
    assert_eq!(held.refusal(), (1, "held"), "{held:?}");
    let report: serde_json::Value = serde_json::from_str(&held.out).unwrap();
    assert_eq!(report["held"], 1);
    assert_eq!(alice.json(&["status"])["held"], 1);
    let shown = &alice.json(&["outbox"])[0];
    assert_eq!((&shown["state"], &shown["code"]), (&"held".into(), &"not_granted".into()));
    city.verify().done();
}

#[test]
fn a_file_that_cannot_be_opened_says_why_and_stays_as_it_was() {
    let city = ServedCity::start();
    let broken = |break_it: &dyn Fn(&Device), code: &str| {
        let device = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
        break_it(&device);
        let before = std::fs::read(device.file()).unwrap();
        assert_eq!(device.run(&["household", "list"]).refusal(), (4, code));
        assert_eq!(std::fs::read(device.file()).unwrap(), before, "{code}");
    };
    broken(&|device| std::fs::write(device.secret("database-key"), [7; 32]).unwrap(), "wrong_key");
    broken(&|device| device.alter("PRAGMA user_version = 99"), "from_the_future");
    broken(
        &|device| {
            let mut bytes = std::fs::read(device.file()).unwrap();
            bytes[100..200].fill(0xff);
            std::fs::write(device.file(), bytes).unwrap();
        },
        "corrupt",
    );
    broken(
        &|device| std::fs::write(device.file(), b"this is no replica at all, sorry").unwrap(),
        "wrong_key",
    );
}

#[test]
fn a_second_process_on_a_devices_file_is_told_at_once_that_it_is_in_use() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let phone = Phone::open(alice.directory().to_owned());
    for told in
        [alice.run(&["household", "list", "--json"]), alice.run(&["sync"]), alice.run(&["verify"])]
    {
        assert_eq!(told.refusal(), (4, "replica_in_use"));
        assert_eq!(told.out, "");
    }
    drop(phone);
    assert_eq!(alice.json(&["household", "list"]), serde_json::json!([]));
}

#[test]
fn a_server_that_does_not_answer_is_worth_trying_again() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let invitation = city.invite("沈国强", "micro_grid_head", MICRO_GRID);
    city.stop();
    assert_eq!(alice.run(&["sync"]).exit_code, Some(5));
    let bob = city.new_device();
    assert_eq!(bob.run(&["enroll", &invitation]).exit_code, Some(5));
    city.serve();
    alice.run(&["sync"]).done();
    bob.run(&["enroll", &invitation]).done();
}

#[test]
fn verify_finds_what_was_changed_in_a_devices_file_and_in_the_servers_store() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let added = ["household", "add", "--region", MICRO_GRID, "--address", "一号"];
    let household = alice.run(&added).line();
    alice.run(&["sync"]).done();
    alice.run(&["verify"]).done();
    city.verify().done();

    alice.alter("UPDATE household SET address = '二号'");
    let found = alice.run(&["verify", "--json"]);
    assert_eq!(found.refusal(), (6, "difference"));
    let report: serde_json::Value = serde_json::from_str(&found.out).unwrap();
    assert_eq!(report["differences"][0]["document"], household);
    alice.alter("UPDATE household SET address = '一号'");
    alice.run(&["verify"]).done();
    alice.alter("UPDATE author SET name = '别人'");
    assert_eq!(alice.run(&["verify"]).refusal(), (6, "difference"));

    city.stop();
    city.alter("UPDATE documents SET heads = zeroblob(32) WHERE kind = 2");
    assert_eq!(city.verify().refusal(), (6, "difference"));
}
