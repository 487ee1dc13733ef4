//! How much one device may send, and have held.

use keting_trust::limits::{DEVICE_DAY_BYTES_MAX, DEVICE_HELD_BYTES_MAX};

use super::*;
use crate::store::StoredDevice;

#[test]
fn a_device_that_floods_is_stopped_until_the_next_day_and_the_others_go_on() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let mut bob = town.person("micro_grid_head", HEAD_REGION);
    let commits: Vec<_> = (0..10).map(|_| alice.add_household(region).1).collect();
    let bytes = |commit: &PushedCommit| (commit.signed.len() + commit.parts[0].change.len()) as u64;
    let three: u64 = commits[..3].iter().map(bytes).sum();
    town.set_device(&alice, |row| StoredDevice {
        day: NOW_MS / DAY_MS,
        day_bytes: DEVICE_DAY_BYTES_MAX - three,
        ..row
    });
    let (_, of_bob) = bob.add_household(region);
    let answers = town.admit(&[alice.push(commits.clone()), bob.push(vec![of_bob])]);
    let (admitted, refused) = answers[0].split_at(3);
    assert!(admitted.iter().all(|answer| matches!(answer, Outcome::Admitted { .. })));
    assert!(refused.iter().all(|answer| *answer == Outcome::Refused { code: "quota_exceeded" }));
    assert!(matches!(answers[1][0], Outcome::Admitted { .. }));
    let again = town.admit_one(&alice, commits[3].clone());
    assert_eq!(again, Outcome::Refused { code: "quota_exceeded" });

    let push = [alice.push(commits)];
    let tomorrow = NOW_MS + DAY_MS;
    let batch = town.admission.admit(&mut town.store, &town.city, &push, tomorrow).unwrap();
    assert!(batch.answers[0].iter().all(|answer| matches!(answer, Outcome::Admitted { .. })));
}

#[test]
fn a_device_that_has_too_much_held_may_have_nothing_more_held_but_works_on() {
    let mut town = Town::new();
    let (region, elsewhere) = (town.region(HEAD_REGION), town.region(OTHER_REGION));
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    town.set_device(&alice, |row| StoredDevice { held_bytes: DEVICE_HELD_BYTES_MAX, ..row });
    let before = town.number();
    let (_, not_granted) = alice.add_household(elsewhere);
    let refused = Outcome::Refused { code: "quota_exceeded" };
    assert_eq!(town.admit_one(&alice, not_granted), refused);
    assert_eq!(town.number(), before);
    let (_, granted) = alice.add_household(region);
    assert!(matches!(town.admit_one(&alice, granted), Outcome::Admitted { .. }));
}
