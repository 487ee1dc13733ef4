//! The demo: one afternoon in a neighbourhood, told with real parts on this machine.
//!
//! A server with TLS, four phones (two micro-grid heads, a grid worker, a steward) as files of their
//! own and processes of their own, and between them a link that cuts. Every sentence the story
//! prints has been checked before it is printed; the first that does not hold ends it with a failure.
//!
//! - `story`: the stage, and the order of the acts;
//! - `gathering`, `apart`, `together`, `proof`: the acts;
//! - `phones`: processes; `parts`: what some of them play; `link`: the bad link;
//! - `roster`: the people; `figures`: the tables at the end.

mod apart;
mod figures;
mod gathering;
mod link;
mod parts;
mod phones;
mod proof;
mod roster;
mod story;
mod together;

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Demo;
use crate::demo::phones::be_patient;
use crate::demo::roster::Roster;
use crate::demo::story::Story;
use crate::exit::Failure;
use crate::output;

/// Tells the story, or plays one part of it where the story started this process for that.
///
/// # Errors
/// When anything does not hold; the directory with all files is then kept.
pub fn run(arguments: &Demo) -> Result<(), Failure> {
    if let Some(words) = &arguments.part {
        return parts::play(words);
    }
    let roster = Roster::of(arguments.households)?;
    note_interruption();
    be_patient(arguments.households);
    let mut place = Place::make()?;
    let told = Story::begin(place.path(), roster).and_then(Story::tell);
    place.is_kept = arguments.keep || (told.is_err() && go_on().is_ok());
    if place.is_kept {
        let path = place.path().display();
        output::line(format!("\n文件都留在 · all files are kept in {path}"))?;
    }
    told
}

/// Says that something in the story does not hold.
fn broken(message: impl Into<String>) -> Failure {
    Failure::Server { code: "demo_failed".to_owned(), message: message.into() }
}

/// Whether the demo was asked to end.
static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Notes when the demo is asked to end, so that it takes everything with it.
fn note_interruption() {
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate())?;
            let mut hang_up = signal(SignalKind::hangup())?;
            tokio::select! {
                interrupted = tokio::signal::ctrl_c() => interrupted?,
                _ = terminate.recv() => {}
                _ = hang_up.recv() => {}
            }
            IS_INTERRUPTED.store(true, Ordering::Relaxed);
            std::io::Result::Ok(())
        })
    });
}

/// Ends the story if the demo was asked to end.
fn go_on() -> Result<(), Failure> {
    if IS_INTERRUPTED.load(Ordering::Relaxed) {
        let message = "it was interrupted".to_owned();
        return Err(Failure::Server { code: "demo_interrupted".to_owned(), message });
    }
    Ok(())
}

/// Says that the operating system does not give what the story needs.
fn unusable(error: std::io::Error) -> Failure {
    broken(format!("a file, a port or a process cannot be used: {error}"))
}

/// Demands something of the story.
fn hold(holds: bool, what: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(broken(format!("it does not hold that {what}"))) }
}

/// The directory everything happens in. It is removed when this is dropped, unless it is kept.
struct Place {
    path: PathBuf,
    is_kept: bool,
}

impl Place {
    fn make() -> Result<Self, Failure> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Short, because a socket's path below it may have 104 bytes at most on some systems.
        let name = format!("keting-demo-{}-{:x}", std::process::id(), since.subsec_nanos());
        let path = std::env::temp_dir().join(name);
        DirBuilder::new().mode(0o700).create(&path).map_err(unusable)?;
        Ok(Self { path, is_kept: false })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
