//! The machine behind a disk: files, directory, open handles, power.
//!
//! What SQLite asks of it is in [`calls`]; here is what it consists of, its bad days and the
//! test's own view of its files.

mod calls;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use calls::OpenFlags;

use super::content::Content;
use super::disk::Waiting;
use super::faults::{Counters, Faults, Trace};
use super::locks::LockLevel;
use super::shm::{Regions, ShmLocks};
use crate::rng::Rng;

/// Names an open handle; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HandleId(u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct FileId(u64);

/// Everything a disk is, under one lock.
#[derive(Debug)]
pub(super) struct State {
    files: BTreeMap<FileId, File>,
    /// The directory as it is seen, and as it is safe.
    entries: BTreeMap<String, FileId>,
    durable_entries: BTreeMap<String, FileId>,
    handles: BTreeMap<HandleId, Handle>,
    ids: u64,
    /// Grows when processes die; a registration of an earlier life opens nothing any more.
    pub(super) life: u64,
    pub(super) powered: bool,
    pub(super) read_only: bool,
    pub(super) capacity_bytes: Option<u64>,
    pub(super) clock_us: u64,
    pub(super) waiting: Waiting,
    pub(super) rng: Rng,
    pub(super) faults: Faults,
    pub(super) counters: Counters,
    pub(super) trace: Trace,
}

#[derive(Debug, Default)]
struct File {
    content: Content,
    index: Option<Regions>,
}

#[derive(Debug)]
struct Handle {
    path: String,
    file: FileId,
    writable: bool,
    delete_on_close: bool,
    /// The first sync of a journal or WAL makes its directory entry safe too.
    syncs_directory: bool,
    alive: bool,
    lock: LockLevel,
    index: Option<Regions>,
    index_locks: ShmLocks,
}

impl State {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            files: BTreeMap::new(),
            entries: BTreeMap::new(),
            durable_entries: BTreeMap::new(),
            handles: BTreeMap::new(),
            ids: 0,
            life: 0,
            powered: true,
            read_only: false,
            capacity_bytes: None,
            clock_us: 0,
            waiting: Waiting::default(),
            rng: Rng::new(seed),
            faults: Faults::default(),
            counters: Counters::default(),
            trace: Trace::default(),
        }
    }

    // ---- bad days ----

    /// All processes die: handles, locks and shared memory are gone, files stay as they are seen.
    pub(super) fn processes_die(&mut self) {
        self.life += 1;
        for handle in self.handles.values_mut() {
            // The handle itself, and the memory it points at, stay until its owner closes it.
            handle.alive = false;
            handle.lock = LockLevel::None;
            handle.index_locks = ShmLocks::default();
        }
        for file in self.files.values_mut() {
            file.index = None;
        }
        self.drop_nameless_files();
    }

    /// The machine goes dark and starts again with what was safe and a seeded part of the rest.
    pub(super) fn power_cut(&mut self, seed: u64) {
        let mut rng = Rng::new(seed);
        let mut paths: Vec<String> =
            self.durable_entries.keys().chain(self.entries.keys()).cloned().collect();
        paths.sort();
        paths.dedup();
        for path in paths {
            let seen = self.entries.remove(&path);
            let safe = self.durable_entries.get(&path).copied();
            let left = if seen != safe && rng.chance(1, 2) { seen } else { safe };
            self.durable_entries.remove(&path);
            if let Some(file) = left {
                self.entries.insert(path.clone(), file);
                self.durable_entries.insert(path, file);
            }
        }
        self.processes_die();
        for file in self.files.values_mut() {
            file.content.power_cut(&mut rng);
        }
        self.powered = true;
    }

    /// Another machine with a copy of the files as they are seen; nothing is open there.
    pub(super) fn duplicate(&self, seed: u64) -> Self {
        let mut copy = Self::new(seed);
        copy.clock_us = self.clock_us;
        for path in self.paths() {
            copy.put(&path, self.bytes(&path).unwrap_or_default());
        }
        copy.counters = Counters::default();
        copy
    }

    // ---- the test's own view ----

    pub(super) fn paths(&self) -> Vec<String> {
        self.entries.keys().cloned().collect()
    }

    pub(super) fn bytes(&self, path: &str) -> Option<&[u8]> {
        self.named(path).map(|file| file.content.bytes())
    }

    pub(super) fn put(&mut self, path: &str, bytes: &[u8]) {
        match self.entries.get(path).copied() {
            // Written into the same file, so that open connections see it.
            Some(id) => {
                if let Some(file) = self.files.get_mut(&id) {
                    file.content = Content::durable(bytes);
                }
            }
            None => {
                self.make_file(Some(path), Content::durable(bytes));
            }
        }
        self.sync_directory(path);
    }

    pub(super) fn remove(&mut self, path: &str) -> bool {
        let there = self.entries.remove(path).is_some();
        self.sync_directory(path);
        self.drop_nameless_files();
        there
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> bool {
        let Some(file) = self.entries.remove(from) else { return false };
        self.entries.insert(to.to_owned(), file);
        self.sync_directory(from);
        self.sync_directory(to);
        self.drop_nameless_files();
        true
    }

    pub(super) fn used_bytes(&self) -> u64 {
        // A deleted file that only a power cut could bring back takes no room.
        let seen = self.in_use(self.entries.values());
        seen.iter()
            .filter_map(|id| self.files.get(id))
            .map(|file| file.content.bytes().len() as u64)
            .sum()
    }

    // ---- helpers ----

    /// Makes a file; one without a name is gone when its handle is.
    fn make_file(&mut self, path: Option<&str>, content: Content) -> FileId {
        let file = FileId(self.next_id());
        self.files.insert(file, File { content, index: None });
        if let Some(path) = path {
            self.entries.insert(path.to_owned(), file);
        }
        file
    }

    fn next_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    fn named(&self, path: &str) -> Option<&File> {
        self.files.get(self.entries.get(path)?)
    }

    /// Makes the directory of this path safe as it is seen.
    fn sync_directory(&mut self, path: &str) {
        self.counters.directory_syncs += 1;
        let directory = directory_of(path);
        self.durable_entries.retain(|other, _| directory_of(other) != directory);
        let seen = self.entries.iter().filter(|(other, _)| directory_of(other) == directory);
        self.durable_entries.extend(seen.map(|(path, file)| (path.clone(), *file)));
        self.drop_nameless_files();
    }

    fn drop_nameless_files(&mut self) {
        let wanted = self.in_use(self.entries.values().chain(self.durable_entries.values()));
        self.files.retain(|id, _| wanted.contains(id));
    }

    /// These files and those that are open.
    fn in_use<'a>(&'a self, named: impl Iterator<Item = &'a FileId>) -> BTreeSet<FileId> {
        let open = self.handles.values().filter(|handle| handle.alive).map(|handle| &handle.file);
        named.chain(open).copied().collect()
    }
}

fn directory_of(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..slash])
}
