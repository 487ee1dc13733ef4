//! On which threads work is done, in which order, and what becomes of work nobody waits for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;

use futures_util::FutureExt;
use keting::{Answered, EngineError, Keting, Query, parts};

use crate::device::{Place, by_itself, note, noted, wait};

const PLANTED: &str = "KETING_TEST_PLANTED_PANIC";

#[test]
fn queries_and_writes_are_done_on_threads_of_the_engines_own() {
    let place = Place::new();
    let keting = place.join();
    let name = |_: &parts::Local| Ok(thread::current().name().map(str::to_owned));
    assert_eq!(wait(parts::write(&keting, name)).unwrap().as_deref(), Some("keting-write"));
    assert_eq!(wait(parts::read(&keting, name)).unwrap().as_deref(), Some("keting-read"));
}

#[cfg(debug_assertions)]
#[test]
fn a_replica_of_the_engines_fails_a_test_that_uses_it_on_another_thread() {
    let place = Place::new();
    let keting = place.join();
    let replica = wait(parts::read(&keting, |replica| Ok(replica.clone()))).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| replica.status())).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| parts::work_on(&replica, |_| ()))).is_err());
}

#[test]
fn a_query_is_answered_however_long_a_write_goes_on() {
    let place = Place::new();
    let keting = place.join();
    let (begun, go_on, writing) = held_up(&keting);
    begun.recv().unwrap();
    assert_eq!(noted(&keting), None);
    drop(go_on);
    wait(writing).unwrap();
}

#[test]
fn writes_are_done_in_the_order_in_which_they_were_called() {
    let place = Place::new();
    let keting = place.join();
    let (tell, told) = mpsc::channel();
    let writes: Vec<_> = (0..100)
        .map(|number| {
            let tell = tell.clone();
            parts::write(&keting, move |_| {
                tell.send(number).unwrap();
                Ok(())
            })
        })
        .collect();
    // Whoever asks for the last one first changes nothing.
    writes.into_iter().rev().for_each(|write| wait(write).unwrap());
    drop(tell);
    assert!(told.iter().eq(0..100));
}

#[test]
fn a_write_that_is_dropped_before_it_began_never_happens_and_one_that_has_begun_is_finished() {
    let place = Place::new();
    let keting = place.join();
    let (begun, go_on, writing) = held_up(&keting);
    begun.recv().unwrap();
    drop(note(&keting, 1));
    drop(writing);
    let (tell, told) = mpsc::channel();
    let later = parts::write(&keting, move |_| {
        tell.send(()).unwrap();
        Ok(())
    });
    assert!(told.try_recv().is_err(), "the write that was dropped was not finished first");
    drop(go_on);
    wait(later).unwrap();
    assert_eq!(noted(&keting), None);
}

#[test]
fn a_panic_answers_internal_without_its_text_and_the_next_call_works() {
    if std::env::var_os(PLANTED).is_some() {
        return with_planted_panics();
    }
    let name = "working::a_panic_answers_internal_without_its_text_and_the_next_call_works";
    let ran = by_itself(name, PLANTED, "1".as_ref()).output().unwrap();
    let said = [ran.stdout, ran.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(ran.status.success(), "{said}");
    assert_eq!(said.matches("keting: a fault at ").count(), 2, "{said}");
    assert!(said.contains("working.rs") && !said.contains("王小明"), "{said}");
}

fn with_planted_panics() {
    let place = Place::new();
    let keting = place.join();
    let live = keting.live(Query::Device);
    wait(live.next()).unwrap().unwrap();
    let fails = |_: &parts::Local| -> Result<(), EngineError> { panic!("王小明 13800000001") };
    for failed in [wait(parts::write(&keting, fails)), wait(parts::read(&keting, fails))] {
        let error = failed.unwrap_err();
        assert_eq!((error.code(), error.to_string().contains("王小明")), ("internal", false));
    }
    wait(note(&keting, 7)).unwrap();
    assert_eq!(noted(&keting), Some(7));
    assert!(wait(live.next()).unwrap().is_some());
    assert!(live.next().now_or_never().is_none());
}

/// A write that goes on until somebody lets it, in three parts: when it has begun, what lets it, itself.
pub fn held_up(keting: &Keting) -> (mpsc::Receiver<()>, mpsc::Sender<()>, Answered<()>) {
    let (begin, begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let writing = parts::write(keting, move |replica| {
        parts::work_on(replica, |_| {
            begin.send(()).unwrap();
            // It ends when the sender is dropped.
            let _ = may_go_on.recv();
        });
        Ok(())
    });
    (begun, go_on, writing)
}
