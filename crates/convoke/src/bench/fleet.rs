//! Many consumers at once: at a given rate, or as fast as they are answered.
//!
//! They run on the generator's threads, whose processor time is known apart from the engine's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::cpu::{Snapshot, Used};
use super::report::{Figures, microseconds, milliseconds, percentile};
use super::rig::GENERATOR_THREADS;
use super::transport::Consumer;

/// This part of a measurement's time passes before it counts.
const WARM_UP_PART: u32 = 10;
/// Time from starting the pace to the first event, in which its thread comes up.
const LEAD: Duration = Duration::from_millis(20);

/// See the module.
pub(crate) struct Fleet<C> {
    consumers: Vec<Arc<Mutex<C>>>,
    generator: Handle,
}

/// What a fleet did and what it took.
pub(crate) struct Load {
    /// From when each event was due to when its answer was seen, shortest first.
    latencies: Vec<Duration>,
    events: u64,
    wall: Duration,
    used: Used,
}

impl<C: Consumer> Fleet<C> {
    /// A fleet on these threads. Each consumer causes one event at once, so that none does for the first time later.
    pub(crate) fn new(consumers: Vec<C>, generator: Handle) -> Result<Self> {
        let consumers: Vec<_> =
            consumers.into_iter().map(|consumer| Arc::new(Mutex::new(consumer))).collect();
        let fleet = Self { consumers, generator };
        fleet.generator.block_on(async {
            let mut running = JoinSet::new();
            for consumer in &fleet.consumers {
                let consumer = Arc::clone(consumer);
                running.spawn(async move { consumer.lock().await.event().await });
            }
            all(running).await
        })?;
        Ok(fleet)
    }

    /// One of them.
    pub(crate) fn consumer(&self, nth: usize) -> Result<Arc<Mutex<C>>> {
        self.consumers.get(nth).map(Arc::clone).context("there are fewer consumers")
    }

    /// `rate` events per second, whether or not the last ones were answered.
    pub(crate) fn at_rate(&self, rate: u32, time: Duration) -> Result<Load> {
        let count =
            u64::from(rate) * u64::from(time.subsec_millis()) / 1_000 + u64::from(rate) * time.as_secs();
        let first = Instant::now() + LEAD;
        let before = Snapshot::take()?;
        // Sleeping threads are woken to the tenth of a millisecond, timers of the runtime to the millisecond.
        let pace = || -> Result<JoinSet<Result<Duration>>> {
            let mut running = JoinSet::new();
            for nth in 0..count {
                let due = first + Duration::from_secs(1) * u32::try_from(nth)? / rate;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                let consumer = self.consumer(usize::try_from(nth)? % self.consumers.len())?;
                let event = async move {
                    consumer.lock().await.event().await?;
                    Ok(due.elapsed())
                };
                running.spawn_on(event, &self.generator);
            }
            Ok(running)
        };
        let running = thread::scope(|scope| {
            let pacing =
                thread::Builder::new().name(GENERATOR_THREADS.to_owned()).spawn_scoped(scope, pace)?;
            pacing.join().map_err(|_| anyhow!("the pace panicked"))?
        })?;
        let wall = first.elapsed();
        let used = Snapshot::take()?.since(&before);
        let latencies = self.generator.block_on(gather(running))?;
        Ok(Load { events: count, latencies, wall, used })
    }

    /// The first `width` consumers, each as soon as its last event was answered.
    pub(crate) fn back_to_back(&self, width: usize, time: Duration) -> Result<Load> {
        let from = Instant::now() + time / WARM_UP_PART;
        let until = from + time;
        let done = Arc::new(AtomicU64::new(0));
        let mut running: JoinSet<Result<Vec<Duration>>> = JoinSet::new();
        for consumer in self.consumers.iter().take(width) {
            let (consumer, done) = (Arc::clone(consumer), Arc::clone(&done));
            let events = async move { events(&mut *consumer.lock().await, from, until, &done).await };
            running.spawn_on(events, &self.generator);
        }
        let count =
            || Ok::<_, anyhow::Error>((Instant::now(), Snapshot::take()?, done.load(Ordering::Relaxed)));
        thread::sleep(from.saturating_duration_since(Instant::now()));
        let (began, before, earlier) = count()?;
        thread::sleep(until.saturating_duration_since(Instant::now()));
        let (ended, after, later) = count()?;
        let latencies = self.generator.block_on(gather(running))?;
        Ok(Load { events: later - earlier, latencies, wall: ended - began, used: after.since(&before) })
    }
}

/// One consumer's events, with the latencies of those that began in the time that counts.
async fn events<C: Consumer>(
    consumer: &mut C,
    from: Instant,
    until: Instant,
    done: &AtomicU64,
) -> Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    loop {
        let began = Instant::now();
        if began >= until {
            return Ok(latencies);
        }
        consumer.event().await?;
        done.fetch_add(1, Ordering::Relaxed);
        if began >= from {
            latencies.push(began.elapsed());
        }
    }
}

/// Waits for all; the first failure is theirs together.
async fn all<T: 'static>(mut running: JoinSet<Result<T>>) -> Result<()> {
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(())
}

/// All latencies, shortest first.
async fn gather<T: IntoLatencies + 'static>(mut running: JoinSet<Result<T>>) -> Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    while let Some(done) = running.join_next().await {
        done??.add_to(&mut latencies);
    }
    latencies.sort();
    Ok(latencies)
}

trait IntoLatencies {
    fn add_to(self, latencies: &mut Vec<Duration>);
}

impl IntoLatencies for Duration {
    fn add_to(self, latencies: &mut Vec<Duration>) {
        latencies.push(self);
    }
}

impl IntoLatencies for Vec<Duration> {
    fn add_to(self, latencies: &mut Vec<Duration>) {
        latencies.extend(self);
    }
}

impl Load {
    /// Events per second.
    pub(crate) fn per_second(&self) -> f64 {
        self.events as f64 / self.wall.as_secs_f64()
    }

    /// The part of the processor time that `of` picks, per event, in microseconds.
    pub(crate) fn us_per_event(&self, of: impl Fn(&Used) -> Duration) -> f64 {
        microseconds(of(&self.used)) / self.events.max(1) as f64
    }

    /// Latencies, as figures whose names begin with `name`.
    pub(crate) fn latencies(&self, name: &str, figures: &mut Figures) {
        figures.set(format!("{name}_p50_ms"), milliseconds(percentile(&self.latencies, 50)));
        figures.set(format!("{name}_p99_ms"), milliseconds(percentile(&self.latencies, 99)));
    }
}
