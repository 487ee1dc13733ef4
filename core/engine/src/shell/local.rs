//! An open replica that several threads share: one writer behind a lock, readers beside it.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Instant;

use keting_model::query::{Permitted, Withheld};
use keting_model::{CityTime, Command, DocumentId, DocumentKind, ItemId, Role};
use keting_store::{Reader, Readers, SalvageReport, StoreError};
use keting_trust::{Invitation, limits};
use tokio::sync::Notify;

use crate::directory;
use crate::environment::{Environment, SystemEnvironment};
use crate::error::EngineError;
use crate::replica::{Executed, Replica};
use crate::shell::changes::{Changed, Changes};
use crate::shell::handle::{self, SyncHandle};
use crate::shell::news::SyncNews;
use crate::shell::own_thread;
use crate::shell::sync_loop::SyncReport;
use crate::shell::turn::Turns;
use crate::vault::Vault;
use crate::watch::{Observers, Subscription};

/// A replica on one's own threads, for tests and tools: one writer behind a lock, readers that never wait
/// for it, and syncing beside both. An app holds a [`Keting`](crate::Keting), which stands on this.
///
/// Every call returns as soon as this device has done its part; only [`Self::sync`] waits for a
/// server. Cloning gives another handle to the same replica; the file is closed with the last one.
#[derive(Clone)]
pub struct Local {
    inner: Arc<Inner>,
}

struct Inner {
    /// What is known of the replica, kept beside it for whoever must not wait for its lock.
    known: Mutex<Known>,
    /// Readers that are open and idle, and what opens more: neither needs the replica's lock, so
    /// a query never waits for an edit or a sync. They stand before the replica because its
    /// connection must be the last one closed: that one moves the log into the file.
    idle_readers: Mutex<Vec<Reader>>,
    readers: Readers,
    replica: Mutex<Replica>,
    observers: Observers,
    turns: Turns,
    edited: Notify,
    hurried: Notify,
    /// Who asks again, where the engine's own threads hold the replica.
    hosted: Option<Changes>,
}

/// The replica as it was when its lock was last given back.
#[derive(Clone)]
struct Known {
    is_joined: bool,
    roles: Vec<Role>,
    withheld: Withheld,
    time: CityTime,
    clock_off_ms: Option<i64>,
    at: Instant,
}

impl Known {
    fn of(replica: &Replica) -> Self {
        Self {
            is_joined: replica.membership().is_some(),
            roles: replica.roles(),
            withheld: replica.withheld(),
            time: replica.now(),
            clock_off_ms: replica.clock_off_ms(),
            at: Instant::now(),
        }
    }

    /// Whether what may be seen by now is what could be seen before.
    fn shows_as_much_as(&self, before: &Self) -> bool {
        self.is_joined == before.is_joined
            && self.roles == before.roles
            && self.withheld == before.withheld
            && self.time.day() == before.time.day()
    }

    /// The time by now, as nobody has set the clock since.
    fn now(&self) -> CityTime {
        let since_ms = u64::try_from(self.at.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.time.plus_ms(since_ms)
    }
}

impl Local {
    /// Makes a device in `directory` that `invitation` allows to enrol, with the next sync. A device
    /// that is there already accepts the invitation as [`Self::accept`] does.
    ///
    /// # Errors
    /// When the directory or the vault cannot be written, or a device of another city is there.
    pub fn create(
        directory: &Path,
        vault: Arc<dyn Vault>,
        invitation: &Invitation,
    ) -> Result<Self, EngineError> {
        directory::create(directory, vault, Box::new(SystemEnvironment), invitation).map(Self::of)
    }

    /// Takes away the device in `directory`, if it never joined a city and holds nothing that was entered: its
    /// file, and its keys in the vault. Says whether it was one; another stays as it is. To be called when no
    /// handle to it is left.
    ///
    /// # Errors
    /// When there is none, somebody has it open, or something of it cannot be removed.
    pub fn discard(directory: &Path, vault: Arc<dyn Vault>) -> Result<bool, EngineError> {
        directory::discard(directory, vault, Box::new(SystemEnvironment))
    }

    /// Accepts an invitation to the city that the device is in: the next sync presents it, and then
    /// the device has the address, the server's key and the grants of the invitation, and keeps its
    /// keys, its data and what waits to be sent. An invitation that leads to nothing changes nothing.
    ///
    /// # Errors
    /// When the invitation is of another city, or names another root key.
    pub fn accept(&self, invitation: &Invitation) -> Result<(), EngineError> {
        self.with_replica(|replica| replica.accept(invitation))
    }

    /// Opens the device in `directory`.
    ///
    /// # Errors
    /// When there is none, another process has it open, or its file cannot be opened; the file then
    /// stays as it was.
    pub fn open(directory: &Path, vault: Arc<dyn Vault>) -> Result<Self, EngineError> {
        directory::open(directory, vault, Box::new(SystemEnvironment)).map(Self::of)
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
        Ok((Self::of(replica), report))
    }

    /// Forgets the report of a salvage, which [`Self::status`] shows until then: a person has taken
    /// note of it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn dismiss_salvage_report(&self) -> Result<(), EngineError> {
        self.with_replica(Replica::dismiss_salvage_report)
    }

    pub(crate) fn of(replica: Replica) -> Self {
        Self::with(replica, None)
    }

    /// One that only the engine's own threads may use, and that tells who asks again.
    pub(super) fn hosted(replica: Replica, changes: Changes) -> Self {
        Self::with(replica, Some(changes))
    }

    fn with(replica: Replica, hosted: Option<Changes>) -> Self {
        let inner = Inner {
            known: Mutex::new(Known::of(&replica)),
            readers: replica.store().readers(),
            idle_readers: Mutex::new(Vec::new()),
            observers: replica.observers().clone(),
            replica: Mutex::new(replica),
            turns: Turns::default(),
            edited: Notify::new(),
            hurried: Notify::new(),
            hosted,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Carries out a command. When it returns, the edit is durable on this device.
    ///
    /// # Errors
    /// When the command is not valid, not permitted, or the file cannot be written. Nothing has then
    /// happened.
    pub fn execute(&self, command: &Command) -> Result<Executed, EngineError> {
        let executed = self.with_replica(|replica| replica.execute(command))?;
        self.tell_edited();
        Ok(executed)
    }

    /// Wakes the sync that waits for edits.
    pub(crate) fn tell_edited(&self) {
        self.inner.edited.notify_one();
    }

    /// Runs a query that is not among the ready ones, on a reader of its own, which sees the file as
    /// of the last edit. It answers to [`Self::withheld`] itself.
    ///
    /// # Errors
    /// When the file cannot be read, or what `work` says.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, StoreError>,
    ) -> Result<T, EngineError> {
        self.assert_on_own_thread();
        let idle = locked(&self.inner.idle_readers).pop();
        let reader = match idle {
            Some(reader) => reader,
            None => self.inner.readers.open()?,
        };
        // A reader that met a page it cannot read refuses every other one, too: it is not used again.
        let answer = work(&reader)?;
        let mut idle = locked(&self.inner.idle_readers);
        if idle.len() < limits::READERS_MAX {
            idle.push(reader);
        }
        Ok(answer)
    }

    /// Complains of a device that has not joined a city: what is not here is then no answer.
    pub(crate) fn require_joined(&self) -> Result<(), EngineError> {
        if self.known().is_joined { Ok(()) } else { Err(EngineError::NotEnrolled) }
    }

    /// What is withheld from the holder in queries: what their role may not read, and what lies where no
    /// grant of theirs reaches any more.
    pub fn withheld(&self) -> Withheld {
        self.known().withheld
    }

    /// The holder's roles, by the grants that are live, the one that lives longest first.
    pub fn roles(&self) -> Vec<Role> {
        self.known().roles
    }

    /// What the holder's role lets them write.
    pub fn permitted(&self) -> Permitted {
        Permitted::from_roles(&self.known().roles)
    }

    /// A fresh id for something inside a document, for a command to carry.
    pub fn new_item(&self) -> ItemId {
        ItemId::new(random())
    }

    /// A fresh id for a document, for a command to carry.
    pub fn new_document(&self, kind: DocumentKind) -> DocumentId {
        DocumentId::from_random(kind, random())
    }

    /// The city's time, for a command to carry: whatever the machine's clock shows. It does not wait
    /// for what is being done.
    pub fn now(&self) -> CityTime {
        self.clocks().0
    }

    /// The city's time, and by how much the machine's clock is off.
    pub(super) fn clocks(&self) -> (CityTime, Option<i64>) {
        let of = |replica: &Replica| (replica.now(), replica.clock_off_ms());
        match self.inner.replica.try_lock() {
            Ok(replica) => of(&replica),
            Err(TryLockError::Poisoned(poisoned)) => of(&poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => {
                let known = self.known();
                (known.now(), known.clock_off_ms)
            }
        }
    }

    /// Begins to watch the rows of some projection tables; none means all. It ends when the
    /// subscription is dropped, or the last handle to the replica.
    pub fn watch(&self, tables: &[&'static str]) -> Subscription {
        self.inner.observers.subscribe(tables)
    }

    /// Exchanges everything with the server once, and returns when that is done. It works on a
    /// thread of its own and blocks the calling one.
    ///
    /// `news` is told how it goes on.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses; what was exchanged until then is kept. At once
    /// with `sync_running` when this replica is syncing already, also on another clone.
    pub fn sync(&self, news: &mut (dyn FnMut(SyncNews) + Send)) -> Result<SyncReport, EngineError> {
        let _turn = self.inner.turns.take()?;
        handle::sync_once(self, news)
    }

    /// Stays connected on a thread of its own, exchanging whatever comes up, and connects again with
    /// a growing delay when the link breaks. Dropping the handle ends it.
    ///
    /// # Errors
    /// At once with `sync_running` when this replica is syncing already, also on another clone. What
    /// happens later is told in [`SyncHandle::news`].
    pub fn start_sync(&self) -> Result<SyncHandle, EngineError> {
        let turn = self.inner.turns.take()?;
        SyncHandle::start(self, turn)
    }

    /// Works on the replica while nobody else does.
    pub(crate) fn with_replica<T>(&self, work: impl FnOnce(&mut Replica) -> T) -> T {
        let mut replica = self.lock();
        let writes_before = replica.store().write_count();
        let done = work(&mut replica);
        let has_written = replica.store().write_count() != writes_before;
        let tables = replica.observers().take_tables();
        let known = Known::of(&replica);
        let before = std::mem::replace(&mut *locked(&self.inner.known), known.clone());
        drop(replica);
        if !known.shows_as_much_as(&before) {
            self.tell(&Changed::Everything);
        } else if has_written {
            self.tell(&Changed::Written(tables));
        }
        done
    }

    /// Looks whether another day has begun in the city since it was last looked. It waits for nobody.
    pub(super) fn looks_at_another_day(&self) -> bool {
        let now = self.now();
        let mut known = locked(&self.inner.known);
        let is_another = now.day() != known.time.day();
        if is_another {
            (known.time, known.at) = (now, Instant::now());
        }
        is_another
    }

    fn tell(&self, changed: &Changed) {
        if let Some(changes) = &self.inner.hosted {
            changes.tell(changed);
        }
    }

    fn assert_on_own_thread(&self) {
        if self.inner.hosted.is_some() {
            own_thread::assert();
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Replica> {
        self.assert_on_own_thread();
        locked(&self.inner.replica)
    }

    /// Somebody edited since it was last asked.
    pub(super) async fn edited(&self) {
        self.inner.edited.notified().await;
    }

    pub(super) fn hurry(&self) {
        self.inner.hurried.notify_one();
    }

    /// Somebody wants a connection now.
    pub(super) async fn hurried(&self) {
        self.inner.hurried.notified().await;
    }

    fn known(&self) -> Known {
        locked(&self.inner.known).clone()
    }
}

/// Bytes nobody can foresee.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let environment: &mut dyn Environment = &mut SystemEnvironment;
    environment.random()
}

/// A lock whose holder panicked guards what is on the disk, which is whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
