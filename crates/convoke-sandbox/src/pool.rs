//! The sandbox: one loaded image, a pool of instances, admission, and the clock that interrupts them.
//!
//! Cheap to clone. The ticker thread lives as long as the last clone, and rests while nothing runs.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::egress::{Egress, EgressSettings};
use crate::guest::Image;
use crate::guest::meter::Meter;
use crate::guest::state::{MemoryBudget, State};
use crate::lane::Lane;
use crate::limits::MEMORY_BYTES_MAX;

/// One epoch: how precisely entries are interrupted.
const TICK: Duration = Duration::from_millis(1);
/// Ticks without a run after which the ticker rests.
const IDLE_TICKS: u32 = 100;
/// How often a resting ticker looks whether the sandbox still exists.
const REST: Duration = Duration::from_millis(250);

/// What the operator chooses.
#[derive(Debug, Clone)]
pub struct SandboxSettings {
    /// Invocations in flight at once, waiting ones included; each reserves 4 GiB of address space (not memory).
    pub instances_max: u32,
    /// Invocations that may wait for one of those; more are turned away.
    pub queue_max: usize,
    /// Memory that all instances together may grow by, in bytes.
    pub memory_bytes_max: usize,
    /// Long runs that may use a processor at once: as many threads.
    pub long_runs_max: usize,
    /// The network.
    pub egress: EgressSettings,
}

impl Default for SandboxSettings {
    fn default() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Self {
            instances_max: 1_000,
            queue_max: 10_000,
            memory_bytes_max: 2 * 1024 * 1024 * 1024,
            long_runs_max: (processors / 2).max(1),
            egress: EgressSettings::default(),
        }
    }
}

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The machine refuses what the engine needs (address space, memory protection), or the image is not for it.
    #[error("the sandbox cannot start: {0}")]
    Engine(String),
    /// The image lacks an export: it was built from other sources than this crate.
    #[error("the sandbox image has no `{missing}`")]
    Image {
        /// The export.
        missing: &'static str,
    },
    /// The egress guard cannot start.
    #[error("the egress guard cannot start: {0}")]
    Egress(String),
}

impl SandboxError {
    #[expect(clippy::needless_pass_by_value, reason = "used as a function to map errors with")]
    pub(crate) fn from_engine(error: wasmtime::Error) -> Self {
        Self::Engine(format!("{error:#}"))
    }
}

/// Runs programs. See the crate's documentation for its promises.
#[derive(Clone)]
pub struct Sandbox {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) image: Image,
    /// The same image for preparing programs.
    pub(crate) workshop: Image,
    pub(crate) memory: Arc<MemoryBudget>,
    pub(crate) admission: Arc<Semaphore>,
    pub(crate) queued: AtomicUsize,
    pub(crate) queue_max: usize,
    pub(crate) lane: Lane,
    pub(crate) egress: Egress,
    active: Arc<Activity>,
}

impl Sandbox {
    /// Loads the image and makes room for `settings.instances_max` instances.
    ///
    /// # Errors
    /// If the machine does not offer the address space, or the ticker thread cannot start.
    pub fn new(settings: SandboxSettings) -> Result<Self, SandboxError> {
        let image = Image::for_runs(settings.instances_max)?;
        let memory = Arc::new(MemoryBudget::new(settings.memory_bytes_max));
        let meter = Arc::new(Meter::new(Duration::from_secs(1), Instant::now() + Duration::from_mins(1)));
        let workshop = Image::for_programs(State::new(meter, Arc::clone(&memory), MEMORY_BYTES_MAX, 0))?;
        let lane = Lane::new(settings.long_runs_max)
            .map_err(|error| SandboxError::Engine(format!("no threads for long runs: {error}")))?;
        let shared = Arc::new(Shared {
            image,
            workshop,
            memory,
            admission: Arc::new(Semaphore::new(settings.instances_max as usize)),
            queued: AtomicUsize::new(0),
            queue_max: settings.queue_max,
            lane,
            egress: Egress::new(settings.egress).map_err(|error| SandboxError::Egress(error.to_string()))?,
            active: Arc::new(Activity::default()),
        });
        start_ticker(&shared)?;
        Ok(Self { shared })
    }

    /// A hash of engine and prelude: what recordings and stored programs refer to.
    pub fn image(&self) -> &'static str {
        crate::guest::IMAGE_HASH
    }

    /// The guard through which everything that a tenant can aim must pass.
    pub fn egress(&self) -> &Egress {
        &self.shared.egress
    }
}

impl Shared {
    /// Keeps the ticker awake while something may be executing.
    pub(crate) fn activity(&self) -> Active {
        self.active.begin();
        Active(Arc::clone(&self.active))
    }
}

/// Whether anything may be executing, and the thread to wake if so.
#[derive(Default)]
struct Activity {
    running: AtomicUsize,
    resting: AtomicBool,
    ticker: std::sync::OnceLock<thread::Thread>,
}

impl Activity {
    fn begin(&self) {
        self.running.fetch_add(1, Ordering::SeqCst);
        if self.resting.load(Ordering::SeqCst)
            && let Some(ticker) = self.ticker.get()
        {
            ticker.unpark();
        }
    }
}

/// While this exists, epochs pass.
pub(crate) struct Active(Arc<Activity>);

impl Drop for Active {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

fn start_ticker(shared: &Arc<Shared>) -> Result<(), SandboxError> {
    let engines = [shared.image.engine().weak(), shared.workshop.engine().weak()];
    let (activity, alive) = (Arc::clone(&shared.active), Arc::downgrade(shared));
    let tick = move || {
        let mut idle = 0;
        while Weak::strong_count(&alive) > 0 {
            thread::park_timeout(if idle < IDLE_TICKS { TICK } else { REST });
            for engine in &engines {
                let Some(engine) = engine.upgrade() else { return };
                engine.increment_epoch();
            }
            idle = if activity.running.load(Ordering::SeqCst) > 0 { 0 } else { idle.saturating_add(1) };
            activity.resting.store(idle >= IDLE_TICKS, Ordering::SeqCst);
            // A run that began before the store did not see it: look once more.
            if activity.running.load(Ordering::SeqCst) > 0 {
                idle = 0;
            }
        }
    };
    let thread = thread::Builder::new().name("sandbox-ticker".into()).spawn(tick);
    let thread =
        thread.map_err(|error| SandboxError::Engine(format!("no thread for the ticker: {error}")))?;
    // Set once, here, for the only ticker of this sandbox.
    let _ = shared.active.ticker.set(thread.thread().clone());
    Ok(())
}
