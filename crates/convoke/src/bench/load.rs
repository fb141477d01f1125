//! Events as they come (open loop) and as fast as they go (closed loop).

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use convoke_domain::conversation::Event;
use convoke_engine::Subscription;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::center::{Center, Target, account, toggle};
use super::report::{Figures, cpu_time, percentile};

/// A conversation with its subscriber; one event at a time.
struct Line {
    target: Target,
    following: Subscription,
    urgent: bool,
}

/// Sends `rate` events per second whether or not the engine keeps up, and measures from when each was due.
pub(crate) async fn open_loop(center: &Center, rate: u32, seconds: u64) -> Result<Figures> {
    let lines = lines(center).await?;
    let count = u64::from(rate) * seconds;
    let mut ticks = interval_at(Instant::now() + Duration::from_millis(50), Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (began, busy) = (Instant::now(), cpu_time()?);
    let mut running: JoinSet<Result<Duration>> = JoinSet::new();
    for nth in 0..count {
        let due = ticks.tick().await;
        let line = Arc::clone(&lines[usize::try_from(nth)? % lines.len()]);
        let handle = center.handle.clone();
        running.spawn(async move {
            let mut line = line.lock().await;
            event(&handle, &mut line).await?;
            Ok(due.elapsed())
        });
    }
    let mut taken = Vec::with_capacity(usize::try_from(count)?);
    while let Some(done) = running.join_next().await {
        taken.push(done??);
    }
    Ok(figures(taken, began.elapsed(), cpu_time()?.saturating_sub(busy)))
}

/// `width` conversations at a time, each sending its next event as soon as the last is answered.
pub(crate) async fn closed_loop(center: &Center, width: usize, seconds: u64) -> Result<Figures> {
    let lines = lines(center).await?;
    let until = Instant::now() + Duration::from_secs(seconds);
    let (began, busy) = (Instant::now(), cpu_time()?);
    let mut running: JoinSet<Result<Vec<Duration>>> = JoinSet::new();
    for line in lines.into_iter().take(width) {
        let handle = center.handle.clone();
        running.spawn(async move {
            let mut line = line.lock().await;
            let mut taken = Vec::new();
            while Instant::now() < until {
                let sent = Instant::now();
                event(&handle, &mut line).await?;
                taken.push(sent.elapsed());
            }
            Ok(taken)
        });
    }
    let mut taken = Vec::new();
    while let Some(done) = running.join_next().await {
        taken.extend(done??);
    }
    Ok(figures(taken, began.elapsed(), cpu_time()?.saturating_sub(busy)))
}

async fn lines(center: &Center) -> Result<Vec<Arc<Mutex<Line>>>> {
    let mut lines = Vec::with_capacity(center.conversations.len());
    for target in &center.conversations {
        let state = center.handle.conversation(&account()?, target.conversation).await?;
        let urgent = state.ttr == convoke_domain::ttr::Ttr::Urgent;
        let following = center.handle.follow(&account()?, target.conversation, Some(state.head)).await?;
        lines.push(Arc::new(Mutex::new(Line { target: *target, following, urgent })));
    }
    Ok(lines)
}

/// One event, until a subscriber has seen its settle.
async fn event(handle: &convoke_engine::Handle, line: &mut Line) -> Result<()> {
    line.urgent = !line.urgent;
    let written = toggle(handle, line.target, line.urgent).await?;
    let head = written.head.context("an event has a place")?;
    loop {
        let recorded = line.following.next().await?;
        if let Event::Settled(settled) = &recorded.event
            && settled.trigger <= head
            && recorded.seq > head
        {
            return Ok(());
        }
    }
}

fn figures(mut taken: Vec<Duration>, wall: Duration, busy: Duration) -> Figures {
    taken.sort();
    let events = taken.len() as f64;
    Figures::from([
        ("events_per_s", events / wall.as_secs_f64()),
        ("cpu_us_per_event", busy.as_secs_f64() * 1e6 / events),
        ("p50_ms", percentile(&taken, 50.0).as_secs_f64() * 1e3),
        ("p99_ms", percentile(&taken, 99.0).as_secs_f64() * 1e3),
        ("max_ms", percentile(&taken, 100.0).as_secs_f64() * 1e3),
    ])
}
