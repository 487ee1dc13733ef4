//! Nobody but its owner writes to a device's folders, nor reads its file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use keting_scenarios::city::{City, MICRO_GRID, UNIT};
use keting_scenarios::served::ServedCity;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_folder_that_others_may_write_to_is_refused_and_stays_as_it_was() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let household = alice.run(&["household", "add", "--region", UNIT, "--address", "一号"]).line();
    for folder in [alice.data(), alice.vault()] {
        set_mode(&folder, 0o777);
        let failed = alice.run(&["household", "list"]);
        assert_eq!(failed.refusal(), (1, "folder_not_private"), "{}", folder.display());
        set_mode(&folder, 0o700);
    }
    assert_eq!(alice.json(&["household", "list"])[0]["id"], household);
    let fresh = city.new_device();
    fs::create_dir_all(fresh.data()).unwrap();
    set_mode(&fresh.data(), 0o777);
    let invitation = city.invite("刘平杰", "micro_grid_head", MICRO_GRID);
    assert_eq!(fresh.run(&["enroll", &invitation]).refusal(), (1, "folder_not_private"));
    // The invitation is still good.
    set_mode(&fresh.data(), 0o755);
    fresh.run(&["enroll", &invitation]).done();
}

#[test]
fn the_file_of_a_device_and_what_belongs_to_it_are_readable_by_their_owner_alone() {
    let city = City::start();
    let phone = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    phone.add_household(MICRO_GRID, "一号", "李一");
    let data = phone.directory().join("data");
    let files: Vec<_> = fs::read_dir(&data).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.iter().any(|file| file.ends_with("replica.db-wal")), "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}
