//! A new process opens a replica of 10,000 households and reads the first page of their list, or lists
//! them all, against one that opens the file with bare SQLCipher and runs the same queries.
//!
//! Both are this very program, started anew, and both are timed from outside, in turns. The queries
//! are the model's own, written down while they are run.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use keting::parts::{Local, Reader, replica_of};
use keting::{DirectoryVault, Secret, StoreError, Vault as _};
use keting_model::Cell;
use keting_model::query::{self, HouseholdFilter, Households, OnDevice, PAGE_ROWS, Rows, Withheld};
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

/// What is read after opening.
#[derive(Clone, Copy)]
enum Read {
    FirstPage,
    Everything,
}

/// Runs the bench.
pub fn run() -> Vec<Figure> {
    let mut town = Town::of_households(HOUSEHOLDS);
    let phone = town.phone();
    let directory = phone.directory().to_owned();
    let withheld = phone.keting.withheld();
    let id = replica_of(&phone.keting).id();
    let [page, everything] = [Read::FirstPage, Read::Everything].map(|read| {
        phone.keting.read(|reader| Ok(queries_of(reader, &withheld, read))).unwrap().join(";")
    });
    drop(phone);
    town.city.stop();

    let vault = DirectoryVault::open(&directory.join("vault")).unwrap();
    let key = vault.require(&id, Secret::DatabaseKey).unwrap();
    let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let place = directory.to_str().unwrap();
    let mut figures = Vec::new();
    for (case, parts, asked, queries, limit) in [
        (
            "10,000 households, the first page of 50",
            ["of it, opening", "of it, the page"],
            "page",
            &page,
            Some(Limit::AtMost(1.3)),
        ),
        (
            "10,000 households, a list of all",
            ["of it, opening", "of it, the list"],
            "everything",
            &everything,
            None,
        ),
    ] {
        let (ours, bare) = in_turns(&["engine", place, asked], &["bare", place, &key, queries]);
        let figure = |case: &str, of: fn(&Listed) -> Duration, limit| Figure {
            case: case.to_owned(),
            unit: "ms",
            measured: median_ms(ours.iter().map(of).collect()),
            floor: Some(median_ms(bare.iter().map(of).collect())),
            limit,
        };
        figures.push(figure(case, |listed| listed.in_all, limit));
        figures.push(figure(parts[0], |listed| listed.opening, None));
        figures.push(figure(parts[1], |listed| listed.listing, None));
    }
    figures
}

/// How long each of the two took, run after run.
fn in_turns(ours: &[&str], bare: &[&str]) -> (Vec<Listed>, Vec<Listed>) {
    let (mut ours_took, mut bare_took) = (Vec::new(), Vec::new());
    for run in 0..=RUNS {
        let (of_ours, of_bare) = (spawn(ours), spawn(bare));
        // The first run warms the page cache.
        if run > 0 {
            ours_took.push(of_ours);
            bare_took.push(of_bare);
        }
    }
    (ours_took, bare_took)
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
        ["engine", directory, "page"] => list_with_engine(Path::new(directory), Read::FirstPage),
        ["engine", directory, _] => list_with_engine(Path::new(directory), Read::Everything),
        ["bare", directory, key, queries] => list_bare(Path::new(directory), key, queries),
        _ => panic!("not a process of the bench"),
    }
}

fn list_with_engine(directory: &Path, read: Read) {
    let began = Instant::now();
    let keting = Local::open(&directory.join("data"), vault(directory)).unwrap();
    let opening = began.elapsed();
    let (listed, wanted) = match read {
        Read::FirstPage => {
            let page = keting.household_page(&Households::default()).unwrap();
            (page.rows.len(), PAGE_ROWS)
        }
        Read::Everything => {
            (keting.households(&HouseholdFilter::default()).unwrap().len(), HOUSEHOLDS)
        }
    };
    tell(opening, began.elapsed());
    assert_eq!(listed, wanted as usize);
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
    assert!(bytes > rows && rows > PAGE_ROWS as usize);
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

/// The SQL of a list, with its parameters in it.
fn queries_of(reader: &Reader, withheld: &Withheld, read: Read) -> Vec<String> {
    let heard = Listener { reader, queries: RefCell::default() };
    match read {
        Read::FirstPage => {
            let query = Households::default();
            query::household_page(&heard, withheld, &query, &OnDevice::default()).unwrap().unwrap();
        }
        Read::Everything => {
            query::households(&heard, withheld, &HouseholdFilter::default()).unwrap();
        }
    }
    heard.queries.into_inner()
}

/// Runs every query and keeps its text.
struct Listener<'a> {
    reader: &'a Reader,
    queries: RefCell<Vec<String>>,
}

impl Rows for Listener<'_> {
    type Error = StoreError;

    fn query(
        &self,
        sql: &str,
        parameters: &[Cell],
        each: &mut dyn FnMut(&[Cell]),
    ) -> Result<(), StoreError> {
        self.queries.borrow_mut().push(with_parameters(sql, parameters));
        self.reader.query(sql, parameters, each)
    }
}

fn with_parameters(sql: &str, parameters: &[Cell]) -> String {
    let numbered = parameters.iter().enumerate();
    numbered.fold(sql.to_owned(), |sql, (at, parameter)| {
        let literal = match parameter {
            Cell::Null => "NULL".to_owned(),
            Cell::Int(number) => number.to_string(),
            Cell::Text(text) => format!("'{text}'"),
            Cell::Blob(bytes) => {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("x'{digits}'")
            }
        };
        sql.replace(&format!("?{}", at + 1), &literal)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_written_down_with_its_parameters_in_it() {
        let parameters =
            [Cell::Blob(vec![1, 0xab]), Cell::Int(7), Cell::Text("a".into()), Cell::Null];
        let text = with_parameters("SELECT ?1, ?2, ?3, ?4, ?1", &parameters);
        assert_eq!(text, "SELECT x'01ab', 7, 'a', NULL, x'01ab'");
    }
}
