//! What SQLite asks of a machine.
//!
//! Every call passes [`State::call`], which refuses what a dead machine cannot do, counts, lets a
//! fault strike and records the call. An error is the code that SQLite is told.

use std::ffi::c_int;
use std::ptr::NonNull;

use rusqlite::ffi;

use super::{FileId, Handle, HandleId, State};
use crate::vfs::content::Content;
use crate::vfs::faults::{Failure, Op};
use crate::vfs::locks::LockLevel;
use crate::vfs::shm::ShmLocks;

type Answer<T> = Result<T, c_int>;

/// How a file is to be opened.
#[derive(Debug, Clone, Copy)]
pub(in crate::vfs) struct OpenFlags(pub(in crate::vfs) c_int);

impl OpenFlags {
    const fn has(self, flag: c_int) -> bool {
        self.0 & flag != 0
    }

    const fn is_journal(self) -> bool {
        self.has(
            ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL,
        )
    }
}

impl State {
    // ---- opening and closing ----

    /// Opens the file, or a nameless one that nobody else sees; says whether it may be written.
    pub(in crate::vfs) fn open(
        &mut self,
        path: Option<&str>,
        flags: OpenFlags,
    ) -> Answer<(HandleId, bool)> {
        let id = self.next_id();
        let shown = path.map_or_else(|| format!("(temporary {id})"), str::to_owned);
        self.call(Op::Open, &shown, u64::from(flags.0.unsigned_abs()), 0, |state, struck| {
            struck.map_or(Ok(()), |failure| Err(state.failed(Op::Open, failure)))?;
            let file = match path {
                Some(path) => state.find_or_make(path, flags)?,
                None => state.make_file(None, Content::default()),
            };
            let handle = Handle {
                path: shown.clone(),
                file,
                writable: flags.has(ffi::SQLITE_OPEN_READWRITE) && !state.read_only,
                delete_on_close: flags.has(ffi::SQLITE_OPEN_DELETEONCLOSE),
                syncs_directory: flags.has(ffi::SQLITE_OPEN_CREATE) && flags.is_journal(),
                alive: true,
                lock: LockLevel::None,
                index: None,
                index_locks: ShmLocks::default(),
            };
            let writable = handle.writable;
            state.handles.insert(HandleId(id), handle);
            Ok((HandleId(id), writable))
        })
    }

    fn find_or_make(&mut self, path: &str, flags: OpenFlags) -> Answer<FileId> {
        let found = self.entries.get(path).copied();
        let may_make = flags.has(ffi::SQLITE_OPEN_CREATE) && !self.read_only;
        match found {
            Some(_)
                if flags.has(ffi::SQLITE_OPEN_EXCLUSIVE) && flags.has(ffi::SQLITE_OPEN_CREATE) =>
            {
                Err(ffi::SQLITE_CANTOPEN)
            }
            Some(file) => Ok(file),
            None if may_make => Ok(self.make_file(Some(path), Content::default())),
            None => Err(ffi::SQLITE_CANTOPEN),
        }
    }

    /// Ends a handle: its locks, its part in the shared index, the file if nobody names it.
    pub(in crate::vfs) fn close(&mut self, id: HandleId) {
        self.shm_unmap(id);
        let Some(handle) = self.handles.remove(&id) else { return };
        let named = self.entries.get(&handle.path) == Some(&handle.file);
        if handle.delete_on_close && handle.alive && named {
            self.entries.remove(&handle.path);
        }
        self.drop_nameless_files();
    }

    pub(in crate::vfs) fn delete(&mut self, path: &str, sync_directory: bool) -> Answer<()> {
        self.call(Op::Delete, path, u64::from(sync_directory), 0, |state, struck| {
            if let Some(failure) = struck {
                if failure == Failure::PowerOff && state.rng.chance(1, 2) {
                    state.entries.remove(path);
                }
                return Err(state.failed(Op::Delete, failure));
            }
            if state.read_only {
                return Err(ffi::SQLITE_IOERR_DELETE);
            }
            state.entries.remove(path).ok_or(ffi::SQLITE_IOERR_DELETE_NOENT)?;
            if sync_directory {
                state.sync_directory(path);
            }
            state.drop_nameless_files();
            Ok(())
        })
    }

    /// Whether there is a file with something in it and, if asked, it may be written.
    pub(in crate::vfs) fn access(&mut self, path: &str, to_write: bool) -> Answer<bool> {
        self.call(Op::Access, path, u64::from(to_write), 0, |state, struck| {
            struck.map_or(Ok(()), |failure| Err(state.failed(Op::Access, failure)))?;
            // As on Unix: SQLite takes an empty journal for none.
            let there = state.named(path).is_some_and(|file| !file.content.bytes().is_empty());
            Ok(there && !(to_write && state.read_only))
        })
    }

    // ---- bytes ----

    /// Reads; says whether all the bytes were there, missing ones are zero.
    pub(in crate::vfs) fn read(
        &mut self,
        id: HandleId,
        offset: u64,
        into: &mut [u8],
    ) -> Answer<()> {
        self.call_on(id, Op::Read, offset, into.len(), |state, struck| {
            struck.map_or(Ok(()), |failure| Err(state.failed(Op::Read, failure)))?;
            let all_there = state.content(id)?.read(position(offset)?, into);
            if all_there { Ok(()) } else { Err(ffi::SQLITE_IOERR_SHORT_READ) }
        })
    }

    pub(in crate::vfs) fn write(&mut self, id: HandleId, offset: u64, bytes: &[u8]) -> Answer<()> {
        self.call_on(id, Op::Write, offset, bytes.len(), |state, struck| {
            if let Err(code) = state.must_be_writable(id) {
                return Err(struck.map_or(code, |failure| state.failed(Op::Write, failure)));
            }
            let offset = position(offset)?;
            if offset.checked_add(bytes.len()).is_none() {
                return Err(ffi::SQLITE_IOERR_WRITE);
            }
            let fitting = bytes.len().saturating_sub(state.missing_room(id, offset + bytes.len())?);
            let reach =
                struck.map_or(bytes.len(), |_| state.rng.index(bytes.len() + 1)).min(fitting);
            state.content(id)?.write(offset, &bytes[..reach]);
            match struck {
                Some(failure) => Err(state.failed(Op::Write, failure)),
                None if reach < bytes.len() => Err(ffi::SQLITE_FULL),
                None => Ok(()),
            }
        })
    }

    pub(in crate::vfs) fn truncate(&mut self, id: HandleId, len: u64) -> Answer<()> {
        self.call_on(id, Op::Truncate, len, 0, |state, struck| {
            struck.map_or(Ok(()), |failure| Err(state.failed(Op::Truncate, failure)))?;
            state.must_be_writable(id)?;
            let len = position(len)?;
            if state.missing_room(id, len)? > 0 {
                return Err(ffi::SQLITE_FULL);
            }
            state.content(id)?.resize(len);
            Ok(())
        })
    }

    pub(in crate::vfs) fn sync(&mut self, id: HandleId) -> Answer<()> {
        self.call_on(id, Op::Sync, 0, 0, |state, struck| {
            if let Some(failure) = struck {
                match failure {
                    Failure::SyncForgets => state.content(id)?.forget_unsynced(),
                    Failure::PowerOff if state.rng.chance(1, 2) => state.content(id)?.sync(),
                    Failure::PowerOff | Failure::Io | Failure::Full => {}
                }
                return Err(state.failed(Op::Sync, failure));
            }
            state.content(id)?.sync();
            let handle = state.handle(id)?;
            if std::mem::take(&mut handle.syncs_directory) {
                let path = handle.path.clone();
                state.sync_directory(&path);
            }
            Ok(())
        })
    }

    pub(in crate::vfs) fn size(&mut self, id: HandleId) -> Answer<u64> {
        self.call_on(id, Op::Size, 0, 0, |state, struck| {
            struck.map_or(Ok(()), |failure| Err(state.failed(Op::Size, failure)))?;
            Ok(state.content(id)?.bytes().len() as u64)
        })
    }

    // ---- locks ----

    pub(in crate::vfs) fn lock(&mut self, id: HandleId, wanted: LockLevel) -> Answer<()> {
        self.call_on(id, Op::Lock, wanted as u64, 0, |state, struck| {
            struck.map_or(Ok(()), |failure| Err(state.failed(Op::Lock, failure)))?;
            let others = state.others_on(id).map(|handle| handle.lock).max().unwrap_or_default();
            let handle = state.handle(id)?;
            let (held, granted) = handle.lock.raised_to(wanted, others);
            handle.lock = held;
            if granted { Ok(()) } else { Err(ffi::SQLITE_BUSY) }
        })
    }

    /// Lowers the lock. A dead machine holds none, so this never fails.
    pub(in crate::vfs) fn unlock(&mut self, id: HandleId, to: LockLevel) {
        let Some(handle) = self.handles.get_mut(&id) else { return };
        handle.lock = handle.lock.min(to);
        let path = handle.path.clone();
        self.trace.record(Op::Unlock, &path, to as u64, 0, ffi::SQLITE_OK);
    }

    /// Whether any connection is about to write the file.
    pub(in crate::vfs) fn is_reserved(&mut self, id: HandleId) -> Answer<bool> {
        let powered = self.powered;
        let handle = self.handle(id)?;
        if !handle.alive || !powered {
            return Err(ffi::SQLITE_IOERR_CHECKRESERVEDLOCK);
        }
        let own = handle.lock;
        let others = self.others_on(id).map(|handle| handle.lock).max().unwrap_or_default();
        Ok(own.max(others) >= LockLevel::Reserved)
    }

    // ---- the shared index ----

    /// The address of a region of the file's index; nothing when it is not there and not to be
    /// made. It stays good until [`Self::shm_unmap`] or [`Self::close`] of this handle.
    pub(in crate::vfs) fn shm_map(
        &mut self,
        id: HandleId,
        region: usize,
        len_bytes: usize,
        extend: bool,
    ) -> Answer<Option<NonNull<u8>>> {
        self.call_on(id, Op::ShmMap, region as u64, len_bytes, |state, struck| {
            struck.map_or(Ok(()), |failure| Err(state.failed(Op::ShmMap, failure)))?;
            let read_only = state.read_only;
            let handle = state.handles.get_mut(&id).ok_or(ffi::SQLITE_IOERR)?;
            let file = state.files.get_mut(&handle.file).ok_or(ffi::SQLITE_IOERR)?;
            if read_only && file.index.is_none() {
                return Err(ffi::SQLITE_CANTOPEN);
            }
            let index =
                handle.index.get_or_insert_with(|| file.index.get_or_insert_default().clone());
            let address = index.map(region, len_bytes, extend);
            if extend && address.is_none() { Err(ffi::SQLITE_NOMEM) } else { Ok(address) }
        })
    }

    pub(in crate::vfs) fn shm_lock(
        &mut self,
        id: HandleId,
        first: u32,
        count: u32,
        exclusive: bool,
    ) -> Answer<()> {
        let mask = ShmLocks::mask(first, count).ok_or(ffi::SQLITE_MISUSE)?;
        let shape = u64::from(first) | u64::from(exclusive) << 8;
        self.call_on(id, Op::ShmLock, shape, count as usize, |state, struck| {
            struck.map_or(Ok(()), |failure| Err(state.failed(Op::ShmLock, failure)))?;
            let mut held = state.handle(id)?.index_locks;
            let granted =
                held.take(mask, exclusive, state.others_on(id).map(|handle| handle.index_locks));
            state.handle(id)?.index_locks = held;
            if granted { Ok(()) } else { Err(ffi::SQLITE_BUSY) }
        })
    }

    /// Gives locks on the index back. A dead machine holds none, so this never fails.
    pub(in crate::vfs) fn shm_unlock(&mut self, id: HandleId, first: u32, count: u32) {
        let (Some(mask), Some(handle)) = (ShmLocks::mask(first, count), self.handles.get_mut(&id))
        else {
            return;
        };
        handle.index_locks.give_back(mask);
        let path = handle.path.clone();
        self.trace.record(Op::ShmUnlock, &path, u64::from(first), u64::from(count), ffi::SQLITE_OK);
    }

    /// Leaves the shared index; the last one to leave ends it.
    pub(in crate::vfs) fn shm_unmap(&mut self, id: HandleId) {
        let Some(handle) = self.handles.get_mut(&id) else { return };
        handle.index_locks = ShmLocks::default();
        let (left, alive, file) = (handle.index.take(), handle.alive, handle.file);
        let last = self.others_on(id).all(|other| other.index.is_none());
        if left.is_some()
            && alive
            && last
            && let Some(file) = self.files.get_mut(&file)
        {
            file.index = None;
        }
    }

    // ---- helpers ----

    /// What every call has in common; `work` learns of the fault that struck, if one did.
    fn call<T>(
        &mut self,
        op: Op,
        path: &str,
        offset: u64,
        len: u64,
        work: impl FnOnce(&mut Self, Option<Failure>) -> Answer<T>,
    ) -> Answer<T> {
        let answer = if self.powered {
            self.counters.count(op, len);
            let struck = self.faults.strike(op, path);
            work(self, struck)
        } else {
            Err(op.io_error())
        };
        let code = answer.as_ref().err().copied().unwrap_or(ffi::SQLITE_OK);
        self.trace.record(op, path, offset, len, code);
        answer
    }

    fn call_on<T>(
        &mut self,
        id: HandleId,
        op: Op,
        offset: u64,
        len: usize,
        work: impl FnOnce(&mut Self, Option<Failure>) -> Answer<T>,
    ) -> Answer<T> {
        let path = match self.handles.get(&id) {
            Some(handle) if handle.alive => handle.path.clone(),
            _ => return Err(op.io_error()),
        };
        self.call(op, &path, offset, len as u64, work)
    }

    fn failed(&mut self, op: Op, failure: Failure) -> c_int {
        self.powered &= failure != Failure::PowerOff;
        if failure == Failure::Full { ffi::SQLITE_FULL } else { op.io_error() }
    }

    fn handle(&mut self, id: HandleId) -> Answer<&mut Handle> {
        self.handles.get_mut(&id).ok_or(ffi::SQLITE_IOERR)
    }

    fn content(&mut self, id: HandleId) -> Answer<&mut Content> {
        let handle = self.handles.get(&id).ok_or(ffi::SQLITE_IOERR)?;
        self.files.get_mut(&handle.file).map(|file| &mut file.content).ok_or(ffi::SQLITE_IOERR)
    }

    fn must_be_writable(&mut self, id: HandleId) -> Answer<()> {
        let read_only = self.read_only;
        if self.handle(id)?.writable && !read_only { Ok(()) } else { Err(ffi::SQLITE_READONLY) }
    }

    fn others_on(&self, id: HandleId) -> impl Iterator<Item = &Handle> {
        let file = self.handles.get(&id).map(|handle| handle.file);
        self.handles
            .iter()
            .filter(move |(other, handle)| {
                **other != id && handle.alive && Some(handle.file) == file
            })
            .map(|(_, handle)| handle)
    }

    /// How many bytes the disk lacks to make the file that long.
    fn missing_room(&mut self, id: HandleId, len: usize) -> Answer<usize> {
        let growth = len.saturating_sub(self.content(id)?.bytes().len());
        let free = self
            .capacity_bytes
            .map_or(u64::MAX, |capacity| capacity.saturating_sub(self.used_bytes()));
        Ok(growth.saturating_sub(usize::try_from(free).unwrap_or(usize::MAX)))
    }
}

fn position(offset: u64) -> Answer<usize> {
    usize::try_from(offset).map_err(|_| ffi::SQLITE_IOERR)
}
