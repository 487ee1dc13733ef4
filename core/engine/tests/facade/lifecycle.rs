//! Opening, closing, and the time in the background.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Stdio};

use futures_util::FutureExt;
use keting::{Keting, Query, parts};

use crate::device::{Place, by_itself, note, noted, vault_in, wait};
use crate::working::held_up;

const HELD: &str = "KETING_TEST_HELD_FOLDER";

#[test]
fn after_close_every_call_answers_closed_and_a_live_query_ends_without_an_error() {
    let place = Place::new();
    let keting = place.join();
    let live = keting.live(Query::Device);
    assert!(wait(live.next()).unwrap().is_some());
    keting.start_sync().unwrap();
    wait(keting.close()).unwrap();
    assert_eq!(wait(live.next()).unwrap(), None);
    assert_eq!(wait(keting.live(Query::Regions).next()).unwrap(), None);
    let codes = [
        wait(keting.ask(Query::Sync)).unwrap_err(),
        wait(note(&keting, 1)).unwrap_err(),
        wait(keting.resume()).unwrap_err(),
        wait(keting.suspend(1_000)).unwrap_err(),
        keting.start_sync().unwrap_err(),
        keting.stop_sync().unwrap_err(),
        keting.sync_once(1_000).err().unwrap(),
    ];
    assert!(codes.iter().all(|error| error.code() == "closed"), "{codes:?}");
    keting.try_now();
    keting.clock_changed();
}

#[test]
fn closing_finishes_the_write_answers_what_waits_with_closed_and_gives_the_file_back() {
    let place = Place::new();
    let keting = place.join();
    let (begun, go_on, writing) = held_up(&keting);
    begun.recv().unwrap();
    let waiting = note(&keting, 1);
    let mut closing = Box::pin(keting.close());
    assert!(closing.as_mut().now_or_never().is_none());
    assert_eq!(wait(waiting).unwrap_err().code(), "closed");
    drop(go_on);
    wait(writing).unwrap();
    wait(closing).unwrap();
    wait(keting.close()).unwrap();
    #[cfg(target_os = "linux")]
    assert_eq!(place.open_files(), Vec::<PathBuf>::new());
    assert_eq!(noted(&place.open().unwrap()), None);
}

#[test]
fn dropping_the_last_handle_waits_for_nothing_and_closes_all_the_same() {
    let place = Place::new();
    let keting = place.join();
    let live = keting.live(Query::Device);
    let (begun, go_on, writing) = held_up(&keting);
    begun.recv().unwrap();
    let clone = keting.clone();
    drop(keting);
    assert_eq!(noted(&clone), None);
    drop(clone);
    // The write still goes on: whoever dropped the handle did not wait for it.
    assert_eq!(wait(live.next()).unwrap(), None);
    assert_eq!(place.open().err().unwrap().code(), "replica_in_use");
    drop(go_on);
    wait(writing).unwrap();
    // A live query that nobody dropped does not keep the file open.
    place.wait_until_given_back();
    assert!(place.open().is_ok());
    drop(live);
}

#[cfg(target_os = "linux")]
#[test]
fn suspending_leaves_no_file_open_and_calls_wait_until_it_is_resumed() {
    let place = Place::new();
    let keting = place.join();
    wait(note(&keting, 1)).unwrap();
    keting.start_sync().unwrap();
    assert_ne!(place.open_files(), Vec::<PathBuf>::new());
    assert!(wait(keting.suspend(60_000)).unwrap());
    assert_eq!(place.open_files(), Vec::<PathBuf>::new());

    let writing = note(&keting, 2);
    let mut asking = Box::pin(keting.ask(Query::Device));
    assert!(asking.as_mut().now_or_never().is_none());
    assert_eq!(place.open_files(), Vec::<PathBuf>::new());
    wait(keting.resume()).unwrap();
    wait(writing).unwrap();
    wait(asking).unwrap();
    assert_eq!(noted(&keting), Some(2));
}

#[test]
fn suspending_says_no_while_a_write_goes_on_and_closes_the_file_after_it() {
    let place = Place::new();
    let keting = place.join();
    let (begun, go_on, writing) = held_up(&keting);
    begun.recv().unwrap();
    assert!(!wait(keting.suspend(1)).unwrap());
    drop(go_on);
    wait(writing).unwrap();
    assert!(wait(keting.suspend(60_000)).unwrap());
    wait(keting.resume()).unwrap();
    assert_eq!(noted(&keting), None);
}

#[test]
fn what_was_called_before_an_app_suspends_is_in_the_file_once_it_is_closed() {
    let place = Place::new();
    let keting = place.join();
    let (begun, go_on, writing) = held_up(&keting);
    begun.recv().unwrap();
    let waits = note(&keting, 7);
    let mut suspending = Box::pin(keting.suspend(60_000));
    assert!(suspending.as_mut().now_or_never().is_none());
    // It was called later, and waits.
    let mut later = Box::pin(note(&keting, 8));
    drop(go_on);
    assert!(wait(suspending).unwrap());
    wait(writing).unwrap();
    wait(waits).unwrap();
    assert!(later.as_mut().now_or_never().is_none());
    // Nothing is open yet, and what was called is written all the same.
    wait(keting.resume()).unwrap();
    wait(later).unwrap();
    assert!(wait(keting.suspend(60_000)).unwrap());
    wait(keting.resume()).unwrap();
    let waits = note(&keting, 9);
    assert!(wait(keting.suspend(60_000)).unwrap());
    wait(waits).unwrap();
}

#[test]
fn in_whatever_order_an_app_suspends_and_resumes_the_last_word_counts() {
    let place = Place::new();
    let keting = place.join();
    for round in 1..=50 {
        // The caller of the first stops waiting at once, and is heard all the same.
        assert!(keting.suspend(60_000).now_or_never().is_none_or(|closed| closed.unwrap()));
        wait(keting.resume()).unwrap();
        wait(note(&keting, round)).unwrap();
    }
    assert!(keting.resume().now_or_never().is_none_or(|resumed| resumed.is_ok()));
    assert!(wait(keting.suspend(60_000)).unwrap());
    let reopened =
        parts::open_replica(&place.data(), place.vault(), Box::new(keting::SystemEnvironment));
    assert_eq!(reopened.unwrap().status().unwrap().up_to_date_at_ms, Some(50));
}

#[test]
fn a_start_in_the_background_touches_no_file_before_it_is_resumed() {
    let place = Place::new();
    wait(place.join().close()).unwrap();
    let keting = Keting::suspended(&place.data(), place.vault()).unwrap();
    let mut asking = Box::pin(keting.ask(Query::Device));
    assert!(asking.as_mut().now_or_never().is_none());
    // Somebody else may have the file meanwhile.
    wait(place.open().unwrap().close()).unwrap();
    wait(keting.resume()).unwrap();
    wait(asking).unwrap();
}

#[test]
fn a_file_that_cannot_be_opened_is_told_to_whoever_resumes_and_tried_again_by_the_next_call() {
    let place = Place::new();
    wait(place.join().close()).unwrap();
    let other = place.open().unwrap();
    let keting = Keting::suspended(&place.data(), place.vault()).unwrap();
    assert_eq!(wait(keting.resume()).unwrap_err().code(), "replica_in_use");
    assert_eq!(wait(keting.ask(Query::Device)).unwrap_err().code(), "replica_in_use");
    wait(other.close()).unwrap();
    assert!(wait(keting.ask(Query::Device)).is_ok());
    let nowhere = Place::new();
    assert_eq!(nowhere.open().err().unwrap().code(), "no_replica");
}

#[test]
fn a_second_process_hears_that_the_replica_is_in_use_and_opens_it_once_the_first_was_killed() {
    if let Some(folder) = std::env::var_os(HELD) {
        return hold(PathBuf::from(folder));
    }
    let place = Place::new();
    wait(place.join().close()).unwrap();
    let mut other = other_process(&place);
    let refused = place.open().err().unwrap();
    assert_eq!((refused.code(), refused.retryable()), ("replica_in_use", true));
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(place.open().is_ok());
}

/// This test again in another process, which has the replica open by the time this returns.
fn other_process(place: &Place) -> Child {
    let name = "lifecycle::a_second_process_hears_that_the_replica_is_in_use_and_opens_it_once_\
                the_first_was_killed";
    let mut other = by_itself(name, HELD, place.path().as_os_str())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(other.stdout.take().unwrap()).lines();
    let is_open = said.map_while(Result::ok).any(|line| line.ends_with(HELD));
    assert!(is_open, "the other process did not open the replica");
    other
}

fn hold(folder: PathBuf) {
    let opened = wait(Keting::open(&folder.join("data"), vault_in(&folder))).unwrap();
    let mut said = std::io::stdout();
    writeln!(said, "{HELD}").unwrap();
    said.flush().unwrap();
    // Until it is killed, or its parent is gone.
    let _ = std::io::stdin().read_line(&mut String::new());
    drop(opened);
}
