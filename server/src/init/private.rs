//! Files and folders that only their owner may read, from their first moment on.
//!
//! The store holds the issuing key. SQLite gives a file's log the file's own mode, so the file has
//! to be there before SQLite opens it; and whoever may write to the folder can put another file in
//! its place.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

use super::InitError;

/// Makes an empty file of mode 0600.
pub(super) fn make_file(path: &Path) -> io::Result<()> {
    only_for_owner().write(true).create_new(true).open(path).map(drop)
}

/// Options for a file that only its owner may read.
pub(super) fn only_for_owner() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Makes a folder of mode 0700, or looks at the one that is there: others may read its names, but
/// not write to it.
pub(super) fn make_folder(folder: &Path) -> Result<(), InitError> {
    if folder.exists() {
        return if others_may_write(folder)? { Err(InitError::FolderNotPrivate) } else { Ok(()) };
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    Ok(builder.recursive(true).create(folder)?)
}

#[cfg(unix)]
fn others_may_write(folder: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::metadata(folder)?.permissions().mode() & 0o022 != 0)
}

#[cfg(not(unix))]
fn others_may_write(_folder: &Path) -> io::Result<bool> {
    Ok(false)
}
