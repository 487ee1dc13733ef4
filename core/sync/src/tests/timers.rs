//! Every timer: what sets it off, what it does, and that it does not end what is alive.

use keting_trust::Signer as _;
use keting_trust::limits::{
    ANSWER_MS_MAX, CONFIRM_MS_MAX, HELLO_MS_MAX, IDLE_AFTER_MS, WORD_MS_MAX,
};

use super::model::WHY;
use super::pair::Pair;
use super::values::{BINDING, CITY, LOG, alice, config, issuing, resume, server_config};
use crate::device::{DeviceEffect, DeviceSession};
use crate::error::CloseReason;
use crate::server::{ServerEffect, ServerSession};

fn silent(waited_for: &'static str) -> CloseReason {
    CloseReason::PeerSilent { waited_for }
}

#[test]
fn welcome_due_ends_a_session_with_a_server_that_does_not_answer() {
    let mut device = DeviceSession::new(config(resume(None, None)), 1);
    assert_eq!(device.poll_timeout(), None);
    device.handle_connected(&BINDING, 100);
    let Some(DeviceEffect::SignHello { id, bytes }) = device.poll_effect() else {
        panic!("a signature is asked for");
    };
    device.handle_signed(id, keting_trust::Signer::sign(&alice(), &bytes), 100);
    while device.poll_effect().is_some() {}
    assert_eq!(device.poll_timeout(), Some((100 + ANSWER_MS_MAX, "welcome_due")));
    device.handle_timeout(99 + ANSWER_MS_MAX);
    assert_eq!(device.poll_effect(), None);
    device.handle_timeout(100 + ANSWER_MS_MAX);
    assert_eq!(device.poll_effect(), Some(DeviceEffect::Close(silent("welcome_due"))));
    assert_eq!(device.poll_timeout(), None);
}

#[test]
fn hello_due_ends_a_session_with_a_device_that_says_nothing() {
    let mut server = ServerSession::new(server_config(), 1);
    assert_eq!(server.poll_timeout(), None);
    server.handle_connected(&BINDING, 100);
    assert_eq!(server.poll_timeout(), Some((100 + HELLO_MS_MAX, "hello_due")));
    server.handle_timeout(100 + HELLO_MS_MAX);
    assert_eq!(server.poll_effect(), Some(ServerEffect::Close(silent("hello_due"))));
}

#[test]
fn handed_over_ends_a_session_that_may_only_hand_over_once_nothing_more_comes() {
    let mut pair = Pair::in_step(2, 1);
    pair.server.ended = true;
    for _ in 0..40 {
        pair.replica.enqueue(2_000);
    }
    pair.server.add_foreign(true, 1, 100);
    let (cursor, entries) = (pair.replica.cursor, pair.replica.entries.len());
    pair.connect();
    pair.run_until(|pair| pair.links[0].device_closed.is_some());
    assert_eq!(pair.replica.unanswered(), 0, "several windows were handed over");
    let Some(CloseReason::Ended(ended)) = &pair.link().device_closed else { panic!() };
    let ending = ended.proof.verify(issuing().public_key()).unwrap().record;
    assert_eq!((ending.city, ending.log, ending.channel_binding), (CITY, LOG, BINDING));
    assert_eq!((ending.device, ending.why.as_str()), (alice().public_key().device_id(), WHY));
    assert_eq!((pair.replica.cursor, pair.replica.entries.len()), (cursor, entries));
}

#[test]
fn word_due_ends_a_session_with_a_server_that_greets_and_answers_pings_and_never_says_how_far_its_log_goes()
 {
    for is_first_sync in [true, false] {
        let mut pair = if is_first_sync { Pair::new(4) } else { Pair::in_step(4, 1) };
        pair.server.add_foreign(true, 1, 100);
        pair.stall_server();
        let start_ms = pair.now_ms;
        pair.connect();
        pair.run_until(|pair| pair.links[0].device_closed.is_some());
        assert_eq!(pair.link().device_closed, Some(silent("word_due")));
        let after_ms = pair.now_ms - start_ms;
        assert!((WORD_MS_MAX..WORD_MS_MAX + 1_000).contains(&after_ms), "{after_ms}");
        assert!(pair.link().frames.1 > 1, "it gave signs of life");
    }
}

#[test]
fn word_due_ends_a_session_with_a_server_that_never_answers_what_was_pushed() {
    let mut pair = Pair::in_step(4, 1);
    pair.connect();
    pair.run_until_quiescent();
    pair.run_for(24 * 60 * 60 * 1000);
    let start_ms = pair.now_ms;
    pair.stall_server();
    pair.enqueue(100);
    pair.run_until(|pair| pair.links[0].device_closed.is_some());
    assert_eq!(pair.link().device_closed, Some(silent("word_due")));
    let after_ms = pair.now_ms - start_ms;
    assert!((WORD_MS_MAX..WORD_MS_MAX + 1_000).contains(&after_ms), "{after_ms}");
}

#[test]
fn word_due_does_not_end_a_session_whose_server_gives_a_little_now_and_then() {
    let mut pair = Pair::new(4);
    pair.server_config.group_bytes = 1;
    pair.server_config.window_bytes = 1;
    for document in 1..=40 {
        pair.server.add_foreign(true, document, 100);
    }
    pair.latency_ms = WORD_MS_MAX / 16;
    let start_ms = pair.now_ms;
    pair.connect();
    pair.run_until_caught_up();
    assert!(pair.now_ms - start_ms > 2 * WORD_MS_MAX, "{}", pair.now_ms - start_ms);
}

#[test]
fn word_due_ends_a_session_with_a_server_whose_first_sync_brings_nothing_that_holds_up() {
    let mut pair = Pair::new(4);
    pair.server_config.group_bytes = 1;
    pair.server_config.window_bytes = 1;
    for document in 1..=40 {
        pair.server.add_foreign(true, document, 100);
    }
    pair.replica.believes_nothing = true;
    pair.latency_ms = WORD_MS_MAX / 16;
    let start_ms = pair.now_ms;
    pair.connect();
    pair.run_until(|pair| pair.links[0].device_closed.is_some());
    assert_eq!(pair.link().device_closed, Some(silent("word_due")));
    assert!(pair.now_ms - start_ms < 2 * WORD_MS_MAX, "{}", pair.now_ms - start_ms);
}

#[test]
fn ping_due_keeps_an_idle_session_alive_for_a_day() {
    let mut pair = Pair::in_step(4, 1);
    pair.connect();
    pair.run_until_quiescent();
    let (up, down) = pair.link().frames;
    pair.run_for(24 * 60 * 60 * 1000);
    assert_eq!(
        (pair.link().device_closed.clone(), pair.link().server_closed.clone()),
        (None, None)
    );
    let pings = pair.link().frames.0 - up;
    let due = u32::try_from(24 * 60 * 60 * 1000 / (IDLE_AFTER_MS / 3)).unwrap();
    assert!((due..=due * 5 / 4).contains(&pings), "{pings} pings");
    assert_eq!(pair.link().frames.1 - down, pings, "each is answered once");
}

#[test]
fn peer_silent_ends_a_session_whose_other_side_is_gone_on_both_sides() {
    let mut pair = Pair::in_step(4, 1);
    pair.connect();
    pair.run_until_quiescent();
    let start_ms = pair.now_ms;
    // From here on every frame is lost, and nobody notices a broken connection.
    pair.latency_ms = u64::MAX / 4;
    pair.run_until(|pair| pair.links[0].device_closed.is_some());
    assert_eq!(pair.link().device_closed, Some(silent("peer_silent")));
    pair.run_until(|pair| pair.links[0].server_closed.is_some());
    assert_eq!(pair.link().server_closed, Some(silent("peer_silent")));
    assert!(pair.now_ms - start_ms <= IDLE_AFTER_MS);
}

#[test]
fn confirm_due_ends_a_session_with_a_device_that_pings_but_never_confirms() {
    let mut pair = Pair::in_step(4, 1);
    pair.connect();
    pair.run_until_quiescent();
    // Its disk hangs: what it asks for is never done, but the session keeps its pings going.
    pair.work_ms_max = 0;
    let start_ms = pair.now_ms;
    pair.add_foreign(true, 1, 100);
    pair.stall_device();
    pair.run_until(|pair| pair.links[0].server_closed.is_some());
    assert_eq!(pair.link().server_closed, Some(silent("confirm_due")));
    let after_ms = pair.now_ms - start_ms;
    assert!((CONFIRM_MS_MAX..CONFIRM_MS_MAX + 1_000).contains(&after_ms), "{after_ms}");
}

#[test]
fn confirm_due_does_not_end_a_session_whose_device_is_slow_but_works() {
    let mut pair = Pair::in_step(4, 1);
    pair.server_config.group_bytes = 1;
    pair.server_config.window_bytes = 1;
    for _ in 0..20 {
        pair.server.add_foreign(true, 1, 100);
    }
    pair.connect();
    pair.run_until(|pair| pair.links[0].down_bytes > 0);
    pair.work_ms_max = CONFIRM_MS_MAX / 3;
    let start_ms = pair.now_ms;
    pair.run_until_caught_up();
    assert_eq!(pair.replica.entries.len(), 21);
    assert!(pair.now_ms - start_ms > 2 * CONFIRM_MS_MAX);
}

#[test]
fn up_to_due_tells_a_device_in_the_end_that_nothing_concerned_it() {
    let mut pair = Pair::in_step(4, 1);
    pair.server_config.up_to_every_ms = 10_000;
    pair.connect();
    pair.run_until_quiescent();
    let start_ms = pair.now_ms;
    pair.add_foreign(false, 1, 10);
    assert!(pair.link().server.poll_timeout().is_some_and(|(_, why)| why == "up_to_due"));
    pair.run_until(|pair| pair.replica.cursor == Some(pair.server.head()));
    let after_ms = pair.now_ms - start_ms;
    assert!((7_500..=10_000 + pair.latency_ms).contains(&after_ms), "{after_ms} ms");
}
