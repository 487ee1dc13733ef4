//! The real binary: exit codes, and two processes on one file.

use std::process::Output;

use keting_scenarios::binary::keting;
use keting_scenarios::city::{City, MICRO_GRID};
use keting_scenarios::phone::Phone;

#[test]
fn a_second_process_on_a_phones_file_is_told_at_once_that_it_is_in_use() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let told = run(&alice, &["household", "list", "--json"]);
    assert_eq!(told.status.code(), Some(4));
    assert!(text(&told.stderr).contains("replica_in_use"), "{}", text(&told.stderr));
    let directory = alice.directory().to_owned();
    drop(alice);
    let alone = keting()
        .args(["household", "list", "--json", "--data"])
        .arg(directory.join("data"))
        .env("KETING_VAULT", directory.join("vault"))
        .output()
        .unwrap();
    assert_eq!(alone.status.code(), Some(0), "{}", text(&alone.stderr));
    assert_eq!(text(&alone.stdout).trim(), "[]");
}

#[test]
fn the_exit_code_says_which_kind_of_end_it_was() {
    let mut city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let directory = alice.directory().to_owned();
    drop(alice);
    let run = |arguments: &[&str]| {
        let output = keting()
            .args(arguments)
            .arg("--data")
            .arg(directory.join("data"))
            .env("KETING_VAULT", directory.join("vault"))
            .output()
            .unwrap();
        output.status.code().unwrap()
    };
    let missing = "00020000000000000000000000000000";
    assert_eq!(run(&["household", "add", "--region", MICRO_GRID, "--address", "一号"]), 0);
    assert_eq!(run(&["household", "add", "--region", MICRO_GRID, "--address", ""]), 1);
    assert_eq!(run(&["household", "add", "--address", "一号"]), 2);
    assert_eq!(run(&["household", "show", "not-an-id"]), 2);
    assert_eq!(run(&["household", "show", missing]), 3);
    assert_eq!(run(&["verify"]), 0);
    city.stop();
    assert_eq!(run(&["sync"]), 5);
    std::fs::write(directory.join("data/replica.db"), b"this is no replica at all, sorry").unwrap();
    assert_eq!(run(&["household", "list"]), 4);
}

fn run(phone: &Phone, arguments: &[&str]) -> Output {
    keting()
        .args(arguments)
        .arg("--data")
        .arg(phone.directory().join("data"))
        .env("KETING_VAULT", phone.directory().join("vault"))
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
