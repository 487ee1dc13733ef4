//! Disk errors: each comes through as an error, and what was acknowledged is there afterwards.

use rusqlite::ErrorCode;

use super::*;
use crate::vfs::Failure;

/// Opens, commits, reads and checkpoints until the first error. The connection is handed out, so
/// that nothing of what is told is what closing did: SQLite keeps errors of closing to itself.
fn work(disk: &Disk, acknowledged: &mut u32) -> (Option<Connection>, rusqlite::Result<()>) {
    let mut connection = match open(disk, WAL_FULL) {
        Ok(connection) => connection,
        Err(error) => return (None, Err(error)),
    };
    let result = steps(&mut connection, acknowledged);
    (Some(connection), result)
}

fn steps(connection: &mut Connection, acknowledged: &mut u32) -> rusqlite::Result<()> {
    let mut rng = Rng::new(4);
    for step in 0..8 {
        commit_batch(connection, *acknowledged + 1, &mut rng)?;
        *acknowledged += 1;
        if step % 3 == 2 {
            connection.query_row("PRAGMA wal_checkpoint(truncate)", [], |_| Ok(()))?;
            connection.execute_batch("PRAGMA shrink_memory")?;
            connection.query_row("SELECT sum(length(bytes)) FROM part", [], |_| Ok(()))?;
        }
    }
    Ok(())
}

/// A disk with a few batches.
fn used_disk(acknowledged: &mut u32) -> Disk {
    let disk = Disk::new(11);
    let (_connection, result) = work(&disk, acknowledged);
    result.unwrap();
    disk
}

fn found_after(disk: &Disk) -> u32 {
    sound_pages(&open(disk, WAL_FULL).unwrap()).unwrap()
}

/// Lets each call of this kind fail in turn and says how many did.
fn fail_each(op: Op, failure: Failure, then_cut: bool) -> u64 {
    let mut struck = 0;
    for nth in 1..400 {
        let mut acknowledged = 0;
        let disk = used_disk(&mut acknowledged);
        disk.inject(Fault::nth(op, nth, failure));
        let (connection, result) = work(&disk, &mut acknowledged);
        if disk.faults_fired() == 0 {
            return struck;
        }
        struck += 1;
        assert!(result.is_err(), "{op:?} {nth} failed unseen");
        if then_cut {
            disk.power_cut(nth);
        }
        drop(connection);
        disk.clear_faults();
        let found = found_after(&disk);
        assert!(
            found == acknowledged || found == acknowledged + 1,
            "{op:?} {nth}: {found} of {acknowledged}"
        );
    }
    struck
}

#[test]
fn each_failing_write_comes_through_and_loses_nothing() {
    assert!(fail_each(Op::Write, Failure::Io, false) > 40);
    assert!(fail_each(Op::Write, Failure::Io, true) > 40);
}

#[test]
fn each_failing_sync_comes_through_and_loses_nothing() {
    assert!(fail_each(Op::Sync, Failure::Io, false) > 10);
    assert!(fail_each(Op::Sync, Failure::Io, true) > 10);
    assert!(fail_each(Op::Sync, Failure::SyncForgets, true) > 10);
}

#[test]
fn each_failing_read_size_and_lock_comes_through() {
    assert!(fail_each(Op::Read, Failure::Io, false) > 2);
    assert!(fail_each(Op::Size, Failure::Io, false) > 2);
    assert!(fail_each(Op::ShmMap, Failure::Io, false) > 0);
    assert!(fail_each(Op::Lock, Failure::Io, false) > 0);
    assert!(fail_each(Op::ShmLock, Failure::Io, false) > 10);
}

#[test]
fn a_failing_open_access_and_truncation_come_through() {
    assert!(fail_each(Op::Open, Failure::Io, false) > 1);
    assert!(fail_each(Op::Access, Failure::Io, false) > 0);
    assert!(fail_each(Op::Truncate, Failure::Io, false) > 0);
}

#[test]
fn every_call_failing_from_some_point_on_leaves_a_sound_file() {
    for nth in (1..60).step_by(3) {
        let mut acknowledged = 0;
        let disk = used_disk(&mut acknowledged);
        disk.inject(Fault::nth_change(nth, Failure::Io).lasting());
        let (connection, result) = work(&disk, &mut acknowledged);
        assert!(result.is_err());
        drop(connection);
        disk.clear_faults();
        assert!((acknowledged..=acknowledged + 1).contains(&found_after(&disk)));
    }
}

#[test]
fn a_full_disk_says_so_and_loses_nothing() {
    for room in [0, 1, 511, 4_096, 20_000, 60_000, 90_000] {
        let mut acknowledged = 0;
        let disk = used_disk(&mut acknowledged);
        let connection = open(&disk, WAL_FULL).unwrap();
        disk.set_capacity_bytes(Some(disk.used_bytes() + room));
        let mut connection = connection;
        let mut rng = Rng::new(room);
        let error = loop {
            match commit_batch(&mut connection, acknowledged + 1, &mut rng) {
                Ok(()) => acknowledged += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DiskFull), "{room}: {error}");
        assert_eq!(
            sound_batches(&connection),
            Ok(acknowledged),
            "{room}: still readable while full"
        );
        disk.set_capacity_bytes(None);
        commit_batch(&mut connection, acknowledged + 1, &mut rng).unwrap();
        disk.power_cut(room);
        drop(connection);
        assert_eq!(found_after(&disk), acknowledged + 1);
    }
}

#[test]
fn an_injected_full_disk_says_so_too() {
    let mut acknowledged = 0;
    let disk = used_disk(&mut acknowledged);
    disk.inject(Fault::nth(Op::Write, 4, Failure::Full).on("-wal"));
    let (_connection, result) = work(&disk, &mut acknowledged);
    assert_eq!(result.unwrap_err().sqlite_error_code(), Some(ErrorCode::DiskFull));
}

#[test]
fn a_read_only_disk_is_read_and_refuses_writes() {
    let mut acknowledged = 0;
    let disk = used_disk(&mut acknowledged);
    let mut connection = open(&disk, WAL_FULL).unwrap();
    disk.set_read_only(true);
    assert_eq!(sound_batches(&connection), Ok(acknowledged));
    let error = commit_batch(&mut connection, acknowledged + 1, &mut Rng::new(1)).unwrap_err();
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly), "{error}");
    disk.set_read_only(false);
    commit_batch(&mut connection, acknowledged + 1, &mut Rng::new(1)).unwrap();
}

#[test]
fn a_spoiled_page_is_found() {
    let mut acknowledged = 0;
    let disk = used_disk(&mut acknowledged);
    let mut bytes = disk.read_file("city/replica.db").unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    disk.write_file("city/replica.db", &bytes);
    let found =
        open(&disk, WAL_FULL).map_err(|error| error.to_string()).and_then(|c| sound_batches(&c));
    assert!(found.is_err(), "{found:?}");
}
