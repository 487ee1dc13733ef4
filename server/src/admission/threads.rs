//! The same work on many things, on a few threads.
//!
//! Work on a stranger's bytes is [`contained`]: should it panic, its commit is refused or held like
//! any other that does not hold up, and the server goes on. A panic outside of that is a fault of
//! ours in work on our own rows; it is passed on and ends the core, since nobody can say what else
//! is wrong then.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Does `work` on everything, in the order of `inputs`, on at most so many threads.
///
/// What comes out does not depend on the number of threads: each input is worked on by itself.
pub(super) fn map<I: Send, O: Send>(
    threads: usize,
    inputs: Vec<I>,
    work: impl Fn(I) -> O + Sync,
) -> Vec<O> {
    let threads = threads.min(inputs.len());
    if threads <= 1 {
        return inputs.into_iter().map(work).collect();
    }
    let share = inputs.len().div_ceil(threads);
    let mut inputs = inputs.into_iter();
    let work = &work;
    std::thread::scope(|scope| {
        let mut shares = Vec::new();
        loop {
            let mine: Vec<I> = inputs.by_ref().take(share).collect();
            if mine.is_empty() {
                break;
            }
            shares.push(scope.spawn(move || mine.into_iter().map(work).collect::<Vec<O>>()));
        }
        let mut outputs = Vec::new();
        for share in shares {
            match share.join() {
                Ok(done) => outputs.extend(done),
                Err(panic) => resume_unwind(panic),
            }
        }
        outputs
    })
}

/// Does work that a stranger's bytes may make panic. `None` if they did; whatever the work had
/// borrowed is then to be thought half done.
pub(super) fn contained<O>(work: impl FnOnce() -> O) -> Option<O> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

#[cfg(test)]
mod tests {
    use super::{contained, map};

    #[test]
    fn one_piece_of_work_that_panics_leaves_all_others_as_they_are() {
        for threads in 1..4 {
            let halves = map(threads, vec![2, 0, 4], |n: u32| contained(|| 8 / n));
            assert_eq!(halves, [Some(4), None, Some(2)]);
        }
    }

    #[test]
    fn the_results_stand_in_the_order_of_the_inputs_whatever_the_threads() {
        for threads in 0..5 {
            let squares = map(threads, (0..7).collect(), |n: u32| n * n);
            assert_eq!(squares, [0, 1, 4, 9, 16, 25, 36]);
        }
    }
}
