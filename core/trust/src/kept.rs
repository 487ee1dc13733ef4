//! What is kept in memory for the next time, bounded by what it takes and not by how many there are.

use std::collections::BTreeMap;

use keting_model::Document;

use crate::limits::{
    DOCUMENT_MEMORY_A_BYTE, DOCUMENT_MEMORY_A_CHANGE, DOCUMENT_MEMORY_FIXED_BYTES,
};

/// About how much memory an open document takes, in bytes. Costs nothing to ask.
pub fn memory_of(document: &Document) -> usize {
    let size = document.size();
    let changes = usize::try_from(size.changes).unwrap_or(usize::MAX);
    let bytes = usize::try_from(size.bytes).unwrap_or(usize::MAX);
    DOCUMENT_MEMORY_FIXED_BYTES
        .saturating_add(changes.saturating_mul(DOCUMENT_MEMORY_A_CHANGE))
        .saturating_add(bytes.saturating_mul(DOCUMENT_MEMORY_A_BYTE))
}

/// Things kept by name, the least recently used dropped first once they take too much.
#[derive(Debug)]
pub struct Kept<K, V> {
    entries: BTreeMap<K, Entry<V>>,
    /// The names in the order of their last use.
    by_use: BTreeMap<u64, K>,
    uses: u64,
    bytes: usize,
    bytes_max: usize,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    bytes: usize,
    used: u64,
}

impl<K: Ord + Clone, V> Kept<K, V> {
    /// Keeps nothing yet, and never more than `bytes_max`.
    pub const fn new(bytes_max: usize) -> Self {
        Self { entries: BTreeMap::new(), by_use: BTreeMap::new(), uses: 0, bytes: 0, bytes_max }
    }

    /// What is kept takes so many bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Something that is kept; this makes it the most recently used.
    pub fn get(&mut self, key: &K) -> Option<&V> {
        let entry = self.entries.get_mut(key)?;
        self.uses += 1;
        if let Some(key) = self.by_use.remove(&entry.used) {
            self.by_use.insert(self.uses, key);
        }
        entry.used = self.uses;
        Some(&entry.value)
    }

    /// Takes something out.
    pub fn take(&mut self, key: &K) -> Option<V> {
        let entry = self.entries.remove(key)?;
        self.by_use.remove(&entry.used);
        self.bytes -= entry.bytes;
        Some(entry.value)
    }

    /// Keeps something that takes so many bytes, in the place of what had its name. What would take
    /// more than everything may is not kept.
    pub fn put(&mut self, key: K, value: V, bytes: usize) {
        self.take(&key);
        if bytes > self.bytes_max {
            return;
        }
        self.uses += 1;
        self.bytes += bytes;
        self.by_use.insert(self.uses, key.clone());
        self.entries.insert(key, Entry { value, bytes, used: self.uses });
        self.drop_oldest();
    }

    /// Keeps no more than `bytes_max` from now on.
    pub fn keep_within(&mut self, bytes_max: usize) {
        self.bytes_max = bytes_max;
        self.drop_oldest();
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        (self.entries, self.by_use, self.bytes) = (BTreeMap::new(), BTreeMap::new(), 0);
    }

    fn drop_oldest(&mut self) {
        while self.bytes > self.bytes_max
            && let Some((_, oldest)) = self.by_use.pop_first()
            && let Some(dropped) = self.entries.remove(&oldest)
        {
            self.bytes -= dropped.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_goes_first_and_as_many_go_as_it_takes() {
        let mut kept = Kept::new(10);
        kept.put(1, "one", 4);
        kept.put(2, "two", 4);
        assert!(kept.get(&1).is_some());
        kept.put(3, "three", 2);
        kept.put(4, "four", 3);
        assert_eq!((names(&kept), kept.bytes()), (vec![1, 3, 4], 9));
        kept.put(5, "five", 10);
        assert_eq!((names(&kept), kept.bytes()), (vec![5], 10));
        kept.put(5, "five", 3);
        kept.put(6, "six", 3);
        kept.keep_within(5);
        assert_eq!((names(&kept), kept.bytes()), (vec![6], 3));
        kept.clear();
        kept.put(7, "seven", 4);
        assert_eq!((names(&kept), kept.bytes()), (vec![7], 4));
    }

    #[test]
    fn what_takes_more_than_everything_may_drives_nothing_out_but_what_had_its_name() {
        let mut kept = Kept::new(10);
        kept.put(1, "one", 4);
        kept.put(2, "two", 4);
        kept.put(2, "two, and very long", 11);
        assert_eq!((names(&kept), kept.bytes()), (vec![1], 4));
        assert_eq!((kept.take(&1), kept.take(&1), kept.bytes()), (Some("one"), None, 0));
    }

    fn names(kept: &Kept<i32, &str>) -> Vec<i32> {
        kept.entries.keys().copied().collect()
    }
}
