//! The demo: to its end, with more households than the fixtures have, and stopped by somebody.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use keting_scenarios::binary::keting;
use keting_scenarios::device::Ended;
use rustix::process::{Pid, Signal, kill_process};

/// How long a demo that was told to stop may take for it.
const STOPS_WITHIN: Duration = Duration::from_secs(30);

#[test]
fn the_demo_tells_its_story_to_the_end_in_less_than_a_minute() {
    let began = Instant::now();
    let told = Ended::of(keting().arg("demo")).done();
    assert!(began.elapsed() < Duration::from_secs(60), "it took {:?}", began.elapsed());
    for part in ["round trips", "unacknowledged, yet there", "total"] {
        assert!(told.out.contains(part), "{part} is not told in\n{}", told.out);
    }
}

#[test]
fn the_demo_ends_as_well_with_more_households_than_the_fixtures_have() {
    let place = tempfile::tempdir().unwrap();
    let mut demo = keting();
    demo.args(["demo", "--households", "240"]).env("TMPDIR", place.path());
    let told = Ended::of(&mut demo).done();
    assert!(told.out.contains("total"), "{}", told.out);
    // Nobody watches: no line of progress stands in a log.
    assert_eq!(told.err, "");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn a_demo_that_is_interrupted_stops_in_the_middle_of_a_step_and_leaves_nothing() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let place = tempfile::tempdir().unwrap();
        let mut demo = keting();
        demo.args(["demo", "--households", "20000"]).env("TMPDIR", place.path());
        let mut running = demo.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(running.stdout.take().unwrap());
        let mut line = String::new();
        while !line.starts_with(" 2 ") {
            line.clear();
            assert!(told.read_line(&mut line).unwrap() > 0, "the demo ended");
        }
        let asked_at = Instant::now();
        kill_process(Pid::from_child(&running), signal).unwrap();
        let ended = running.wait_with_output().unwrap();
        assert!(asked_at.elapsed() < STOPS_WITHIN, "{signal:?}: {:?}", asked_at.elapsed());
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(said.contains("[demo_interrupted]"), "{signal:?}: {said}");
        assert_eq!(ended.status.code(), Some(1));
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0, "{signal:?}");
    }
}
