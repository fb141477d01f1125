//! Figures of the whole engine: the real store, the real sandbox, realistic functions, the generator counted.
//!
//! An *event* here is a consumer marking or unmarking a conversation as urgent: a durable write that fires TTR, whose
//! function runs in a fresh sandbox, and whose settle is a second durable write. Latency is from the moment the event
//! was due to be sent (so a stalled engine cannot hide) to the moment its settle is seen by a subscriber.

#![expect(
    clippy::cast_precision_loss,
    reason = "figures are for people; a double counts further than any of them"
)]

mod center;
mod load;
mod recovery;
mod report;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use center::Center;
pub(crate) use report::Report;

/// Measure this machine: durable events per second, latency, start and recovery.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Where to write the figures as JSON
    #[arg(long, value_name = "FILE", default_value = "target/bench.json")]
    json: PathBuf,
    /// Merge these JSON figures of other parts into the file, as NAME=FILE
    #[arg(long, value_name = "NAME=FILE")]
    with: Vec<String>,
    /// A tenth of the time, for a look
    #[arg(long)]
    quick: bool,
}

impl Bench {
    pub(crate) fn run(self) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let mut report = Report::default();
        for part in &self.with {
            report.merge(part)?;
        }
        let seconds = if self.quick { 1 } else { 10 };
        runtime.block_on(measure(&mut report, seconds, self.quick))?;
        report.binary_size(&std::env::current_exe()?)?;
        report.write(&self.json)?;
        report.print();
        Ok(())
    }
}

async fn measure(report: &mut Report, seconds: u64, quick: bool) -> Result<()> {
    let dir = scratch()?;
    let center = Center::open(dir.path()).await?;
    report.set("start_ms", center.started_in.as_secs_f64() * 1e3);
    let rounds = if quick { 1 } else { 3 };
    for _ in 0..rounds {
        report.add("open_loop_2000", load::open_loop(&center, 2_000, seconds).await?);
    }
    for _ in 0..rounds {
        report.add("closed_loop", load::closed_loop(&center, 512, seconds).await?);
    }
    center.close().await;
    report.set_all(
        "recovery",
        recovery::measure(scratch()?.path(), if quick { 10_000 } else { 100_000 }).await?,
    );
    Ok(())
}

/// A directory on the disk that is measured, not in memory.
fn scratch() -> Result<tempfile::TempDir> {
    let base = Path::new("target");
    std::fs::create_dir_all(base)?;
    Ok(tempfile::tempdir_in(base)?)
}
