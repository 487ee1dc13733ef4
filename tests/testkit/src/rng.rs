//! Chance that can be repeated: one number decides everything that follows.
//!
//! SplitMix64 (Steele, Lea, Flood 2014): small, fast, the same on every machine. It is for tests
//! only and hides nothing.

/// A generator whose whole course is fixed by its seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// Starts the course of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Starts a course of its own for `purpose`, so that drawing more for one purpose does not
    /// shift what another one draws.
    #[must_use]
    pub fn fork(&self, purpose: u64) -> Self {
        let mut mixer = Self::new(self.state ^ purpose.wrapping_mul(0xd6e8_feb8_6659_fd93));
        Self::new(mixer.next_u64())
    }

    /// Draws the next 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Draws a number from 0 to `bound - 1`; 0 when the bound is 0.
    ///
    /// The high half of a 128-bit product: its bias is below one in 2³² for the bounds of tests.
    pub const fn below(&mut self, bound: u64) -> u64 {
        ((self.next_u64() as u128 * bound as u128) >> 64) as u64
    }

    /// Draws an index into something of `len` items; 0 when it is empty.
    pub const fn index(&mut self, len: usize) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "the result is less than len")]
        {
            self.below(len as u64) as usize
        }
    }

    /// Says yes in `times` of `of` cases.
    pub const fn chance(&mut self, times: u64, of: u64) -> bool {
        self.below(of) < times
    }

    /// Picks one of the items; nothing from an empty slice.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.index(items.len()))
    }

    /// Fills the bytes with chance.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let drawn = self.next_u64().to_le_bytes();
            for (byte, from) in chunk.iter_mut().zip(drawn) {
                *byte = from;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_course_of_a_seed_is_the_published_one() {
        let mut rng = Rng::new(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| rng.next_u64()).collect();
        assert_eq!(
            drawn,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn a_number_stays_below_its_bound_and_reaches_every_value() {
        let mut rng = Rng::new(7);
        let mut seen = [0_u32; 5];
        for _ in 0..1_000 {
            seen[rng.index(5)] += 1;
        }
        assert!(seen.iter().all(|&count| count > 100), "{seen:?}");
        assert_eq!(rng.below(0), 0);
    }

    #[test]
    fn a_fork_does_not_shift_the_course_it_came_from() {
        let mut with = Rng::new(9);
        let mut without = with.clone();
        with.fork(1).next_u64();
        assert_eq!(with.next_u64(), without.next_u64());
        assert_ne!(with.fork(1), with.fork(2));
    }
}
