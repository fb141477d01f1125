//! Where the processor time of an event goes: by thread in a closed loop, and step by step alone.

mod event;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use convoke_api::functions::parse_answer;
use convoke_engine::ports::SystemClock;
use convoke_sandbox::{Sandbox, SandboxSettings};
use tokio::runtime::Runtime;

use super::center::SOURCES;
use super::cpu::{self, Used};
use super::fresh::one_thread;
use super::report::{Figures, microseconds};
use super::rig::Rig;
use crate::host::SandboxHost;
use crate::platform::PlatformSeat;
use event::{Followed, Seen};

/// Conversations at once.
const WIDTH: usize = 256;
const TIME: Duration = Duration::from_secs(5);
/// How often each step is repeated on each of the events.
const REPEATS: usize = 100;

pub(crate) fn ask(rig: &mut Rig) -> Result<Figures> {
    let (time, repeats) = (rig.scale.time(TIME), rig.scale.times(REPEATS));
    let center = rig.center()?;
    let load = center.in_process.back_to_back(WIDTH, time)?;
    let seen = center.on_engine(event::seen(&center.handle, &center.targets))?;
    let bench = Alone::new(&seen, repeats)?;

    let mut figures = Figures::default();
    let engine = load.us_per_event(|used| used.engine);
    figures.set("total_us", load.us_per_event(|used| used.total));
    figures.set("engine_threads_us", engine);
    let mut rest = engine;
    for (name, cost) in bench.steps() {
        figures.set(format!("engine_{name}_us"), cost);
        rest -= cost;
    }
    figures.set("engine_rest_us", rest);
    figures.set("store_threads_us", load.us_per_event(|used| used.store));
    figures.set("generator_threads_us", load.us_per_event(|used| used.generator));
    figures.set("other_threads_us", load.us_per_event(Used::others));
    for (name, cost) in bench.functions() {
        figures.set(format!("function_{name}_us"), cost);
    }
    Ok(figures)
}

/// Steps that are repeated alone, on the same events.
struct Alone<'a> {
    runtime: Runtime,
    host: SandboxHost,
    /// One for each function, in their order.
    events: Vec<Followed<'a>>,
    repeats: usize,
}

impl<'a> Alone<'a> {
    fn new(seen: &'a [Seen], repeats: usize) -> Result<Self> {
        let runtime = one_thread()?;
        let host = SandboxHost::new(
            Sandbox::new(SandboxSettings::default())?,
            Arc::new(SystemClock),
            PlatformSeat::default(),
        );
        let follow = |seen| runtime.block_on(Followed::through(&host, seen));
        let events = seen.iter().map(follow).collect::<Result<_>>()?;
        Ok(Self { runtime, host, events, repeats })
    }

    /// What each step costs, in microseconds of processor time per event.
    fn steps(&self) -> Vec<(&'static str, f64)> {
        let all = &self.events;
        vec![
            ("decide_event", self.cost(all, Followed::decide_event)),
            ("encode_event", self.cost(all, |event| event.encode(&event.fired))),
            ("input", self.cost(all, Followed::input)),
            ("function", self.cost(all, |event| self.run(event))),
            ("parse_answer", self.cost(all, |event| parse_answer(Some(&event.answer)))),
            ("decide_settle", self.cost(all, Followed::decide_settle)),
            ("encode_settle", self.cost(all, |event| event.encode(&event.settled))),
        ]
    }

    /// What one run of each source costs, over its variants.
    fn functions(&self) -> Vec<(&'static str, f64)> {
        let of_source = |nth| self.events.iter().skip(nth).step_by(SOURCES.len());
        let cost = |(nth, (name, _)): (usize, &(&'static str, &str))| {
            (*name, self.cost(of_source(nth), |event| self.run(event)))
        };
        SOURCES.iter().enumerate().map(cost).collect()
    }

    fn run(&self, event: &Followed<'_>) -> Result<String> {
        self.runtime.block_on(event::run(&self.host, event.job.clone()))
    }

    /// Processor time of `step` per event, in microseconds.
    fn cost<'e, T>(
        &self,
        events: impl IntoIterator<Item = &'e Followed<'a>, IntoIter: Clone>,
        step: impl Fn(&Followed<'a>) -> T,
    ) -> f64
    where
        'a: 'e,
    {
        let events = events.into_iter();
        let count = events.clone().count() * self.repeats;
        let began = cpu::of_thread();
        for _ in 0..self.repeats {
            for event in events.clone() {
                black_box(step(black_box(event)));
            }
        }
        microseconds(cpu::of_thread().saturating_sub(began)) / count.max(1) as f64
    }
}
