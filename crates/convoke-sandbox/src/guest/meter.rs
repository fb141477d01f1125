//! Processor time: what a run has used, and whether it goes on, gives way, or ends.
//!
//! A run is charged the time of the thread that executes it, so waiting costs nothing and neighbours cost nothing.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use super::Stop;
use rustix::time::{ClockId, clock_gettime};

/// What one run has used and may use. Shared by the poller and the interruption callback of the same run.
pub(crate) struct Meter {
    /// Charged by finished polls, in nanoseconds.
    charged: AtomicU64,
    /// The thread's clock when the running poll began, in nanoseconds.
    since: AtomicU64,
    cpu: u64,
    deadline: Instant,
}

impl Meter {
    pub(crate) fn new(cpu: Duration, deadline: Instant) -> Self {
        Self { charged: AtomicU64::new(0), since: AtomicU64::new(0), cpu: nanos(cpu), deadline }
    }

    /// Processor time of the finished polls.
    pub(crate) fn used(&self) -> Duration {
        Duration::from_nanos(self.charged.load(Ordering::Relaxed))
    }

    /// When the run's wall time ends.
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether the running poll must end now.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        let running = thread_time().saturating_sub(self.since.load(Ordering::Relaxed));
        if self.charged.load(Ordering::Relaxed).saturating_add(running) >= self.cpu {
            return Err(Stop::Cpu);
        }
        if Instant::now() >= self.deadline { Err(Stop::Wall) } else { Ok(()) }
    }

    /// Runs `work` on this thread and charges it.
    pub(crate) fn charge<T>(&self, work: impl FnOnce() -> T) -> T {
        let since = thread_time();
        self.since.store(since, Ordering::Relaxed);
        let done = work();
        self.charged.fetch_add(thread_time().saturating_sub(since), Ordering::Relaxed);
        done
    }

    /// Polls `entry` to its end, giving way between its slices.
    pub(crate) async fn drive<T>(&self, entry: impl Future<Output = T>) -> Result<T, Stop> {
        let mut entry = pin!(entry);
        loop {
            let slice = std::future::poll_fn(|cx| Poll::Ready(self.charge(|| entry.as_mut().poll(cx))));
            if let Poll::Ready(done) = slice.await {
                return Ok(done);
            }
            if Instant::now() >= self.deadline {
                return Err(Stop::Wall);
            }
            tokio::task::yield_now().await;
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Processor time of this thread, in nanoseconds.
fn thread_time() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or_default())
}
