//! The figures of `docs/benchmarks.md`, measured on this machine: `./dev bench [NAME…] [--json]`.
//!
//! Where a figure can be a ratio it is one: against a floor that is measured in the same run, in
//! turns with the thing itself, so that a slow or busy machine slows both. Bytes and round trips
//! are counted, not timed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod admission;
mod author;
mod bare;
mod clock;
mod edit;
mod hostile;
mod list;
mod pusher;
mod reconnect;
mod refuse;
mod report;
mod town;

use std::io::Write as _;
use std::process::ExitCode;

use report::Figure;

/// A bench: its name, what it is about, and what measures it.
type Bench = (&'static str, &'static str, fn() -> Vec<Figure>);

/// Every bench, in the order in which they run.
const BENCHES: [Bench; 8] = [
    ("edit_disk", "a durable edit against the bare transaction, on disk", edit::on_disk),
    ("edit_cpu", "the same in processor time, on tmpfs", edit::on_tmpfs),
    ("open_and_list", "a new process opens 10,000 households and lists a page, or all", list::run),
    ("idle_reconnect", "a reconnect when nothing happened", reconnect::idle),
    ("reconnect_ten_edits", "a reconnect after ten edits elsewhere", reconnect::ten_edits),
    ("admission_distinct", "commits a second, each of its own document", admission::distinct),
    ("admission_ten_a_document", "commits a second, ten a document", admission::ten_a_document),
    ("refuse", "a megabyte of anything that is to be refused", refuse::run),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == list::CHILD) {
        list::child(&arguments[1..]);
        return ExitCode::SUCCESS;
    }
    let json = arguments.iter().any(|argument| argument == "--json");
    let names: Vec<&String> = arguments.iter().filter(|name| *name != "--json").collect();
    let unknown = names.iter().find(|name| BENCHES.iter().all(|(known, _, _)| known != *name));
    if let Some(unknown) = unknown {
        say(&format!("there is no bench {unknown}; there are:\n"));
        for (name, about, _) in BENCHES {
            say(&format!("  {name:26}{about}\n"));
        }
        return ExitCode::from(2);
    }
    let mut figures = Vec::new();
    for (name, about, run) in BENCHES {
        if names.is_empty() || names.iter().any(|asked| *asked == name) {
            say(&format!("{name}: {about}\n"));
            figures.extend(run().into_iter().map(|figure| (name, figure)));
        }
    }
    let text = if json { report::json(&figures) } else { report::table(&figures) };
    std::io::stdout().write_all(text.as_bytes()).unwrap();
    ExitCode::SUCCESS
}

/// Tells how it goes on, beside the figures.
fn say(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
