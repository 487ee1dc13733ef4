//! The VFS itself: how SQLite finds a disk, opens and deletes files there and asks for the time.
//!
//! SQLite keeps the address of a VFS in every connection, longer than any file is open, and tells
//! nobody when it lets go. So what SQLite may hold (the structure, its name, the way back to the
//! machine) is never freed: about 400 bytes for each life of a machine. It refers to the machine
//! weakly; when the machine is gone, or lives another life, it answers with errors.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::NonNull;
use std::sync::{Arc, Once, Weak};

use rusqlite::ffi;

use super::disk::{Machine, Waiting, absolute};
use super::file;
use super::state::{OpenFlags, State};

/// The longest path, with its end mark.
const PATH_BYTES_MAX: c_int = 512;
/// The Unix epoch in milliseconds since noon of 24 November 4714 BC, which SQLite counts from.
const UNIX_EPOCH_JULIAN_MS: i64 = 210_866_760_000_000;
const DAY_MS: f64 = 86_400_000.0;

/// The way back from a VFS to its machine.
struct Slot {
    machine: Weak<Machine>,
    life: u64,
}

/// A VFS that SQLite knows by name until this is dropped.
#[derive(Debug)]
pub(super) struct Registration {
    vfs: NonNull<ffi::sqlite3_vfs>,
}

// SAFETY: the structure is only read and written by SQLite under its own mutex.
unsafe impl Send for Registration {}

impl Registration {
    /// Registers a VFS that leads to the machine while it lives this life.
    pub(super) fn new(name: &str, machine: Weak<Machine>, life: u64) -> Self {
        let slot: &'static Slot = Box::leak(Box::new(Slot { machine, life }));
        let name = CString::new(name).unwrap_or_default().into_raw();
        let vfs = NonNull::from(Box::leak(Box::new(methods(slot, name))));
        make_ready();
        // SAFETY: structure, name and slot are never freed, and the methods are of their types.
        let code = unsafe { ffi::sqlite3_vfs_register(vfs.as_ptr(), 0) };
        assert_eq!(code, ffi::SQLITE_OK, "sqlite did not take the VFS");
        Self { vfs }
    }
}

/// Makes SQLite ready, once a process, while every other thread that registers waits.
///
/// Registering would do so by itself. But SQLite calls itself ready before SQLCipher is, and a second
/// thread, sure that nothing is left to do, would open its first file with a key that nobody knows yet.
fn make_ready() {
    static READY: Once = Once::new();
    READY.call_once(|| {
        // SAFETY: it may be called from any thread, at any time.
        let code = unsafe { ffi::sqlite3_initialize() };
        assert_eq!(code, ffi::SQLITE_OK, "sqlite did not begin");
    });
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: it was registered in `new` and is still there, as it is never freed. Connections
        // that hold its address go on using it.
        unsafe { ffi::sqlite3_vfs_unregister(self.vfs.as_ptr()) };
    }
}

const fn methods(slot: &'static Slot, name: *const c_char) -> ffi::sqlite3_vfs {
    ffi::sqlite3_vfs {
        iVersion: 2,
        szOsFile: file::SIZE_BYTES,
        mxPathname: PATH_BYTES_MAX,
        pNext: std::ptr::null_mut(),
        zName: name,
        pAppData: std::ptr::from_ref(slot).cast_mut().cast(),
        xOpen: Some(x_open),
        xDelete: Some(x_delete),
        xAccess: Some(x_access),
        xFullPathname: Some(x_full_pathname),
        xDlOpen: Some(x_dl_open),
        xDlError: Some(x_dl_error),
        xDlSym: Some(x_dl_sym),
        xDlClose: Some(x_dl_close),
        xRandomness: Some(x_randomness),
        xSleep: Some(x_sleep),
        xCurrentTime: Some(x_current_time),
        xGetLastError: Some(x_get_last_error),
        xCurrentTimeInt64: Some(x_current_time_int64),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }
}

/// Does something on the machine behind the VFS; nothing when it is gone or lives another life.
///
/// # Safety
/// `vfs` is one of ours, which SQLite passes back to our methods.
unsafe fn on_machine<T>(
    vfs: *mut ffi::sqlite3_vfs,
    work: impl FnOnce(&Arc<Machine>, &mut State) -> Option<T>,
) -> Option<T> {
    // SAFETY: `vfs` is ours by contract; `methods` put a slot there that is never freed or changed.
    let slot = unsafe { &*(*vfs).pAppData.cast::<Slot>() };
    let machine = slot.machine.upgrade()?;
    let mut state = machine.state();
    if state.life == slot.life { work(&machine, &mut state) } else { None }
}

/// Reads a path that SQLite passes.
///
/// # Safety
/// `path` is null or a C string that nobody changes during the call.
unsafe fn path_from(path: *const c_char) -> Option<String> {
    if path.is_null() {
        return None;
    }
    // SAFETY: it is not null, and a C string by contract.
    unsafe { CStr::from_ptr(path) }.to_str().ok().map(absolute)
}

unsafe extern "C" fn x_open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives `SIZE_BYTES` of writable, aligned memory.
    unsafe { file::begin(file) };
    // SAFETY: SQLite passes null or a C string that outlives the open file.
    let path = unsafe { path_from(name) };
    if path.is_none() && !name.is_null() {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: SQLite passes the VFS back to its own method.
    let opened = unsafe {
        on_machine(vfs, |machine, state| {
            let opened = state.open(path.as_deref(), OpenFlags(flags));
            Some(opened.map(|(id, writable)| (Arc::clone(machine), id, writable)))
        })
    };
    match opened.unwrap_or(Err(ffi::SQLITE_CANTOPEN)) {
        Ok((machine, id, writable)) => {
            // SAFETY: as for `begin`; SQLite closes what was opened with our `x_close`, once.
            unsafe { file::finish(file, machine, id) };
            if !out_flags.is_null() {
                let both = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_READONLY;
                let access =
                    if writable { ffi::SQLITE_OPEN_READWRITE } else { ffi::SQLITE_OPEN_READONLY };
                // SAFETY: it is not null, so SQLite gives a place for the flags.
                unsafe { out_flags.write(flags & !both | access) };
            }
            ffi::SQLITE_OK
        }
        Err(code) => code,
    }
}

unsafe extern "C" fn x_delete(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    sync_directory: c_int,
) -> c_int {
    // SAFETY: SQLite passes a C string.
    let Some(path) = (unsafe { path_from(name) }) else { return ffi::SQLITE_IOERR_DELETE };
    // SAFETY: SQLite passes the VFS back to its own method.
    let deleted =
        unsafe { on_machine(vfs, |_, state| Some(state.delete(&path, sync_directory != 0))) };
    deleted.unwrap_or(Err(ffi::SQLITE_IOERR_DELETE)).err().unwrap_or(ffi::SQLITE_OK)
}

unsafe extern "C" fn x_access(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    result: *mut c_int,
) -> c_int {
    // SAFETY: SQLite passes a C string.
    let Some(path) = (unsafe { path_from(name) }) else { return ffi::SQLITE_IOERR_ACCESS };
    let to_write = flags == ffi::SQLITE_ACCESS_READWRITE;
    // SAFETY: SQLite passes the VFS back to its own method.
    let answer = unsafe { on_machine(vfs, |_, state| Some(state.access(&path, to_write))) };
    match answer.unwrap_or(Err(ffi::SQLITE_IOERR_ACCESS)) {
        Ok(there) => {
            // SAFETY: SQLite gives a place for the result.
            unsafe { result.write(c_int::from(there)) };
            ffi::SQLITE_OK
        }
        Err(code) => code,
    }
}

unsafe extern "C" fn x_full_pathname(
    _vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite passes a C string.
    let Some(path) = (unsafe { path_from(name) }) else { return ffi::SQLITE_CANTOPEN };
    if usize::try_from(room).map_or(true, |room| path.len() >= room) {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: there is room for the path and its end mark, and the two do not overlap.
    unsafe {
        std::ptr::copy_nonoverlapping(path.as_ptr().cast(), out, path.len());
        out.add(path.len()).write(0);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn x_randomness(
    vfs: *mut ffi::sqlite3_vfs,
    count: c_int,
    out: *mut c_char,
) -> c_int {
    let Ok(len) = usize::try_from(count) else { return 0 };
    let mut bytes = vec![0; len];
    // SAFETY: SQLite passes the VFS back to its own method.
    unsafe {
        on_machine(vfs, |_, state| {
            state.rng.fill(&mut bytes);
            Some(())
        })
    };
    // SAFETY: SQLite gives room for `count` bytes.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, len) };
    count
}

unsafe extern "C" fn x_sleep(vfs: *mut ffi::sqlite3_vfs, micros: c_int) -> c_int {
    let waited_us = u64::try_from(micros).unwrap_or(0);
    // SAFETY: SQLite passes the VFS back to its own method.
    let waiting = unsafe {
        on_machine(vfs, |_, state| {
            state.clock_us = state.clock_us.saturating_add(waited_us);
            Some(state.waiting)
        })
    };
    match waiting {
        Some(Waiting::Real) => std::thread::sleep(std::time::Duration::from_micros(waited_us)),
        Some(Waiting::Virtual) | None => std::thread::yield_now(),
    }
    micros
}

/// # Safety
/// As for [`on_machine`].
unsafe fn julian_ms(vfs: *mut ffi::sqlite3_vfs) -> Option<i64> {
    // SAFETY: the caller keeps the contract.
    let clock_us = unsafe { on_machine(vfs, |_, state| Some(state.clock_us)) }?;
    i64::try_from(clock_us / 1_000).ok()?.checked_add(UNIX_EPOCH_JULIAN_MS)
}

unsafe extern "C" fn x_current_time_int64(
    vfs: *mut ffi::sqlite3_vfs,
    out: *mut ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite passes the VFS back to its own method.
    let Some(julian_ms) = (unsafe { julian_ms(vfs) }) else { return ffi::SQLITE_ERROR };
    // SAFETY: SQLite gives a place for the time.
    unsafe { out.write(julian_ms) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn x_current_time(vfs: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: SQLite passes the VFS back to its own method.
    let Some(julian_ms) = (unsafe { julian_ms(vfs) }) else { return ffi::SQLITE_ERROR };
    // SAFETY: SQLite gives a place for the time.
    unsafe { out.write(julian_ms as f64 / DAY_MS) };
    ffi::SQLITE_OK
}

const unsafe extern "C" fn x_get_last_error(
    _vfs: *mut ffi::sqlite3_vfs,
    _room: c_int,
    _out: *mut c_char,
) -> c_int {
    0
}

// A disk in memory has no libraries to load.

const unsafe extern "C" fn x_dl_open(
    _vfs: *mut ffi::sqlite3_vfs,
    _name: *const c_char,
) -> *mut c_void {
    std::ptr::null_mut()
}

const unsafe extern "C" fn x_dl_error(_vfs: *mut ffi::sqlite3_vfs, room: c_int, out: *mut c_char) {
    if room > 0 {
        // SAFETY: there is room for the end mark of an empty message.
        unsafe { out.write(0) };
    }
}

const unsafe extern "C" fn x_dl_sym(
    _vfs: *mut ffi::sqlite3_vfs,
    _library: *mut c_void,
    _symbol: *const c_char,
) -> Option<unsafe extern "C" fn(*mut ffi::sqlite3_vfs, *mut c_void, *const c_char)> {
    None
}

const unsafe extern "C" fn x_dl_close(_vfs: *mut ffi::sqlite3_vfs, _library: *mut c_void) {}
