//! Power cuts: what is acknowledged stays, and the disk does forget.

use super::*;
use crate::vfs::Failure;

/// What a seed showed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    lost: u32,
    damage: Option<String>,
    cut_inside_a_call: bool,
}

/// Commits batches over two lives of a machine and cuts the power in each, either between two
/// calls or in the middle of one.
fn live_twice(seed: u64, mode: Mode) -> Outcome {
    let mut rng = Rng::new(seed);
    let disk = Disk::new(seed);
    let mut outcome = Outcome::default();
    let mut acknowledged = 0;
    for _ in 0..2 {
        if rng.chance(2, 3) {
            disk.inject(Fault::nth_change(rng.below(60) + 1, Failure::PowerOff));
        }
        let fired = disk.faults_fired();
        let connection = work(&disk, mode, &mut rng, &mut acknowledged);
        outcome.cut_inside_a_call |= disk.faults_fired() > fired;
        disk.clear_faults();
        disk.power_cut(rng.next_u64());
        drop(connection);
        match open(&disk, mode)
            .map_err(|error| error.to_string())
            .and_then(|connection| sound_pages(&connection))
        {
            // One batch may have become safe without its author learning so.
            Ok(found) if found > acknowledged + 1 => {
                outcome.damage = Some(format!("{found} of {acknowledged}"))
            }
            Ok(found) => {
                outcome.lost += acknowledged.saturating_sub(found);
                acknowledged = found;
            }
            Err(damage) => outcome.damage = Some(damage),
        }
        if outcome.damage.is_some() {
            return outcome;
        }
    }
    outcome
}

fn work(disk: &Disk, mode: Mode, rng: &mut Rng, acknowledged: &mut u32) -> Option<Connection> {
    let mut connection = open(disk, mode).ok()?;
    connection.execute_batch("PRAGMA wal_autocheckpoint = 12").ok()?;
    for _ in 0..rng.below(12) {
        if commit_batch(&mut connection, *acknowledged + 1, rng).is_err() {
            break;
        }
        *acknowledged += 1;
    }
    Some(connection)
}

fn outcomes(seeds: u64, mode: Mode) -> Vec<Outcome> {
    (0..seeds).map(|seed| live_twice(seed, mode)).collect()
}

#[test]
fn committed_transactions_survive_any_of_500_power_cuts() {
    let outcomes = outcomes(500, WAL_FULL);
    for (seed, outcome) in outcomes.iter().enumerate() {
        assert!(outcome.lost == 0 && outcome.damage.is_none(), "seed {seed}: {outcome:?}");
    }
    let inside = outcomes.iter().filter(|outcome| outcome.cut_inside_a_call).count();
    assert!(inside > 150, "only {inside} cuts were in the middle of a call");
}

#[test]
fn without_syncs_some_seed_loses_and_some_seed_corrupts() {
    let outcomes = outcomes(100, Mode { journal: "wal", synchronous: "off" });
    assert!(outcomes.iter().any(|outcome| outcome.lost > 0), "the disk does not forget");
    assert!(outcomes.iter().any(|outcome| outcome.damage.is_some()), "the disk does not reorder");
}

#[test]
fn with_syncs_at_checkpoints_only_the_last_commits_may_go_but_nothing_is_damaged() {
    let outcomes = outcomes(200, Mode { journal: "wal", synchronous: "normal" });
    for (seed, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.damage, None, "seed {seed}");
    }
    assert!(outcomes.iter().any(|outcome| outcome.lost > 0));
}

#[test]
fn a_rollback_journal_keeps_what_was_committed_when_its_deletion_is_synced() {
    for (seed, outcome) in
        outcomes(200, Mode { journal: "delete", synchronous: "extra" }).iter().enumerate()
    {
        assert!(outcome.lost == 0 && outcome.damage.is_none(), "seed {seed}: {outcome:?}");
    }
}

#[test]
fn a_rollback_journal_whose_deletion_is_not_synced_may_come_back_and_undo_a_commit() {
    let outcomes = outcomes(200, Mode { journal: "delete", synchronous: "full" });
    assert!(outcomes.iter().all(|outcome| outcome.damage.is_none()));
    assert!(outcomes.iter().any(|outcome| outcome.lost > 0), "names are kept too well");
}

#[test]
fn killing_the_processes_loses_nothing_even_without_syncs() {
    for seed in 0..50 {
        let mode = Mode { journal: "wal", synchronous: "off" };
        let (disk, mut rng, mut acknowledged) = (Disk::new(seed), Rng::new(seed), 0);
        let connection = work(&disk, mode, &mut rng, &mut acknowledged);
        disk.kill_processes();
        drop(connection);
        assert_eq!(sound_batches(&open(&disk, mode).unwrap()), Ok(acknowledged), "seed {seed}");
    }
}

#[test]
fn the_same_seed_asks_for_the_same_calls() {
    let run = |seed: u64| {
        let (disk, mut rng, mut acknowledged) = (Disk::new(seed), Rng::new(seed), 0);
        disk.start_trace();
        disk.inject(Fault::nth(Op::Sync, 5, Failure::PowerOff).on("-wal"));
        drop(work(&disk, WAL_FULL, &mut rng, &mut acknowledged));
        disk.power_cut(seed);
        drop(work(&disk, WAL_FULL, &mut rng, &mut acknowledged));
        (disk.take_trace(), disk.trace_digest(), disk.counters())
    };
    for seed in [1, 2, 3, 4] {
        let (first, second) = (run(seed), run(seed));
        assert!(first.0.len() > 100);
        assert_eq!(first.0, second.0, "seed {seed}");
        assert_eq!((first.1, first.2), (second.1, second.2), "seed {seed}");
    }
    assert_ne!(run(1).1, run(2).1);
}
