//! An open file as SQLite holds it, and the methods it calls on it.
//!
//! SQLite gives the memory; in it stand the table of methods, where SQLite looks for it, and the
//! address of our handle. Every method only turns C's arguments into Rust's and asks the machine.

use std::ffi::{c_int, c_void};
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use rusqlite::ffi;

use super::content::SECTOR_BYTES;
use super::disk::Machine;
use super::locks::LockLevel;
use super::state::{HandleId, State};

#[repr(C)]
struct OpenFile {
    base: ffi::sqlite3_file,
    handle: *mut OpenHandle,
}

/// What an open file refers to: the machine stays while a file is open.
struct OpenHandle {
    machine: Arc<Machine>,
    id: HandleId,
}

/// How much memory SQLite sets aside for an open file.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "two pointers fit an int"
)]
pub(super) const SIZE_BYTES: c_int = size_of::<OpenFile>() as c_int;

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(x_close),
    xRead: Some(x_read),
    xWrite: Some(x_write),
    xTruncate: Some(x_truncate),
    xSync: Some(x_sync),
    xFileSize: Some(x_file_size),
    xLock: Some(x_lock),
    xUnlock: Some(x_unlock),
    xCheckReservedLock: Some(x_check_reserved_lock),
    xFileControl: Some(x_file_control),
    xSectorSize: Some(x_sector_size),
    xDeviceCharacteristics: Some(x_device_characteristics),
    xShmMap: Some(x_shm_map),
    xShmLock: Some(x_shm_lock),
    xShmBarrier: Some(x_shm_barrier),
    xShmUnmap: Some(x_shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Marks the memory as a file that is not open, so that SQLite does not close it.
///
/// # Safety
/// `file` is writable memory of `SIZE_BYTES`, aligned for pointers.
pub(super) unsafe fn begin(file: *mut ffi::sqlite3_file) {
    let closed = OpenFile {
        base: ffi::sqlite3_file { pMethods: std::ptr::null() },
        handle: std::ptr::null_mut(),
    };
    // SAFETY: the memory is writable, large enough and aligned by contract.
    unsafe { file.cast::<OpenFile>().write(closed) };
}

/// Makes the memory an open file.
///
/// # Safety
/// As for [`begin`]; and whoever closes it calls `x_close` once.
pub(super) unsafe fn finish(file: *mut ffi::sqlite3_file, machine: Arc<Machine>, id: HandleId) {
    let handle = Box::into_raw(Box::new(OpenHandle { machine, id }));
    // SAFETY: the memory is writable, large enough and aligned by contract.
    unsafe {
        file.cast::<OpenFile>()
            .write(OpenFile { base: ffi::sqlite3_file { pMethods: &raw const METHODS }, handle })
    };
}

/// Asks the machine about an open file and turns the answer into SQLite's code.
///
/// # Safety
/// `file` was opened by us and not closed since, as SQLite promises of every method's file.
unsafe fn on_file(
    file: *mut ffi::sqlite3_file,
    work: impl FnOnce(&mut State, HandleId) -> Result<(), c_int>,
) -> c_int {
    // SAFETY: an open file has a handle of ours, which only `x_close` frees; nobody changes it.
    let handle = unsafe { &*(*file.cast::<OpenFile>()).handle };
    work(&mut handle.machine.state(), handle.id).err().unwrap_or(ffi::SQLITE_OK)
}

unsafe extern "C" fn x_close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes an open file once; the handle came from a box in `finish`.
    let handle = unsafe { Box::from_raw((*file.cast::<OpenFile>()).handle) };
    handle.machine.state().close(handle.id);
    // SAFETY: the memory is SQLite's and still there.
    unsafe { begin(file) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn x_read(
    file: *mut ffi::sqlite3_file,
    into: *mut c_void,
    count: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let (Ok(len), Ok(offset)) = (usize::try_from(count), u64::try_from(offset)) else {
        return ffi::SQLITE_IOERR_READ;
    };
    // SAFETY: SQLite gives `count` writable bytes; they may be uninitialised, so they are set
    // before a slice of them is made, and nobody else touches them during the call.
    let into = unsafe {
        into.cast::<u8>().write_bytes(0, len);
        std::slice::from_raw_parts_mut(into.cast::<u8>(), len)
    };
    // SAFETY: SQLite calls this on an open file.
    unsafe { on_file(file, |state, id| state.read(id, offset, into)) }
}

unsafe extern "C" fn x_write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    count: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let (Ok(len), Ok(offset)) = (usize::try_from(count), u64::try_from(offset)) else {
        return ffi::SQLITE_IOERR_WRITE;
    };
    // SAFETY: SQLite gives `count` readable bytes that nobody changes during the call.
    let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), len) };
    // SAFETY: SQLite calls this on an open file.
    unsafe { on_file(file, |state, id| state.write(id, offset, bytes)) }
}

unsafe extern "C" fn x_truncate(file: *mut ffi::sqlite3_file, len: ffi::sqlite3_int64) -> c_int {
    let Ok(len) = u64::try_from(len) else { return ffi::SQLITE_IOERR_TRUNCATE };
    // SAFETY: SQLite calls this on an open file.
    unsafe { on_file(file, |state, id| state.truncate(id, len)) }
}

unsafe extern "C" fn x_sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: SQLite calls this on an open file.
    unsafe { on_file(file, State::sync) }
}

unsafe extern "C" fn x_file_size(
    file: *mut ffi::sqlite3_file,
    out: *mut ffi::sqlite3_int64,
) -> c_int {
    let answer = |state: &mut State, id| {
        let size = i64::try_from(state.size(id)?).map_err(|_| ffi::SQLITE_IOERR_FSTAT)?;
        // SAFETY: SQLite gives a place for the size.
        unsafe { out.write(size) };
        Ok(())
    };
    // SAFETY: SQLite calls this on an open file.
    unsafe { on_file(file, answer) }
}

unsafe extern "C" fn x_lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    let Some(level) = LockLevel::from_code(level) else { return ffi::SQLITE_MISUSE };
    // SAFETY: SQLite calls this on an open file.
    unsafe { on_file(file, |state, id| state.lock(id, level)) }
}

unsafe extern "C" fn x_unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    let Some(level) = LockLevel::from_code(level) else { return ffi::SQLITE_MISUSE };
    let answer = |state: &mut State, id| {
        state.unlock(id, level);
        Ok(())
    };
    // SAFETY: SQLite calls this on an open file.
    unsafe { on_file(file, answer) }
}

unsafe extern "C" fn x_check_reserved_lock(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    let answer = |state: &mut State, id| {
        let reserved = state.is_reserved(id)?;
        // SAFETY: SQLite gives a place for the answer.
        unsafe { out.write(c_int::from(reserved)) };
        Ok(())
    };
    // SAFETY: SQLite calls this on an open file.
    unsafe { on_file(file, answer) }
}

/// Every file control is a hint or a question that may go unanswered.
const unsafe extern "C" fn x_file_control(
    _file: *mut ffi::sqlite3_file,
    _op: c_int,
    _argument: *mut c_void,
) -> c_int {
    ffi::SQLITE_NOTFOUND
}

#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "512 fits an int")]
const unsafe extern "C" fn x_sector_size(_file: *mut ffi::sqlite3_file) -> c_int {
    SECTOR_BYTES as c_int
}

/// What SQLite assumes of a disk on Unix and Windows by default, and no more: sectors may tear and
/// be reordered, a file may grow before its bytes are there.
const unsafe extern "C" fn x_device_characteristics(_file: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn x_shm_map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    len: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: SQLite gives a place for the address.
    unsafe { out.write(std::ptr::null_mut()) };
    let (Ok(region), Ok(len)) = (usize::try_from(region), usize::try_from(len)) else {
        return ffi::SQLITE_IOERR_SHMMAP;
    };
    let answer = |state: &mut State, id| {
        if let Some(address) = state.shm_map(id, region, len, extend != 0)? {
            // SAFETY: as above; the memory stays until this handle is unmapped or closed.
            unsafe { out.write(address.as_ptr().cast()) };
        }
        Ok(())
    };
    // SAFETY: SQLite calls this on an open file.
    unsafe { on_file(file, answer) }
}

unsafe extern "C" fn x_shm_lock(
    file: *mut ffi::sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    let (Ok(first), Ok(count)) = (u32::try_from(first), u32::try_from(count)) else {
        return ffi::SQLITE_MISUSE;
    };
    let exclusive = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
    let answer = |state: &mut State, id| {
        if flags & ffi::SQLITE_SHM_LOCK != 0 {
            return state.shm_lock(id, first, count, exclusive);
        }
        state.shm_unlock(id, first, count);
        Ok(())
    };
    // SAFETY: SQLite calls this on an open file.
    unsafe { on_file(file, answer) }
}

unsafe extern "C" fn x_shm_barrier(file: *mut ffi::sqlite3_file) {
    fence(Ordering::SeqCst);
    // Taking the machine's lock orders this thread with all others, as SQLite's own VFS does it.
    // SAFETY: SQLite calls this on an open file.
    unsafe { on_file(file, |_, _| Ok(())) };
}

unsafe extern "C" fn x_shm_unmap(file: *mut ffi::sqlite3_file, _delete: c_int) -> c_int {
    let answer = |state: &mut State, id| {
        state.shm_unmap(id);
        Ok(())
    };
    // SAFETY: SQLite calls this on an open file.
    unsafe { on_file(file, answer) }
}
