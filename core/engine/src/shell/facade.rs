//! What an application holds: one replica, usable from every thread.

use std::convert::Infallible;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keting_model::query::Withheld;
use keting_model::{Command, DocumentId, DocumentKind, HybridTime, ItemId};
use keting_store::{Reader, Readers, SalvageReport};
use keting_sync::Backoff;
use keting_trust::{Invitation, limits};

use crate::directory;
use crate::environment::SystemEnvironment;
use crate::error::EngineError;
use crate::replica::{Executed, Replica, Status};
use crate::shell::sync_loop::{self, Until};
use crate::vault::Vault;
use crate::watch::{Observers, Subscription};

pub use crate::shell::sync_loop::{SyncNews, SyncReport};

/// A replica for an application: one writer behind a lock, readers that never wait for it, and
/// syncing beside both.
///
/// Cloning gives another handle to the same replica; the file is closed with the last one.
#[derive(Clone)]
pub struct Keting {
    inner: Arc<Inner>,
}

struct Inner {
    /// Readers that are open and idle, and what opens more: neither needs the replica's lock, so
    /// a query never waits for an edit or a sync. They stand before the replica because its
    /// connection must be the last one closed: that one moves the log into the file.
    idle_readers: Mutex<Vec<Reader>>,
    readers: Readers,
    replica: Mutex<Replica>,
    observers: Observers,
    edited: tokio::sync::Notify,
}

impl Keting {
    /// Makes a device in `directory` that `invitation` allows to enrol, with the next sync.
    ///
    /// # Errors
    /// When the directory or the vault cannot be written, or a device is enrolled there already.
    pub fn create(
        directory: &Path,
        vault: Arc<dyn Vault>,
        invitation: &Invitation,
    ) -> Result<Self, EngineError> {
        directory::create(directory, vault, Box::new(SystemEnvironment), invitation).map(Self::new)
    }

    /// Opens the device in `directory`.
    ///
    /// # Errors
    /// When there is none, another process has it open, or its file cannot be opened; the file then
    /// stays as it was.
    pub fn open(directory: &Path, vault: Arc<dyn Vault>) -> Result<Self, EngineError> {
        directory::open(directory, vault, Box::new(SystemEnvironment)).map(Self::new)
    }

    /// Opens a device whose file was found damaged (`corrupt`): the file is set aside, never deleted,
    /// and a fresh one takes its place with the edits that the server has not acknowledged. The next
    /// sync brings the documents again. The report says what could be saved; there is none if the file
    /// turned out to be sound.
    ///
    /// # Errors
    /// When there is none, another process has it open, or there is no room for a fresh file; the
    /// damaged one then stays where it is.
    pub fn salvage(
        directory: &Path,
        vault: Arc<dyn Vault>,
    ) -> Result<(Self, Option<SalvageReport>), EngineError> {
        let (replica, report) = directory::salvage(directory, vault, Box::new(SystemEnvironment))?;
        Ok((Self::new(replica), report))
    }

    /// Shares a replica that was opened with an environment or a file of the caller's own.
    pub fn new(replica: Replica) -> Self {
        let observers = replica.observers().clone();
        let inner = Inner {
            readers: replica.store().readers(),
            idle_readers: Mutex::new(Vec::new()),
            replica: Mutex::new(replica),
            observers,
            edited: tokio::sync::Notify::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Carries out a command. When it returns, the edit is durable on this device.
    ///
    /// # Errors
    /// When the command is not valid, not permitted, or the file cannot be written. Nothing has then
    /// happened.
    pub fn execute(&self, command: &Command) -> Result<Executed, EngineError> {
        let executed = self.replica().execute(command)?;
        self.inner.edited.notify_one();
        Ok(executed)
    }

    /// Runs a query on a reader of its own, which sees the file as of the last edit.
    ///
    /// # Errors
    /// When the file cannot be read, or what `work` says.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, keting_store::StoreError>,
    ) -> Result<T, EngineError> {
        let idle = self.idle_readers().pop();
        let reader = match idle {
            Some(reader) => reader,
            None => self.inner.readers.open()?,
        };
        // A reader that met a page it cannot read refuses every other one, too: it is not used again.
        let answer = work(&reader)?;
        let mut idle = self.idle_readers();
        if idle.len() < limits::READERS_MAX {
            idle.push(reader);
        }
        Ok(answer)
    }

    /// A fresh id for something inside a document, for a command to carry.
    pub fn new_item(&self) -> ItemId {
        ItemId::new(self.replica().environment().random())
    }

    /// A fresh id for a document, for a command to carry.
    pub fn new_document(&self, kind: DocumentKind) -> DocumentId {
        DocumentId::from_random(kind, self.replica().environment().random())
    }

    /// The time for a command to carry: later than everything this replica knows.
    pub fn now(&self) -> HybridTime {
        self.replica().now()
    }

    /// What the holder's role withholds from queries.
    pub fn withheld(&self) -> Withheld {
        let role = self.replica().grant().map(|signed| signed.grant.role);
        Withheld::from_roles(role.as_slice())
    }

    /// Begins to watch the rows of some projection tables; none means all.
    pub fn watch(&self, tables: &[&'static str]) -> Subscription {
        self.inner.observers.subscribe(tables)
    }

    /// How far the replica is.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn status(&self) -> Result<Status, EngineError> {
        self.replica().status()
    }

    /// Exchanges everything with the server once, and ends.
    ///
    /// `news` is told how it goes on.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses. What was exchanged until then is kept.
    pub async fn sync(
        &self,
        news: &mut (dyn FnMut(SyncNews) + Send),
    ) -> Result<SyncReport, EngineError> {
        sync_loop::run(self, Until::Quiescent, news).await
    }

    /// Stays connected, exchanging whatever comes up, and connects again with a growing delay when
    /// the link breaks. Dropping the future ends it.
    ///
    /// # Errors
    /// When trying again would not help.
    pub async fn stay_connected(
        &self,
        news: &mut (dyn FnMut(SyncNews) + Send),
    ) -> Result<Infallible, EngineError> {
        let mut backoff = Backoff::new(u64::from_be_bytes(self.replica().environment().random()));
        loop {
            let mut reached = false;
            let mut tell = |what| {
                reached |= what == SyncNews::UpToDate;
                news(what);
            };
            match sync_loop::run(self, Until::Stopped, &mut tell).await {
                Err(error) if !error.retryable() => return Err(error),
                Ok(_) | Err(_) => {}
            }
            if reached {
                backoff.reset();
            }
            tokio::time::sleep(Duration::from_millis(backoff.next_delay_ms())).await;
        }
    }

    /// The replica itself, locked.
    pub fn replica(&self) -> MutexGuard<'_, Replica> {
        self.inner.replica.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn edited(&self) {
        self.inner.edited.notified().await;
    }

    fn idle_readers(&self) -> MutexGuard<'_, Vec<Reader>> {
        self.inner.idle_readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
