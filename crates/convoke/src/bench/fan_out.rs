//! How soon agents see what consumers write.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use convoke_api::v1::event::Event;
use convoke_api::v1::live::LiveMessage;
use convoke_domain::conversation::{Action, Actor, Command, NewLine};
use convoke_engine::Handle;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::center::{Center, account};
use super::report::{Figures, milliseconds, percentile};
use super::rig::{GENERATOR_THREADS, Rig};
use super::transport::{Live, Target, refused};

/// Messages per second, over all conversations.
const RATE: u32 = 1_000;
const TIME: Duration = Duration::from_secs(10);
/// Agents, with a connection each, on which they follow an equal part of the conversations.
const AGENTS: usize = 20;

pub(crate) fn ask(rig: &mut Rig) -> Result<Figures> {
    let time = rig.scale.time(TIME);
    let center = rig.center()?;
    let messages = usize::try_from(time.as_millis() * u128::from(RATE) / 1_000)?;
    let agents = center.generator.block_on(agents(center))?;
    let followed: Vec<Target> = center.connected.iter().take(AGENTS * part(center)).cloned().collect();
    let mut latencies = watch(center, agents, &followed, messages)?;
    latencies.sort();
    let mut figures = Figures::default();
    figures.set("to_agent_p50_ms", milliseconds(percentile(&latencies, 50)));
    figures.set("to_agent_p99_ms", milliseconds(percentile(&latencies, 99)));
    Ok(figures)
}

/// Conversations of each agent.
fn part(center: &Center) -> usize {
    center.connected.len() / AGENTS
}

async fn agents(center: &Center) -> Result<Vec<Live<TcpStream>>> {
    let account = account()?;
    let token = center.door.agent(&account, center.handle.now()).await?;
    let mut agents = Vec::with_capacity(AGENTS);
    for conversations in center.connected.chunks(part(center)).take(AGENTS) {
        let mut agent = center.door.live(&account, &token).await?;
        for target in conversations {
            let head = center.handle.conversation(&account, target.conversation).await?.head;
            agent.follow(target.conversation, head.number()).await?;
        }
        agents.push(agent);
    }
    Ok(agents)
}

/// Sends the messages at their times, and gives how long after it was due each reached its agent.
fn watch(
    center: &Center,
    agents: Vec<Live<TcpStream>>,
    followed: &[Target],
    messages: usize,
) -> Result<Vec<Duration>> {
    let first = Instant::now() + Duration::from_millis(20);
    let due =
        move |nth: usize| first + Duration::from_secs(1) * u32::try_from(nth).unwrap_or(u32::MAX) / RATE;
    let mut watching = JoinSet::new();
    for (nth, agent) in agents.into_iter().enumerate() {
        let own = |message: &usize| message % followed.len() / (followed.len() / AGENTS) == nth;
        let expected = (0..messages).filter(own).count();
        watching.spawn_on(see(agent, expected, due), &center.generator);
    }
    thread::scope(|scope| {
        let pacing = thread::Builder::new().name(GENERATOR_THREADS.to_owned()).spawn_scoped(scope, || {
            for nth in 0..messages {
                thread::sleep(due(nth).saturating_duration_since(Instant::now()));
                let target = followed[nth % followed.len()].clone();
                center.generator.spawn(write(center.handle.clone(), target, nth));
            }
        })?;
        pacing.join().map_err(|_| anyhow::anyhow!("the pace panicked"))
    })?;
    center.generator.block_on(async {
        let mut latencies = Vec::with_capacity(messages);
        while let Some(seen) = watching.join_next().await {
            latencies.extend(seen??);
        }
        ensure!(latencies.len() == messages, "{} of {messages} messages arrived", latencies.len());
        Ok(latencies)
    })
}

/// One message; its text is its number.
async fn write(handle: Handle, target: Target, nth: usize) {
    let line = NewLine { text: nth.to_string(), key: None, extra: None };
    let command =
        Command { by: Actor::Consumer(target.consumer), cause: None, action: Action::Publish(line) };
    // One that is refused is missed where it should arrive.
    let _ = handle.command(&target.account, target.conversation, command).await;
}

/// Sees `expected` messages.
async fn see(
    mut agent: Live<TcpStream>,
    expected: usize,
    due: impl Fn(usize) -> Instant,
) -> Result<Vec<Duration>> {
    let mut latencies = Vec::with_capacity(expected);
    while latencies.len() < expected {
        let message = agent.next().await?;
        let now = Instant::now();
        match number(&message) {
            Some(nth) => latencies.push(now.saturating_duration_since(due(nth))),
            None => refused(message).context("an agent's connection")?,
        }
    }
    Ok(latencies)
}

/// The number of a message, if this is one.
fn number(message: &LiveMessage) -> Option<usize> {
    let LiveMessage::Event { event, .. } = message else { return None };
    let Event::LinePublished { line: Some(line), .. } = &event.event else { return None };
    line.parse().ok()
}
