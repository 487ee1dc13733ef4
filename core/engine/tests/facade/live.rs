//! What a live query promises.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use keting::{Answer, EngineError, Live, Query, parts};

use crate::device::{PATIENCE, Place, by_itself, device, note, noted, sync_status, wait};
use crate::working::held_up;

const COUNTED: &str = "KETING_TEST_COUNTED";

#[test]
fn a_live_query_gives_the_answer_of_now_and_then_one_for_each_change() {
    let place = Place::new();
    let keting = place.join();
    let live = keting.live(Query::Device);
    assert_eq!(next_noted(&live), None);
    for at_ms in 1..=3 {
        wait(note(&keting, at_ms)).unwrap();
        assert_eq!(next_noted(&live), Some(at_ms));
    }
    assert!(live.next().now_or_never().is_none());
}

#[test]
fn a_collector_that_looks_away_over_a_thousand_writes_gets_the_last_state_and_nothing_else() {
    let place = Place::new();
    let keting = place.join();
    let live = keting.live(Query::Device);
    assert_eq!(next_noted(&live), None);
    let writes: Vec<_> = (1..=1_000).map(|at_ms| note(&keting, at_ms)).collect();
    writes.into_iter().for_each(|write| wait(write).unwrap());
    assert_eq!(next_noted(&live), Some(1_000));
    assert!(live.next().now_or_never().is_none());
    wait(note(&keting, 2_000)).unwrap();
    assert_eq!(next_noted(&live), Some(2_000));
}

#[test]
fn ten_answers_take_nine_times_thirty_milliseconds_however_often_rows_change() {
    let place = Place::new();
    let keting = place.join();
    let begun = Instant::now();
    let answers = collected(keting.live(Query::Device));
    let mut at_ms = 0;
    let mut given = Vec::new();
    while given.len() < 10 {
        at_ms += 1;
        wait(note(&keting, at_ms)).unwrap();
        given.extend(answers.try_iter());
    }
    assert!(begun.elapsed() >= 9 * Duration::from_millis(30), "{:?}", begun.elapsed());
    // The last change is not lost for it.
    while device(given.last().unwrap().clone()).up_to_date_at_ms != Some(at_ms) {
        given.push(answers.recv_timeout(PATIENCE).unwrap());
    }
}

#[test]
fn an_answer_equal_to_the_last_is_not_given_again() {
    let place = Place::new();
    let keting = place.join();
    wait(note(&keting, 1)).unwrap();
    let answers = collected(keting.live(Query::Sync));
    assert_eq!(sync_status(answers.recv().unwrap()).as_of_ms, Some(1));
    // What the one does not show is written, until the other has shown it time and again.
    let witness = keting.live(Query::Device);
    wait(witness.next()).unwrap();
    for diverges in [true, false].repeat(5) {
        let writing = parts::write(&keting, move |replica| {
            parts::work_on(replica, |replica| match diverges {
                true => replica.note_log_diverged(),
                false => replica.note_up_to_date(1).map(drop),
            })
        });
        wait(writing).unwrap();
        assert_eq!(device(wait(witness.next()).unwrap().unwrap()).log_diverged, diverges);
    }
    wait(note(&keting, 2)).unwrap();
    assert_eq!(sync_status(answers.recv().unwrap()).as_of_ms, Some(2));
}

#[test]
fn a_write_in_one_table_concerns_no_query_of_another() {
    let place = Place::new();
    let keting = place.join();
    let live = keting.live(Query::Regions);
    // There is nothing to be read before the device has joined, and that is told once.
    assert!(matches!(wait(live.next()), Err(EngineError::NotEnrolled)));
    wait(note(&keting, 1)).unwrap();
    assert!(live.next().now_or_never().is_none());
    // Were it asked again, it would wait behind this one, and not for a change.
    assert_eq!(noted(&keting), Some(1));
    assert!(live.next().now_or_never().is_none());
}

#[test]
fn cancelling_ends_a_live_query_at_once_and_leaves_nothing_of_it() {
    let place = Place::new();
    let keting = place.join();
    let live = Arc::new(keting.live(Query::Device));
    wait(live.next()).unwrap();
    assert_eq!(keting.live_count(), 1);
    let (waiting, ended) = (Arc::clone(&live), mpsc::channel());
    let (tell, told) = ended;
    let collector = thread::spawn(move || {
        tell.send(()).unwrap();
        wait(waiting.next())
    });
    told.recv().unwrap();
    live.cancel();
    assert_eq!(collector.join().unwrap().unwrap(), None);
    assert_eq!(keting.live_count(), 0);
    assert_eq!(wait(live.next()).unwrap(), None);
}

#[test]
fn cancelling_ends_it_also_while_it_is_asked() {
    let place = Place::new();
    let keting = place.join();
    wait(keting.suspend(60_000)).unwrap();
    let live = keting.live(Query::Device);
    let mut asked = Box::pin(live.next());
    assert!(asked.as_mut().now_or_never().is_none());
    live.cancel();
    assert_eq!(wait(asked).unwrap(), None);
}

#[test]
fn whoever_stops_waiting_for_an_answer_loses_no_change() {
    let place = Place::new();
    let keting = place.join();
    let live = keting.live(Query::Device);
    assert_eq!(next_noted(&live), None);
    let (begun, go_on, writing) = held_up(&keting);
    begun.recv().unwrap();
    drop(go_on);
    wait(writing).unwrap();
    wait(note(&keting, 1)).unwrap();
    // Each of these takes up the change and is dropped at another place of its way.
    for _ in 0..100 {
        if let Some(answer) = live.next().now_or_never() {
            assert_eq!(device(answer.unwrap().unwrap()).up_to_date_at_ms, Some(1));
            return;
        }
    }
    assert_eq!(next_noted(&live), Some(1));
}

#[test]
fn a_live_query_pauses_while_suspended_and_asks_again_when_it_is_resumed() {
    let place = Place::new();
    let keting = place.join();
    let live = keting.live(Query::Device);
    assert_eq!(next_noted(&live), None);
    assert!(wait(keting.suspend(60_000)).unwrap());
    assert!(live.next().now_or_never().is_none());
    // Another process writes meanwhile.
    let environment = Box::new(keting::SystemEnvironment);
    let mut other = parts::open_replica(&place.data(), place.vault(), environment).unwrap();
    other.note_up_to_date(5).unwrap();
    drop(other);
    wait(keting.resume()).unwrap();
    assert_eq!(next_noted(&live), Some(5));
}

#[cfg(target_os = "linux")]
#[test]
fn ten_thousand_live_queries_that_are_begun_and_cancelled_leave_neither_memory_nor_threads() {
    // Other tests have threads and memory of their own.
    if std::env::var_os(COUNTED).is_none() {
        let name = "live::ten_thousand_live_queries_that_are_begun_and_cancelled_leave_neither_\
                    memory_nor_threads";
        let ran = by_itself(name, COUNTED, "1".as_ref()).output().unwrap();
        let said = [ran.stdout, ran.stderr].concat();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&said));
        return;
    }
    let place = Place::new();
    let keting = place.join();
    let cycle = |count| {
        for round in 0..count {
            let live = keting.live(Query::Device);
            wait(live.next()).unwrap().unwrap();
            // Some are cancelled while they wait, some dropped.
            let _ = live.next().now_or_never();
            if round % 2 == 0 {
                live.cancel();
            }
        }
    };
    cycle(1_000);
    let (threads, resident) = (threads(), resident_pages());
    cycle(10_000);
    assert_eq!(keting.live_count(), 0);
    assert_eq!(self::threads(), threads);
    let now = resident_pages();
    assert!(now <= resident + resident / 20, "{resident} pages were resident, now {now}");
}

fn next_noted(live: &Live) -> Option<u64> {
    device(wait(live.next()).unwrap().unwrap()).up_to_date_at_ms
}

/// Every answer, to the end of the live query.
fn collected(live: Live) -> Receiver<Answer> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        while let Some(answer) = wait(live.next()).unwrap() {
            if tell.send(answer).is_err() {
                return;
            }
        }
    });
    told
}

#[cfg(target_os = "linux")]
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[cfg(target_os = "linux")]
fn resident_pages() -> usize {
    let all = std::fs::read_to_string("/proc/self/statm").unwrap();
    all.split_whitespace().nth(1).unwrap().parse().unwrap()
}
