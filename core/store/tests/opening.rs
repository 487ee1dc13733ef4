//! What opens, what does not, and what happens to a file that does not: nothing.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use common::{Home, MARKER, MODEL, ages, config, edit, household};
use keting_store::{
    DatabaseKey, OpenConfig, OpenError, Owner, STORE_OWNER, Store, StoreError, open_reader,
    open_writer,
};

/// The part a second process plays: it opens the file named here and prints the code it gets.
const CHILD_FILE: &str = "KETING_STORE_TEST_FILE";

#[test]
fn a_wrong_key_is_wrong_key_and_the_file_stays_as_it_was() {
    let home = Home::new();
    // Unclosed, so that its last edits lie in the log beside it.
    let mut store = home.open().unwrap();
    store.write(|t| edit(t, household(1), 1)).unwrap();
    let copy = copy_of(&home);
    let before = copy.digests();
    assert!(before.iter().any(|(name, bytes, _)| name.ends_with("-wal") && *bytes > 0));

    let wrong = DatabaseKey::new([8; 32]);
    for key in [Some(&wrong), None] {
        let error = Store::open(&config(&copy.path(), key)).unwrap_err();
        assert_eq!(error, OpenError::WrongKey);
        assert_eq!(error.code(), "wrong_key");
        assert_eq!(copy.digests(), before);
    }
    assert_eq!(ages(&copy.open().unwrap()), [1]);
}

#[test]
fn a_plain_file_does_not_open_with_a_key() {
    let home = Home::new();
    drop(Store::open(&config(&home.path(), None)).unwrap());
    let before = home.digests();
    assert_eq!(home.open().unwrap_err(), OpenError::WrongKey);
    assert_eq!(home.digests(), before);
    Store::open(&config(&home.path(), None)).unwrap();
}

#[test]
fn a_damaged_first_page_is_corrupt_and_not_a_wrong_key() {
    let home = Home::new();
    drop(home.open().unwrap());
    let sound = std::fs::read(home.path()).unwrap();
    for damaged in [100..200, 0..4096, 0..16] {
        let mut bytes = sound.clone();
        bytes[damaged.clone()].fill(0);
        std::fs::write(home.path(), &bytes).unwrap();
        let opened = home.open().map(drop);
        // The first 16 bytes follow from the key, so nothing is lost with them.
        let expected = if damaged == (0..16) { Ok(()) } else { Err(OpenError::Corrupt) };
        assert_eq!(opened, expected, "{damaged:?}");
    }
    std::fs::write(home.path(), &sound[..10]).unwrap();
    assert_eq!(home.open().unwrap_err(), OpenError::Corrupt);
}

#[test]
fn a_file_from_the_future_is_refused_and_stays_as_it_was() {
    let home = Home::new();
    let newer = Owner { name: "model", migrations: &[MODEL.migrations[0], (2, "SELECT 1")] };
    let unknown = Owner { name: "points", migrations: &[(1, "SELECT 1")] };
    let path = home.path();
    let known = config(&path, Some(&home.key));
    for (owners, owner, found, known_version) in
        [(&[newer][..], "model", 2, 1), (&[MODEL, unknown], "points", 1, 0)]
    {
        drop(Store::open(&OpenConfig { owners, ..known }).unwrap());
        let before = home.digests();
        let expected =
            OpenError::FromTheFuture { owner: owner.into(), found, known: known_version };
        assert_eq!(Store::open(&known).unwrap_err(), expected);
        assert_eq!(expected.code(), "from_the_future");
        let reader = with_owners(&known, &[STORE_OWNER, MODEL]);
        assert_eq!(open_reader(&reader).unwrap_err(), expected);
        assert_eq!(home.digests(), before);
        std::fs::remove_file(&path).unwrap();
    }

    let connection = open_writer(&with_owners(&known, &[STORE_OWNER, MODEL])).unwrap();
    connection.execute_batch("PRAGMA user_version = 2").unwrap();
    drop(connection);
    let before = home.digests();
    let expected = OpenError::FromTheFuture { owner: "file".into(), found: 2, known: 1 };
    assert_eq!(Store::open(&known).unwrap_err(), expected);
    assert_eq!(home.digests(), before);
}

#[test]
fn a_fresh_file_has_the_same_schema_as_one_that_came_step_by_step() {
    let steps: Owner<'static> = Owner {
        name: "model",
        migrations: &[
            (1, "CREATE TABLE a (x INTEGER NOT NULL) STRICT"),
            (2, "ALTER TABLE a ADD COLUMN y TEXT NOT NULL DEFAULT ''"),
            (3, "CREATE INDEX a_by_y ON a (y)"),
        ],
    };
    let schema = |path: &Path, key: &DatabaseKey, steps: Owner<'static>| {
        let store = Store::open(&OpenConfig { owners: &[steps], ..config(path, Some(key)) });
        let mut lines = Vec::new();
        let sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema
                   UNION ALL SELECT 'version', owner, '', version FROM schema_versions ORDER BY 1, 2";
        store.unwrap().query(sql, &[], &mut |cells| lines.push(cells.to_vec())).unwrap();
        lines
    };
    let (fresh, stepwise) = (Home::new(), Home::new());
    // Both owners' steps, one reopening each.
    for known in 0..=STORE_OWNER.migrations.len() {
        let owner = Owner { migrations: &STORE_OWNER.migrations[..known], ..STORE_OWNER };
        let path = stepwise.path();
        let config = config(&path, Some(&stepwise.key));
        drop(open_writer(&OpenConfig { owners: &[owner], ..config }).unwrap());
    }
    for known in 0..=steps.migrations.len() {
        let owner = Owner { migrations: &steps.migrations[..known], ..steps };
        schema(&stepwise.path(), &stepwise.key, owner);
    }
    assert_eq!(
        schema(&fresh.path(), &fresh.key, steps),
        schema(&stepwise.path(), &stepwise.key, steps)
    );
}

#[test]
fn the_steps_of_a_schema_are_counted_without_gaps() {
    for (index, (version, sql)) in STORE_OWNER.migrations.iter().enumerate() {
        assert_eq!(usize::try_from(*version).unwrap(), index + 1);
        assert_eq!(sql.matches("CREATE TABLE").count(), sql.matches(") STRICT").count());
    }
}

#[test]
fn an_upgrade_that_fails_leaves_the_tables_as_they_were() {
    let home = Home::new();
    drop(home.open().unwrap());
    let steps = [MODEL.migrations[0], (2, "CREATE TABLE b (x INTEGER) STRICT"), (3, "NOT SQL")];
    let broken = Owner { name: "model", migrations: &steps };
    let path = home.path();
    let failed = Store::open(&OpenConfig { owners: &[broken], ..config(&path, Some(&home.key)) });
    let expected = OpenError::Migration { owner: "model".into(), version: 3, extended_code: 1 };
    assert_eq!(failed.unwrap_err(), expected);
    let sizes = home.open().unwrap().sizes().unwrap();
    assert!(sizes.tables.iter().all(|table| table.name != "b"));
}

#[test]
fn several_that_open_a_new_file_at_once_all_get_it() {
    for _ in 0..20 {
        open_at_once();
    }
}

fn open_at_once() {
    let home = Home::new();
    let path = home.path();
    let owners = [STORE_OWNER, MODEL];
    let barrier = std::sync::Barrier::new(4);
    std::thread::scope(|scope| {
        let open = || {
            barrier.wait();
            let config = OpenConfig { owners: &owners, ..config(&path, Some(&home.key)) };
            open_writer(&config)
                .map(|c| c.execute("INSERT INTO meta VALUES (hex(randomblob(8)), x'')", []))
        };
        let all: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
        for opened in all {
            assert_eq!(opened.join().unwrap().unwrap(), Ok(1));
        }
    });
}

#[test]
fn a_second_process_gets_replica_in_use_at_once() {
    let home = Home::new();
    let store = home.open().unwrap();
    let program = std::env::current_exe().unwrap();
    assert_eq!(code_in_child(&program, &home.path(), None), "replica_in_use");
    assert_eq!(home.open().unwrap_err(), OpenError::ReplicaInUse);
    let reader = store.reader().unwrap();
    drop(store);
    assert_eq!(code_in_child(&program, &home.path(), None), "replica_in_use");
    drop(reader);
    assert_eq!(code_in_child(&program, &home.path(), None), "opened");
    home.open().unwrap();
}

#[test]
fn a_read_only_file_and_one_in_a_read_only_directory_are_read_and_not_written() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    store.write(|t| edit(t, household(1), 1)).unwrap();
    drop(store);
    // The permissions mean nothing to root, so the child is somebody else, and needs the program
    // where everybody may read it.
    let program = home.directory.path().join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let somebody = 65_534;
    let lock = home.directory.path().join("replica.db.lock");
    let modes = |directory, file, lock_mode| {
        for (path, mode) in [
            (home.path(), file),
            (lock.clone(), lock_mode),
            (home.directory.path().into(), directory),
        ] {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        }
    };
    modes(0o777, 0o666, 0o666);
    assert_eq!(code_in_child(&program, &home.path(), Some(somebody)), "opened");
    let before = std::fs::read(home.path()).unwrap();
    for (directory, file, lock) in
        [(0o777, 0o444, 0o666), (0o555, 0o666, 0o666), (0o555, 0o444, 0o444)]
    {
        modes(directory, file, lock);
        let told = code_in_child(&program, &home.path(), Some(somebody));
        assert_eq!(told, "read_only,[1]", "{directory:o} {file:o} {lock:o}");
        // One that only reads leaves an empty log behind; with it, nothing need be made there.
        for suffix in ["wal", "shm"] {
            let _ = std::fs::remove_file(home.path().with_extension(format!("db-{suffix}")));
        }
    }
    modes(0o777, 0o666, 0o666);
    assert!(std::fs::read(home.path()).unwrap() == before, "the file is another one");
    assert_eq!(ages(&home.open().unwrap()), [1]);
}

/// Not a test of its own: what the second process runs.
#[test]
fn child() {
    let Some(path) = std::env::var_os(CHILD_FILE) else { return };
    let key = DatabaseKey::new([7; 32]);
    let opened = Store::open(&config(Path::new(&path), Some(&key)));
    let told = match opened {
        Err(error) => error.code().to_owned(),
        Ok(mut store) => match store.write(|transaction| transaction.set_meta("written", b"yes")) {
            Ok(()) => "opened".to_owned(),
            Err(error) => format!("{},{:?}", error.code(), ages(&store)),
        },
    };
    println!("code={told}");
}

#[test]
fn the_operating_system_saying_no_is_io() {
    let home = Home::new();
    let path = home.directory.path().join("missing").join("replica.db");
    assert_eq!(Store::open(&config(&path, None)).unwrap_err().code(), "io");
    let missing = open_reader(&config(&home.path(), None)).unwrap_err();
    assert_eq!(missing.code(), "io");
    assert!(!home.path().exists());
}

#[test]
fn a_reader_sees_one_moment_while_the_writer_writes_and_cannot_write() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    store.write(|t| edit(t, household(1), 1)).unwrap();
    let reader = store.reader().unwrap();
    let (reader, seen) = std::thread::scope(|scope| {
        let (to_writer, writer_goes) = std::sync::mpsc::channel();
        let (to_reader, reader_goes) = std::sync::mpsc::channel();
        let reading = scope.spawn(move || {
            let seen = reader.at_one_moment(|view| {
                let before = ages(view);
                to_writer.send(()).unwrap();
                reader_goes.recv().unwrap();
                Ok((before, ages(view), view.document_count()?))
            });
            (reader, seen)
        });
        writer_goes.recv().unwrap();
        store.write(|t| edit(t, household(2), 2)).unwrap();
        to_reader.send(()).unwrap();
        reading.join().unwrap()
    });
    assert_eq!(seen, Ok((vec![1], vec![1], 1)));
    assert_eq!(ages(&reader), [1, 2]);
    let written = reader.query("DELETE FROM person", &[], &mut |_| {});
    assert_eq!(written, Err(StoreError::ReadOnly));
}

#[test]
fn the_plain_text_stands_in_no_file() {
    let home = Home::new();
    let mut store = home.open().unwrap();
    for seq in 1..=50 {
        store.write(|t| edit(t, household(seq), seq)).unwrap();
    }
    let found = |home: &Home| {
        let all = std::fs::read_dir(home.directory.path()).unwrap();
        all.filter(|entry| {
            let bytes = std::fs::read(entry.as_ref().unwrap().path()).unwrap();
            bytes.windows(MARKER.len()).any(|window| window == MARKER.as_bytes())
        })
        .count()
    };
    // While the log is full, and after it went into the file.
    assert!(home.files().iter().any(|(name, bytes)| name.ends_with("-wal") && bytes.len() > 9_999));
    assert_eq!(found(&home), 0);
    drop(store);
    assert_eq!(found(&home), 0);

    // The search finds it where there is no key.
    let plain = Home::new();
    let mut store = Store::open(&config(&plain.path(), None)).unwrap();
    store.write(|t| edit(t, household(1), 1)).unwrap();
    assert_eq!(found(&plain), 1);
}

#[test]
fn stores_and_readers_go_to_other_threads() {
    fn is_send<T: Send>() {}
    is_send::<Store>();
    is_send::<keting_store::Reader>();
}

#[test]
fn a_key_is_not_shown() {
    assert_eq!(format!("{:?}", DatabaseKey::new([0xab; 32])), "DatabaseKey(hidden)");
}

fn code_in_child(program: &Path, file: &Path, user: Option<u32>) -> String {
    let mut command = Command::new(program);
    command.args(["--exact", "child", "--nocapture"]).env(CHILD_FILE, file).current_dir("/");
    if let Some(user) = user {
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        if is_root {
            command.uid(user);
        }
    }
    let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let code = output.split("code=").nth(1).unwrap_or_else(|| panic!("no code in {output}"));
    code.split_whitespace().next().unwrap().to_owned()
}

fn copy_of(home: &Home) -> Home {
    let copy = Home::new();
    for (name, bytes) in home.files() {
        std::fs::write(copy.directory.path().join(name), bytes).unwrap();
    }
    copy
}

fn with_owners<'a>(config: &OpenConfig<'a>, owners: &'a [Owner<'a>]) -> OpenConfig<'a> {
    OpenConfig { owners, ..*config }
}
