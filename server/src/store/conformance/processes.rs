//! What only several that have one store open show.

use std::path::Path;
use std::process::Command;

use super::log::a_view_does_not_see_what_is_committed_after_it_was_opened;
use super::samples::{append, begin_log, check_log, good};
use crate::store::ServerStore;

/// Two that have one store open: two views of one process, then two processes that append at once.
///
/// The implementation's test calls [`Processes::run`], and [`Processes::work_if_asked`] first
/// thing in a test of its own, which the test binary is started with again.
#[derive(Debug)]
pub struct Processes<'t> {
    /// The full name of the test that calls [`Processes::work_if_asked`].
    pub test: &'t str,
}

const STORE_VARIABLE: &str = "KETING_CONFORMANCE_STORE";
const WORKER_VARIABLE: &str = "KETING_CONFORMANCE_WORKER";
const WORKERS: u64 = 2;
const ROUNDS: u64 = 20;
const APPENDS_A_ROUND: u64 = 10;
const APPENDS: u64 = ROUNDS * APPENDS_A_ROUND;

impl Processes<'_> {
    /// Looks at a store beside the one at `store` through two that have it open. Then starts the
    /// processes on the store that `open` opens, waits for them, and looks at what they made of it.
    ///
    /// # Panics
    /// When a process fails, or the log has a gap, a fork, or lacks a commit.
    pub fn run<S: ServerStore>(&self, store: &Path, open: impl Fn(&Path) -> S) {
        let viewed = store.with_extension("viewed");
        a_view_does_not_see_what_is_committed_after_it_was_opened(
            &mut open(&viewed),
            &mut open(&viewed),
        );
        begin_log(&mut open(store));
        let binary = good(std::env::current_exe());
        let mut workers = Vec::new();
        for worker in 0..WORKERS {
            let started = Command::new(&binary)
                .args(["--exact", self.test, "--nocapture"])
                .env(STORE_VARIABLE, store)
                .env(WORKER_VARIABLE, worker.to_string())
                .stdout(std::process::Stdio::null())
                .spawn();
            workers.push(good(started));
        }
        for worker in &mut workers {
            assert!(good(worker.wait()).success(), "a process failed");
        }
        let mut store = open(store);
        check_log(&mut store, WORKERS * APPENDS);
        let mut records: Vec<Vec<u8>> = good(good(store.snapshot()).entries(0, u32::MAX))
            .into_iter()
            .map(|e| e.record)
            .collect();
        records.sort_unstable();
        records.dedup();
        assert_eq!(records.len() as u64, WORKERS * APPENDS, "a commit was lost or kept twice");
    }

    /// Does one process's share, if this process was started to do it.
    ///
    /// # Panics
    /// When the store fails.
    pub fn work_if_asked<S: ServerStore>(&self, open: impl Fn(&Path) -> S) {
        let (Some(store), Some(worker)) =
            (std::env::var_os(STORE_VARIABLE), std::env::var_os(WORKER_VARIABLE))
        else {
            return;
        };
        let worker = worker.to_string_lossy().parse::<u8>();
        let worker = worker.unwrap_or_else(|error| panic!("no number: {error}"));
        let mut store = open(Path::new(&store));
        for round in 0..ROUNDS {
            begin_round(&mut store, worker, round);
            for index in 0..APPENDS_A_ROUND {
                let mut record = vec![worker];
                record.extend((round * APPENDS_A_ROUND + index).to_be_bytes());
                append(&mut store, &record);
            }
        }
    }
}

/// How long a process waits for the others, which may have failed.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// Waits until every process has come to a round, so that all of them append at once.
pub(crate) fn begin_round(store: &mut dyn ServerStore, worker: u8, round: u64) {
    let key = |worker: u64| format!("round-{worker}");
    let mut transaction = good(store.begin());
    good(transaction.set_meta(&key(u64::from(worker)), &round.to_be_bytes()));
    good(transaction.commit());
    let since = std::time::Instant::now();
    let has_come = |bytes: Option<Vec<u8>>| bytes >= Some(round.to_be_bytes().to_vec());
    while !(0..WORKERS).all(|other| has_come(good(good(store.snapshot()).meta(&key(other))))) {
        assert!(since.elapsed() < PATIENCE, "another process does not come");
        std::thread::yield_now();
    }
}
