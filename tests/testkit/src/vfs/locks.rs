//! SQLite's file locks among the connections of one process.

use std::ffi::c_int;

use rusqlite::ffi;

/// How strongly a connection holds a file, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum LockLevel {
    #[default]
    None,
    Shared,
    Reserved,
    Pending,
    Exclusive,
}

impl LockLevel {
    pub(super) const fn from_code(code: c_int) -> Option<Self> {
        match code {
            ffi::SQLITE_LOCK_NONE => Some(Self::None),
            ffi::SQLITE_LOCK_SHARED => Some(Self::Shared),
            ffi::SQLITE_LOCK_RESERVED => Some(Self::Reserved),
            ffi::SQLITE_LOCK_PENDING => Some(Self::Pending),
            ffi::SQLITE_LOCK_EXCLUSIVE => Some(Self::Exclusive),
            _ => None,
        }
    }

    /// What a connection holds after asking for `wanted`, when `others` is the strongest level
    /// of any other connection, and whether it got what it asked for.
    ///
    /// Who waits for readers to leave on the way to an exclusive lock holds a pending one
    /// meanwhile, so that no new reader comes in.
    pub(super) fn raised_to(self, wanted: Self, others: Self) -> (Self, bool) {
        if self >= wanted {
            return (self, true);
        }
        match wanted {
            Self::None => (self, true),
            Self::Shared if others < Self::Pending => (Self::Shared, true),
            Self::Reserved if others < Self::Reserved => (Self::Reserved, true),
            Self::Pending | Self::Exclusive if others < Self::Reserved => {
                let alone = others == Self::None;
                (if alone { wanted } else { Self::Pending }, alone || wanted == Self::Pending)
            }
            Self::Shared | Self::Reserved | Self::Pending | Self::Exclusive => (self, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LockLevel::{Exclusive, None, Pending, Reserved, Shared};

    #[test]
    fn readers_share_and_one_writer_reserves() {
        assert_eq!(None.raised_to(Shared, Reserved), (Shared, true));
        assert_eq!(None.raised_to(Shared, Pending), (None, false));
        assert_eq!(Shared.raised_to(Reserved, Shared), (Reserved, true));
        assert_eq!(Shared.raised_to(Reserved, Reserved), (Shared, false));
    }

    #[test]
    fn a_writer_waits_as_pending_for_readers_to_leave() {
        assert_eq!(Reserved.raised_to(Exclusive, Shared), (Pending, false));
        assert_eq!(Pending.raised_to(Exclusive, Shared), (Pending, false));
        assert_eq!(Pending.raised_to(Exclusive, None), (Exclusive, true));
        assert_eq!(Exclusive.raised_to(Shared, None), (Exclusive, true));
    }
}
