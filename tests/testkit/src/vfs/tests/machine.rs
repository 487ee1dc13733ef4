//! Machines and their lives: what outlives what, files past SQLite, time.

use super::*;

#[test]
fn a_connection_from_before_a_power_cut_is_dead_and_changes_nothing() {
    for mode in [WAL_FULL, Mode { journal: "delete", synchronous: "extra" }] {
        let disk = Disk::new(1);
        let mut old = open(&disk, mode).unwrap();
        commit_batch(&mut old, 1, &mut Rng::new(1)).unwrap();
        old.execute_batch("BEGIN IMMEDIATE; DELETE FROM part").unwrap();
        disk.power_cut(5);
        let mut new = open(&disk, mode).unwrap();
        commit_batch(&mut new, 2, &mut Rng::new(1)).unwrap();
        let bytes = |path: &String| (path.clone(), disk.read_file(path));
        let before: Vec<_> = disk.paths().iter().map(bytes).collect();
        assert!(old.execute_batch("COMMIT").is_err());
        assert!(old.query_row("SELECT count(*) FROM part", [], |_| Ok(())).is_err());
        drop(old);
        assert_eq!(before, disk.paths().iter().map(bytes).collect::<Vec<_>>());
        assert_eq!(sound_batches(&new), Ok(2));
    }
}

#[test]
fn the_vfs_of_an_earlier_life_answers_nothing() {
    let disk = Disk::new(1);
    let flags = OpenFlags::default();
    let clock_of = |connection: &Connection| {
        connection.query_row("SELECT unixepoch()", [], |row| row.get::<_, Option<u32>>(0)).unwrap()
    };
    let open = || Connection::open_with_flags_and_vfs(":memory:", flags, disk.vfs_name()).unwrap();
    let old = open();
    assert_eq!(clock_of(&old), Some(0));
    disk.kill_processes();
    assert_eq!(clock_of(&old), None);
    assert_eq!(clock_of(&open()), Some(0));
}

#[test]
fn without_power_nothing_works_until_it_returns() {
    let disk = Disk::new(1);
    let mut connection = open(&disk, WAL_FULL).unwrap();
    disk.power_off();
    assert!(commit_batch(&mut connection, 1, &mut Rng::new(1)).is_err());
    assert!(open(&disk, WAL_FULL).is_err());
    disk.power_cut(1);
    assert_eq!(sound_batches(&open(&disk, WAL_FULL).unwrap()), Ok(0));
}

#[test]
fn a_connection_outlives_the_last_hold_on_its_disk() {
    let disk = Disk::new(1);
    let name = disk.vfs_name().to_owned();
    let mut connection = open(&disk, WAL_FULL).unwrap();
    let in_memory =
        Connection::open_with_flags_and_vfs(":memory:", OpenFlags::default(), &*name).unwrap();
    drop(disk);
    commit_batch(&mut connection, 1, &mut Rng::new(1)).unwrap();
    assert_eq!(sound_batches(&connection), Ok(1));
    drop(connection);
    let gone = Connection::open_with_flags_and_vfs("replica.db", OpenFlags::default(), &*name)
        .unwrap_err();
    assert!(gone.to_string().contains("no such vfs"), "{gone}");
    // This one still holds the VFS of a machine that is no more.
    assert!(in_memory.execute_batch("ATTACH 'replica.db' AS other").is_err());
}

#[test]
fn many_disks_live_side_by_side() {
    let disks: Vec<Disk> = (0..100).map(Disk::new).collect();
    let mut connections: Vec<Connection> =
        disks.iter().map(|disk| open(disk, WAL_FULL).unwrap()).collect();
    for (seed, connection) in (1..).zip(&mut connections) {
        (1..=seed % 3).for_each(|batch| commit_batch(connection, batch, &mut Rng::new(1)).unwrap());
    }
    for (seed, connection) in (1..).zip(&connections) {
        assert_eq!(sound_batches(connection), Ok(seed % 3));
    }
}

#[test]
fn a_copied_disk_goes_its_own_way() {
    let disk = Disk::new(1);
    let mut connection = open(&disk, WAL_FULL).unwrap();
    commit_batch(&mut connection, 1, &mut Rng::new(1)).unwrap();
    let copy = disk.duplicate(2);
    commit_batch(&mut connection, 2, &mut Rng::new(1)).unwrap();
    assert_eq!(sound_batches(&open(&copy, WAL_FULL).unwrap()), Ok(1));
    assert_eq!(sound_batches(&connection), Ok(2));
}

#[test]
fn files_can_be_placed_renamed_and_removed_past_sqlite() {
    let disk = Disk::new(1);
    disk.write_file("a", b"one");
    disk.write_file("./b", b"two");
    assert!(disk.rename_file("a", "b") && !disk.rename_file("a", "b"));
    disk.power_cut(1);
    assert_eq!(disk.paths(), ["/b"]);
    assert_eq!(disk.read_file("/b").as_deref(), Some(&b"one"[..]));
    assert!(disk.remove_file("b") && !disk.remove_file("b"));
    assert_eq!(disk.used_bytes(), 0);
}

#[test]
fn date_functions_show_the_disks_clock() {
    let disk = Disk::new(1);
    disk.set_unix_ms(1_411_000_000_123);
    let connection = open(&disk, WAL_FULL).unwrap();
    let sql = "SELECT unixepoch('now', 'subsec')";
    let now: f64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert!((now - 1_411_000_000.123).abs() < 0.000_5, "{now}");
}

#[test]
fn a_large_sort_spills_to_nameless_files_that_go_with_their_connection() {
    let disk = Disk::new(1);
    let connection = open(&disk, WAL_FULL).unwrap();
    connection.execute_batch("PRAGMA temp_store = file; PRAGMA cache_size = 5").unwrap();
    let before = disk.counters();
    disk.start_trace();
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
               SELECT count(*) FROM (SELECT DISTINCT randomblob(200) FROM n)";
    let rows: u32 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 20_000);
    assert!(disk.counters().since(&before).opens > 0, "nothing was spilt");
    assert!(disk.take_trace().iter().any(|call| call.path.contains("temporary")));
    drop(connection);
    assert_eq!(disk.paths(), ["/city/replica.db"]);
}
