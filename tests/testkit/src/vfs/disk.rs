//! The disk as a test holds it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::faults::{Call, Counters, Fault};
use super::register::Registration;
use super::state::State;

/// Numbers the disks of this process, so that each has a VFS name of its own.
static DISKS: AtomicU64 = AtomicU64::new(1);

/// What it means when SQLite waits for a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Waiting {
    /// The disk's clock moves on and the thread yields: for tests on one thread, where waiting
    /// could change nothing.
    #[default]
    Virtual,
    /// The thread sleeps: for tests with several threads. The disk's clock moves on as well.
    Real,
}

/// A machine's disk in memory, with a SQLite VFS of its own. Clones are the same disk.
///
/// See the [module](super) for what it models. It may be used from several threads; its files
/// stay while any clone or any open connection is left.
#[derive(Debug, Clone)]
pub struct Disk {
    machine: Arc<Machine>,
}

/// What clones and open files share.
#[derive(Debug)]
pub(super) struct Machine {
    vfs_name: String,
    state: Mutex<State>,
    registration: Mutex<Option<Registration>>,
}

impl Machine {
    /// Nothing that holds this guard may call SQLite.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers the VFS for the machine's present life; the one of an earlier life is found no
    /// more, and who still holds it opens and deletes nothing.
    fn register(self: &Arc<Self>) {
        let mut registration = self.registration.lock().unwrap_or_else(PoisonError::into_inner);
        let life = self.state().life;
        // Both have one name, so the old one must go before the new one comes.
        *registration = None;
        *registration = Some(Registration::new(&self.vfs_name, Arc::downgrade(self), life));
    }
}

impl Disk {
    /// An empty disk with power. The seed decides what a failing call leaves half done.
    pub fn new(seed: u64) -> Self {
        Self::of(State::new(seed))
    }

    fn of(state: State) -> Self {
        let machine = Arc::new(Machine {
            vfs_name: format!("keting-disk-{}", DISKS.fetch_add(1, Ordering::Relaxed)),
            state: Mutex::new(state),
            registration: Mutex::new(None),
        });
        machine.register();
        Self { machine }
    }

    /// The VFS to open connections with; it stays the same over power cuts.
    pub fn vfs_name(&self) -> &str {
        &self.machine.vfs_name
    }

    // ---- bad days ----

    /// The power goes: every call fails until [`Self::power_cut`].
    pub fn power_off(&self) {
        self.machine.state().powered = false;
    }

    /// Whether it has power: a [`Fault`] may have taken it.
    pub fn is_powered(&self) -> bool {
        self.machine.state().powered
    }

    /// The machine loses its power, forgets what was not synced except for a part that the seed
    /// picks, and starts again. Connections from before get errors for ever; drop them when you
    /// like. Rules of faults stay in force.
    pub fn power_cut(&self, seed: u64) {
        self.machine.state().power_cut(seed);
        self.machine.register();
    }

    /// All processes of the machine are killed: connections from before get errors for ever, what
    /// they wrote stays, for the operating system has it.
    pub fn kill_processes(&self) {
        self.machine.state().processes_die();
        self.machine.register();
    }

    /// Lets calls fail by this rule, beside the rules already there.
    pub fn inject(&self, fault: Fault) {
        self.machine.state().faults.inject(fault);
    }

    /// Ends all rules.
    pub fn clear_faults(&self) {
        self.machine.state().faults.clear();
    }

    /// How many calls were made to fail so far: a test of faults checks that one ever did.
    pub fn faults_fired(&self) -> u64 {
        self.machine.state().faults.fired
    }

    /// Sets how many bytes all files together may have; `None` is without end.
    pub fn set_capacity_bytes(&self, capacity: Option<u64>) {
        self.machine.state().capacity_bytes = capacity;
    }

    /// Lets nothing be written, made or deleted any more, or again.
    pub fn set_read_only(&self, read_only: bool) {
        self.machine.state().read_only = read_only;
    }

    // ---- time ----

    /// Sets the clock that SQLite's date functions show, in milliseconds since the Unix epoch.
    pub fn set_unix_ms(&self, unix_ms: u64) {
        self.machine.state().clock_us = unix_ms.saturating_mul(1_000);
    }

    /// What the clock shows; only waiting moves it by itself.
    pub fn unix_ms(&self) -> u64 {
        self.machine.state().clock_us / 1_000
    }

    /// Sets what waiting for a lock means.
    pub fn set_waiting(&self, waiting: Waiting) {
        self.machine.state().waiting = waiting;
    }

    // ---- what happened ----

    /// How often the disk was asked for what, since it was made.
    pub fn counters(&self) -> Counters {
        self.machine.state().counters
    }

    /// All calls so far as one number: equal for two runs that asked for the same.
    pub fn trace_digest(&self) -> u64 {
        self.machine.state().trace.digest
    }

    /// Begins to keep calls in full.
    pub fn start_trace(&self) {
        self.machine.state().trace.calls = Some(Vec::new());
    }

    /// The calls since [`Self::start_trace`] or the last taking.
    pub fn take_trace(&self) -> Vec<Call> {
        self.machine.state().trace.calls.as_mut().map(std::mem::take).unwrap_or_default()
    }

    // ---- files, past SQLite ----

    /// The paths of all files, sorted.
    pub fn paths(&self) -> Vec<String> {
        self.machine.state().paths()
    }

    /// The bytes of a file as a reader sees them.
    pub fn read_file(&self, path: &str) -> Option<Vec<u8>> {
        self.machine.state().bytes(&absolute(path)).map(<[u8]>::to_vec)
    }

    /// Puts bytes into a file, made if need be, safe at once: to spoil a page, to place a file.
    pub fn write_file(&self, path: &str, bytes: &[u8]) {
        self.machine.state().put(&absolute(path), bytes);
    }

    /// Deletes a file, safe at once; says whether there was one.
    pub fn remove_file(&self, path: &str) -> bool {
        self.machine.state().remove(&absolute(path))
    }

    /// Gives a file another name, safe at once, in place of a file of that name; says whether
    /// there was one.
    pub fn rename_file(&self, from: &str, to: &str) -> bool {
        self.machine.state().rename(&absolute(from), &absolute(to))
    }

    /// Another disk with a copy of all files as they are seen now, as a backup tool would make it.
    #[must_use]
    pub fn duplicate(&self, seed: u64) -> Self {
        let copy = self.machine.state().duplicate(seed);
        Self::of(copy)
    }

    /// How many bytes all files have together, deleted ones that are still open too.
    pub fn used_bytes(&self) -> u64 {
        self.machine.state().used_bytes()
    }
}

/// The path as the disk keeps it: there is one working directory, the root.
pub(super) fn absolute(path: &str) -> String {
    let relative = path.strip_prefix("./").unwrap_or(path);
    if relative.starts_with('/') { relative.to_owned() } else { format!("/{relative}") }
}
