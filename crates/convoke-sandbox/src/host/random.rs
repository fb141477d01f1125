//! Randomness of one run: everything drawn follows from its seed, so that a replay draws the same.

use sha2::{Digest, Sha256};

use crate::limits::RANDOM_BYTES_MAX;

/// A run's seed and how much was drawn from it.
pub(crate) struct Random {
    seed: u128,
    entries: u64,
    draws: u64,
}

impl Random {
    pub(crate) fn new(seed: u128) -> Self {
        Self { seed, entries: 0, draws: 0 }
    }

    /// Whether the guest drew bytes (the engine's `Math.random` is told apart by the engine).
    pub(crate) fn used(&self) -> bool {
        self.draws > 0
    }

    /// A new seed for the engine's own generator, for the next entry.
    pub(crate) fn next_entry(&mut self) -> u64 {
        self.entries += 1;
        let half = |shift: u32| u64::try_from(self.seed >> shift & u128::from(u64::MAX)).unwrap_or_default();
        let mut mixed = half(0) ^ half(64).rotate_left(32);
        mixed = mixed.wrapping_add(self.entries.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// As many bytes as `count` says, from SHA-256 over seed and counter: not to be told from chance without the seed.
    pub(crate) fn bytes(&mut self, count: &str) -> Result<Vec<u8>, String> {
        let count: usize = count.parse().map_err(|_| "expected a number of bytes")?;
        if count > RANDOM_BYTES_MAX {
            return Err(format!("at most {RANDOM_BYTES_MAX} random bytes at once"));
        }
        let mut bytes = Vec::with_capacity(count + 32);
        while bytes.len() < count {
            self.draws += 1;
            let mut hash = Sha256::new();
            hash.update(b"convoke random bytes");
            hash.update(self.seed.to_le_bytes());
            hash.update(self.draws.to_le_bytes());
            bytes.extend_from_slice(&hash.finalize());
        }
        bytes.truncate(count);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_and_another_seed_does_not() {
        let draw = |seed| Random::new(seed).bytes("40").unwrap();
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let mut random = Random::new(7);
        assert_ne!(random.bytes("16").unwrap(), random.bytes("16").unwrap());
        assert_ne!(random.next_entry(), random.next_entry());
    }
}
