//! What a peer can make the guard spend before it is refused, against `limits.rs`.

use keting_testkit::alloc::measure;
use keting_testkit::craft::{Craft, put};
use keting_trust::guard::scan;
use keting_trust::limits::{
    CHANGE_BYTES_MAX, CHANGE_OPS_MAX, READ_BYTES_A_BYTE_MAX, READ_BYTES_FIXED_MAX,
    REPLAY_BYTES_AN_OP_MAX, REPLAY_COPIES_MAX,
};

use crate::guard_golden::golden_files;
use crate::{let_in, story};

#[test]
fn refusing_a_change_costs_what_limits_rs_says_and_no_more() {
    let known = story::known();
    let (_copy, of_a_copy) = measure(|| known.clone());
    assert!(of_a_copy.peak_bytes > 1_000, "the allocator does not count");
    let mut scanned_only = 0;
    for (name, bytes) in golden_files("invalid") {
        let (refused, usage) = measure(|| scan(&bytes).is_err());
        assert!(usage.peak_bytes <= reading(bytes.len()), "{name}: {usage:?}");
        scanned_only += usize::from(refused);

        let replaying = reading(bytes.len())
            + ops_of(&bytes) * bytes_of(REPLAY_BYTES_AN_OP_MAX)
            + bytes_of(REPLAY_COPIES_MAX) * of_a_copy.peak_bytes;
        let (refused, usage) = measure(|| let_in(&known, &bytes).is_err());
        assert!(refused, "{name}");
        assert!(usage.peak_bytes <= replaying, "{name}: {usage:?}");
    }
    assert!(scanned_only > 50, "{scanned_only}");
}

#[test]
fn no_change_makes_more_operations_to_be_looked_at_than_a_change_may_have() {
    for (name, bytes) in golden_files("invalid") {
        assert!(ops_of(&bytes) <= count_of(CHANGE_OPS_MAX), "{name}");
    }
}

#[test]
fn the_largest_claim_within_the_limits_costs_what_limits_rs_says() {
    let bytes = largest_claim();
    assert_eq!(scan(&bytes).unwrap().ops(), CHANGE_OPS_MAX);
    let (refused, usage) = measure(|| let_in(&story::empty(), &bytes).is_err());
    let most = reading(bytes.len()) + count_of(CHANGE_OPS_MAX) * bytes_of(REPLAY_BYTES_AN_OP_MAX);
    assert!(refused && usage.peak_bytes <= most, "{usage:?}");
}

#[test]
fn the_longest_change_of_nothing_but_noise_costs_what_limits_rs_says() {
    for byte in [0, 0x7f, 0xff] {
        let noise = vec![byte; CHANGE_BYTES_MAX];
        let bytes = keting_testkit::craft::chunk(1, &noise[..CHANGE_BYTES_MAX - 16]);
        let (refused, usage) = measure(|| scan(&bytes).is_err());
        assert!(refused && usage.peak_bytes <= reading(bytes.len()), "{usage:?}");
    }
}

/// A few bytes that claim as many operations as a change may have.
fn largest_claim() -> Vec<u8> {
    let mut run = vec![0x80, 0x20];
    let craft = Craft::parse(&story::valid()[0].1).with_ops(&[put("k", "", &[])]);
    let craft = craft.with_column(0x34, &run);
    let craft = craft.with_column(0x70, &[run.clone(), vec![0]].concat());
    let craft = craft.with_column(0x56, &[run.clone(), vec![0]].concat());
    let craft = craft.with_column(0x15, &[run.clone(), vec![1, b'k']].concat());
    run.push(1);
    craft.with_column(0x42, &run).bytes()
}

/// How many operations the steps after the first are shown.
fn ops_of(bytes: &[u8]) -> isize {
    scan(bytes).map_or(0, |scanned| count_of(scanned.ops()))
}

fn reading(sent_bytes: usize) -> isize {
    bytes_of(READ_BYTES_A_BYTE_MAX * sent_bytes + READ_BYTES_FIXED_MAX)
}

fn bytes_of(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap()
}

fn count_of(count: u64) -> isize {
    isize::try_from(count).unwrap()
}
