//! Folders that a command makes, and takes away again if nothing came of it.

use std::path::{Path, PathBuf};

/// The folders of a path that were not there, the deepest first.
#[derive(Debug)]
pub struct Missing(Vec<PathBuf>);

impl Missing {
    /// Looks which are not there.
    pub fn of(folder: &Path) -> Self {
        let above = folder.ancestors().filter(|one| !one.as_os_str().is_empty());
        Self(above.take_while(|one| !one.exists()).map(Path::to_owned).collect())
    }

    /// Takes away those that were made since, as far as nothing is in them.
    pub fn take_away(&self) {
        for folder in &self.0 {
            // One that is in use stays.
            let _ = std::fs::remove_dir(folder);
        }
    }
}
