//! Timers of one run, in the order in which they are due; equal ones in the order in which they were set.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Longest delay, in milliseconds: more than any run lasts.
const DELAY_MS_MAX: f64 = 86_400_000.0;

/// Timers that are set.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: BTreeSet<(Instant, i32)>,
    set: BTreeMap<i32, Instant>,
}

impl Timers {
    /// Sets a timer; `delay` is its milliseconds as text.
    pub(crate) fn set(&mut self, id: i32, delay: &str, now: Instant) {
        let ms = delay.parse::<f64>().unwrap_or_default().clamp(0.0, DELAY_MS_MAX);
        let at = now + Duration::from_secs_f64(if ms.is_finite() { ms / 1000.0 } else { 0.0 });
        self.set.insert(id, at);
        self.due.insert((at, id));
    }

    /// Forgets a timer, if it is set.
    pub(crate) fn cancel(&mut self, id: i32) {
        if let Some(at) = self.set.remove(&id) {
            self.due.remove(&(at, id));
        }
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes the next one, if it is due.
    pub(crate) fn take(&mut self, now: Instant) -> Option<i32> {
        let (at, id) = *self.due.first()?;
        if at > now {
            return None;
        }
        self.due.pop_first();
        self.set.remove(&id);
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_fire_when_due_in_order_and_never_after_they_were_cancelled() {
        let now = Instant::now();
        let mut timers = Timers::default();
        timers.set(1, "20", now);
        timers.set(2, "10", now);
        timers.set(3, "10", now);
        timers.set(4, "NaN", now);
        timers.cancel(3);
        let later = now + Duration::from_millis(15);
        assert_eq!([timers.take(later), timers.take(later), timers.take(later)], [Some(4), Some(2), None]);
        assert_eq!(timers.next(), Some(now + Duration::from_millis(20)));
    }
}
