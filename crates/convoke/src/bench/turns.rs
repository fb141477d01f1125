//! Whether many functions are slower than one.

use anyhow::Result;
use convoke_sandbox::{Sandbox, SandboxSettings};

use super::fresh::{in_turn, one_thread};
use super::functions::{Generation, Workload, numbered};
use super::report::{Figures, microseconds, percentile};
use super::rig::Rig;

/// Functions that take turns.
const FUNCTIONS: [usize; 3] = [1, 100, 1_000];
/// Invocations for each of these.
const TIMES: usize = 10_000;

pub(crate) fn ask(rig: &mut Rig) -> Result<Figures> {
    let (sandbox, alone) = (Sandbox::new(SandboxSettings::default())?, one_thread()?);
    let input = Workload::Trivial.input();
    let mut figures = Figures::default();
    for count in FUNCTIONS {
        let prepare = |number| numbered(&sandbox, Workload::Trivial, Generation::V1, number);
        let programs = (0..count).map(prepare).collect::<Result<Vec<_>>>()?;
        let taken = alone.block_on(in_turn(&sandbox, &programs, &input, rig.scale.times(TIMES)))?;
        let all: f64 = taken.wall.iter().map(std::time::Duration::as_secs_f64).sum();
        figures.set(format!("functions_{count}_p50_us"), microseconds(percentile(&taken.wall, 50)));
        figures.set(format!("functions_{count}_p99_us"), microseconds(percentile(&taken.wall, 99)));
        figures.set(format!("functions_{count}_per_s"), taken.wall.len() as f64 / all);
    }
    Ok(figures)
}
