//! Processor time: of the calling thread, of the process, and of the process's threads by their names.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};

use super::rig::{ENGINE_THREADS, GENERATOR_THREADS};

/// The store's threads begin with this.
const STORE_THREADS: &str = "store-";

/// Processor time of the calling thread.
pub(crate) fn of_thread() -> Duration {
    at(ClockId::ThreadCPUTime)
}

fn of_process() -> Duration {
    at(ClockId::ProcessCPUTime)
}

fn at(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// What the process and each of its threads have used until now.
pub(crate) struct Snapshot {
    process: Duration,
    threads: BTreeMap<u32, (String, Duration)>,
}

/// What was used between two snapshots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Used {
    /// All threads.
    pub(crate) total: Duration,
    /// The engine's, on which functions run too.
    pub(crate) engine: Duration,
    /// The store's writer, readers and checkpoints.
    pub(crate) store: Duration,
    /// Those that make events and wait for answers.
    pub(crate) generator: Duration,
}

impl Used {
    /// By threads that are none of these.
    pub(crate) fn others(&self) -> Duration {
        self.total.saturating_sub(self.engine + self.store + self.generator)
    }
}

impl Snapshot {
    /// Of now.
    pub(crate) fn take() -> Result<Self> {
        let mut threads = BTreeMap::new();
        for entry in fs::read_dir("/proc/self/task").context("this needs Linux's /proc")? {
            let task = entry?.path();
            let id = task.file_name().and_then(|id| id.to_str()).and_then(|id| id.parse().ok());
            // A thread may end while we look.
            let (Some(id), Ok(name), Ok(used)) =
                (id, fs::read_to_string(task.join("comm")), fs::read_to_string(task.join("schedstat")))
            else {
                continue;
            };
            let nanoseconds = used.split(' ').next().and_then(|first| first.parse().ok());
            let nanoseconds = nanoseconds.context("schedstat has no time: the kernel does not count it")?;
            threads.insert(id, (name.trim().to_owned(), Duration::from_nanos(nanoseconds)));
        }
        Ok(Self { process: of_process(), threads })
    }

    /// What was used from `earlier` to this.
    pub(crate) fn since(&self, earlier: &Self) -> Used {
        let mut used = Used { total: self.process.saturating_sub(earlier.process), ..Used::default() };
        for (id, (name, time)) in &self.threads {
            let before = earlier.threads.get(id).map_or(Duration::ZERO, |(_, before)| *before);
            let time = time.saturating_sub(before);
            match name.as_str() {
                ENGINE_THREADS => used.engine += time,
                GENERATOR_THREADS => used.generator += time,
                name if name.starts_with(STORE_THREADS) => used.store += time,
                _ => {}
            }
        }
        used
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::thread;

    use super::*;

    #[test]
    fn what_a_thread_works_counts_for_its_name() {
        let before = Snapshot::take().unwrap();
        let busy = thread::Builder::new().name(GENERATOR_THREADS.to_owned()).spawn(|| {
            let began = of_thread();
            while of_thread().saturating_sub(began) < Duration::from_millis(20) {
                black_box(0);
            }
            Snapshot::take().unwrap()
        });
        let used = busy.unwrap().join().unwrap().since(&before);
        assert!(used.generator >= Duration::from_millis(10), "{used:?}");
        assert!(used.total >= used.generator && used.engine < used.generator, "{used:?}");
    }
}
