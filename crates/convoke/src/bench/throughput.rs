//! Invocations per second on one thread, and whether a second one doubles it.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use convoke_sandbox::{Program, Sandbox, SandboxSettings};

use super::fresh::one_thread;
use super::functions::{self, Generation, Workload};
use super::report::Figures;
use super::rig::Rig;

/// Invocations of each thread.
const TIMES: usize = 50_000;

pub(crate) fn ask(rig: &mut Rig) -> Result<Figures> {
    let sandbox = Sandbox::new(SandboxSettings::default())?;
    let program = functions::program(&sandbox, Workload::Trivial, Generation::V1)?;
    let mut figures = Figures::default();
    for (threads, name) in [(1, "one_thread_per_s"), (2, "two_threads_per_s")] {
        let times = rig.scale.times(TIMES);
        let took = side_by_side(&sandbox, &program, threads, times)?;
        figures.set(name, (times * threads) as f64 / took.as_secs_f64());
    }
    Ok(figures)
}

/// How long `threads` threads take that begin together and each run `times` invocations.
fn side_by_side(sandbox: &Sandbox, program: &Program, threads: usize, times: usize) -> Result<Duration> {
    let together = Barrier::new(threads + 1);
    thread::scope(|scope| {
        let work = || -> Result<()> {
            let alone = one_thread();
            let input = Workload::Trivial.input();
            together.wait();
            alone?.block_on(async {
                for seed in 0..times {
                    functions::answered(sandbox, program, &input, seed).await?;
                }
                Ok(())
            })
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        together.wait();
        let began = Instant::now();
        for thread in running {
            thread.join().map_err(|_| anyhow!("it panicked"))?.context("a thread of the measurement")?;
        }
        Ok(began.elapsed())
    })
}
