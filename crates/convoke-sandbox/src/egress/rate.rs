//! How often a function may call out: a bucket that refills steadily.

use std::sync::Mutex;
use std::time::Instant;

/// Requests per second of one function, as the contract has it; also how many may come at once.
const PER_SECOND: f64 = 20.0;

/// One function's share, for all its runs together.
#[derive(Debug)]
pub struct RateLimit {
    bucket: Mutex<(f64, Option<Instant>)>,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { bucket: Mutex::new((PER_SECOND, None)) }
    }
}

impl RateLimit {
    /// Whether one more request may go now; if so, it is counted.
    pub fn take(&self, now: Instant) -> bool {
        let mut bucket = self.bucket.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (tokens, last) = *bucket;
        let passed = last.map_or(0.0, |last| now.saturating_duration_since(last).as_secs_f64());
        let tokens = (tokens + passed * PER_SECOND).min(PER_SECOND);
        let may = tokens >= 1.0;
        *bucket = (if may { tokens - 1.0 } else { tokens }, Some(now));
        may
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn twenty_go_at_once_and_then_twenty_per_second() {
        let (rate, now) = (RateLimit::default(), Instant::now());
        let burst = (0..30).filter(|_| rate.take(now)).count();
        assert_eq!(burst, 20);
        let later = (0..30).filter(|_| rate.take(now + Duration::from_millis(500))).count();
        assert_eq!(later, 10);
    }
}
