//! A phone whose app holds the engine as apps do, and awaits it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use keting::{Answer, Invitation, Keting, Live, Query, SyncReport, SyncStatus};

use crate::phone::vault;

static APPS: AtomicU64 = AtomicU64::new(0);

/// Longer than anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// An app that runs.
pub struct App {
    /// What it holds.
    pub keting: Keting,
    directory: PathBuf,
}

impl App {
    /// Joins somewhere below `place` and waits for the first sync.
    pub fn joined(place: &Path, invitation: &Invitation) -> Self {
        let directory = place.join(format!("app{}", APPS.fetch_add(1, Ordering::Relaxed)));
        let data = directory.join("data");
        let keting = wait(Keting::join(&data, vault(&directory), invitation)).unwrap();
        let app = Self { keting, directory };
        app.sync();
        app
    }

    /// Syncs once.
    pub fn sync(&self) -> SyncReport {
        let run = self.keting.sync_once(u32::MAX).unwrap();
        wait(run.finish()).unwrap()
    }

    /// How syncing goes now.
    pub fn status(&self) -> SyncStatus {
        sync_status(wait(self.keting.ask(Query::Sync)).unwrap())
    }

    /// The folder of the app.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

/// The next answer of a live query, which goes on.
pub fn next(live: &Live) -> Answer {
    wait(live.next()).unwrap().unwrap()
}

/// The answer to [`Query::Sync`].
pub fn sync_status(answer: Answer) -> SyncStatus {
    let Answer::Sync(status) = answer else { panic!("not what was asked: {answer:?}") };
    *status
}

/// Waits for something of the engine, whose own threads do it.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, future).await }).unwrap()
}
