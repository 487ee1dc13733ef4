//! Two hundred seeds hold, and those that broke once; a seed run twice goes the same way, and every fault
//! fires.
//!
//! More by hand: `./dev simulate --seeds 5000 --first 1000`.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use keting_simulation::temper::Fault;
use keting_simulation::{Report, simulate};

const SEEDS: u64 = 200;
/// Seeds beyond those that found a fault of the product.
const BROKE_ONCE: [u64; 1] = [2017];
/// Every so many seeds, one is run a second time.
const TWICE_EVERY: u64 = 10;

#[test]
fn two_hundred_seeds_hold_and_every_fault_fires() {
    let seeds: Vec<u64> = (0..SEEDS).chain(BROKE_ONCE).collect();
    let next = AtomicUsize::new(0);
    let counts = Mutex::new(BTreeMap::<String, u64>::new());
    let broken = Mutex::new(BTreeMap::new());
    // Each run is on one thread; several runs need not be.
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) else {
                        return;
                    };
                    match hold(*seed) {
                        Ok(report) => {
                            let mut counts = counts.lock().unwrap();
                            for (what, times) in report.counts {
                                *counts.entry(what).or_default() += times;
                            }
                        }
                        Err(what) => drop(broken.lock().unwrap().insert(*seed, what)),
                    }
                }
            });
        }
    });
    let (counts, broken) = (counts.into_inner().unwrap(), broken.into_inner().unwrap());
    for (what, times) in &counts {
        println!("{times:>9}  {what}");
    }
    assert!(broken.is_empty(), "{}", broken.into_values().collect::<Vec<_>>().join("\n"));
    for fault in Fault::ALL {
        let what = format!("fault: {fault:?}");
        assert!(counts.contains_key(&what), "{what} never happened in {SEEDS} seeds");
    }
    for what in [
        "a connection drips",
        "connection cut",
        "a device was invited back",
        "a stranger answered with a TLS key that a phone still pins",
        "a TLS key is served no more",
        "a wrong clock was confirmed",
        "acts made anew",
        "grants were renewed by the operator",
        "seen held: ancestor_held",
        "seen held: code_exists",
        "session ended: clock_suspect",
        "session ended: grant_ended",
        "power went in a call of a phone's disk",
        "power went in a call of the server's disk",
        "disk calls that failed, phones",
        "disk calls that failed, server",
        "edit: field.settle",
        "edit: record.restore",
        "edit: record.withdraw",
        "edit: resident.conceal",
        "edit: resident.edit",
        "edit: resident.reveal",
        "edit: visit.add",
        "refused on the phone: is_child",
        "refused on the phone: not_granted",
        "refused on the phone: not_found",
        "refused on the phone: withdrawn",
        "session ended: peer_silent",
        "mallory: ManyTexts",
        "mallory: OutsideGrant",
        "mallory: TornChange",
        "mallory: Replay",
        "mallory: UsedInvitation",
        "lie: enrolment other_root_key",
        "lie: enrolment broken_chain",
        "lie: enrolment grant_of_another",
        "lie: GrantOfNobody",
        "lie: GrantOfOtherCity",
        "lie: GrantBeyondItsIssuer",
        "lie: AnnouncementByNobody",
        "lie: AnnouncementOlder",
        "lie: CommitUnderNoGrant",
        "lie: DependencyLeftOut",
        "lie: CursorOfOtherChain",
        "lie: AnswerNotAsked",
        "lie: ProgressByNobody",
        "lie: EndByNobody",
        "lie: EndOfOtherConnection",
        "lie: EndWithoutProof",
        "push refused",
        "said: concealed from a reader",
        "said: a word stands that may have moved",
        "said: several stand and agree",
        "said: words stand against each other",
        "who had lost the server was invited",
        "whoever answered had another TLS key",
        "said: worked on beside a withdrawal",
    ] {
        assert!(counts.contains_key(what), "it never happened in {SEEDS} seeds: {what}");
    }
}

fn hold(seed: u64) -> Result<Report, String> {
    let report = simulate(seed, false)?;
    if seed.is_multiple_of(TWICE_EVERY) {
        let again = simulate(seed, false)?;
        if (&report.trace, &report.dump) != (&again.trace, &again.dump) {
            return Err(format!("seed {seed} went differently the second time"));
        }
    }
    Ok(report)
}
