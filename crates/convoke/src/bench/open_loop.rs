//! Latency at a rate that the engine can take: from when an event is due to when its command is durably applied.

use std::time::Duration;

use anyhow::Result;

use super::fleet::Fleet;
use super::report::Figures;
use super::rig::Rig;
use super::transport::Consumer;

/// Events per second.
const RATE: u32 = 2_000;
const TIME: Duration = Duration::from_secs(10);

pub(crate) fn ask(rig: &mut Rig) -> Result<Figures> {
    let time = rig.scale.time(TIME);
    let center = rig.center()?;
    let mut figures = Figures::default();
    measure("in_process", &center.in_process, time, &mut figures)?;
    measure("websocket", &center.over_websocket()?, time, &mut figures)?;
    Ok(figures)
}

fn measure<C: Consumer>(name: &str, fleet: &Fleet<C>, time: Duration, figures: &mut Figures) -> Result<()> {
    let load = fleet.at_rate(RATE, time)?;
    load.latencies(name, figures);
    figures.set(format!("{name}_cpu_us_per_event"), load.us_per_event(|used| used.total));
    figures.set(format!("{name}_generator_cpu_us_per_event"), load.us_per_event(|used| used.generator));
    Ok(())
}
