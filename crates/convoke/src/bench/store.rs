//! The store alone: steps per second, and how long each waits until it is durable.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use convoke_domain::id::{ConsumerId, ConversationId};
use convoke_domain::sequence::EventSeq;
use convoke_store::{CursorMove, NewRecord, SqliteStore, Step, Store, StreamId, Summary, TimerOp};
use jiff::Timestamp;
use tokio::task::JoinSet;

use super::center::account;
use super::cpu::Snapshot;
use super::report::{Figures, microseconds, milliseconds, percentile};
use super::rig::{Rig, generator_runtime};

/// Writers, each with one step on the way.
const WRITERS: [u64; 2] = [64, 512];
const BODY_BYTES: usize = 1_024;
const STREAMS: u64 = 100_000;
const TIME: Duration = Duration::from_secs(4);
/// Every tenth step sets a timer.
const TIMER_EVERY: u64 = 10;
/// In every twentieth turn a writer takes a conversation that is new.
const NEW_EVERY: u64 = 20;
/// 2026-01-01: when the first step happens.
const BEGIN_MS: i64 = 1_767_225_600_000;

pub(crate) fn ask(rig: &mut Rig) -> Result<Figures> {
    let mut figures = Figures::default();
    let threads = generator_runtime()?;
    for writers in WRITERS {
        let (dir, time) = (rig.scratch()?, rig.scale.time(TIME));
        let store = Arc::new(SqliteStore::open(dir.path())?);
        let (began, before) = (Instant::now(), Snapshot::take()?);
        let latencies = threads.block_on(write(&store, writers, began + time))?;
        let (took, used) = (began.elapsed(), Snapshot::take()?.since(&before));
        let steps = latencies.len() as f64;
        let commits = threads.block_on(store.stats())?.commits;
        figures.set(format!("writers_{writers}_steps_per_s"), steps / took.as_secs_f64());
        figures.set(format!("writers_{writers}_p50_ms"), milliseconds(percentile(&latencies, 50)));
        figures.set(format!("writers_{writers}_p99_ms"), milliseconds(percentile(&latencies, 99)));
        figures.set(format!("writers_{writers}_store_cpu_us_per_step"), microseconds(used.store) / steps);
        figures.set(format!("writers_{writers}_steps_per_commit"), steps / commits.max(1) as f64);
    }
    Ok(figures)
}

/// All writers until `end`; how long each step took, shortest first.
async fn write(store: &Arc<SqliteStore>, writers: u64, end: Instant) -> Result<Vec<Duration>> {
    let mut running = JoinSet::new();
    for writer in 0..writers {
        let store = Arc::clone(store);
        running.spawn(async move { one_writer(&*store, writer, writers, end).await });
    }
    let mut latencies = Vec::new();
    while let Some(done) = running.join_next().await {
        latencies.extend(done??);
    }
    latencies.sort();
    Ok(latencies)
}

/// One writer on its own share of the conversations, one step after the other.
async fn one_writer(store: &dyn Store, writer: u64, writers: u64, end: Instant) -> Result<Vec<Duration>> {
    let share = STREAMS / writers;
    let mut heads = vec![0_u64; usize::try_from(share)?];
    let (mut known, mut latencies) = (share / 2, Vec::new());
    for turn in 0.. {
        if Instant::now() > end {
            break;
        }
        let place = if turn % NEW_EVERY == 0 && known < share {
            known += 1;
            known - 1
        } else {
            scramble(turn * writers + writer) % known
        };
        let head = heads.get_mut(usize::try_from(place)?).context("a place is in the share")?;
        let step = step(store, writer * share + place, *head, turn)?;
        let begun = Instant::now();
        store.commit(vec![step]).await.pop().context("one step has one verdict")??;
        latencies.push(begun.elapsed());
        *head += 1;
    }
    Ok(latencies)
}

/// A cheap sequence that looks random enough.
fn scramble(number: u64) -> u64 {
    let mixed = (number ^ (number >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 7
}

fn step(store: &dyn Store, number: u64, head: u64, turn: u64) -> Result<Step> {
    let bits = u128::from(scramble(number)) << 64 | u128::from(number);
    let stream =
        StreamId::Conversation { account: account()?, conversation: ConversationId::from_bits(bits) };
    let at = Timestamp::from_millisecond(BEGIN_MS + i64::try_from(turn)?)?;
    let body = vec![turn.to_le_bytes()[0]; BODY_BYTES];
    let timers = if turn.is_multiple_of(TIMER_EVERY) {
        vec![TimerOp::Set { name: "idle.agent".parse()?, due: at + Duration::from_mins(5) }]
    } else {
        Vec::new()
    };
    Ok(Step {
        record: Some(NewRecord { events: 1.try_into()?, at, body }),
        cursor: Some(CursorMove { from: EventSeq::new(head), to: EventSeq::after(EventSeq::new(head)) }),
        timers,
        summary: Some(Summary {
            open: true,
            opened_at: at,
            changed_at: at,
            skill: "123456".parse().ok(),
            consumer: Some(ConsumerId::from_bits(u128::from(scramble(number)))),
        }),
        ..Step::new(stream, store.epoch(), EventSeq::new(head))
    })
}
