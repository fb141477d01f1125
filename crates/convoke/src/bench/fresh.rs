//! How long one invocation takes, from asking until the instance is gone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use convoke_sandbox::{Program, Sandbox, SandboxSettings};
use tokio::runtime::{Builder, Runtime};

use super::cpu;
use super::functions::{self, Generation, Workload};
use super::report::{Figures, microseconds, percentile};
use super::rig::Rig;

/// Invocations of each kind per round: some seconds in all.
const TIMES: [(Workload, usize); 3] =
    [(Workload::Trivial, 5_000), (Workload::Transcript, 500), (Workload::Digest, 20)];
/// A part of them runs before it counts: caches and pages are warm then, as on a server that has been up for a while.
const WARM_UP_PART: usize = 10;

pub(crate) fn ask(rig: &mut Rig) -> Result<Figures> {
    let (sandbox, alone) = (Sandbox::new(SandboxSettings::default())?, one_thread()?);
    let mut figures = Figures::default();
    for (workload, times) in TIMES {
        for generation in Generation::ALL {
            let program = functions::program(&sandbox, workload, generation)?;
            let times = rig.scale.times(times);
            let taken = alone.block_on(in_turn(&sandbox, &[program], &workload.input(), times))?;
            let name = format!("{}_{}", workload.name(), generation.name());
            figures.set(format!("{name}_p50_us"), microseconds(percentile(&taken.wall, 50)));
            figures.set(format!("{name}_p99_us"), microseconds(percentile(&taken.wall, 99)));
            figures.set(format!("{name}_cpu_p50_us"), microseconds(percentile(&taken.cpu, 50)));
        }
    }
    Ok(figures)
}

/// A runtime on the calling thread, and on no other.
pub(crate) fn one_thread() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// Times of many invocations, each list in its own order, shortest first.
pub(crate) struct Taken {
    pub(crate) wall: Vec<Duration>,
    pub(crate) cpu: Vec<Duration>,
}

/// Runs `times` invocations, the programs taking turns.
pub(crate) async fn in_turn(
    sandbox: &Sandbox,
    programs: &[Program],
    input: &Arc<str>,
    times: usize,
) -> Result<Taken> {
    let warm_up = times / WARM_UP_PART;
    let mut taken = Taken { wall: Vec::with_capacity(times), cpu: Vec::with_capacity(times) };
    for (turn, program) in programs.iter().cycle().take(warm_up + times).enumerate() {
        // The thread's clock is a system call, so it stands outside of the wall time.
        let busy = cpu::of_thread();
        let began = Instant::now();
        functions::answered(sandbox, program, input, turn).await?;
        let wall = began.elapsed();
        let busy = cpu::of_thread().saturating_sub(busy);
        if turn >= warm_up {
            taken.wall.push(wall);
            taken.cpu.push(busy);
        }
    }
    taken.wall.sort();
    taken.cpu.sort();
    Ok(taken)
}
