//! Measures the embedded engine: steps per second at two depths of queue, with the latency of each step, and how long
//! opening takes with many conversations. `bench [seconds] [conversations …]` prints one line per measurement; 0 seconds
//! leave the first out.
//!
//! A step here is a record of 1 KB on a random one of 100,000 conversations, with a moved cursor and a list row; every
//! tenth one sets a timer, every twentieth conversation is new.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use convoke_domain::id::{ConsumerId, ConversationId};
use convoke_domain::sequence::EventSeq;
use convoke_store::{CursorMove, NewRecord, SqliteStore, Step, Store, StreamId, Summary, TimerOp};
use jiff::Timestamp;
use tokio::task::JoinSet;

const BODY_BYTES: usize = 1024;
const STREAMS: u64 = 100_000;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse::<u64>().ok());
    let seconds = numbers.next().unwrap_or(5);
    let mut sizes: Vec<u64> = numbers.collect();
    if sizes.is_empty() {
        sizes = vec![100_000, 1_000_000];
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(measure(Duration::from_secs(seconds), &sizes)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

#[expect(clippy::print_stderr, reason = "a measurement reports to whoever started it")]
fn fail(error: &Failure) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}

#[expect(clippy::print_stdout, reason = "a measurement reports to whoever started it")]
fn say(line: &str) {
    println!("{line}");
}

async fn measure(time: Duration, sizes: &[u64]) -> Result<(), Failure> {
    for outstanding in [1, 64, 512].into_iter().filter(|_| !time.is_zero()) {
        let dir = tempfile::tempdir()?;
        throughput(dir.path(), outstanding, time).await?;
    }
    for size in sizes {
        let dir = tempfile::tempdir()?;
        recovery(dir.path(), *size).await?;
    }
    Ok(())
}

/// What this process has used of the processors, all threads together. Other work on the machine does not move it.
fn cpu() -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(") ").next().ok_or("the fields follow the name")?;
    let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    // The kernel counts these in hundredths of a second on every architecture that we run on.
    Ok(Duration::from_millis(ticks * 10))
}

/// A cheap sequence that looks random enough.
fn scramble(number: u64) -> u64 {
    let mixed = (number ^ (number >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 7
}

fn stream(number: u64) -> Result<StreamId, Failure> {
    let bits = u128::from(scramble(number)) << 64 | u128::from(number);
    Ok(StreamId::Conversation { account: "le1".parse()?, conversation: ConversationId::from_bits(bits) })
}

fn step(store: &dyn Store, number: u64, head: u64, turn: u64) -> Result<Step, Failure> {
    let at = Timestamp::from_millisecond(1_767_225_600_000 + i64::try_from(turn)?)?;
    let record = NewRecord { events: 1.try_into()?, at, body: vec![turn.to_le_bytes()[0]; BODY_BYTES] };
    let consumer = Some(ConsumerId::from_bits(u128::from(scramble(number))));
    let timers = if turn.is_multiple_of(10) {
        vec![TimerOp::Set { name: "idle.agent".parse()?, due: at + Duration::from_mins(5) }]
    } else {
        Vec::new()
    };
    Ok(Step {
        record: Some(record),
        cursor: Some(CursorMove { from: EventSeq::new(head), to: EventSeq::after(EventSeq::new(head)) }),
        timers,
        summary: Some(Summary {
            open: true,
            opened_at: at,
            changed_at: at,
            skill: "123456".parse().ok(),
            consumer,
        }),
        ..Step::new(stream(number)?, store.epoch(), EventSeq::new(head))
    })
}

async fn throughput(dir: &Path, outstanding: u64, time: Duration) -> Result<(), Failure> {
    let store = Arc::new(SqliteStore::open(dir)?);
    let (end, done) = (Instant::now() + time, Arc::new(AtomicU64::new(0)));
    let mut clients = JoinSet::new();
    for client in 0..outstanding {
        let (store, done) = (Arc::clone(&store), Arc::clone(&done));
        clients.spawn(async move { run(store.as_ref(), client, outstanding, end, &done).await });
    }
    let (started, cpu_before) = (Instant::now(), cpu()?);
    let mut latencies = Vec::new();
    while let Some(client) = clients.join_next().await {
        latencies.extend(client??);
    }
    let millis = u64::try_from(started.elapsed().as_millis())?.max(1);
    latencies.sort_unstable();
    let at = |part: usize| latencies[(latencies.len() - 1) * part / 1000].as_secs_f64() * 1000.0;
    let steps = done.load(Ordering::Relaxed);
    let cpu_micros = cpu()?.saturating_sub(cpu_before).as_micros() / u128::from(steps.max(1));
    let stats = store.stats().await?;
    say(&format!(
        "{outstanding} outstanding: {} steps/s, p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, {cpu_micros} µs CPU per step with the generator, {} steps per commit, {} bytes per step",
        steps * 1000 / millis,
        at(500),
        at(990),
        at(999),
        stats.steps_accepted / stats.commits.max(1),
        stats.disk_bytes / steps.max(1),
    ));
    Ok(())
}

/// One client: its own share of the conversations, one step at a time.
async fn run(
    store: &dyn Store,
    client: u64,
    clients: u64,
    end: Instant,
    done: &AtomicU64,
) -> Result<Vec<Duration>, Failure> {
    let share = STREAMS / clients;
    let mut heads = vec![0_u64; usize::try_from(share)?];
    let (mut known, mut latencies) = (share / 2, Vec::new());
    for turn in 0.. {
        if Instant::now() > end {
            break;
        }
        let place = if turn % 20 == 0 && known < share {
            known += 1;
            known - 1
        } else {
            scramble(turn * clients + client) % known
        };
        let slot = usize::try_from(place)?;
        let step = step(store, client * share + place, heads[slot], turn)?;
        let begun = Instant::now();
        store.commit(vec![step]).await.pop().ok_or("one step has one verdict")??;
        latencies.push(begun.elapsed());
        heads[slot] += 1;
        done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(latencies)
}

/// Fills a store, copies its files as a crash would leave them, and opens the copy.
async fn recovery(dir: &Path, conversations: u64) -> Result<(), Failure> {
    let store = SqliteStore::open(dir)?;
    for round in 0..2 {
        let mut number = 0;
        while number < conversations {
            let until = (number + 1000).min(conversations);
            let batch = (number..until).map(|number| {
                let step = step(&store, number, round, number)?;
                let record = step.record.map(|record| NewRecord { body: vec![1; 200], ..record });
                Ok(Step { record, pending: number % 100 == 0, ..step })
            });
            for verdict in store.commit(batch.collect::<Result<_, Failure>>()?).await {
                verdict?;
            }
            number = until;
        }
    }
    let copy = tempfile::tempdir()?;
    for file in ["convoke.db", "convoke.db-wal"] {
        std::fs::copy(dir.join(file), copy.path().join(file))?;
    }
    // Closed first, so that its checkpoints are not measured with the opening.
    drop(store);
    let (started, cpu_before) = (Instant::now(), cpu()?);
    let store = SqliteStore::open(copy.path())?;
    let (opened, cpu_used) = (started.elapsed(), cpu()?.saturating_sub(cpu_before));
    let stats = store.stats().await?;
    say(&format!(
        "recovery of {} conversations ({} pending, {} rows replayed): {:.2} s, {:.2} s CPU",
        stats.streams,
        stats.pending,
        store.replayed(),
        opened.as_secs_f64(),
        cpu_used.as_secs_f64()
    ));
    Ok(())
}
