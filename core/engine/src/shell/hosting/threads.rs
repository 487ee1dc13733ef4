//! The four threads, and what each does over and over.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;

use tokio::runtime::{Handle, Runtime};

use super::{Changed, Contact, Host, Job, Local, Opening, Step, Wanted, Went};
use crate::error::EngineError;
use crate::shell::handle::runtime;
use crate::shell::own_thread;

/// How many queries are answered at once.
const READING_THREADS: usize = 2;

/// Starts the threads around a host. They end once it is closed.
///
/// # Errors
/// When the operating system gives none.
pub(super) fn start(
    opening: Opening,
    host: impl FnOnce(Handle) -> Host,
) -> Result<Arc<Host>, EngineError> {
    let runtime = runtime()?;
    let host = Arc::new(host(runtime.handle().clone()));
    let started = start_all(&host, opening, runtime);
    if started.is_err() {
        host.close();
    }
    started.map(|()| host)
}

fn start_all(host: &Arc<Host>, opening: Opening, runtime: Runtime) -> Result<(), EngineError> {
    let own = Arc::clone(host);
    host.own(own_thread::spawn("keting-write", move || own.bring_about(opening))?);
    let own = Arc::clone(host);
    host.own(own_thread::spawn("keting-sync", move || {
        runtime.block_on(async {
            tokio::select! {
                () = own.has_ended() => {}
                () = own.tell_of_days() => {}
            }
        });
        // A name that is being looked up cannot be called off, and must not be waited for.
        runtime.shutdown_background();
    })?);
    for _ in 0..READING_THREADS {
        let own = Arc::clone(host);
        host.own(own_thread::spawn("keting-read", move || own.answer_queries())?);
    }
    Ok(())
}

impl Host {
    /// Keeps a thread that was started, to be waited for at the end.
    fn own(&self, thread: JoinHandle<()>) {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
    }

    /// Takes one step after the other from what there is to what is wanted, to the end.
    fn bring_about(self: &Arc<Self>, mut opening: Opening) {
        loop {
            match self.next_step() {
                Step::Open => self.open(&mut opening),
                Step::Close => self.close_file(),
                Step::StartSync(kind) => self.start_sync(kind),
                Step::StopSync => self.stop_sync(),
                Step::Write => self.write_next(),
                Step::Wait => {}
                Step::End => break,
            }
        }
        self.seen.send_modify(|seen| seen.has_ended = true);
    }

    /// The next step, once there is one.
    fn next_step(&self) -> Step {
        let mut state = self.state();
        loop {
            match state.situation().next_step() {
                Step::Wait => {
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                step => return step,
            }
        }
    }

    fn open(&self, opening: &mut Opening) {
        self.change(|state| state.is_moving = true);
        let opened = catch_unwind(AssertUnwindSafe(|| opening.open()));
        match opened.unwrap_or(Err(EngineError::Fault)) {
            Ok(replica) => {
                let local = Local::hosted(replica, self.changes.clone());
                self.change(|state| (state.local, state.is_moving) = (Some(local), false));
                self.changes.tell(&Changed::Everything);
            }
            Err(error) => self.cannot_open(error),
        }
    }

    /// Answers the first who needs the file; whoever comes next tries once more.
    fn cannot_open(&self, error: EngineError) {
        let (once, job) = self.change(|state| {
            state.is_moving = false;
            match state.once.take() {
                Some(once) => (Some(once), None),
                None => (None, state.next_write().or_else(|| state.reads.pop_front())),
            }
        });
        match (once, job) {
            (Some(once), _) => once.answer(Err(error)),
            (None, Some(job)) => drop(job.run(Err(error))),
            (None, None) => {
                // What passes by itself takes nobody's wish away.
                self.change(|state| match error.retryable() {
                    true => state.is_put_off = true,
                    false => state.is_sync_wanted = false,
                });
                self.set_contact(Contact::Stopped { code: error.code().to_owned() });
            }
        }
    }

    fn close_file(&self) {
        let local = self.change(|state| {
            state.is_moving = true;
            state.local.take()
        });
        // Whatever goes wrong, whoever waits for the end hears of it.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(local)));
        self.change(|state| (state.is_moving, state.is_spoilt) = (false, false));
    }

    fn write_next(&self) {
        let next = self.change(|state| state.next_write().zip(state.local.clone()));
        let Some((job, local)) = next else { return };
        if self.work(job, local) == Went::Wrong {
            self.change(|state| state.is_spoilt = true);
        }
    }

    fn answer_queries(&self) {
        while let Some((job, local)) = self.next_query() {
            self.work(job, local);
            self.change(|state| state.reading -= 1);
        }
    }

    /// The next query, once there is one; none when all is over.
    fn next_query(&self) -> Option<(Job, Local)> {
        let mut state = self.state();
        loop {
            if state.wanted == Wanted::Closed {
                return None;
            }
            if state.situation().may_read()
                && let Some(next) = state.reads.pop_front().zip(state.local.clone())
            {
                state.reading += 1;
                return Some(next);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Does one piece of work. The replica is given back before anybody looks whether it is in use.
    fn work(&self, job: Job, local: Local) -> Went {
        if !job.is_wanted() {
            return Went::Through;
        }
        let went = job.run(Ok(&local));
        drop(local);
        if went == Went::Wrong {
            // What it had told of by then is not known.
            self.changes.tell(&Changed::Everything);
        }
        went
    }
}
