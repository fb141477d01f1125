//! Most events per second, and what one costs then.

use std::time::Duration;

use anyhow::{Context, Result};

use super::fleet::{Fleet, Load};
use super::report::Figures;
use super::rig::Rig;
use super::transport::Consumer;

/// Conversations at once.
const WIDTHS: [usize; 3] = [64, 256, 1_024];
/// The same over a WebSocket each, of which there are fewer.
const WEBSOCKETS: [usize; 2] = [64, 256];
const TIME: Duration = Duration::from_secs(8);

pub(crate) fn ask(rig: &mut Rig) -> Result<Figures> {
    let time = rig.scale.time(TIME);
    let center = rig.center()?;
    let mut figures = Figures::default();
    measure("in_process", &center.in_process, &WIDTHS, time, &mut figures)?;
    measure("websocket", &center.over_websocket()?, &WEBSOCKETS, time, &mut figures)?;
    Ok(figures)
}

fn measure<C: Consumer>(
    name: &str,
    fleet: &Fleet<C>,
    widths: &[usize],
    time: Duration,
    figures: &mut Figures,
) -> Result<()> {
    let mut best: Option<(usize, Load)> = None;
    for &width in widths {
        let load = fleet.back_to_back(width, time)?;
        figures.set(format!("{name}_{width}_per_s"), load.per_second());
        load.latencies(&format!("{name}_{width}"), figures);
        if best.as_ref().is_none_or(|(_, best)| best.per_second() < load.per_second()) {
            best = Some((width, load));
        }
    }
    let (width, load) = best.context("there are widths")?;
    figures.set(format!("{name}_best_per_s"), load.per_second());
    figures.set(format!("{name}_best_width"), width as f64);
    figures.set(format!("{name}_best_cpu_us_per_event"), load.us_per_event(|used| used.total));
    figures.set(format!("{name}_best_generator_cpu_us_per_event"), load.us_per_event(|used| used.generator));
    Ok(())
}
