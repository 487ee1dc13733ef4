//! Syncing from an app, where there is no server or one that says nothing.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use futures_util::FutureExt;
use keting::{NetworkState, Phase, Query};

use crate::device::{PATIENCE, Place, sync_status, wait};

#[test]
fn a_status_says_why_it_is_offline_and_never_that_everything_is_through() {
    let place = Place::new();
    let keting = place.join();
    let live = keting.live(Query::Sync);
    let first = sync_status(wait(live.next()).unwrap().unwrap());
    let stopped = Phase::Offline { code: "sync_stopped".to_owned(), retry_at_ms: None };
    assert_eq!((first.phase, first.as_of_ms), (stopped.clone(), None));
    keting.start_sync().unwrap();
    keting.start_sync().unwrap();
    loop {
        keting.network(NetworkState::Unmetered);
        match sync_status(wait(live.next()).unwrap().unwrap()).phase {
            Phase::Joining => {}
            Phase::Offline { code, retry_at_ms } => {
                assert_eq!((code.as_str(), retry_at_ms.is_some()), ("unreachable", true));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    keting.stop_sync().unwrap();
    while sync_status(wait(live.next()).unwrap().unwrap()).phase != stopped {}
}

#[test]
fn what_keeps_a_sync_from_ever_getting_through_is_told_and_ends_it() {
    let place = Place::new();
    let keting = place.join_at("no address");
    let live = keting.live(Query::Sync);
    keting.start_sync().unwrap();
    let ended = Phase::Stopped { code: "bad_address".to_owned() };
    while sync_status(wait(live.next()).unwrap().unwrap()).phase != ended {}
    let run = keting.sync_once(60_000).unwrap();
    assert_eq!(wait(run.finish()).unwrap_err().code(), "bad_address");
}

#[test]
fn one_sync_ends_at_its_deadline_or_when_it_is_cancelled_and_is_told_once() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("wss://{}/v1/sync", listener.local_addr().unwrap());
    let place = Place::new();
    let keting = place.join_at(&url);
    let run = keting.sync_once(u32::MAX).unwrap();
    assert_eq!(keting.sync_once(1).err().unwrap().code(), "sync_running");
    // It is under way by now: somebody has taken its connection.
    let _silent = accepted(listener);
    run.cancel();
    let cut = wait(run.finish()).unwrap_err();
    assert_eq!((cut.code(), cut.retryable()), ("sync_stopped", true));
    assert_eq!(wait(run.finish()).unwrap_err().code(), "not_found");
    let run = keting.sync_once(1).unwrap();
    assert_eq!(wait(run.finish()).unwrap_err().code(), "sync_stopped");
}

#[cfg(target_os = "linux")]
#[test]
fn one_sync_while_suspended_opens_the_file_for_its_own_length() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("wss://{}/v1/sync", listener.local_addr().unwrap());
    let place = Place::new();
    let keting = place.join_at(&url);
    assert!(wait(keting.suspend(60_000)).unwrap());
    let run = keting.sync_once(u32::MAX).unwrap();
    let _silent = accepted(listener);
    assert_ne!(place.open_files(), Vec::<PathBuf>::new());
    // Nobody else's call is answered meanwhile, though the file is open.
    let mut asking = Box::pin(keting.ask(Query::Device));
    assert!(asking.as_mut().now_or_never().is_none());
    run.cancel();
    wait(run.finish()).unwrap_err();
    assert!(wait(keting.suspend(60_000)).unwrap());
    assert_eq!(place.open_files(), Vec::<PathBuf>::new());
    wait(keting.resume()).unwrap();
    wait(asking).unwrap();
}

/// A connection that was made to a listener, and the listener: nobody answers on either.
fn accepted(listener: TcpListener) -> (TcpStream, TcpListener) {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || tell.send((listener.accept().unwrap().0, listener)));
    told.recv_timeout(PATIENCE).unwrap()
}
