//! A repeatable sequence of numbers: a run that failed can be run again.

/// The die.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// The sequence that belongs to this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `below`.
    pub const fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}
