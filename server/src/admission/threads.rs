//! The same work on many things, on a few threads.

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
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        outputs
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_results_stand_in_the_order_of_the_inputs_whatever_the_threads() {
        for threads in 0..5 {
            let squares = super::map(threads, (0..7).collect(), |n: u32| n * n);
            assert_eq!(squares, [0, 1, 4, 9, 16, 25, 36]);
        }
    }
}
