//! One incarnation of a file writes one course of sequence numbers and times, whatever the clock does
//! and whatever happens to the file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use keting::parts::{create_replica, open_replica, replica_of, share};
use keting::{Boot, Environment, SystemEnvironment};
use keting_model::Fields;
use keting_scenarios::city::{City, MICRO_GRID};
use keting_scenarios::phone::{Phone, Two, vault};
use keting_trust::SignedCommit;

const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1_000;

#[test]
fn within_one_incarnation_time_goes_on_though_the_clock_goes_back() {
    let city = City::start();
    let clock = TurnedClock::default();
    let right_ms = SystemEnvironment.unix_ms();
    clock.turn_to(right_ms);
    let directory = city.directory().join("turned");
    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let environment = || Box::new(clock.clone());
    let data = directory.join("data");
    let replica = create_replica(&data, vault(&directory), environment(), &invitation).unwrap();
    let alice = Phone::holding(share(replica), directory.clone());
    alice.sync();
    let household = alice.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    let edit = |alice: &Phone, at_ms: u64, address: &str| {
        clock.turn_to(at_ms);
        alice.edit(household, Fields::new().with("address", address)).unwrap();
    };
    edit(&alice, right_ms + YEAR_MS, "1-102");
    edit(&alice, right_ms, "1-103");
    edit(&alice, 0, "1-104");
    drop(alice);
    let reopened = open_replica(&data, vault(&directory), environment()).unwrap();
    let alice = Phone::holding(share(reopened), directory);
    edit(&alice, 0, "1-105");
    edit(&alice, right_ms - YEAR_MS, "1-106");

    let mut courses: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for commit in commits(&alice) {
        let course = courses.entry(commit.body.incarnation).or_default();
        course.push((commit.body.sequence, commit.body.time));
    }
    assert_eq!(courses.len(), 1, "nothing happened that begins another");
    for course in courses.values_mut() {
        course.sort_unstable();
        let sequences: Vec<u64> = course.iter().map(|(sequence, _)| *sequence).collect();
        assert_eq!(sequences, (1..=6).collect::<Vec<u64>>());
        assert!(course.windows(2).all(|pair| pair[0].1 < pair[1].1), "{course:?}");
    }
    // So the server, and a colleague, take all of it.
    clock.turn_to(right_ms);
    alice.sync();
    let status = alice.keting.status().unwrap();
    assert_eq!((status.waiting, status.held), (0, 0));
    let bob = city.phone("刘平杰", "micro_grid_head", MICRO_GRID);
    assert_eq!(bob.household(household).address, "1-106");
    bob.assert_verified();
}

#[test]
fn a_file_that_is_put_back_as_it_was_before_it_was_last_opened_begins_another_incarnation() {
    let city = City::start();
    let Two { alice, bob, household } = Two::in_city(&city);
    let directory = alice.directory().to_owned();
    drop(alice);
    let backup = files(&directory.join("data"));
    let alice = Phone::open(directory.clone());
    let before = replica_of(&alice.keting).persisted();
    alice.edit(household, Fields::new().with("address", "1-102")).unwrap();
    alice.sync();
    drop(alice);

    // In place: it is the file that the vault knows, at a time that the vault does not.
    for (name, bytes) in &backup {
        std::fs::write(directory.join("data").join(name), bytes).unwrap();
    }
    let alice = Phone::open(directory);
    let after = replica_of(&alice.keting).persisted();
    assert_ne!(after.incarnation, before.incarnation);
    alice.edit(household, Fields::new().with("tenure", "rented")).unwrap();
    alice.sync();
    bob.sync();
    let status = alice.keting.status().unwrap();
    assert_eq!((status.waiting, status.held), (0, 0));
    for phone in [&alice, &bob] {
        assert_eq!(phone.household(household).address, "1-102");
        assert_eq!(phone.detail(household).tenure.as_deref(), Some("rented"));
        phone.assert_verified();
    }
}

#[test]
fn a_file_that_is_only_opened_and_closed_goes_on_with_its_incarnation() {
    let city = City::start();
    let mut alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        seen.insert(replica_of(&alice.keting).persisted().incarnation);
        alice = alice.reopened();
    }
    assert_eq!(seen.len(), 1);
}

/// The commits that a phone's own key signed.
fn commits(phone: &Phone) -> Vec<SignedCommit> {
    let replica = replica_of(&phone.keting);
    let own = replica.device();
    let stored = replica.store().commits_after(None, u32::MAX).unwrap().into_iter();
    let commits = stored.map(|(_, commit)| SignedCommit::open(&commit.bytes).unwrap());
    commits.filter(|commit| commit.id().device == own).collect()
}

fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap());
    let read = |file: std::fs::DirEntry| {
        (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap())
    };
    files.map(read).collect()
}

/// A clock that somebody sets as they like.
#[derive(Clone, Default)]
struct TurnedClock(Arc<AtomicU64>);

impl TurnedClock {
    fn turn_to(&self, unix_ms: u64) {
        self.0.store(unix_ms, Ordering::Relaxed);
    }
}

impl Environment for TurnedClock {
    fn unix_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn boot(&self) -> Boot {
        SystemEnvironment.boot()
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        SystemEnvironment.fill(bytes);
    }
}
