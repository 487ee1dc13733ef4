//! An allocator that counts, for tests that promise a bound on memory.
//!
//! It counts what the *current thread* asks Rust's allocator for. What C code allocates by itself
//! (SQLite's page cache, OpenSSL) and what other threads allocate is not in the figures; memory
//! that another thread frees is taken off that thread's figure.
//!
//! A test binary installs it once, at its top:
//! ```
//! keting_testkit::counting_allocator!();
//!
//! let (sum, usage) = keting_testkit::alloc::measure(|| vec![1_u8; 10_000].len());
//! assert_eq!(sum, 10_000);
//! assert!(usage.peak_bytes >= 10_000 && usage.current_bytes == 0);
//! ```

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Rust's system allocator with counters for every thread.
#[derive(Debug, Clone, Copy, Default)]
pub struct CountingAllocator;

/// Makes [`CountingAllocator`] the allocator of this binary.
#[macro_export]
macro_rules! counting_allocator {
    () => {
        #[global_allocator]
        static COUNTING_ALLOCATOR: $crate::alloc::CountingAllocator =
            $crate::alloc::CountingAllocator;
    };
}

/// What the current thread allocated since the counters were reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Bytes allocated and not yet freed; negative when more was freed than allocated.
    pub current_bytes: isize,
    /// The most that `current_bytes` ever was. While a block is moved to grow, both places count.
    pub peak_bytes: isize,
    /// How often memory was asked for or a block was grown.
    pub allocations: u64,
}

thread_local! {
    // Constant start and no destructor: reading it never allocates.
    static USAGE: Cell<Usage> = const { Cell::new(Usage { current_bytes: 0, peak_bytes: 0, allocations: 0 }) };
}

/// Sets the current thread's counters to zero.
pub fn reset() {
    USAGE.with(|usage| usage.set(Usage::default()));
}

/// The current thread's counters since the last reset. All zero unless the binary installed the
/// allocator.
pub fn usage() -> Usage {
    USAGE.with(Cell::get)
}

/// Runs `work` and says what it allocated on this thread; its result counts as current.
///
/// The counters are put back afterwards, so that measurements may be nested.
pub fn measure<T>(work: impl FnOnce() -> T) -> (T, Usage) {
    let outer = usage();
    reset();
    let result = work();
    let inner = usage();
    USAGE.with(|usage| usage.set(outer.followed_by(inner)));
    (result, inner)
}

impl Usage {
    const fn followed_by(self, later: Self) -> Self {
        let peak = self.current_bytes + later.peak_bytes;
        Self {
            current_bytes: self.current_bytes + later.current_bytes,
            peak_bytes: if peak > self.peak_bytes { peak } else { self.peak_bytes },
            allocations: self.allocations + later.allocations,
        }
    }
}

/// Counts a step: `before` bytes are released once `after` bytes are there; `moved` says that for
/// a moment both were.
fn count(before: usize, after: usize, moved: bool) {
    // No counter is left while a thread ends; what it still does then is nobody's measurement.
    let _ = USAGE.try_with(|cell| {
        let mut usage = cell.get();
        let both = usage.current_bytes.saturating_add_unsigned(after);
        usage.current_bytes = both.saturating_sub_unsigned(before);
        usage.peak_bytes = usage.peak_bytes.max(if moved { both } else { usage.current_bytes });
        usage.allocations += u64::from(after > before);
        cell.set(usage);
    });
}

// SAFETY: every call goes to `System` with the caller's own arguments, whose contract is the same;
// counting touches no memory but a thread-local cell, allocates nothing and cannot unwind.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`.
        let block = unsafe { System.alloc(layout) };
        if !block.is_null() {
            count(0, layout.size(), false);
        }
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        let block = unsafe { System.alloc_zeroed(layout) };
        if !block.is_null() {
            count(0, layout.size(), false);
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`; the block came from `System`.
        unsafe { System.dealloc(block, layout) };
        count(layout.size(), 0, false);
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `realloc`; the block came from `System`.
        let moved = unsafe { System.realloc(block, layout, new_size) };
        if !moved.is_null() {
            count(layout.size(), new_size, moved != block);
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::counting_allocator!();

    #[test]
    fn the_peak_stays_when_the_memory_is_given_back() {
        let (kept, usage) = measure(|| {
            drop(vec![1_u8; 1_000_000]);
            vec![2_u8; 1_000]
        });
        assert_eq!(usage.current_bytes, 1_000);
        assert!((1_000_000..1_001_000).contains(&usage.peak_bytes), "{usage:?}");
        assert_eq!(usage.allocations, 2);
        drop(kept);
    }

    #[test]
    fn zeroed_and_grown_memory_is_counted() {
        let (bytes, usage) = measure(|| {
            let mut bytes = vec![0_u8; 4_096];
            bytes.reserve_exact(8_192);
            bytes
        });
        assert_eq!(usage.current_bytes, 4_096 + 8_192);
        drop(bytes);
    }

    #[test]
    fn what_another_thread_allocates_is_not_counted_here() {
        let go = std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                go.wait();
                drop(vec![1_u8; 5_000_000]);
                go.wait();
            });
            let ((), usage) = measure(|| {
                go.wait();
                go.wait();
            });
            assert!(usage.peak_bytes < 100_000, "{usage:?}");
        });
    }

    #[test]
    fn measurements_may_be_nested() {
        let ((inner, kept), outer) = measure(|| {
            let kept = vec![0_u8; 500];
            let ((), inner) = measure(|| drop(vec![0_u8; 300]));
            (inner, kept)
        });
        assert_eq!((inner.peak_bytes, inner.current_bytes), (300, 0));
        assert_eq!((outer.peak_bytes, outer.current_bytes), (800, 500));
        drop(kept);
    }
}
