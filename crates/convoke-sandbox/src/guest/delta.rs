//! What evaluating a source changed in a new instance's memory.
//!
//! A top level of ordinary size changes a few hundred bytes, spread over some thirty pages (mostly reference counts), so a
//! delta is kept as runs of bytes, not as pages: a few kilobytes per function instead of a hundred.

/// Distance between two changes up to which they are one run, in bytes: what a run's own record costs.
const GAP: usize = 16;
/// Grain of the comparison, in bytes.
const BLOCK: usize = 4096;

/// Runs of changed bytes, and how large memory was.
#[derive(Debug, Default)]
pub(crate) struct Delta {
    /// Where each run begins and how long it is; their bytes follow one another in `bytes`.
    runs: Vec<(u32, u32)>,
    bytes: Vec<u8>,
    memory_bytes: usize,
}

impl Delta {
    /// The difference of `memory` from `base` (zeros beyond its end), from byte `first` on.
    pub(crate) fn between(base: &[u8], memory: &[u8], first: usize) -> Self {
        let mut delta = Self { memory_bytes: memory.len(), ..Self::default() };
        let zeros = [0; BLOCK];
        let begin = first / BLOCK * BLOCK;
        for (index, block) in memory.chunks(BLOCK).enumerate().skip(begin / BLOCK) {
            let at = index * BLOCK;
            let known = base.get(at..at + block.len()).unwrap_or(&zeros[..block.len()]);
            if block != known {
                delta.compare(at, known, block);
            }
        }
        delta.runs.shrink_to_fit();
        delta.bytes.shrink_to_fit();
        delta
    }

    fn compare(&mut self, at: usize, known: &[u8], block: &[u8]) {
        let mut run: Option<(usize, usize)> = None;
        for (offset, _) in known.iter().zip(block).enumerate().filter(|(_, (old, new))| old != new) {
            run = match run {
                Some((start, end)) if offset - end <= GAP => Some((start, offset + 1)),
                Some((start, end)) => {
                    self.push(at + start, &block[start..end]);
                    Some((offset, offset + 1))
                }
                None => Some((offset, offset + 1)),
            };
        }
        if let Some((start, end)) = run {
            self.push(at + start, &block[start..end]);
        }
    }

    fn push(&mut self, at: usize, bytes: &[u8]) {
        let (Ok(start), Ok(len)) = (u32::try_from(at), u32::try_from(bytes.len())) else {
            unreachable!("the guest's addresses have 32 bits")
        };
        self.runs.push((start, len));
        self.bytes.extend_from_slice(bytes);
    }

    /// Makes a new instance's memory, already as large as [`Self::memory_bytes`], what `between` saw.
    pub(crate) fn apply(&self, memory: &mut [u8]) {
        let mut rest = self.bytes.as_slice();
        for (start, len) in &self.runs {
            let (bytes, more) = rest.split_at(*len as usize);
            memory[*start as usize..][..bytes.len()].copy_from_slice(bytes);
            rest = more;
        }
    }

    /// How large memory was, in bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// Its size, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len() + self.runs.len() * size_of::<(u32, u32)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applying_a_delta_restores_every_byte_above_the_first() {
        let base: Vec<u8> = (0..4 * BLOCK).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let mut memory = base.clone();
        memory.resize(6 * BLOCK, 0);
        for at in [BLOCK, BLOCK + 5, BLOCK + 90, 2 * BLOCK - 1, 2 * BLOCK, 4 * BLOCK - 1, 5 * BLOCK + 17] {
            memory[at] ^= 0xa5;
        }
        let delta = Delta::between(&base, &memory, BLOCK);
        let mut restored = base.clone();
        restored.resize(delta.memory_bytes(), 0);
        delta.apply(&mut restored);
        assert!(restored == memory);
        assert!(delta.size() < 200);
    }

    #[test]
    fn what_is_below_the_first_byte_is_left_out() {
        let (base, memory) = (vec![0; 2 * BLOCK], vec![1; 2 * BLOCK]);
        let delta = Delta::between(&base, &memory, BLOCK);
        let mut restored = base;
        delta.apply(&mut restored);
        assert_eq!((restored[BLOCK - 1], restored[BLOCK]), (0, 1));
    }
}
