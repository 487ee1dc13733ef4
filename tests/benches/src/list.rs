//! A new process opens a replica of 10,000 households and lists them, against one that opens the
//! file with bare SQLCipher and runs the same queries.
//!
//! Both are this very program, started anew, and both are timed from outside, in turns. The queries
//! are the model's own, written down by a reader that only listens.

use std::cell::RefCell;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use keting::{DirectoryVault, Keting, Secret, Vault as _};
use keting_model::Cell;
use keting_model::query::{self, HouseholdFilter, Rows, Withheld};
use keting_scenarios::phone::vault;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use crate::clock::{median_ms, time};
use crate::report::{Figure, Limit};
use crate::town::Town;

/// The first argument of a process that is not the bench but what it measures.
pub const CHILD: &str = "open-and-list";

const HOUSEHOLDS: u32 = 10_000;
const RUNS: usize = 21;

/// Runs the bench.
pub fn run() -> Vec<Figure> {
    let town = Town::of_households(HOUSEHOLDS);
    let phone = town.phone();
    let directory = phone.directory().to_owned();
    let (id, withheld) = (phone.keting.replica().id(), phone.keting.withheld());
    drop((phone, town));

    let vault = DirectoryVault::open(&directory.join("vault")).unwrap();
    let key = vault.require(&id, Secret::DatabaseKey).unwrap();
    let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let queries = queries_of_a_list(&withheld).join(";");
    let place = directory.to_str().unwrap();
    let ours = ["engine", place];
    let bare = ["bare", place, &key, &queries];
    let empty = ["nothing"];

    let (mut engine_times, mut bare_times, mut empty_times) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..=RUNS {
        let took = [spawn(&ours), spawn(&bare), spawn(&empty)];
        // The first run warms the page cache.
        if run > 0 {
            engine_times.push(took[0]);
            bare_times.push(took[1]);
            empty_times.push(took[2]);
        }
    }
    let of_process = Figure {
        case: format!("{HOUSEHOLDS} households"),
        unit: "ms",
        measured: median_ms(engine_times),
        floor: Some(median_ms(bare_times)),
        limit: Some(Limit::AtMost(1.3)),
    };
    let of_nothing = Figure {
        case: "of it, starting and ending a process".into(),
        unit: "ms",
        measured: median_ms(empty_times),
        floor: None,
        limit: None,
    };
    vec![of_process, of_nothing]
}

/// What the started process does.
pub fn child(arguments: &[String]) {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let rows = match arguments.as_slice() {
        ["engine", directory] => list_with_engine(Path::new(directory)),
        ["bare", directory, key, queries] => list_bare(Path::new(directory), key, queries),
        _ => 0,
    };
    writeln!(std::io::stdout(), "{rows}").unwrap();
}

fn list_with_engine(directory: &Path) -> usize {
    let keting = Keting::open(&directory.join("data"), vault(directory)).unwrap();
    let (filter, withheld) = (HouseholdFilter::default(), keting.withheld());
    let households = keting.read(|reader| query::households(reader, &withheld, &filter)).unwrap();
    assert_eq!(households.len(), HOUSEHOLDS as usize);
    households.len() + households.iter().map(|one| one.residents.len()).sum::<usize>()
}

fn list_bare(directory: &Path, key: &str, queries: &str) -> usize {
    let path = directory.join("data/replica.db");
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).unwrap();
    connection.execute_batch(&format!("PRAGMA key = \"x'{key}'\"")).unwrap();
    let (mut rows, mut bytes) = (0, 0);
    for sql in queries.split(';') {
        let mut statement = connection.prepare(sql).unwrap();
        let columns = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            rows += 1;
            for column in 0..columns {
                // Every value is read, as whoever lists must; nothing is made of it.
                bytes += size(row.get_ref(column).unwrap());
            }
        }
    }
    assert!(bytes > rows);
    rows
}

fn size(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => 1,
    }
}

fn spawn(arguments: &[&str]) -> std::time::Duration {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(program);
    command.arg(CHILD).args(arguments).stdout(Stdio::null());
    let (status, took) = time(|| command.status().unwrap());
    assert!(status.success());
    took.wall
}

/// The SQL of one list of everything.
fn queries_of_a_list(withheld: &Withheld) -> Vec<String> {
    let heard = Listener(RefCell::default());
    let listed = query::households(&heard, withheld, &HouseholdFilter::default());
    assert!(listed.is_ok_and(|listed| listed.is_empty()));
    heard.0.into_inner()
}

/// Answers every query with nothing and keeps its text.
struct Listener(RefCell<Vec<String>>);

impl Rows for Listener {
    type Error = ();

    fn query(
        &self,
        sql: &str,
        parameters: &[Cell],
        _each: &mut dyn FnMut(&[Cell]),
    ) -> Result<(), ()> {
        assert!(parameters.is_empty());
        self.0.borrow_mut().push(sql.to_owned());
        Ok(())
    }
}
