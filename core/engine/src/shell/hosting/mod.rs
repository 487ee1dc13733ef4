//! The threads that hold a replica for an app, so that none of its own threads ever waits for a disk.
//!
//! `keting-write` opens and closes the file and carries out edits, one after the other in the order in
//! which they were called; two `keting-read` answer queries beside it; `keting-sync` syncs and keeps the
//! time. Work is posted to them and awaited over a channel, so that no caller needs a runtime. Dropping
//! what waits signals and joins no thread; closing waits for all of them.

mod days;
mod job;
mod opening;
mod stage;
mod syncing;
mod threads;

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;

pub use job::Answered;
pub(crate) use opening::{First, NewEnvironment, Opening};
pub(super) use syncing::Once;

use crate::error::EngineError;
use crate::shell::changes::{Changed, Changes};
use crate::shell::contact::Contact;
use crate::shell::hosting::job::{Job, Went, job};
use crate::shell::hosting::stage::{Situation, Step, Sync, Wanted};
use crate::shell::hosting::syncing::Syncing;
use crate::shell::local::Local;

/// A replica on threads of its own.
pub(super) struct Host {
    state: Mutex<State>,
    /// Told after each change of the state.
    changed: Condvar,
    /// Who asks again.
    pub(super) changes: Changes,
    contact: Mutex<Contact>,
    seen: watch::Sender<Seen>,
    timers: Handle,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct State {
    wanted: Wanted,
    is_sync_wanted: bool,
    once: Option<Once>,
    local: Option<Local>,
    /// Whether the file is being opened or closed: it counts as open until that is done.
    is_moving: bool,
    /// Whether it could not be opened for a while: who only wants to sync waits for the next call.
    is_put_off: bool,
    is_spoilt: bool,
    syncing: Option<Syncing>,
    reading: usize,
    /// Edits that were posted before the last `suspend`: the file is not closed without them.
    promised: VecDeque<Job>,
    writes: VecDeque<Job>,
    reads: VecDeque<Job>,
}

/// What others may wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    wanted: Wanted,
    /// Whether calls find the file open.
    is_open: bool,
    /// Whether the file is open, or has to be.
    is_in_use: bool,
    has_ended: bool,
}

impl Host {
    /// Begins with nothing open: the first call opens the file, or the first after `resume`.
    ///
    /// # Errors
    /// When the operating system gives no threads.
    pub(super) fn begin(opening: Opening, suspended: bool) -> Result<Arc<Self>, EngineError> {
        let wanted = if suspended { Wanted::Suspended } else { Wanted::Running };
        threads::start(opening, |timers| Self {
            state: Mutex::new(State {
                wanted,
                is_sync_wanted: false,
                once: None,
                local: None,
                is_moving: false,
                is_put_off: false,
                is_spoilt: false,
                syncing: None,
                reading: 0,
                promised: VecDeque::new(),
                writes: VecDeque::new(),
                reads: VecDeque::new(),
            }),
            changed: Condvar::new(),
            changes: Changes::default(),
            contact: Mutex::default(),
            seen: watch::Sender::new(Seen {
                wanted,
                is_open: false,
                is_in_use: false,
                has_ended: false,
            }),
            timers,
            threads: Mutex::default(),
        })
    }

    /// Posts an edit, to be carried out after those that were posted before it.
    pub(super) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Local) -> Result<T, EngineError> + Send + 'static,
    ) -> Answered<T> {
        let (job, answered) = job(work);
        self.post(job, |state| &mut state.writes);
        answered
    }

    /// Posts a query.
    pub(super) fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Local) -> Result<T, EngineError> + Send + 'static,
    ) -> Answered<T> {
        let (job, answered) = job(work);
        self.post(job, |state| &mut state.reads);
        answered
    }

    fn post(&self, job: Job, queue: impl FnOnce(&mut State) -> &mut VecDeque<Job>) {
        let refused = self.change(|state| {
            if state.wanted == Wanted::Closed {
                return Some(job);
            }
            state.is_put_off = false;
            let queue = queue(state);
            // An engine that is suspended for long keeps nothing that nobody waits for.
            queue.retain(|waiting| waiting.is_wanted());
            queue.push_back(job);
            None
        });
        drop(refused);
    }

    /// Says that calls are to be answered from now on.
    ///
    /// # Errors
    /// When it was closed.
    pub(super) fn run(&self) -> Result<(), EngineError> {
        self.want(Wanted::Running)
    }

    /// Says that the file is to be closed once the edits posted by now are in it, and calls are to wait, and
    /// waits for that, but not longer than `patience`. Says whether the file is closed.
    ///
    /// # Errors
    /// When it was closed for good.
    pub(super) async fn suspend(&self, patience: Duration) -> Result<bool, EngineError> {
        let given_up = self.change(|state| {
            let before = std::mem::replace(&mut state.wanted, Wanted::Suspended);
            match before {
                Wanted::Running => {
                    let writes = std::mem::take(&mut state.writes);
                    state.promised.extend(writes);
                    // One sync that was asked for before ends as well.
                    let stop = state.syncing.as_mut().and_then(Syncing::take_stop);
                    Ok((state.once.take(), stop))
                }
                Wanted::Suspended => Ok((None, None)),
                Wanted::Closed => {
                    state.wanted = before;
                    Err(EngineError::Shut)
                }
            }
        })?;
        drop(given_up);
        let closed = |seen: &Seen| seen.wanted != Wanted::Suspended || !seen.is_in_use;
        tokio::select! {
            biased;
            seen = self.until(closed) => Ok(!seen.is_in_use),
            () = self.pause(patience) => Ok(false),
        }
    }

    /// Says that everything is over. What has begun is finished, what waits is answered `closed`.
    pub(super) fn close(&self) {
        let given_up = self.change(|state| {
            state.wanted = Wanted::Closed;
            let edits = (std::mem::take(&mut state.promised), std::mem::take(&mut state.writes));
            (edits, std::mem::take(&mut state.reads), state.once.take())
        });
        drop(given_up);
    }

    /// Waits until everything is over, the file included.
    pub(super) async fn has_ended(&self) {
        self.until(|seen| seen.has_ended).await;
    }

    /// Waits for the threads, which have nothing to do any more once everything is over. What OpenSSL keeps for a thread it frees when that
    /// ends, and all of it when the process does: a process that ends in between would free it twice.
    pub(super) fn join_threads(&self) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let own = thread::current().id();
        for thread in threads.drain(..).filter(|thread| thread.thread().id() != own) {
            // Whatever it panicked at, it has ended.
            let _ = thread.join();
        }
    }

    /// Waits until somebody says that everything is to be over.
    pub(super) async fn is_to_end(&self) {
        self.until(|seen| seen.wanted == Wanted::Closed).await;
    }

    /// Waits, on the engine's own clock.
    pub(super) async fn pause(&self, length: Duration) {
        // Where the clock is gone, so is the engine, and nobody waits for it.
        let _ = self.timers.spawn(async move { tokio::time::sleep(length).await }).await;
    }

    /// Runs beside everything else until it is over or the engine is.
    pub(super) fn beside(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.timers.spawn(work);
    }

    /// How things stand with the server.
    pub(super) fn contact(&self) -> Contact {
        self.known_contact().clone()
    }

    fn set_contact(&self, contact: Contact) {
        let before = std::mem::replace(&mut *self.known_contact(), contact.clone());
        if before != contact {
            self.changes.tell(&Changed::Contact);
        }
    }

    fn known_contact(&self) -> MutexGuard<'_, Contact> {
        self.contact.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at something of the replica that needs no waiting, if it is open.
    fn glance<T>(&self, look: impl FnOnce(&Local) -> T) -> Option<T> {
        self.state().local.as_ref().map(look)
    }

    fn want(&self, wanted: Wanted) -> Result<(), EngineError> {
        self.change(|state| {
            if state.wanted == Wanted::Closed {
                return Err(EngineError::Shut);
            }
            state.wanted = wanted;
            state.is_put_off = false;
            Ok(())
        })
    }

    async fn until(&self, is_so: impl FnMut(&Seen) -> bool) -> Seen {
        let mut seen = self.seen.subscribe();
        match seen.wait_for(is_so).await {
            Ok(seen) => *seen,
            // The sender is `self`'s and cannot be gone.
            Err(_) => {
                Seen { wanted: Wanted::Closed, is_open: false, is_in_use: false, has_ended: true }
            }
        }
    }

    fn change<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let done = work(&mut self.state());
        self.changed.notify_all();
        // Whoever waits for this may run at once, in here: the state is not locked by then.
        self.seen.send_if_modified(|seen| {
            let state = self.state();
            let now = Seen {
                wanted: state.wanted,
                is_open: state.local.is_some(),
                is_in_use: state.is_in_use(),
                ..*seen
            };
            std::mem::replace(seen, now) != now
        });
        done
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether the file is open or has to be.
    fn is_in_use(&self) -> bool {
        self.local.is_some() || self.is_moving || !self.promised.is_empty()
    }

    /// The first edit that waits.
    fn next_write(&mut self) -> Option<Job> {
        self.promised.pop_front().or_else(|| self.writes.pop_front())
    }

    fn situation(&self) -> Situation {
        Situation {
            wanted: self.wanted,
            is_sync_wanted: self.is_sync_wanted && !self.is_put_off,
            is_once_asked: self.once.is_some(),
            is_open: self.local.is_some(),
            is_spoilt: self.is_spoilt,
            syncing: self.syncing.as_ref().map(|syncing| syncing.kind),
            is_sync_stopping: self.syncing.as_ref().is_some_and(Syncing::is_stopping),
            is_reading: self.reading > 0,
            has_promised: !self.promised.is_empty(),
            has_write: !self.writes.is_empty(),
            has_read: !self.reads.is_empty(),
        }
    }
}
