//! Every target takes a golden file, and none breaks on its golden files, on small changes of them,
//! or on what broke it once.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use keting_fuzz::{TARGETS, run, seeds};
use keting_testkit::rng::Rng;

/// Changed inputs a target. libFuzzer does the same some thousand times a second.
const CHANGED_INPUTS: u64 = 4_000;

#[test]
fn every_target_takes_a_golden_input() {
    for (target, _) in TARGETS {
        let seeds = seeds::of_target(target);
        assert!(seeds.iter().any(|seed| run(target, seed)), "{target} takes none of its seeds");
    }
}

#[test]
fn no_target_breaks_on_inputs_like_the_golden_ones() {
    for (target, _) in TARGETS {
        let seeds = seeds::of_target(target);
        for number in 0..CHANGED_INPUTS {
            let mut rng = Rng::new(number);
            let mut input = rng.pick(&seeds).unwrap().clone();
            change(&mut rng, &mut input, &seeds);
            expect_sound(target, &input, &format!("changed input {number}"));
        }
    }
}

#[test]
fn no_target_breaks_on_what_broke_it_before() {
    for (target, _) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crashes").join(target);
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            expect_sound(target, &fs::read(&path).unwrap(), &path.display().to_string());
        }
    }
}

#[test]
fn every_target_has_an_entry_for_libfuzzer_and_no_other_has() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets");
    let entries = fs::read_dir(folder).unwrap();
    let mut found: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    let mut expected: Vec<_> = TARGETS.iter().map(|(target, _)| format!("{target}.rs")).collect();
    expected.sort();
    assert_eq!(found, expected);
}

fn expect_sound(target: &str, input: &[u8], what: &str) {
    let outcome = catch_unwind(AssertUnwindSafe(|| run(target, input)));
    if outcome.is_err() {
        let digits: String = input.iter().map(|byte| format!("{byte:02x}")).collect();
        panic!("{target} breaks on {what}: {digits}");
    }
}

/// What a fuzzer does to an input: bits, numbers, holes, repetitions, pieces of another one.
fn change(rng: &mut Rng, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    for _ in 0..=rng.below(4) {
        let at = rng.index(input.len().max(1));
        let length = rng.index(1 + (input.len() - at.min(input.len())).min(64));
        let draw = rng.next_u64();
        match rng.below(7) {
            _ if input.is_empty() => input.push(draw.to_be_bytes()[0]),
            0 => input[at] ^= 1 << (draw % 8),
            1 => input[at] = draw.to_be_bytes()[0],
            2 => input[at] = [0, 1, 0x7f, 0x80, 0xff][rng.index(5)],
            3 => drop(input.drain(at..at + length)),
            4 => input.truncate(at),
            5 => {
                let piece = input[at..at + length].to_vec();
                input.splice(at..at, piece);
            }
            _ => {
                let other = rng.pick(seeds).unwrap();
                let from = rng.index(other.len().max(1)).min(other.len());
                let until = (from + length).min(other.len());
                input.splice(at..at, other[from..until].iter().copied());
            }
        }
    }
}
