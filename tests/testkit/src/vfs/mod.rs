//! A disk in memory that forgets what was not synced, as a SQLite VFS.
//!
//! ```
//! use keting_testkit::vfs::Disk;
//! use rusqlite::{Connection, OpenFlags};
//!
//! let disk = Disk::new(7);
//! let open = || {
//!     let connection = Connection::open_with_flags_and_vfs("replica.db", OpenFlags::default(), disk.vfs_name())?;
//!     connection.pragma_update(None, "key", "x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'")?;
//!     connection.pragma_update(None, "journal_mode", "wal")?;
//!     connection.pragma_update(None, "synchronous", "full")?;
//!     Ok::<_, rusqlite::Error>(connection)
//! };
//! open()?.execute_batch("CREATE TABLE t (a INTEGER) STRICT; INSERT INTO t VALUES (1)")?;
//! disk.power_cut(1);
//! let count: i64 = open()?.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?;
//! assert_eq!(count, 1);
//! # Ok::<_, rusqlite::Error>(())
//! ```
//!
//! # What it models
//! - **Bytes.** A write is seen at once and safe after the file's sync. A [power cut](Disk::power_cut)
//!   keeps, sector by sector of 512 bytes, a state since the last sync or the safe one, sometimes
//!   torn; and one of the lengths the file went through ([`content`]).
//! - **Names.** Making and deleting a file is seen at once. It is safe after its directory was
//!   synced, which happens where SQLite's Unix VFS does it: at a deletion for which SQLite asks so,
//!   and at the first sync through a handle that may have made a journal or a WAL. Otherwise a cut
//!   decides for each name whether the old or the new state is left. A database file's own sync
//!   does *not* make its name safe (POSIX promises no more; most file systems do).
//! - **Processes.** All connections to a disk belong to one process: [`Disk::kill_processes`] ends
//!   them all and keeps what was written, synced or not. Locks and the WAL's shared index work
//!   among any number of connections and threads.
//! - **Faults.** The nth call of a kind fails ([`Fault`]), the disk is full, read-only, or loses its
//!   power in the middle of a call.
//! - **Time.** SQLite's date functions show the disk's clock; waiting for a lock moves it
//!   ([`Waiting`]).
//! - **Record.** [`Counters`] count, the trace keeps calls in full or as one number.
//!
//! # What it does not model
//! - A disk that lies about syncs, bits that rot by themselves (spoil a file with
//!   [`Disk::write_file`]), damage to bytes beside those being written.
//! - Two processes on one disk; memory-mapped reading; batch-atomic writing. A connection from
//!   before a cut is dead for what it had open, but an ATTACH on it looks the VFS up anew.
//! - Write-back in groups larger than a sector: each sector's fate is its own, which is harsher
//!   than a file system with ordered pages.
//! - Chance in SQLite: the salts of WALs and SQLCipher's vectors come from generators of the process
//!   (SQLite asks only the default VFS for a seed), so that two runs of a seed write different bytes
//!   at the same places.

mod content;
mod disk;
mod faults;
mod locks;
mod state;

// SQLite is C: these three speak to it, the rest is safe.
#[allow(unsafe_code)]
mod file;
#[allow(unsafe_code)]
mod register;
#[allow(unsafe_code)]
mod shm;

#[cfg(test)]
mod tests;

pub use content::SECTOR_BYTES;
pub use disk::{Disk, Waiting};
pub use faults::{Call, Counters, Failure, Fault, Op};
