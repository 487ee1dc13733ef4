//! The log on its way down: tail, first sync, live entries, windows, a log that is another one.

use super::pair::Pair;
use super::values::SERVER_TIME_MS;
use crate::device::DeviceEvent;
use keting_trust::limits::UP_TO_EVERY_MS;

#[test]
fn a_device_gets_what_concerns_it_and_a_word_on_the_rest() {
    let mut pair = Pair::in_step(3, 2);
    for number in 0..100 {
        pair.server.add_foreign(number % 10 == 0, 1, 50);
    }
    pair.connect();
    pair.run_until_quiescent();
    assert_eq!(pair.replica.entries.len(), 2 + 10);
    assert_eq!(pair.replica.cursor, Some(pair.server.head()));
    pair.run_for(100);
    let confirmed = pair.confirmations.last().unwrap();
    assert_eq!(confirmed.record.cursor, pair.server.head());
}

#[test]
fn a_device_that_was_told_of_more_hears_at_once_when_there_was_nothing_more() {
    let mut pair = Pair::in_step(3, 2);
    pair.server_config.group_bytes = 1;
    pair.server.add_foreign(true, 1, 50);
    pair.server.add_foreign(true, 1, 50);
    pair.server.add_foreign(false, 1, 50);
    let start_ms = pair.now_ms;
    pair.connect();
    pair.run_until_quiescent();
    assert_eq!(pair.now_ms - start_ms, 2 * pair.latency_ms, "one round trip");
    assert_eq!(pair.replica.cursor, Some(pair.server.head()));
}

#[test]
fn an_entry_is_persisted_confirmed_and_shown_within_one_way_of_being_logged() {
    let mut pair = Pair::in_step(3, 2);
    pair.connect();
    pair.run_until_quiescent();
    let start_ms = pair.now_ms;
    pair.add_foreign(true, 1, 50);
    pair.run_until(|pair| pair.replica.cursor == Some(pair.server.head()));
    assert_eq!(pair.now_ms - start_ms, pair.latency_ms);
}

#[test]
fn foreign_entries_wake_a_device_at_most_now_and_then() {
    let mut pair = Pair::in_step(3, 2);
    pair.connect();
    pair.run_until_quiescent();
    let (_, before) = pair.link().frames;
    for _ in 0..600 {
        pair.add_foreign(false, 1, 50);
        pair.run_for(100);
    }
    let (_, after) = pair.link().frames;
    assert!(after > before, "a device hears that nothing concerned it");
    assert!(after - before <= 4, "{} frames in a minute", after - before);
    pair.run_for(UP_TO_EVERY_MS + 1_000);
    assert_eq!(pair.replica.cursor, Some(pair.server.head()));
}

#[test]
fn a_first_sync_brings_whole_documents_in_order_with_progress_and_then_the_tail() {
    let mut pair = Pair::new(3);
    pair.server_config.group_bytes = 2_000;
    pair.server_config.window_bytes = 4_000;
    for number in 0..60 {
        pair.server.add_foreign(true, 19 - number % 20, 300);
    }
    pair.connect();
    pair.run_until(|pair| pair.replica.first_sync.is_some());
    let (done, total) = pair.device().status().first_sync.unwrap();
    assert!(done > 0 && done < total && total == 60);
    let first = pair.replica.entries.keys().map(|number| (number - 1) % 20).max().unwrap();
    assert_eq!(first, 19, "document 0, of the own micro-grid, is first");
    pair.add_foreign(true, 1, 300);
    pair.run_until_caught_up();
    assert_eq!(pair.replica.entries.len(), 61);
    assert_eq!(pair.device().status().first_sync, None);
    assert_eq!(pair.replica.cursor, Some(pair.server.head()));
    let progress: Vec<_> = pair
        .events
        .iter()
        .filter_map(|event| match event {
            DeviceEvent::Progress { done, .. } => Some(*done),
            _ => None,
        })
        .collect();
    assert!(progress.len() > 5 && progress.is_sorted());
}

#[test]
fn a_first_sync_that_was_cut_goes_on_where_it_was() {
    let mut pair = Pair::new(3);
    pair.server_config.group_bytes = 2_000;
    pair.server_config.window_bytes = 4_000;
    for number in 0..60 {
        pair.server.add_foreign(true, number % 20, 300);
    }
    pair.connect();
    pair.run_until(|pair| pair.replica.entries.len() >= 30);
    pair.cut();
    pair.links.clear();
    let had = pair.replica.entries.len();
    pair.connect();
    assert!(pair.device().status().first_sync.is_some(), "shown before anything came");
    pair.run_until_quiescent();
    assert_eq!(pair.replica.entries.len(), 60);
    assert_eq!(pair.replica.repeated, 0, "nothing persisted is sent again");
    assert!(had < 60 && pair.link().down_bytes < (60 - had) * 600 + 2_000);
}

#[test]
fn a_window_of_one_entry_still_brings_everything() {
    let mut pair = Pair::new(3);
    pair.server_config.window_bytes = 1;
    pair.server_config.group_bytes = 1;
    pair.work_ms_max = 20;
    for _ in 0..30 {
        pair.server.add_foreign(true, 1, 300);
    }
    pair.connect();
    pair.run_until_quiescent();
    for _ in 0..30 {
        pair.add_foreign(true, 1, 300);
    }
    pair.run_until_caught_up();
    assert_eq!(pair.replica.entries.len(), 60);
}

#[test]
fn a_device_that_does_not_confirm_gets_no_more_than_the_window() {
    let mut pair = Pair::in_step(3, 1);
    for _ in 0..400 {
        pair.server.add_foreign(true, 1, 100_000);
    }
    pair.connect();
    pair.run_until(|pair| pair.links[0].down_bytes > 0);
    pair.stall_device();
    pair.run_for(60_000);
    let down_bytes = pair.link().down_bytes;
    let window = keting_trust::limits::ENTRIES_IN_FLIGHT_BYTES_MAX;
    assert!(down_bytes > window / 4 && down_bytes < 2 * window, "{down_bytes} bytes");
}

#[test]
fn what_comes_while_the_disk_is_busy_becomes_one_transaction() {
    let persists = |work_ms_max| {
        let mut pair = Pair::in_step(3, 1);
        pair.connect();
        pair.run_until_quiescent();
        pair.work_ms_max = work_ms_max;
        let before = pair.replica.persists;
        for _ in 0..50 {
            pair.add_foreign(true, 1, 1_000);
            pair.run_for(20);
        }
        pair.run_until_caught_up();
        assert_eq!(pair.replica.entries.len(), 51);
        pair.replica.persists - before
    };
    assert_eq!(persists(0), 50);
    assert!(persists(800) <= 10);
}

#[test]
fn a_cursor_of_a_lost_branch_is_answered_with_a_notice_and_pushes_still_land() {
    let mut pair = Pair::in_step(3, 5);
    let ours = pair.replica.cursor.unwrap();
    // The server is restored from a backup: a new generation of the log, without the entries.
    pair.server.log.clear();
    pair.server.genesis.generation = 2;
    pair.server.add_foreign(true, 1, 10);
    pair.replica.enqueue(10);
    pair.connect();
    pair.run_until(|pair| pair.replica.unanswered() == 0);
    let theirs = pair.server.cursor_at(1);
    let diverged = DeviceEvent::LogDiverged { ours, theirs, shared_number: 0 };
    assert!(pair.events.contains(&diverged));
    assert_eq!(pair.replica.cursor, Some(ours), "nobody resets");
    assert!(pair.is_quiescent(), "nothing is left to do");
    pair.run_for(200_000);
    assert_eq!(pair.link().device_closed, None, "the session stays alive");
}

#[test]
fn the_status_says_as_of_when_the_replica_is_up_to_date() {
    let mut pair = Pair::in_step(3, 2);
    pair.connect();
    assert_eq!(pair.device().status(), crate::Status::default());
    pair.run_until_quiescent();
    let first = pair.device().status();
    assert!(first.connected && first.up_to_date_as_of_ms > Some(SERVER_TIME_MS));
    pair.run_for(100_000);
    let later = pair.device().status().up_to_date_as_of_ms;
    assert!(later > first.up_to_date_as_of_ms, "a ping's answer renews it");
}

#[test]
fn a_device_that_is_given_more_than_before_gets_whole_documents_once_more_also_through_a_cut() {
    let mut pair = Pair::in_step(3, 5);
    pair.server_config.group_bytes = 2_000;
    pair.server_config.window_bytes = 4_000;
    for number in 0..40 {
        pair.server.add_foreign(false, number % 20, 300);
    }
    pair.connect();
    pair.run_until_quiescent();
    pair.cut();
    pair.links.clear();
    let before = pair.replica.cursor;
    pair.server.log.iter_mut().for_each(|logged| logged.covered = true);
    pair.server.given_from = pair.server.add_foreign(true, 1, 50);
    pair.connect();
    pair.run_until(|pair| pair.replica.entries.len() >= 25);
    assert_eq!(pair.replica.cursor, before, "it stays until everything is there");
    assert!(pair.device().status().first_sync.is_some());
    pair.cut();
    pair.links.clear();
    let had = pair.replica.entries.len();
    pair.connect();
    pair.run_until_caught_up();
    assert_eq!(pair.replica.entries.len(), 5 + 40 + 1);
    assert_eq!(pair.replica.first_sync, None);
    assert!(pair.link().down_bytes < (46 - had) * 600 + 2_000, "it went on where it was");
}
