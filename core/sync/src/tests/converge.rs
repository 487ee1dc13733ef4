//! Cuts anywhere, slow stores, small windows, delayed and repeated deliveries: after all of it a
//! device has everything, once, and every commit its one answer.
//!
//! Safety is checked at each step by the model (`ModelReplica::persist`); here the link heals and
//! convergence is demanded. Not asserted: how often something is sent again after a cut, except
//! where a test says so.

use proptest::prelude::*;

use super::pair::Pair;

/// What happens to a pair.
#[derive(Debug, Clone)]
enum Step {
    Commit { bytes: usize },
    Foreign { covered: bool, document: u8, bytes: usize },
    Run { ms: u64 },
    Cut,
    Connect,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..2_000_usize).prop_map(|bytes| Step::Commit { bytes }),
        3 => (any::<bool>(), 0..20_u8, 0..2_000_usize)
            .prop_map(|(covered, document, bytes)| Step::Foreign { covered, document, bytes }),
        3 => (0..400_u64).prop_map(|ms| Step::Run { ms }),
        1 => Just(Step::Cut),
        2 => Just(Step::Connect),
    ]
}

fn take(pair: &mut Pair, step: Step) {
    match step {
        Step::Commit { bytes } => pair.enqueue(bytes),
        Step::Foreign { covered, document, bytes } => pair.add_foreign(covered, document, bytes),
        Step::Run { ms } => pair.run_for(ms),
        Step::Cut => pair.cut(),
        Step::Connect => reconnect(pair),
    }
}

fn reconnect(pair: &mut Pair) {
    pair.cut();
    pair.connect();
}

/// Heals the link and demands that everything arrives.
fn assert_converges(pair: &mut Pair) {
    pair.cut_at_bytes = None;
    reconnect(pair);
    pair.run_until_quiescent();
    assert_eq!(pair.replica.unanswered(), 0);
    assert_eq!(pair.server.outcomes.len(), pair.replica.outbox.len(), "admitted once each");
    // The last foreign entries may wait for their UpTo; a reconnection asks.
    reconnect(pair);
    pair.run_until_quiescent();
    assert_eq!(pair.replica.cursor, Some(pair.server.head()));
    pair.replica.assert_complete(&pair.server);
    for link in &pair.links {
        let closed = [&link.device_closed, &link.server_closed];
        for reason in closed.into_iter().flatten() {
            assert!(reason.retryable(), "an honest peer was taken for another: {reason:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_device_and_a_server_converge_whatever_happened(
        seed in any::<u64>(),
        window_bytes in 1..20_000_usize,
        group_bytes in 1..5_000_usize,
        work_ms_max in 0..300_u64,
        before in 0..40_u8,
        steps in proptest::collection::vec(step(), 0..60),
    ) {
        let mut pair = Pair::new(seed);
        pair.server_config.window_bytes = window_bytes;
        pair.server_config.group_bytes = group_bytes;
        pair.work_ms_max = work_ms_max;
        for number in 0..before {
            pair.server.add_foreign(number % 3 != 0, number % 20, 100);
        }
        pair.connect();
        steps.into_iter().for_each(|step| take(&mut pair, step));
        assert_converges(&mut pair);
    }
}

/// A pair with something of everything to do: a first sync or a tail, an outbox, live entries.
fn busy(seed: u64, has_cursor: bool) -> Pair {
    let mut pair = if has_cursor { Pair::in_step(seed, 3) } else { Pair::new(seed) };
    pair.server_config.group_bytes = 300;
    pair.server_config.window_bytes = 700;
    for number in 0..8 {
        pair.server.add_foreign(number % 4 != 0, number * 3, 60);
    }
    for _ in 0..6 {
        pair.replica.enqueue(60);
    }
    pair
}

#[test]
fn a_cut_at_any_byte_loses_nothing_and_repeats_nothing_wrongly() {
    for has_cursor in [false, true] {
        let mut whole = busy(5, has_cursor);
        whole.connect();
        whole.run_until_quiescent();
        let marks = whole.link().marks.clone();
        assert!(marks.len() > 10, "{marks:?}");
        // A frame arrives whole or not at all, so a byte stands for all bytes of its frame.
        for cut_at_bytes in marks.into_iter().flat_map(|mark| [mark, mark + 1]) {
            let mut pair = busy(5, has_cursor);
            pair.cut_at_bytes = Some(cut_at_bytes);
            pair.connect();
            pair.run_until(|pair| pair.is_quiescent() || pair.links[0].device_closed.is_some());
            assert_converges(&mut pair);
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_frames() {
    let frames = |seed| {
        let mut pair = busy(seed, false);
        pair.work_ms_max = 100;
        pair.connect();
        pair.run_for(300);
        pair.cut();
        pair.connect();
        pair.run_until_quiescent();
        let frames: Vec<_> = pair.links.iter().map(|link| (link.frames, link.up_bytes)).collect();
        (frames, pair.now_ms, pair.events)
    };
    assert_eq!(frames(9), frames(9));
    assert_ne!(frames(9).1, frames(10).1);
}
