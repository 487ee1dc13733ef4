//! What one file holds: what reads see, what is safe, and what a power cut may do in between.
//!
//! A write changes what reads see at once and nothing that is safe. Until the next sync every
//! 512-byte sector keeps the states it went through, as an operating system may write a dirty
//! page back at any time and in any order. A power cut picks, sector by sector, one of them or
//! the last safe one; now and then a sector is torn, its beginning new and its end old. Bytes of a
//! sector that a write did not name are never damaged (SQLite's `POWERSAFE_OVERWRITE`, which is
//! also what SQLite assumes of a real disk by default). The length is picked among those the file
//! went through, and bytes that nobody wrote are zero or garbage.

use std::collections::BTreeMap;

use crate::rng::Rng;

/// How many bytes a disk writes as one.
pub const SECTOR_BYTES: usize = 512;

/// How many states of a sector are remembered between two syncs; the oldest are forgotten first.
const STATES_MAX: usize = 4;

type Sector = Box<[u8; SECTOR_BYTES]>;

/// The bytes of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    current: Vec<u8>,
    durable: Vec<u8>,
    /// The states each sector went through since the last sync, oldest first.
    dirty: BTreeMap<usize, Vec<Sector>>,
    /// The lengths the file went through since the last sync, oldest first.
    lengths: Vec<usize>,
}

impl Content {
    /// A file whose bytes are safe already.
    pub(super) fn durable(bytes: &[u8]) -> Self {
        Self { current: bytes.to_vec(), durable: bytes.to_vec(), ..Self::default() }
    }

    /// What a read of the whole file sees.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.current
    }

    /// Reads as far as there are bytes, fills the rest with zeros, says whether all were there.
    pub(super) fn read(&self, offset: usize, into: &mut [u8]) -> bool {
        let there = self.current.get(offset..).unwrap_or_default();
        let count = there.len().min(into.len());
        let (found, missing) = into.split_at_mut(count);
        found.copy_from_slice(&there[..count]);
        missing.fill(0);
        missing.is_empty()
    }

    /// Writes; a gap before the offset is zeros.
    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        if bytes.is_empty() {
            return;
        }
        if end > self.current.len() {
            self.resize(end);
        }
        self.current[offset..end].copy_from_slice(bytes);
        for sector in offset / SECTOR_BYTES..end.div_ceil(SECTOR_BYTES) {
            self.remember(sector);
        }
    }

    /// Sets the length; new bytes are zero.
    pub(super) fn resize(&mut self, len: usize) {
        if len != self.current.len() {
            self.current.resize(len, 0);
            self.lengths.push(len);
        }
    }

    /// Makes what reads see safe.
    pub(super) fn sync(&mut self) {
        // A file that was cut short and grew again has zeros where the safe bytes are older ones.
        let shortest = self.lengths.iter().copied().min().unwrap_or(usize::MAX);
        self.durable.truncate(shortest);
        self.durable.resize(self.current.len(), 0);
        for &sector in self.dirty.keys() {
            let range = sector_range(sector, self.current.len());
            self.durable[range.clone()].copy_from_slice(&self.current[range]);
        }
        self.dirty.clear();
        self.lengths.clear();
    }

    /// Forgets what was to be written back without writing it, as some systems do when a sync
    /// fails: reads go on seeing it, no later sync makes it safe.
    pub(super) fn forget_unsynced(&mut self) {
        self.dirty.clear();
        self.lengths.clear();
    }

    /// Leaves of the unsynced states what the seed decides; everything left is safe.
    pub(super) fn power_cut(&mut self, rng: &mut Rng) {
        let kept_of_eight = *rng.pick(&[0, 1, 4, 7, 8]).unwrap_or(&4);
        let len = self.surviving_length(rng);
        let mut left = std::mem::take(&mut self.durable);
        fill_unwritten(&mut left, len, rng);
        for (sector, states) in std::mem::take(&mut self.dirty) {
            let range = sector_range(sector, len);
            if rng.chance(kept_of_eight, 8) && !range.is_empty() {
                apply_state(&mut left[range], &states, rng);
            }
        }
        *self = Self::durable(&left);
    }

    fn surviving_length(&self, rng: &mut Rng) -> usize {
        if rng.chance(1, 2) {
            return self.current.len();
        }
        match rng.index(self.lengths.len() + 1) {
            0 => self.durable.len(),
            picked => self.lengths[picked - 1],
        }
    }

    fn remember(&mut self, sector: usize) {
        let mut state = Box::new([0; SECTOR_BYTES]);
        let range = sector_range(sector, self.current.len());
        state[..range.len()].copy_from_slice(&self.current[range]);
        let states = self.dirty.entry(sector).or_default();
        if states.len() == STATES_MAX {
            states.remove(0);
        }
        states.push(state);
    }
}

/// The bytes of a sector in a file of this length.
fn sector_range(sector: usize, len: usize) -> std::ops::Range<usize> {
    let from = sector * SECTOR_BYTES;
    from.min(len)..(from + SECTOR_BYTES).min(len)
}

fn fill_unwritten(left: &mut Vec<u8>, len: usize, rng: &mut Rng) {
    let written = left.len().min(len);
    left.resize(len, 0);
    if rng.chance(1, 2) {
        rng.fill(&mut left[written..]);
    }
}

fn apply_state(left: &mut [u8], states: &[Sector], rng: &mut Rng) {
    let picked = rng.index(states.len());
    if rng.chance(1, 8) {
        if let Some(previous) = picked.checked_sub(1) {
            left.copy_from_slice(&states[previous][..left.len()]);
        }
        let torn_at = rng.index(left.len());
        left[..torn_at].copy_from_slice(&states[picked][..torn_at]);
    } else {
        left.copy_from_slice(&states[picked][..left.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after_cuts(content: &Content) -> Vec<Vec<u8>> {
        (0..400)
            .map(|seed| {
                let mut cut = content.clone();
                cut.power_cut(&mut Rng::new(seed));
                cut.bytes().to_vec()
            })
            .collect()
    }

    #[test]
    fn what_was_synced_survives_every_cut() {
        let mut content = Content::default();
        content.write(100, &[7; 3_000]);
        content.sync();
        assert!(after_cuts(&content).iter().all(|left| left == content.bytes()));
    }

    #[test]
    fn what_was_not_synced_is_lost_kept_and_reordered() {
        let mut content = Content::durable(&[0; 1_024]);
        content.write(0, &[1; 512]);
        content.write(512, &[2; 512]);
        let left = after_cuts(&content);
        let has = |first: u8, second: u8| {
            left.iter().any(|l| l[..512] == [first; 512] && l[512..] == [second; 512])
        };
        assert!(
            has(0, 0) && has(1, 0) && has(0, 2) && has(1, 2),
            "each subset of the sectors occurs"
        );
    }

    #[test]
    fn a_sector_may_be_torn_but_never_where_nothing_was_written() {
        let mut content = Content::durable(&[9; 512]);
        content.write(0, &[1; 300]);
        let left = after_cuts(&content);
        assert!(left.iter().any(|l| l[0] == 1 && l[299] == 9), "some sector is torn");
        assert!(left.iter().all(|l| l[300..] == [9; 212]), "neighbours are never damaged");
    }

    #[test]
    fn a_sector_may_be_left_in_a_state_between_two_syncs() {
        let mut content = Content::durable(&[0; 512]);
        content.write(0, &[1; 512]);
        content.write(0, &[2; 512]);
        let left = after_cuts(&content);
        for state in 0..3 {
            assert!(left.iter().any(|l| l[..] == [state; 512]), "{state}");
        }
    }

    #[test]
    fn a_truncation_may_be_forgotten_until_the_sync() {
        let mut content = Content::durable(&[5; 2_000]);
        content.resize(100);
        content.write(1_500, &[6; 10]);
        let lengths: Vec<usize> = after_cuts(&content).iter().map(Vec::len).collect();
        assert!([100, 1_510, 2_000].iter().all(|len| lengths.contains(len)));
        content.sync();
        assert!(
            after_cuts(&content)
                .iter()
                .all(|l| l[100..1_500] == [0; 1_400] && l[1_500..] == [6; 10])
        );
    }

    #[test]
    fn a_read_past_the_end_is_short_and_zero() {
        let content = Content::durable(&[3; 10]);
        let mut into = [9; 6];
        assert!(!content.read(7, &mut into));
        assert_eq!(into, [3, 3, 3, 0, 0, 0]);
        assert!(!content.read(50, &mut into));
        assert!(content.read(4, &mut into));
    }
}
