//! The outbox on its way up: bounds, answers, repetition.

use super::pair::Pair;
use super::values::{commit, genesis};
use crate::device::DeviceEvent;
use crate::error::{CloseReason, PeerMisbehaved};
use crate::frame::encode_device;
use crate::message::Outcome;
use crate::message::{Answer, DeviceMessage, Push};
use crate::server::{Admitted, ServerEffect};
use keting_trust::limits::{
    EARLY_BYTES_MAX, EFFECTS_MAX, FIRST_WINDOW_BYTES, FRAME_BYTES_MAX, PUSH_IN_FLIGHT_COMMITS_MAX,
};

#[test]
fn every_commit_gets_its_answer_and_none_is_pushed_twice_on_one_connection() {
    let mut pair = Pair::in_step(2, 1);
    for _ in 0..40 {
        pair.replica.enqueue(100);
    }
    pair.connect();
    pair.run_until_quiescent();
    assert_eq!(pair.server.outcomes.len(), 40);
    let outcomes = pair.replica.outbox.iter().map(|(_, outcome)| outcome.as_ref().unwrap());
    let held = outcomes.clone().filter(|outcome| matches!(outcome, Outcome::Held { .. })).count();
    let superseded = |outcome: &&Outcome| matches!(outcome, Outcome::Superseded { .. });
    let superseded = outcomes.clone().filter(superseded).count();
    let refused = outcomes.filter(|outcome| matches!(outcome, Outcome::Refused { .. })).count();
    assert_eq!((held, superseded, refused), (6, 6, 6), "each seventh of forty");
    let pushed: usize = pair
        .events
        .iter()
        .map(|event| if let DeviceEvent::Pushed(keys) = event { keys.len() } else { 0 })
        .sum();
    assert_eq!(pushed, 40);
}

#[test]
fn the_devices_own_commits_are_not_sent_back() {
    let mut pair = Pair::in_step(2, 1);
    for _ in 0..3 {
        pair.replica.enqueue(5_000);
    }
    pair.connect();
    pair.run_until_quiescent();
    // Three admitted or held; only a verdict comes down, which the device did not have.
    assert!(pair.link().down_bytes < 2_000, "{} bytes", pair.link().down_bytes);
    assert_eq!(pair.replica.cursor, Some(pair.server.head()));
}

#[test]
fn what_does_not_fit_behind_the_hello_waits_for_the_welcome() {
    let mut pair = Pair::in_step(2, 1);
    pair.replica.enqueue(EARLY_BYTES_MAX);
    pair.replica.enqueue(10);
    let start_ms = pair.now_ms;
    pair.connect();
    pair.run_until(|pair| pair.replica.unanswered() == 1);
    assert_eq!(pair.now_ms - start_ms, 4 * pair.latency_ms, "two round trips");
    pair.run_until(|pair| pair.replica.unanswered() == 0);
    assert_eq!(pair.now_ms - start_ms, 6 * pair.latency_ms, "a commit so large goes alone");
}

#[test]
fn what_is_sent_ahead_of_the_answers_begins_small_and_doubles_with_every_round_trip() {
    let mut pair = Pair::in_step(2, 1);
    for _ in 0..200 {
        pair.replica.enqueue(1_000);
    }
    let start_ms = pair.now_ms;
    pair.connect();
    pair.run_until(|pair| pair.replica.unanswered() == 0);
    let round_trips = (pair.now_ms - start_ms) / (2 * pair.latency_ms);
    let pushed: Vec<usize> = pair
        .events
        .iter()
        .filter_map(|event| match event {
            DeviceEvent::Pushed(keys) => Some(keys.len()),
            _ => None,
        })
        .collect();
    assert!(pushed[0] * 1_000 <= FIRST_WINDOW_BYTES, "{pushed:?}");
    // 8, 16, 32, 64 and 128 kilobytes are more than two hundred.
    assert!((4..=7).contains(&round_trips), "{round_trips} round trips: {pushed:?}");
    assert_eq!(pushed.iter().sum::<usize>(), 200);
}

#[test]
fn a_thousand_large_commits_never_exceed_the_windows() {
    let mut pair = Pair::in_step(2, 1);
    pair.work_ms_max = 300;
    for index in 0..3_000 {
        pair.replica.enqueue(if index % 10 == 0 { 20_000 } else { 20 });
    }
    pair.connect();
    // The server checks the windows: a device that exceeded them would be closed.
    pair.run_until_quiescent();
    assert_eq!(pair.replica.unanswered(), 0);
    let largest = |event: &DeviceEvent| match event {
        DeviceEvent::Pushed(keys) => keys.len(),
        _ => 0,
    };
    let largest = pair.events.iter().map(largest).max().unwrap();
    assert!((1..PUSH_IN_FLIGHT_COMMITS_MAX).contains(&largest));
}

#[test]
fn a_commit_that_fits_no_frame_is_named_and_blocks_nothing() {
    let mut pair = Pair::in_step(2, 1);
    pair.replica.enqueue(FRAME_BYTES_MAX);
    pair.replica.enqueue(10);
    pair.connect();
    pair.run_until(|pair| pair.replica.unanswered() == 1);
    let key = pair.replica.outbox[0].0.key;
    assert!(pair.events.contains(&DeviceEvent::Unsendable(key)));
    assert_eq!(pair.replica.outbox[0].1, None);
}

#[test]
fn an_answer_that_was_lost_is_given_again_and_nothing_is_admitted_twice() {
    let mut pair = Pair::in_step(2, 1);
    pair.replica.enqueue(10);
    pair.connect();
    pair.run_until(|pair| !pair.server.outcomes.is_empty());
    pair.cut();
    assert_eq!(pair.replica.unanswered(), 1, "the answer was under way");
    pair.connect();
    pair.run_until_quiescent();
    assert_eq!((pair.replica.unanswered(), pair.server.outcomes.len()), (0, 1));
    assert_eq!(pair.server.head().number, 2);
}

#[test]
fn a_commit_made_while_connected_goes_up_at_once() {
    let mut pair = Pair::in_step(2, 1);
    pair.connect();
    pair.run_until_quiescent();
    let start_ms = pair.now_ms;
    pair.enqueue(10);
    assert!(!pair.is_quiescent());
    pair.run_until(|pair| pair.replica.unanswered() == 0);
    assert_eq!(pair.now_ms - start_ms, 2 * pair.latency_ms);
}

#[test]
fn a_device_that_pushes_and_never_reads_its_answers_is_stopped() {
    let mut pair = Pair::in_step(2, 0);
    pair.replica.cursor = Some(genesis());
    pair.connect();
    pair.run_until_quiescent();
    let server = &mut pair.link().server;
    for number in 0..200 {
        let push = DeviceMessage::Push(Push { commits: vec![commit(number, 60_000)] });
        server.handle_frame(&encode_device(&push), 0);
        match server.poll_effect() {
            Some(ServerEffect::Admit { id, commits }) => {
                let outcome = Outcome::Refused { code: "quota".to_owned() };
                let answers = commits
                    .iter()
                    .map(|commit| Answer { commit: commit.key, outcome: outcome.clone() });
                // The answers stay where they are: the connection takes no more bytes.
                let admitted = Admitted { answers: answers.collect(), head: genesis() };
                server.handle_admitted(id, admitted, 0);
            }
            Some(ServerEffect::Close(reason)) => {
                let expected = CloseReason::PeerMisbehaved(PeerMisbehaved::TooManyPushed);
                assert_eq!(reason, expected);
                assert!((60..=70).contains(&number), "{number} of 60,000 bytes in 4 MiB");
                return;
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("two hundred unread answers");
}

#[test]
fn a_swarm_of_pushes_that_nobody_has_come_to_ends_the_session() {
    let mut pair = Pair::in_step(2, 0);
    pair.replica.cursor = Some(genesis());
    pair.connect();
    pair.run_until_quiescent();
    let server = &mut pair.link().server;
    for number in 0..=EFFECTS_MAX as u64 {
        let push = DeviceMessage::Push(Push { commits: vec![commit(number, 1)] });
        server.handle_frame(&encode_device(&push), 0);
    }
    let admits = std::iter::from_fn(|| server.poll_effect())
        .filter(|effect| matches!(effect, ServerEffect::Admit { .. }));
    assert_eq!(admits.count(), EFFECTS_MAX);
    assert_eq!(server.device(), None);
}

#[test]
fn large_commits_wait_until_the_window_has_room_for_them() {
    let mut pair = Pair::in_step(2, 1);
    for _ in 0..20 {
        pair.replica.enqueue(600_000);
    }
    pair.connect();
    // A device that exceeded the window would be closed.
    pair.run_until_quiescent();
    assert_eq!(pair.replica.unanswered(), 0);
}
