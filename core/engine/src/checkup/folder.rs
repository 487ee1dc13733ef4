//! The folder and the disk it lies on.

use std::path::{Path, PathBuf};

use crate::checkup::{Check, Subject};
use crate::directory;
use crate::durable_file::check_private;
use crate::error::EngineError;
use crate::vault::ReplicaId;

/// So little room is none: SQLite needs some to undo what it began.
const FULL_BYTES: u64 = 1 << 20;
/// From what little room on somebody should make some: a first sync of a large area takes as much.
const LOW_BYTES: u64 = 100 << 20;

/// Whether a folder is there, and nobody else's to write to.
pub fn check_folder(folder: &Path) -> Check {
    let check = match check_private(folder).map_err(EngineError::from) {
        Ok(()) => Check::ok(Subject::Folder),
        Err(EngineError::File(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            Check::fault(Subject::Folder, EngineError::NoReplica.code())
        }
        Err(error) => Check::fault(Subject::Folder, error.code()),
    };
    check.with("path", folder.display().to_string())
}

/// The same of a device's folder; with it the replica that lies there.
pub(super) fn check_replica(folder: &Path) -> (Check, Option<(ReplicaId, PathBuf)>) {
    let check = check_folder(folder);
    match directory::find(folder) {
        Ok(found) => (check, Some(found)),
        Err(_) if check.code.is_some() => (check, None),
        Err(error) => {
            let check = Check::fault(Subject::Folder, error.code());
            (check.with("path", folder.display().to_string()), None)
        }
    }
}

/// Whether there is room on the disk of a folder, and it may be written.
pub fn check_disk(folder: &Path) -> Check {
    let Ok(room) = room(folder) else { return Check::unknown(Subject::Disk) };
    let check = match room {
        Room { is_writable: false, .. } => Check::fault(Subject::Disk, "read_only"),
        Room { free_bytes, .. } if free_bytes < FULL_BYTES => {
            Check::fault(Subject::Disk, "disk_full")
        }
        Room { free_bytes, .. } if free_bytes < LOW_BYTES => {
            Check::warning(Subject::Disk, "disk_low")
        }
        Room { .. } => Check::ok(Subject::Disk),
    };
    check.with("free_bytes", room.free_bytes)
}

struct Room {
    free_bytes: u64,
    is_writable: bool,
}

#[cfg(unix)]
fn room(folder: &Path) -> std::io::Result<Room> {
    use rustix::fs::{Access, access, statvfs};
    let disk = statvfs(folder)?;
    let is_writable = access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok();
    Ok(Room { free_bytes: disk.f_bavail.saturating_mul(disk.f_frsize), is_writable })
}

#[cfg(not(unix))]
fn room(_folder: &Path) -> std::io::Result<Room> {
    Err(std::io::ErrorKind::Unsupported.into())
}
