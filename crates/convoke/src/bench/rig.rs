//! What questions share: how much to do, where, the threads, and the contact center that is made when the first needs it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::center::Center;

/// The threads that the engine runs on, by name.
pub(crate) const ENGINE_THREADS: &str = "engine";
/// The threads that make events and wait for answers.
pub(crate) const GENERATOR_THREADS: &str = "generator";

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    /// A tenth of it.
    pub(crate) quick: bool,
}

impl Scale {
    /// So many repetitions.
    pub(crate) fn times(self, full: usize) -> usize {
        if self.quick { full.div_ceil(10) } else { full }
    }

    /// So much time.
    pub(crate) fn time(self, full: Duration) -> Duration {
        if self.quick { full / 10 } else { full }
    }
}

/// See the module.
pub(crate) struct Rig {
    pub(crate) scale: Scale,
    scratch: PathBuf,
    center: Option<Center>,
    // Last, so that what runs on them is dropped first.
    engine: Runtime,
    generator: Runtime,
}

impl Rig {
    pub(crate) fn new(scratch: &Path, scale: Scale) -> Result<Self> {
        std::fs::create_dir_all(scratch).with_context(|| format!("cannot make {}", scratch.display()))?;
        Ok(Self {
            scale,
            scratch: scratch.to_owned(),
            center: None,
            engine: engine_runtime()?,
            generator: generator_runtime()?,
        })
    }

    /// A directory of its own on the measured disk, gone when dropped.
    pub(crate) fn scratch(&self) -> Result<TempDir> {
        let made = tempfile::Builder::new().prefix("bench-").tempdir_in(&self.scratch);
        made.with_context(|| format!("cannot make a directory in {}", self.scratch.display()))
    }

    /// The contact center, made at the first call.
    pub(crate) fn center(&mut self) -> Result<&mut Center> {
        if self.center.is_none() {
            let dir = self.scratch()?;
            self.center = Some(Center::open(dir, &self.engine, self.generator.handle().clone())?);
        }
        self.center.as_mut().context("it was made above")
    }

    /// Ends what runs.
    pub(crate) fn close(mut self) {
        if let Some(center) = self.center.take() {
            center.close(&self.engine);
        }
    }
}

/// As `convoke serve` has it, but for the name of its threads.
pub(crate) fn engine_runtime() -> Result<Runtime> {
    Ok(Builder::new_multi_thread().thread_name(ENGINE_THREADS).enable_all().build()?)
}

/// One thread: on a machine of two processors a generator with more would be what is measured.
pub(crate) fn generator_runtime() -> Result<Runtime> {
    Ok(Builder::new_multi_thread().worker_threads(1).thread_name(GENERATOR_THREADS).enable_all().build()?)
}
