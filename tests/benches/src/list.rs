//! A new process opens a replica of 10,000 households and lists them, against one that opens the
//! file with bare SQLCipher and runs the same queries.
//!
//! Both are this very program, started anew, and both are timed from outside, in turns. The queries
//! are the model's own, written down by a reader that only listens.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use keting::parts::replica_of;
use keting::{DirectoryVault, Keting, Secret, Vault as _};
use keting_model::Cell;
use keting_model::query::{self, HouseholdFilter, Rows, Withheld};
use keting_scenarios::phone::vault;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use crate::clock::median_ms;
use crate::report::{Figure, Limit};
use crate::town::Town;

/// The first argument of a process that is not the bench but what it measures.
pub const CHILD: &str = "open-and-list";

const HOUSEHOLDS: u32 = 10_000;
const RUNS: usize = 21;

/// Runs the bench.
pub fn run() -> Vec<Figure> {
    let mut town = Town::of_households(HOUSEHOLDS);
    let phone = town.phone();
    let directory = phone.directory().to_owned();
    let withheld = phone.keting.withheld();
    let id = replica_of(&phone.keting).id();
    drop(phone);
    town.city.stop();

    let vault = DirectoryVault::open(&directory.join("vault")).unwrap();
    let key = vault.require(&id, Secret::DatabaseKey).unwrap();
    let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let queries = queries_of_a_list(&withheld).join(";");
    let place = directory.to_str().unwrap();
    let ours = ["engine", place];
    let bare = ["bare", place, &key, &queries];

    let (mut ours_took, mut bare_took) = (Vec::new(), Vec::new());
    for run in 0..=RUNS {
        let (of_ours, of_bare) = (spawn(&ours), spawn(&bare));
        // The first run warms the page cache.
        if run > 0 {
            ours_took.push(of_ours);
            bare_took.push(of_bare);
        }
    }
    let figure = |case: &str, of: fn(&Listed) -> Duration, limit| Figure {
        case: case.to_owned(),
        unit: "ms",
        measured: median_ms(ours_took.iter().map(of).collect()),
        floor: Some(median_ms(bare_took.iter().map(of).collect())),
        limit,
    };
    vec![
        figure("10,000 households", |listed| listed.in_all, Some(Limit::AtMost(1.3))),
        figure("of it, opening", |listed| listed.opening, None),
        figure("of it, the list", |listed| listed.listing, None),
    ]
}

/// How long a new process took until it had its list.
struct Listed {
    /// From before the process began, by the one that began it.
    in_all: Duration,
    /// To open the file, by the process itself.
    opening: Duration,
    /// To list, by the process itself.
    listing: Duration,
}

/// What the started process does. It tells when it has its list; what closing costs is not asked.
pub fn child(arguments: &[String]) {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["engine", directory] => list_with_engine(Path::new(directory)),
        ["bare", directory, key, queries] => list_bare(Path::new(directory), key, queries),
        _ => panic!("not a process of the bench"),
    }
}

fn list_with_engine(directory: &Path) {
    let began = Instant::now();
    let keting = Keting::open(&directory.join("data"), vault(directory)).unwrap();
    let opening = began.elapsed();
    let (filter, withheld) = (HouseholdFilter::default(), keting.withheld());
    let households = keting.read(|reader| query::households(reader, &withheld, &filter)).unwrap();
    tell(opening, began.elapsed());
    assert_eq!(households.len(), HOUSEHOLDS as usize);
}

fn list_bare(directory: &Path, key: &str, queries: &str) {
    let began = Instant::now();
    let path = directory.join("data/replica.db");
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).unwrap();
    connection.execute_batch(&format!("PRAGMA key = \"x'{key}'\"")).unwrap();
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).unwrap();
    let opening = began.elapsed();
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
    tell(opening, began.elapsed());
    assert!(bytes > rows && rows > HOUSEHOLDS as usize);
}

fn tell(opening: Duration, in_all: Duration) {
    let mut out = std::io::stdout();
    let listing = in_all.saturating_sub(opening);
    writeln!(out, "{} {}", opening.as_micros(), listing.as_micros()).unwrap();
    out.flush().unwrap();
}

fn size(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => 1,
    }
}

fn spawn(arguments: &[&str]) -> Listed {
    let program = std::env::current_exe().unwrap();
    let began = Instant::now();
    let mut command = Command::new(program);
    let mut child = command.arg(CHILD).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let in_all = began.elapsed();
    assert!(child.wait().unwrap().success());
    let mut micros = line.split_whitespace().map(|word| word.parse().unwrap());
    let mut next = || Duration::from_micros(micros.next().unwrap());
    Listed { in_all, opening: next(), listing: next() }
}

/// The SQL of one list of everything.
fn queries_of_a_list(withheld: &Withheld) -> Vec<String> {
    let heard = Listener(RefCell::default());
    let listed = query::households(&heard, withheld, &HouseholdFilter::default());
    assert!(listed.is_ok_and(|listed| listed.is_empty()));
    heard.0.into_inner()
}

/// Answers every query with nothing and keeps its text, with its parameters in it.
struct Listener(RefCell<Vec<String>>);

impl Rows for Listener {
    type Error = ();

    fn query(
        &self,
        sql: &str,
        parameters: &[Cell],
        _each: &mut dyn FnMut(&[Cell]),
    ) -> Result<(), ()> {
        let numbered = parameters.iter().enumerate();
        let text = numbered.fold(sql.to_owned(), |sql, (at, parameter)| {
            let Cell::Int(number) = parameter else { panic!("a parameter that is no number") };
            sql.replace(&format!("?{}", at + 1), &number.to_string())
        });
        self.0.borrow_mut().push(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queries_of_a_list_are_heard_with_their_parameters_in_them() {
        let queries = queries_of_a_list(&Withheld::nothing());
        assert!(queries.len() > 1 && queries.iter().all(|sql| !sql.contains('?')), "{queries:?}");
    }
}
