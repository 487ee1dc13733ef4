//! A corrupt file is set aside, never deleted, and what can be read of its outbox and its drafts is saved.
//!
//! Documents come again from the server; what the server has not acknowledged is nowhere else, and
//! what somebody was filling in neither. So a fresh file takes its place, with the unacknowledged
//! commits, their parts, the drafts and the meta keys the caller names. It is complete and on the disk
//! before the corrupt one is renamed, and a crash between the renames is mended by the next opening.
//!
//! After it the replica has to write as a new incarnation: which sequence numbers it had used is
//! no longer certain.

mod report;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, Params, Row};

use crate::commits::{self, CommitRow, StoredCommit, StoredPart};
use crate::drafts::{self, StoredDraft};
use crate::error::{OpenError, StoreError};
use crate::lock::{Lock, beside};
use crate::open::{OpenConfig, connect, is_current};
use crate::outbox::{self, OutboxEntry, OutboxState};
use crate::store::{Store, Transaction, with_own};

pub use self::report::SalvageReport;

/// The code of saved work that cannot be sent, because parts of its commit were not readable. Its
/// command is there, to be entered once more.
pub const PARTS_LOST: &str = "parts_lost";

/// Sets a corrupt file aside as `<file>.corrupt-<n>` and opens a fresh one in its place, with what
/// could be saved of the outbox, of the drafts and of the meta keys in `keep_meta`.
///
/// Every [`Store`] and [`crate::Reader`] of the file has to be dropped before. The position in the
/// log is not to be kept: the fresh file has no documents. It works on files of the platform only,
/// not on those of a VFS that keeps its own.
///
/// # Errors
/// As [`Store::open`]. With a wrong key, or for a file from the future, nothing is done to it. Nor
/// is when the fresh file cannot be written.
pub fn salvage(
    config: &OpenConfig<'_>,
    keep_meta: &[&str],
) -> Result<(Store, SalvageReport), OpenError> {
    let lock = Lock::for_access(config)?;
    // A missing file cannot be set aside.
    std::fs::metadata(config.path)?;
    let mut source = Source::open(config)?;
    let saved = source.read_saved(keep_meta);
    let complete = source.complete;
    drop(source);

    let set_aside_as = free_name(config.path);
    let count = |is: fn(&Work) -> bool| saved.work.iter().filter(|work| is(work)).count() as u64;
    let report = SalvageReport {
        set_aside_as: set_aside_as.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        meta_count: saved.meta.len() as u64,
        outbox_count: count(|work| work.parts.is_some()),
        without_parts_count: count(|work| work.parts.is_none()),
        draft_count: saved.drafts.len() as u64,
        lost_count: saved.lost_count,
        complete,
    };
    write_fresh(config, &saved, &report)?;
    set_aside(config.path, &set_aside_as)?;
    finish_interrupted(config.path)?;
    Ok((Store::open_locked(config, lock)?, report))
}

/// Whether there is a file at the path, or a crash left one that only has to be put there.
pub fn is_there(path: &Path) -> bool {
    path.exists() || beside(path, ".salvaged").exists()
}

/// Puts a finished fresh file in its place, if a crash prevented that.
pub(crate) fn finish_interrupted(path: &Path) -> Result<(), OpenError> {
    let fresh = beside(path, ".salvaged");
    if path.exists() || !fresh.exists() {
        return Ok(());
    }
    // The corrupt file's log must not be taken for the fresh one's.
    let number = (1..).take_while(|number| numbered(path, *number).exists()).last().unwrap_or(0);
    set_aside_log(path, &numbered(path, number))?;
    sync_directory(path)?;
    std::fs::rename(&fresh, path)?;
    sync_directory(path)
}

/// What could be saved.
struct Saved {
    meta: Vec<(String, Vec<u8>)>,
    work: Vec<Work>,
    drafts: Vec<StoredDraft>,
    lost_count: u64,
}

struct Work {
    entry: OutboxEntry,
    commit: StoredCommit,
    parts: Option<Vec<StoredPart>>,
}

/// A corrupt file that is read as far as it goes.
struct Source<'a> {
    config: &'a OpenConfig<'a>,
    /// None once the first page cannot be read.
    connection: Option<Connection>,
    complete: bool,
}

impl<'a> Source<'a> {
    fn open(config: &'a OpenConfig<'a>) -> Result<Self, OpenError> {
        // SQLite takes the log of a file without a page for a stranger's, and deletes it.
        if std::fs::metadata(config.path)?.len() == 0 {
            return Ok(Self { config, connection: None, complete: false });
        }
        match connect(config, OpenFlags::SQLITE_OPEN_READ_ONLY) {
            Ok(connection) => {
                let current = is_current(&connection, &with_own(config.owners));
                if let Err(newer @ OpenError::FromTheFuture { .. }) = current {
                    return Err(newer);
                }
                Ok(Self { config, connection: Some(connection), complete: true })
            }
            Err(OpenError::Corrupt) => Ok(Self { config, connection: None, complete: false }),
            Err(error) => Err(error),
        }
    }

    fn read_saved(&mut self, keep_meta: &[&str]) -> Saved {
        let mut meta = Vec::new();
        for key in keep_meta {
            let values = self.read("SELECT value FROM meta WHERE key = ?1", [key], |r| r.get(0));
            meta.extend(values.into_iter().map(|value| ((*key).to_owned(), value)));
        }
        let drafts = self.read_drafts();
        let mut saved = Saved { meta, work: Vec::new(), drafts, lost_count: 0 };
        for (row, entry) in self.read_outbox() {
            let by_row = format!("SELECT {} FROM commits WHERE row = ?1", commits::COLUMNS);
            let Some((_, commit)) = self.read(&by_row, [row], commits::read).pop() else {
                saved.lost_count += 1;
                continue;
            };
            let entry = entry.unwrap_or_else(|| OutboxEntry {
                commit: CommitRow(row),
                command: Vec::new(),
                state: OutboxState::Queued,
                queued_at_ms: commit.received_at_ms,
                carried_for: None,
                stands: true,
                planned_on: Vec::new(),
            });
            let parts = self.read_parts(row);
            saved.work.push(Work { entry, commit, parts });
        }
        saved
    }

    /// The rows of unacknowledged commits, with their entries as far as they can be read.
    fn read_outbox(&mut self) -> BTreeMap<i64, Option<OutboxEntry>> {
        let from_both_ends = |source: &mut Self, sql: &str| {
            let mut entries = source.read(&format!("{sql} ORDER BY 1"), [], outbox::read);
            if !source.complete {
                entries.extend(source.read(&format!("{sql} ORDER BY 1 DESC"), [], outbox::read));
            }
            entries.into_iter().map(|entry| (entry.commit.0, Some(entry)))
        };
        let columns = outbox::COLUMNS;
        let open = format!("SELECT {columns} FROM outbox NOT INDEXED WHERE state <> 2");
        let mut found: BTreeMap<_, _> = from_both_ends(self, &open).collect();
        if !self.complete {
            // What has no number is not acknowledged.
            for order in ["ASC", "DESC"] {
                let sql =
                    format!("SELECT row FROM commits WHERE number IS NULL ORDER BY 1 {order}");
                for row in self.read(&sql, [], |row| row.get::<_, i64>(0)) {
                    found.entry(row).or_insert(None);
                }
            }
            let one = format!("SELECT {columns} FROM outbox WHERE commit_row = ?1");
            for (row, entry) in found.iter_mut().filter(|(_, entry)| entry.is_none()) {
                *entry = self.read(&one, [row], outbox::read).pop();
            }
        }
        found
    }

    /// The drafts as far as they can be read, from both ends.
    fn read_drafts(&mut self) -> Vec<StoredDraft> {
        let mut found = BTreeMap::new();
        for order in ["ASC", "DESC"] {
            let columns = drafts::COLUMNS;
            let sql = format!("SELECT {columns} FROM drafts NOT INDEXED ORDER BY place {order}");
            let read = self.read(&sql, [], drafts::read).into_iter();
            found.extend(read.map(|draft| (draft.key.clone(), draft)));
            if self.complete {
                break;
            }
        }
        found.into_values().collect()
    }

    /// All parts of a commit, or none if not all of them can be read.
    fn read_parts(&mut self, row: i64) -> Option<Vec<StoredPart>> {
        let so_far = std::mem::replace(&mut self.complete, true);
        // First by the index, then without it.
        for hint in ["INDEXED BY changes_by_commit", "NOT INDEXED"] {
            self.complete = true;
            let changes = format!(
                "SELECT c.entry, d.id, c.actor, c.seq, c.hash, c.salt, c.bytes
                 FROM changes c {hint} JOIN documents d ON d.number = c.document
                 WHERE c.commit_row = ?1"
            );
            let aside = "SELECT entry, document, actor, seq, hash, salt, bytes
                         FROM parts_aside WHERE commit_row = ?1";
            let mut parts = self.read(&changes, [row], commits::read_part);
            for part in self.read(aside, [row], commits::read_part) {
                if parts.iter().all(|other| other.entry != part.entry) {
                    parts.push(part);
                }
            }
            if self.complete {
                self.complete = so_far;
                return Some(parts);
            }
        }
        None
    }

    /// The rows of a query as far as they can be read.
    fn read<T>(
        &mut self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Vec<T> {
        let mut found = Vec::new();
        let Some(connection) = &self.connection else { return found };
        let outcome = connection.prepare(sql).and_then(|mut statement| {
            for row in statement.query_map(params, read)? {
                found.push(row?);
            }
            Ok(())
        });
        if outcome.is_err() {
            self.complete = false;
            // Having met a page that does not decrypt, a connection refuses the others, too.
            self.connection = connect(self.config, OpenFlags::SQLITE_OPEN_READ_ONLY).ok();
        }
        found
    }
}

/// Builds the file that takes the corrupt one's place, complete and on the disk, as `.salvaged`.
fn write_fresh(
    config: &OpenConfig<'_>,
    saved: &Saved,
    report: &SalvageReport,
) -> Result<(), OpenError> {
    let unfinished = beside(config.path, ".salvaging");
    for suffix in ["", "-wal", "-shm"] {
        remove(&beside(&unfinished, suffix))?;
    }
    let mut fresh = Store::open_locked(&OpenConfig { path: &unfinished, ..*config }, None)?;
    let written = fresh.write(|transaction| {
        report.write(transaction)?;
        for (key, value) in &saved.meta {
            transaction.set_meta(key, value)?;
        }
        saved.drafts.iter().try_for_each(|draft| transaction.put_draft(draft))?;
        saved.work.iter().try_for_each(|work| put_work(transaction, work))
    });
    written.map_err(|error| match error {
        StoreError::DiskFull => OpenError::DiskFull,
        StoreError::ReadOnly => OpenError::ReadOnly,
        _ => OpenError::Io { extended_code: 0 },
    })?;
    // Closing brings everything from the log into the file.
    drop(fresh);
    if beside(&unfinished, "-wal").exists() {
        return Err(OpenError::Io { extended_code: 0 });
    }
    std::fs::rename(&unfinished, beside(config.path, ".salvaged"))?;
    sync_directory(config.path)
}

/// Work keeps its place: what is told of "everything up to a commit" stays true of it.
fn put_work(transaction: &mut Transaction<'_>, work: &Work) -> Result<(), StoreError> {
    let commit = work.entry.commit;
    let stored = transaction.put_commit(&work.commit)?;
    transaction.execute("UPDATE commits SET row = ?2 WHERE row = ?1", (stored.0, commit.0))?;
    for part in work.parts.iter().flatten() {
        transaction.put_aside(commit, part)?;
    }
    let state = match &work.parts {
        Some(_) => work.entry.state.clone(),
        None => OutboxState::Held { code: PARTS_LOST.to_owned() },
    };
    transaction.put_outbox(&OutboxEntry { commit, state, ..work.entry.clone() })
}

/// Renames the corrupt file and then its log, which belongs to it.
fn set_aside(path: &Path, as_path: &Path) -> Result<(), OpenError> {
    std::fs::rename(path, as_path)?;
    set_aside_log(path, as_path)?;
    sync_directory(path)
}

fn set_aside_log(path: &Path, as_path: &Path) -> Result<(), OpenError> {
    let log = beside(path, "-wal");
    if log.exists() {
        std::fs::rename(&log, beside(as_path, "-wal"))?;
    }
    // The log's index is made anew from it at every first opening.
    remove(&beside(path, "-shm"))
}

fn remove(path: &Path) -> Result<(), OpenError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    beside(path, &format!(".corrupt-{number}"))
}

/// The first name under which nothing was set aside before.
fn free_name(path: &Path) -> PathBuf {
    let mut number = 1;
    while numbered(path, number).exists() {
        number += 1;
    }
    numbered(path, number)
}

/// Makes renames in the file's directory outlast a power cut.
fn sync_directory(path: &Path) -> Result<(), OpenError> {
    if cfg!(unix) {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        std::fs::File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}
