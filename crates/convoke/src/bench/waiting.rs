//! Memory of an invocation that only waits.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Result, bail};
use convoke_sandbox::{Sandbox, SandboxSettings};
use jiff::Timestamp;

use super::children;
use super::fresh::one_thread;
use super::functions::{self, Generation, Workload};
use super::report::Figures;

/// Invocations that wait at the same time.
const COUNTS: [u32; 2] = [1_000, 5_000];

pub(crate) fn ask() -> Result<Figures> {
    let mut figures = Figures::default();
    for count in COUNTS {
        // A process of its own: memory that earlier questions gave back would be taken again, and not be seen.
        let bytes: u64 = children::waiting(count)?;
        figures.set(format!("in_flight_{count}_kib"), bytes as f64 / 1024.0);
    }
    Ok(figures)
}

/// Private memory, in bytes, that each of `count` invocations adds while all wait, each in a slot never used before.
pub(crate) fn bytes_each(count: u32) -> Result<u64> {
    one_thread()?.block_on(measure(count))
}

async fn measure(count: u32) -> Result<u64> {
    let sandbox = Sandbox::new(SandboxSettings { instances_max: count + 1, ..SandboxSettings::default() })?;
    let (program, input) = (functions::waiting(&sandbox)?, Workload::Trivial.input());
    // What the first run sets up is the sandbox's, not the invocation's.
    let first = functions::program(&sandbox, Workload::Trivial, Generation::V2)?;
    functions::answered(&sandbox, &first, &input, 0).await?;
    let before = children::private_bytes(process::id())?;
    let begun = Arc::new(AtomicU32::new(0));
    let mut running = tokio::task::JoinSet::new();
    for seed in 0..count {
        let (sandbox, program, begun) = (sandbox.clone(), program.clone(), Arc::clone(&begun));
        let mut run = functions::run(&input, seed as usize);
        run.clock = Arc::new(move || {
            begun.fetch_add(1, Ordering::Relaxed);
            Timestamp::UNIX_EPOCH
        });
        running.spawn(async move { sandbox.run(&program, run).await });
    }
    // On one thread, a run that has begun goes on until it waits before this task sees it.
    while begun.load(Ordering::Relaxed) < count {
        tokio::task::yield_now().await;
    }
    let each = children::private_bytes(process::id())?.saturating_sub(before) / u64::from(count);
    if let Some(ended) = running.try_join_next() {
        bail!("an invocation did not wait: {:?}", ended?.ending);
    }
    Ok(each)
}
