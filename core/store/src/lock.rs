//! One process a file.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::OpenError;
use crate::open::{Access, OpenConfig, for_owner};

/// The hold on a replica's file, given back when dropped or when the process ends.
///
/// It lies on a file of its own, `<file>.lock`, which stays behind empty until the database is taken away:
/// SQLite's locks on the database itself come and go with transactions.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the hold on the database at `path`.
    ///
    /// # Errors
    /// [`OpenError::ReplicaInUse`] at once when somebody has it, in this process or another, or is taking the
    /// database away.
    pub fn take(path: &Path) -> Result<Self, OpenError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let path = beside(path, ".lock");
        let file = match for_owner(&mut options).open(&path) {
            // Where nothing can be written, one that was made before can still be held.
            Err(error) => File::open(&path).or(Err(error)),
            opened => opened,
        }?;
        match file.try_lock() {
            // Somebody took away what they held, and this with it: whoever comes next locks another file.
            Ok(()) if !lies_at(&file, &path)? => Err(OpenError::ReplicaInUse),
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::ReplicaInUse),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

impl Lock {
    /// Whether somebody has the hold on the database at `path`, in this process or another. Nothing is
    /// made to find out; a file system without locks tells of nobody.
    pub fn is_held(path: &Path) -> bool {
        // Where there is no such file, nobody has had the hold since the database lies here.
        let Ok(file) = File::open(beside(path, ".lock")) else { return false };
        let is_held = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
        if !is_held {
            // As when a hold is dropped.
            let _ = file.unlock();
        }
        is_held
    }

    /// The hold that opening a file for this process alone takes.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub(crate) fn for_access(config: &OpenConfig<'_>) -> Result<Option<Arc<Self>>, OpenError> {
        match config.access {
            Access::Alone => Ok(Some(Arc::new(Self::take(config.path)?))),
            Access::Shared | Access::Cramped | Access::Still | Access::Apart | Access::Vfs(_) => {
                Ok(None)
            }
        }
    }
}

impl Drop for Lock {
    /// Gives the hold back in so many words: closing alone leaves it with a child process that was
    /// forked and has not come to its own program yet.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

/// Whether an open file is still the one at `path`.
#[cfg(unix)]
fn lies_at(file: &File, path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let of = |found: std::fs::Metadata| (found.dev(), found.ino());
    match std::fs::metadata(path) {
        Ok(found) => Ok(of(found) == of(file.metadata()?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Elsewhere a file that somebody has open cannot be taken away.
#[cfg(not(unix))]
fn lies_at(_file: &File, _path: &Path) -> std::io::Result<bool> {
    Ok(true)
}

/// The path of a file that belongs to the one at `path`: its name with something appended.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
