//! Through what a file is reached.

/// Through what a file is reached, and who else may have it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access<Name> {
    /// Any number of processes.
    Shared,
    /// This process alone: [`Lock`](crate::Lock) keeps others out.
    Alone,
    /// This process alone, on a disk without room for the index of the log (`-shm`), which SQLite
    /// then keeps in memory.
    Cramped,
    /// Whoever likes, since nobody can write: the disk is read-only or full, and the log is empty.
    Still,
    /// Whoever only looks, while nobody has it open: no lock is taken, and the index of the log is kept
    /// in memory.
    Apart,
    /// The VFS registered with SQLite under this name. Whoever names one guards the file against a
    /// second process.
    Vfs(Name),
}

impl<'a> Access<&'a str> {
    /// The name of SQLite's VFS; none for the platform's usual one.
    pub(super) fn vfs(self) -> Option<&'a str> {
        match self {
            // Only SQLite for Unix has one that keeps the index in memory.
            Self::Cramped if cfg!(unix) => Some("unix-excl"),
            Self::Apart if cfg!(unix) => Some("unix-none"),
            Self::Shared | Self::Alone | Self::Cramped | Self::Still | Self::Apart => None,
            Self::Vfs(name) => Some(name),
        }
    }

    /// Whether the file is one of the operating system's.
    pub(crate) fn is_of_the_platform(self) -> bool {
        !matches!(self, Self::Vfs(_))
    }

    /// The same, to be kept.
    pub(crate) fn to_kept(self) -> Access<String> {
        match self {
            Self::Shared => Access::Shared,
            Self::Alone => Access::Alone,
            Self::Cramped => Access::Cramped,
            Self::Still => Access::Still,
            Self::Apart => Access::Apart,
            Self::Vfs(name) => Access::Vfs(name.to_owned()),
        }
    }
}

impl Access<String> {
    /// The same, to open with.
    pub(crate) fn as_given(&self) -> Access<&str> {
        match self {
            Self::Shared => Access::Shared,
            Self::Alone => Access::Alone,
            Self::Cramped => Access::Cramped,
            Self::Still => Access::Still,
            Self::Apart => Access::Apart,
            Self::Vfs(name) => Access::Vfs(name),
        }
    }
}
