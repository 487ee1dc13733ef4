//! Small files that survive a power cut, whole: keys, and the name by which a vault knows a replica.
//!
//! A file is only there once its bytes *and* its name in the folder are on the disk, so the folder
//! is flushed too. Only the owner can read what is written here.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Puts `bytes` in the place of the file at `path`, if there is one. When it returns they are on the
/// disk; a power cut before leaves the old file or the new one, never a part.
///
/// # Errors
/// When the folder cannot be written. The old file is then still there.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    let mut file =
        private(OpenOptions::new().write(true).create(true).truncate(true)).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    flush_folder_of(path)
}

/// Makes a folder that only its owner can read, and those above it that are missing.
///
/// # Errors
/// When one cannot be made.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    make_private_folder(folder_of(folder))?;
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
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(unix)]
fn make_one_folder(folder: &Path) -> io::Result<()> {
    std::os::unix::fs::DirBuilderExt::mode(&mut fs::DirBuilder::new(), 0o700).create(folder)
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
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
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
