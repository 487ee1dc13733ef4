//! The WAL's shared index: memory that several connections of one process see, and its locks.
//!
//! SQLite reads and writes the regions from C, from several threads, under its own rules. Rust
//! only allocates and frees them and never makes a reference into them.

use std::alloc::Layout;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

/// How many locks an index has.
const LOCK_COUNT: u32 = 8;
/// A region begins at least so aligned; SQLite needs 8.
const ALIGN_BYTES: usize = 64;

/// The regions of one file's index. They live as long as any clone, so that a connection that
/// outlives its machine still points at memory that is there.
#[derive(Debug, Clone, Default)]
pub(super) struct Regions {
    regions: Arc<Mutex<Vec<Region>>>,
}

#[derive(Debug)]
struct Region {
    memory: NonNull<u8>,
    layout: Layout,
}

// SAFETY: a region is an address and a layout; its memory is touched by C only, which has its own
// rules among threads, and freed by the last owner.
unsafe impl Send for Region {}

impl Regions {
    /// The address of the region with this number, making it and all before it when `extend`;
    /// nothing when it is not there or there is no memory.
    pub(super) fn map(&self, number: usize, len_bytes: usize, extend: bool) -> Option<NonNull<u8>> {
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        while extend && regions.len() <= number {
            regions.push(Region::zeroed(len_bytes)?);
        }
        regions.get(number).map(|region| region.memory)
    }
}

impl Region {
    fn zeroed(len_bytes: usize) -> Option<Self> {
        let layout = Layout::from_size_align(len_bytes, ALIGN_BYTES)
            .ok()
            .filter(|layout| layout.size() > 0)?;
        // SAFETY: the layout's size is not zero.
        let memory = NonNull::new(unsafe { std::alloc::alloc_zeroed(layout) })?;
        Some(Self { memory, layout })
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the memory was allocated with this layout in `zeroed` and is freed once, here.
        unsafe { std::alloc::dealloc(self.memory.as_ptr(), self.layout) };
    }
}

/// The locks on an index that one connection holds, one bit a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ShmLocks {
    shared: u32,
    exclusive: u32,
}

impl ShmLocks {
    /// The bits of `count` locks from `first`; nothing when there are no such locks.
    pub(super) const fn mask(first: u32, count: u32) -> Option<u32> {
        if count == 0 || first >= LOCK_COUNT || count > LOCK_COUNT - first {
            return None;
        }
        Some(((1 << count) - 1) << first)
    }

    /// Takes the locks, or none of them when another connection's locks forbid one.
    pub(super) fn take(
        &mut self,
        mask: u32,
        exclusive: bool,
        mut others: impl Iterator<Item = Self>,
    ) -> bool {
        let forbidden = |other: Self| {
            let barring = if exclusive { other.shared | other.exclusive } else { other.exclusive };
            barring & mask != 0
        };
        if others.any(forbidden) {
            return false;
        }
        if exclusive {
            self.exclusive |= mask;
        } else {
            self.shared |= mask;
        }
        true
    }

    /// Gives the locks back.
    pub(super) const fn give_back(&mut self, mask: u32) {
        self.shared &= !mask;
        self.exclusive &= !mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_share_a_lock_and_a_writer_has_it_alone() {
        let mask = ShmLocks::mask(3, 2).unwrap();
        let (mut alice, mut bob) = (ShmLocks::default(), ShmLocks::default());
        assert!(alice.take(mask, false, [bob].into_iter()));
        assert!(bob.take(mask, false, [alice].into_iter()));
        assert!(!ShmLocks::default().take(mask, true, [alice, bob].into_iter()));
        alice.give_back(mask);
        assert!(alice.take(1 << 5, true, [bob].into_iter()));
        bob.give_back(mask);
        assert!(alice.take(mask, true, [bob].into_iter()));
        assert!(!bob.take(1 << 4, false, [alice].into_iter()));
    }

    #[test]
    fn locks_that_do_not_exist_have_no_mask() {
        assert_eq!(ShmLocks::mask(0, 8), Some(0xff));
        assert_eq!(ShmLocks::mask(7, 2), None);
        assert_eq!(ShmLocks::mask(8, 1), None);
        assert_eq!(ShmLocks::mask(0, 0), None);
    }

    #[test]
    fn a_region_is_the_same_memory_for_all_and_begins_zeroed() {
        let alice = Regions::default();
        let bob = alice.clone();
        assert_eq!(alice.map(0, 32_768, false), None);
        let region = alice.map(1, 32_768, true).unwrap();
        assert_eq!(bob.map(1, 32_768, false), Some(region));
        drop(alice);
        // SAFETY: bob keeps the region alive and nobody else touches it.
        assert_eq!(unsafe { region.as_ptr().read() }, 0);
    }
}
