//! A piece of work for one of the engine's threads, and the future of its answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::error::EngineError;
use crate::shell::local::Local;

/// Work that waits for its turn.
pub(super) type Job = Box<dyn Work>;

pub(super) trait Work: Send {
    /// Whether somebody still waits for the answer. Work that nobody waits for any more does not begin.
    fn is_wanted(&self) -> bool;

    /// Does it on the replica, or answers with why there is none, and says how it went.
    fn run(self: Box<Self>, replica: Result<&Local, EngineError>) -> Went;
}

/// How work went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Went {
    /// It was answered, well or not.
    Through,
    /// It panicked: what is in memory of the replica may be half done.
    Wrong,
}

/// The answer to come. Dropped before the work began, it takes it back; later the work is finished.
#[derive(Debug)]
#[must_use = "whoever drops the answer to come may take the work back"]
pub struct Answered<T> {
    told: oneshot::Receiver<Result<T, EngineError>>,
}

/// Makes a job of some work.
pub(super) fn job<T, W>(work: W) -> (Job, Answered<T>)
where
    T: Send + 'static,
    W: FnOnce(&Local) -> Result<T, EngineError> + Send + 'static,
{
    let (tell, told) = oneshot::channel();
    (Box::new(Asked { work, tell }), Answered { told })
}

struct Asked<T, W> {
    work: W,
    tell: oneshot::Sender<Result<T, EngineError>>,
}

impl<T, W> Work for Asked<T, W>
where
    T: Send,
    W: FnOnce(&Local) -> Result<T, EngineError> + Send,
{
    fn is_wanted(&self) -> bool {
        !self.tell.is_closed()
    }

    fn run(self: Box<Self>, replica: Result<&Local, EngineError>) -> Went {
        let Self { work, tell } = *self;
        let done = replica.map(|replica| catch_unwind(AssertUnwindSafe(|| work(replica))));
        let (went, answer) = match done {
            Ok(Ok(answer)) => (Went::Through, answer),
            Ok(Err(_panic)) => (Went::Wrong, Err(EngineError::Fault)),
            Err(error) => (Went::Through, Err(error)),
        };
        let _ = tell.send(answer);
        went
    }
}

impl<T> Future for Answered<T> {
    type Output = Result<T, EngineError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // What was thrown away unanswered had come to an engine that was closed.
        let told = Pin::new(&mut self.told).poll(context);
        told.map(|told| told.unwrap_or(Err(EngineError::Shut)))
    }
}
