//! Whoever looks at a file sees what is there and leaves no trace.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Home, ages, config, edit, household};
use keting_store::{DatabaseKey, OpenError, StoreError, look};

/// How much SQLite encrypts and checks as one.
const PAGE_BYTES: usize = 4_096;

/// Every name in the folder, also of what is empty or shared memory.
fn names(home: &Home) -> Vec<String> {
    let files = std::fs::read_dir(home.directory.path()).unwrap();
    let mut names: Vec<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What a killed process leaves: the file, and its last edit in the log.
fn killed() -> Home {
    let (living, killed) = (Home::new(), Home::new());
    let mut store = living.open().unwrap();
    store.write(|t| edit(t, household(1), 1)).unwrap();
    for (name, bytes) in living.files() {
        std::fs::write(killed.directory.path().join(name), bytes).unwrap();
    }
    killed
}

#[test]
fn what_a_killed_process_left_in_the_log_is_seen_and_stays_where_it_is() {
    let home = killed();
    let (names_before, before) = (names(&home), home.digests());
    assert!(names_before.iter().any(|name| name.ends_with("-wal")));
    {
        let look = look(&config(&home.path(), Some(&home.key))).unwrap();
        look.quick_check().unwrap();
        assert_eq!((ages(look.reader()), look.is_in_use()), (vec![1], false));
    }
    assert_eq!((names(&home), home.digests()), (names_before, before));
}

#[test]
fn a_file_that_was_closed_is_seen_and_a_wrong_key_is_one() {
    let home = killed();
    drop(home.open().unwrap());
    let (names_before, before) = (names(&home), home.digests());
    assert_eq!(ages(look(&config(&home.path(), Some(&home.key))).unwrap().reader()), [1]);
    let wrong = DatabaseKey::new([8; 32]);
    assert_eq!(look(&config(&home.path(), Some(&wrong))).unwrap_err(), OpenError::WrongKey);
    assert_eq!((names(&home), home.digests()), (names_before, before));
}

#[test]
fn a_file_that_is_in_use_is_seen_beside_whoever_uses_it() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    store.write(|t| edit(t, household(1), 1)).unwrap();
    let look = look(&config(&home.path(), Some(&home.key))).unwrap();
    assert_eq!((ages(look.reader()), look.is_in_use()), (vec![1], true));
    store.write(|t| edit(t, household(2), 2)).unwrap();
    assert_eq!(ages(look.reader()), [1, 2]);
}

#[test]
fn as_long_as_somebody_looks_at_a_file_nobody_opens_it() {
    let home = killed();
    drop(home.open().unwrap());
    let look = look(&config(&home.path(), Some(&home.key))).unwrap();
    assert_eq!(home.open().unwrap_err(), OpenError::ReplicaInUse);
    drop(look);
    home.open().unwrap();
}

#[test]
fn a_page_that_was_damaged_is_found() {
    let home = killed();
    drop(home.open().unwrap());
    let sound = std::fs::read(home.path()).unwrap();
    let mut found_by_the_check = 0;
    for page in 1..sound.len() / PAGE_BYTES {
        let mut bytes = sound.clone();
        bytes[page * PAGE_BYTES + 2_000] ^= 1;
        std::fs::write(home.path(), bytes).unwrap();
        // What is needed to open the file is found before.
        match look(&config(&home.path(), Some(&home.key))) {
            Ok(look) => {
                assert_eq!(look.quick_check().unwrap_err(), StoreError::Corrupt, "page {page}");
                found_by_the_check += 1;
            }
            Err(error) => assert_eq!(error, OpenError::Corrupt, "page {page}"),
        }
    }
    assert!(found_by_the_check > 0);
}
