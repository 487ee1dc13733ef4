//! A commit or an entry whose way takes minutes: it gets through, who waits for it waits, and nobody waits for ever.

use keting_trust::limits::{
    ANSWER_MS_MAX, COMMIT_WITH_PARTS_BYTES_MAX, CONFIRM_MS_MAX, FRAME_BYTES_MAX, HAND_OVER_MS,
    IDLE_AFTER_MS, LINE_BYTES_PER_S_MIN, WORD_MS_MAX,
};

use super::pair::Pair;
use crate::error::CloseReason;

const LARGEST: usize = COMMIT_WITH_PARTS_BYTES_MAX;
const THINNEST: usize = LINE_BYTES_PER_S_MIN;

/// A device that has everything, on a line that carries so much to the server from now on.
fn on_a_line(bytes_per_s: usize) -> Pair {
    let mut pair = caught_up();
    pair.up_bytes_per_s = Some(bytes_per_s);
    pair
}

/// A device that has everything, on a line that carries so much to it from now on.
fn below_a_line(bytes_per_s: usize) -> Pair {
    let mut pair = caught_up();
    pair.down_bytes_per_s = Some(bytes_per_s);
    pair
}

fn caught_up() -> Pair {
    let mut pair = Pair::in_step(4, 1);
    pair.connect();
    pair.run_until_quiescent();
    pair
}

/// How long so many bytes take on the thinnest line, in milliseconds.
fn takes_ms(bytes: usize) -> u64 {
    (bytes * 1_000 / THINNEST) as u64
}

fn silent(waited_for: &'static str) -> Option<CloseReason> {
    Some(CloseReason::PeerSilent { waited_for })
}

#[test]
fn the_largest_commit_gets_through_on_the_thinnest_line_and_a_confirm_may_wait_behind_it() {
    let mut pair = on_a_line(THINNEST);
    let start_ms = pair.now_ms;
    pair.enqueue(LARGEST);
    pair.run_for(1_000);
    pair.add_foreign(true, 1, 100);
    pair.run_until_caught_up();
    let took_ms = pair.now_ms - start_ms;
    assert!((takes_ms(LARGEST)..takes_ms(LARGEST) + 10_000).contains(&took_ms), "{took_ms}");
    assert!(took_ms > 10 * IDLE_AFTER_MS);
    assert_eq!((pair.links.len(), pair.replica.unanswered()), (1, 0));
}

#[test]
fn an_ended_device_hands_over_a_commit_whose_way_takes_longer_than_it_may_pause() {
    let mut pair = Pair::in_step(2, 1);
    pair.server.ended = true;
    pair.replica.enqueue(40_000);
    pair.up_bytes_per_s = Some(THINNEST);
    let start_ms = pair.now_ms;
    pair.connect();
    pair.run_until(|pair| pair.links[0].device_closed.is_some());
    assert!(matches!(pair.link().device_closed, Some(CloseReason::Ended(_))));
    assert_eq!(pair.replica.unanswered(), 0);
    assert!(pair.now_ms - start_ms > 10 * HAND_OVER_MS);
}

#[test]
fn a_server_that_lets_bytes_arrive_and_never_answers_keeps_a_device_as_long_as_they_may_take() {
    let mut pair = on_a_line(THINNEST);
    pair.stall_server();
    let start_ms = pair.now_ms;
    pair.enqueue(LARGEST);
    pair.run_until(|pair| pair.links[0].device_closed.is_some());
    assert_eq!(pair.link().device_closed, silent("word_due"));
    let bound_ms = WORD_MS_MAX + takes_ms(LARGEST);
    let after_ms = pair.now_ms - start_ms;
    assert!((bound_ms..bound_ms + 1_000).contains(&after_ms), "{after_ms}");
}

#[test]
fn a_device_on_a_line_that_dies_under_a_commit_notices_as_soon_as_on_any_other() {
    let mut pair = on_a_line(THINNEST);
    pair.enqueue(LARGEST);
    pair.run_for(10 * IDLE_AFTER_MS);
    assert_eq!(pair.link().device_closed, None);
    pair.link().line_up.arriving.clear();
    let start_ms = pair.now_ms;
    pair.run_until(|pair| pair.links[0].device_closed.is_some());
    assert_eq!(pair.link().device_closed, silent("peer_silent"));
    assert!(pair.now_ms - start_ms <= IDLE_AFTER_MS);
    pair.run_until(|pair| pair.links[0].server_closed.is_some());
    assert_eq!(pair.link().server_closed, silent("peer_silent"));
    assert!(pair.now_ms - start_ms <= IDLE_AFTER_MS + ANSWER_MS_MAX);
}

#[test]
fn a_device_whose_bytes_come_too_slowly_is_given_up_by_the_server() {
    let mut pair = on_a_line(THINNEST / 4);
    let start_ms = pair.now_ms;
    pair.enqueue(LARGEST);
    pair.run_until(|pair| pair.links[0].server_closed.is_some());
    assert_eq!(pair.link().server_closed, silent("peer_silent"));
    assert!(pair.now_ms - start_ms < 2 * IDLE_AFTER_MS);
}

#[test]
fn the_largest_entry_gets_through_on_the_thinnest_line_and_an_answer_may_wait_behind_it() {
    for is_first_sync in [false, true] {
        let mut pair = if is_first_sync { Pair::new(4) } else { below_a_line(THINNEST) };
        pair.down_bytes_per_s = Some(THINNEST);
        let start_ms = pair.now_ms;
        pair.add_foreign(true, 1, LARGEST);
        if is_first_sync {
            pair.connect();
        }
        pair.run_for(1_000);
        pair.enqueue(100);
        pair.run_until_caught_up();
        let took_ms = pair.now_ms - start_ms;
        assert!((takes_ms(LARGEST)..takes_ms(LARGEST) + 10_000).contains(&took_ms), "{took_ms}");
        assert!(took_ms > 10 * IDLE_AFTER_MS);
        assert_eq!((pair.links.len(), pair.replica.unanswered()), (1, 0));
    }
}

#[test]
fn a_line_that_dies_under_an_entry_is_noticed_as_soon_as_any_other() {
    let mut pair = below_a_line(THINNEST);
    pair.add_foreign(true, 1, LARGEST);
    pair.run_for(10 * IDLE_AFTER_MS);
    assert!(pair.link().device_closed.is_none() && pair.link().server_closed.is_none());
    pair.link().line_down.arriving.clear();
    let start_ms = pair.now_ms;
    pair.run_until(|pair| pair.links[0].device_closed.is_some());
    assert_eq!(pair.link().device_closed, silent("peer_silent"));
    assert!(pair.now_ms - start_ms <= IDLE_AFTER_MS);
}

#[test]
fn a_server_whose_bytes_come_too_slowly_is_given_up_by_the_device() {
    let mut pair = below_a_line(THINNEST / 4);
    let start_ms = pair.now_ms;
    pair.add_foreign(true, 1, LARGEST);
    pair.run_until(|pair| pair.links[0].device_closed.is_some());
    assert_eq!(pair.link().device_closed, silent("peer_silent"));
    assert!(pair.now_ms - start_ms < 2 * IDLE_AFTER_MS);
}

#[test]
fn a_server_that_lets_bytes_come_for_ever_keeps_a_device_as_long_as_the_largest_frame_takes() {
    let mut pair = Pair::in_step(4, 1);
    pair.stall_server();
    let start_ms = pair.now_ms;
    pair.server.add_foreign(true, 1, 100);
    pair.connect();
    while pair.link().device_closed.is_none() {
        pair.run_for(1_000);
        let now_ms = pair.now_ms;
        pair.device().handle_arriving(2 * THINNEST, now_ms);
    }
    assert_eq!(pair.link().device_closed, silent("word_due"));
    let bound_ms = WORD_MS_MAX + takes_ms(FRAME_BYTES_MAX);
    let after_ms = pair.now_ms - start_ms;
    assert!((bound_ms..bound_ms + 2_000).contains(&after_ms), "{after_ms}");
}

#[test]
fn a_device_that_pings_and_never_confirms_keeps_a_server_as_long_as_an_entry_may_take() {
    let mut pair = below_a_line(THINNEST);
    pair.stall_device();
    let start_ms = pair.now_ms;
    pair.add_foreign(true, 1, LARGEST);
    pair.run_until(|pair| pair.links[0].server_closed.is_some());
    assert_eq!(pair.link().server_closed, silent("confirm_due"));
    let bound_ms = CONFIRM_MS_MAX + takes_ms(LARGEST);
    let after_ms = pair.now_ms - start_ms;
    assert!((bound_ms..bound_ms + 10_000).contains(&after_ms), "{after_ms}");
}
