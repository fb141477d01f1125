//! How long the server takes to start when there is nothing to read.

use anyhow::Result;

use super::children;
use super::report::{Figures, milliseconds, percentile};
use super::rig::Rig;

/// Starts per round.
const TIMES: usize = 10;

pub(crate) fn ask(rig: &mut Rig) -> Result<Figures> {
    let mut taken = Vec::new();
    for _ in 0..rig.scale.times(TIMES) {
        taken.push(children::serve(rig.scratch()?.path())?);
    }
    taken.sort();
    let mut figures = Figures::default();
    figures.set("empty_ms", milliseconds(percentile(&taken, 50)));
    Ok(figures)
}
