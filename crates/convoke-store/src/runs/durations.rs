//! How long many runs took, in little room: counts in classes whose bounds grow by a twelfth each, so that a quantile is
//! exact to 9 %. One second is the bound of a class, because functions are judged by it.

use std::collections::BTreeMap;
use std::time::Duration;

/// Classes per doubling.
const PER_DOUBLING: i32 = 8;

/// The class whose upper bound is one second; the first one ends at 62 µs.
const SECOND: i32 = 112;

/// The last class: two minutes and more.
const LAST: u8 = 168;

/// Counts of durations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Durations(BTreeMap<u8, u64>);

impl Durations {
    /// Counts one more.
    pub fn add(&mut self, duration: Duration) {
        *self.0.entry(class(duration)).or_default() += 1;
    }

    /// Counts all of another one, too.
    pub fn merge(&mut self, other: &Self) {
        for (class, count) in &other.0 {
            *self.0.entry(*class).or_default() += count;
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// The duration that `share` of them do not exceed, from above; `None` if there are none.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a count is a count, and no count comes near the precision of a double"
        )]
        let rank = ((self.count() as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        self.0.iter().find_map(|(class, count)| {
            seen += count;
            (seen >= rank).then(|| bound(*class))
        })
    }

    /// How many took longer than a second.
    pub fn slower_than_a_second(&self) -> u64 {
        self.0.iter().filter(|(class, _)| i32::from(**class) > SECOND).map(|(_, count)| count).sum()
    }

    /// The stored form: class and count, nine bytes each.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let pairs = self.0.iter();
        pairs.flat_map(|(class, count)| std::iter::once(*class).chain(count.to_le_bytes())).collect()
    }

    /// From the stored form; what is cut off is left out.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let pairs = bytes.chunks_exact(9).filter_map(|pair| {
            let (class, count) = pair.split_first()?;
            Some((*class, u64::from_le_bytes(count.try_into().ok()?)))
        });
        Self(pairs.collect())
    }
}

fn class(duration: Duration) -> u8 {
    let doublings = duration.as_secs_f64().max(1e-9).log2();
    // Up to and including its bound a duration belongs to a class; rounding errors of the logarithm are far smaller.
    let class = (doublings * f64::from(PER_DOUBLING) - 1e-9).ceil() + f64::from(SECOND);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it was cut to the range of classes"
    )]
    let class = class.clamp(0.0, f64::from(LAST)) as u8;
    class
}

fn bound(class: u8) -> Duration {
    let doublings = f64::from(i32::from(class) - SECOND) / f64::from(PER_DOUBLING);
    Duration::from_secs_f64(doublings.exp2())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn durations(millis: impl IntoIterator<Item = u64>) -> Durations {
        let mut durations = Durations::default();
        millis.into_iter().for_each(|millis| durations.add(Duration::from_millis(millis)));
        durations
    }

    #[test]
    fn a_quantile_is_never_below_the_truth_and_at_most_a_tenth_above() {
        let durations = durations(1..=1_000);
        for (share, truth) in [(0.5, 500.0), (0.95, 950.0), (0.99, 990.0)] {
            let found = durations.quantile(share).unwrap().as_secs_f64() * 1_000.0;
            assert!((truth..truth * 1.1).contains(&found), "{share}: {found}");
        }
        assert_eq!(Durations::default().quantile(0.5), None);
    }

    #[test]
    fn a_second_is_a_bound() {
        let durations = durations([1_000, 1_001, 90, 5_000]);
        assert_eq!(durations.slower_than_a_second(), 2);
        assert_eq!(self::durations([1_000]).quantile(1.0), Some(Duration::from_secs(1)));
    }

    #[test]
    fn counts_are_merged_and_survive_storing() {
        let mut all = durations([1, 10, 100]);
        all.merge(&durations([10, 10_000_000]));
        assert_eq!(all.count(), 5);
        assert_eq!(Durations::from_bytes(&all.to_bytes()), all);
    }
}
