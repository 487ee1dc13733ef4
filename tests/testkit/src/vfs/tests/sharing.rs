//! Several connections to one file.

use rusqlite::ErrorCode;

use super::*;
use crate::vfs::Waiting;

fn count(connection: &Connection) -> u32 {
    connection.query_row("SELECT count(*) FROM part", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_reader_sees_one_state_until_its_transaction_ends() {
    let disk = Disk::new(1);
    let mut writer = open(&disk, WAL_FULL).unwrap();
    let reader = open(&disk, WAL_FULL).unwrap();
    commit_batch(&mut writer, 1, &mut Rng::new(1)).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(count(&reader), PARTS);
    commit_batch(&mut writer, 2, &mut Rng::new(2)).unwrap();
    assert_eq!((count(&reader), count(&writer)), (PARTS, 2 * PARTS));
    let checkpoint = "PRAGMA wal_checkpoint(restart)";
    writer.busy_timeout(std::time::Duration::ZERO).unwrap();
    let busy: bool = writer.query_row(checkpoint, [], |row| row.get(0)).unwrap();
    assert!(busy, "the reader holds the log");
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(count(&reader), 2 * PARTS);
    let busy: bool = writer.query_row(checkpoint, [], |row| row.get(0)).unwrap();
    assert!(!busy);
}

#[test]
fn a_second_writer_is_told_that_the_file_is_busy() {
    for mode in [WAL_FULL, Mode { journal: "delete", synchronous: "full" }] {
        let disk = Disk::new(1);
        let (alice, bob) = (open(&disk, mode).unwrap(), open(&disk, mode).unwrap());
        bob.busy_timeout(std::time::Duration::from_secs(60)).unwrap();
        alice.execute_batch("BEGIN IMMEDIATE").unwrap();
        let error = bob.execute_batch("BEGIN IMMEDIATE").unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy));
        // The minute passed on the disk's clock alone.
        assert!((59_000..61_000).contains(&disk.unix_ms()), "{}", disk.unix_ms());
        alice.execute_batch("COMMIT").unwrap();
        bob.execute_batch("BEGIN IMMEDIATE; COMMIT").unwrap();
    }
}

#[test]
fn a_reader_keeps_a_rollback_journals_writer_from_committing_and_no_new_reader_comes_in() {
    let mode = Mode { journal: "delete", synchronous: "full" };
    let disk = Disk::new(1);
    let (reader, late) = (open(&disk, mode).unwrap(), open(&disk, mode).unwrap());
    let mut writer = open(&disk, mode).unwrap();
    writer.busy_timeout(std::time::Duration::ZERO).unwrap();
    late.busy_timeout(std::time::Duration::ZERO).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(count(&reader), 0);
    writer.execute_batch("BEGIN; INSERT INTO part VALUES (1, 0, x'00')").unwrap();
    let error = writer.execute_batch("COMMIT").unwrap_err();
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy));
    assert!(
        late.query_row("SELECT 1 FROM part", [], |_| Ok(()))
            .is_err_and(|e| e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy))
    );
    reader.execute_batch("COMMIT").unwrap();
    writer.execute_batch("COMMIT").unwrap();
    assert_eq!(count(&late), 1);
    writer.execute_batch("DELETE FROM part").unwrap();
    commit_batch(&mut writer, 1, &mut Rng::new(1)).unwrap();
}

#[test]
fn one_writer_and_three_readers_on_their_own_threads_see_whole_batches_only() {
    let disk = Disk::new(1);
    disk.set_waiting(Waiting::Real);
    let mut writer = open(&disk, WAL_FULL).unwrap();
    writer.execute_batch("PRAGMA wal_autocheckpoint = 8").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let reader = open(&disk, WAL_FULL).unwrap();
                let mut last = 0;
                while last < 60 * PARTS {
                    let now = count(&reader);
                    assert!(now >= last && now.is_multiple_of(PARTS), "{now} after {last}");
                    last = now;
                }
            });
        }
        let mut rng = Rng::new(3);
        (1..=60).for_each(|batch| commit_batch(&mut writer, batch, &mut rng).unwrap());
    });
    assert_eq!(sound_pages(&writer), Ok(60));
}

#[test]
fn a_durable_commit_costs_one_sync() {
    let disk = Disk::new(1);
    let mut connection = open(&disk, WAL_FULL).unwrap();
    commit_batch(&mut connection, 1, &mut Rng::new(1)).unwrap();
    let before = disk.counters();
    for batch in 2..=11 {
        commit_batch(&mut connection, batch, &mut Rng::new(u64::from(batch))).unwrap();
    }
    let spent = disk.counters().since(&before);
    assert_eq!((spent.syncs, spent.directory_syncs), (10, 0));
    assert!(spent.writes > 10 && spent.bytes_written > 10 * 4_096, "{spent:?}");
}
