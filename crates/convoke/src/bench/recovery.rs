//! Many conversations: how fast they are opened, and how soon a killed server is back with all of them.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use convoke_engine::Handle;
use convoke_store::{SqliteStore, Store as _};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle as Threads;
use tokio::task::JoinSet;

use super::center::{make_account, make_function, open, skill, start};
use super::children;
use super::fresh::one_thread;
use super::report::Figures;
use super::rig::{Rig, engine_runtime, generator_runtime};
use super::transport::{Target, toggle};
use crate::render::Printer;

const CONVERSATIONS: usize = 100_000;
/// Conversations opened at once.
const OPENERS: usize = 256;
/// Conversations whose function is still to answer at the kill: all that one account may have running.
const UNANSWERED: usize = 500;

/// What was opened before the kill.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Filled {
    opened_per_s: f64,
    conversations: u64,
    unanswered: u64,
}

pub(crate) fn ask(rig: &mut Rig) -> Result<Figures> {
    let count = rig.scale.times(CONVERSATIONS);
    let dir = rig.scratch()?;
    let filled = children::fill_and_kill(dir.path(), count)?;
    let took = children::serve(dir.path())?;
    let kept = one_thread()?.block_on(async { SqliteStore::open(dir.path())?.stats().await })?;
    ensure!(kept.open == filled.conversations, "{} of {} came back", kept.open, filled.conversations);
    ensure!(
        kept.pending == filled.unanswered,
        "{} of {} triggers came back",
        kept.pending,
        filled.unanswered
    );
    let mut figures = Figures::default();
    figures.set("opened_per_s", filled.opened_per_s);
    figures.set("conversations", filled.conversations as f64);
    figures.set("unanswered", filled.unanswered as f64);
    figures.set("ready_s", took.as_secs_f64());
    Ok(figures)
}

/// Opens `count` conversations in `dir`, leaves functions running in some, and says so.
pub(crate) fn fill(dir: &Path, count: usize) -> Result<()> {
    let (engine, generator) = (engine_runtime()?, generator_runtime()?);
    let (_running, handle) = engine.block_on(start(dir))?;
    engine.block_on(async {
        make_account(&handle).await?;
        make_function(&handle, 0, include_str!("functions/slow.js")).await
    })?;
    let began = Instant::now();
    let targets = generator.block_on(open_all(&handle, count, generator.handle()))?;
    let opened_per_s = targets.len() as f64 / began.elapsed().as_secs_f64();
    for Target { account, conversation, consumer } in targets.iter().take(UNANSWERED) {
        generator.block_on(handle.command(account, *conversation, toggle(*consumer, true)))?;
    }
    let stats = generator.block_on(handle.store().stats())?;
    let filled = Filled { opened_per_s, conversations: stats.open, unanswered: stats.pending };
    Ok(Printer::new().line(&serde_json::to_string(&filled)?)?)
}

async fn open_all(handle: &Handle, count: usize, generator: &Threads) -> Result<Vec<Target>> {
    let mut openers: JoinSet<Result<Vec<Target>>> = JoinSet::new();
    for opener in 0..OPENERS {
        let handle = handle.clone();
        let opening = async move {
            let mut targets = Vec::new();
            for _ in (opener..count).step_by(OPENERS) {
                targets.push(open(&handle, skill(0)?).await?);
            }
            Ok(targets)
        };
        openers.spawn_on(opening, generator);
    }
    let mut targets = Vec::with_capacity(count);
    while let Some(opened) = openers.join_next().await {
        targets.extend(opened??);
    }
    Ok(targets)
}
