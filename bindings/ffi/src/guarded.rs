//! What stands between an app and a fault of ours.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Once;
use std::task::Poll;

use keting::EngineError;

use crate::failure::KetingError;

/// Does what an app called for. Of a panic it hears `internal`, and nothing of what the panic says.
pub fn now<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<T, KetingError>
where
    KetingError: From<E>,
{
    Ok(caught(work)??)
}

/// Waits for what an app called for; as [`now`].
pub async fn soon<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, KetingError>
where
    KetingError: From<E>,
{
    let mut work = pin!(work);
    let polled = poll_fn(|context| match caught(|| work.as_mut().poll(context)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
        Err(fault) => Poll::Ready(Err(fault)),
    });
    Ok(polled.await??)
}

fn caught<T>(work: impl FnOnce() -> T) -> Result<T, EngineError> {
    hide_what_panics_say();
    let outside = IS_INSIDE.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_INSIDE.set(outside);
    done.map_err(|_| EngineError::Fault)
}

thread_local! {
    /// Whether this thread of the app's is inside a call of ours.
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// The app may keep what a process writes to its standard error. Of a panic in a call of ours only the
/// place in the code goes there; the app's own are none of our business.
fn hide_what_panics_say() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panicked| {
            if !IS_INSIDE.try_with(Cell::get).unwrap_or(true) {
                return before(panicked);
            }
            let place = panicked.location().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(io::stderr(), "keting: a fault at {place}");
        }));
    });
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    const NOBODY: &str = "李秀英";

    #[test]
    fn of_a_panic_an_app_hears_a_code_and_nothing_that_it_says() {
        let told = now::<(), EngineError>(|| panic!("{NOBODY}")).unwrap_err();
        let awaited = pin!(soon(async { panic!("{NOBODY}") as Result<(), EngineError> }));
        let Poll::Ready(awaited) = awaited.poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("it waits for nothing")
        };
        for KetingError::Failed { failure } in [told, awaited.unwrap_err()] {
            assert_eq!(failure.code, "internal");
            assert!(!format!("{failure:?}").contains(NOBODY));
        }
        assert!(!IS_INSIDE.get());
    }
}
