//! Small files that survive a power cut, whole: keys, and the name by which a vault knows a replica.
//!
//! A file is only there once its bytes *and* its name in the folder are on the disk, so the folder
//! is flushed too. Only the owner can read what is written here, and nobody else may write to the folder:
//! whoever could would put another file, or a link, in its place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use keting_store::for_owner;

/// Says why a folder is not one to keep such files in.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Others than its owner may write to it. Not retryable.
    #[error("others may write to the folder")]
    NotPrivate,
    /// It cannot be made or looked at. Retryable.
    #[error("the folder cannot be used")]
    Io(#[from] io::Error),
}

/// Puts `bytes` in the place of the file at `path`, if there is one. When it returns they are on the
/// disk; a power cut before leaves the old file or the new one, never a part.
///
/// # Errors
/// When the folder cannot be written. The old file is then still there.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    // What an earlier attempt left, or a link: it is taken away, and never written through.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = write_new(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // On a full disk half a file keeps the folder from being taken away.
        let _ = fs::remove_file(&beside);
    }
    written?;
    flush_folder_of(path)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = for_owner(OpenOptions::new().write(true).create_new(true)).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a folder that only its owner can read, and those above it that are missing; or looks at the one
/// that is there.
///
/// # Errors
/// When one cannot be made, or others may write to the one that is there.
pub fn make_private_folder(folder: &Path) -> Result<(), FolderError> {
    if folder.is_dir() {
        return check_private(folder);
    }
    Ok(make_folders(folder)?)
}

/// Looks whether nobody but its owner may write to a folder. Others may read its names.
///
/// # Errors
/// When others may, or it cannot be looked at.
pub fn check_private(folder: &Path) -> Result<(), FolderError> {
    if others_may_write(&fs::metadata(folder)?) { Err(FolderError::NotPrivate) } else { Ok(()) }
}

fn make_folders(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    make_folders(folder_of(folder))?;
    match make_one_folder(folder) {
        // Somebody else made it in the meantime.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => flush_folder_of(folder),
    }
}

/// Two files of one folder never share it, whatever their names end in.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    }
}

/// Puts the names in the folder of a file onto the disk.
///
/// # Errors
/// When the folder cannot be flushed.
#[cfg(unix)]
pub fn flush_folder_of(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

#[cfg(unix)]
fn make_one_folder(folder: &Path) -> io::Result<()> {
    std::os::unix::fs::DirBuilderExt::mode(&mut fs::DirBuilder::new(), 0o700).create(folder)
}

#[cfg(unix)]
fn others_may_write(folder: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&folder.permissions()) & 0o022 != 0
}

#[cfg(not(unix))]
fn others_may_write(_folder: &fs::Metadata) -> bool {
    false
}

/// Does nothing: elsewhere a folder cannot be flushed by itself; its file system keeps names with
/// their files.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub fn flush_folder_of(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn make_one_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_replaced_is_the_new_one_alone_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("replica.id");
        replace(&path, b"old and longer").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_replacement_that_was_cut_short_leaves_the_old_file_and_is_taken_up_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("replica.id");
        replace(&path, b"old").unwrap();
        fs::write(beside(&path), b"half of the n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_link_that_somebody_planted_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let (path, precious) = (folder.path().join("replica.id"), folder.path().join("precious"));
        fs::write(&precious, b"precious").unwrap();
        std::os::unix::fs::symlink(&precious, beside(&path)).unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&precious).unwrap(), b"precious");
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(fs::symlink_metadata(&path).unwrap().is_file());
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let set = |mode| {
            let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
            fs::set_permissions(folder.path(), permissions).unwrap();
        };
        for mode in [0o770, 0o702, 0o1777] {
            set(mode);
            assert!(matches!(make_private_folder(folder.path()), Err(FolderError::NotPrivate)));
        }
        set(0o755);
        make_private_folder(folder.path()).unwrap();
    }

    #[test]
    fn two_files_whose_names_differ_only_in_their_end_are_written_beside_each_other() {
        let [key, seed] = ["replica.database-key", "replica.device-seed"].map(Path::new);
        assert_ne!(beside(key), beside(seed));
    }

    #[test]
    fn a_folder_is_made_with_those_above_it_and_only_its_owner_enters() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("state/keting");
        make_private_folder(&deep).unwrap();
        make_private_folder(&deep).unwrap();
        assert_eq!(mode(&deep), 0o700);
    }

    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }
}
