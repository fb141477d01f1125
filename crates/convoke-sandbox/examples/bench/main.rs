//! Measures the sandbox and prints one JSON object: times in microseconds, memory in bytes.
//!
//! `cargo run --profile ci -p convoke-sandbox --example bench`

#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use convoke_sandbox::{Ending, Grant, Program, Run, RunLimits, Sandbox, SandboxSettings, Source};
use jiff::Timestamp;
use serde_json::{Value, json};

const TRIVIAL_V1: &str = "function lambda(input, callback) { callback(null, [{ type: 'systemMessage', text: `Hello ${input.payload.name}` }, { type: 'transfer', skillId: '123456' }, { type: 'closeConversation' }]); }";
const TRIVIAL_V2: &str = "async function lambda(input) { return [{ type: 'systemMessage', text: `Hello ${input.payload.name}` }, { type: 'transfer', skillId: '123456' }, { type: 'closeConversation' }]; }";
const WAITING: &str = "async function lambda(input) { await new Promise((resolve) => setTimeout(resolve, 20000)); return input.payload.name; }";
const SMALL: &str = r#"{"headers":[],"payload":{"name":"Ada"},"timestamp":0}"#;

/// One clock for all runs: what is measured does not depend on it.
const NOW: Timestamp = Timestamp::constant(1_772_360_430, 0);

fn main() -> Result<()> {
    let alone = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let pair = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let sandbox = Sandbox::new(SandboxSettings { instances_max: 100, ..SandboxSettings::default() })?;
    let transcript = transcript();
    let trivial = prepare(&sandbox, TRIVIAL_V1)?;
    let fresh = json!({
        "trivial_v1": alone.block_on(times(&sandbox, &trivial, SMALL, 5_000))?,
        "trivial_v2": alone.block_on(times(&sandbox, &prepare(&sandbox, TRIVIAL_V2)?, SMALL, 5_000))?,
        "transcript_18kb": alone.block_on(times(&sandbox, &prepare(&sandbox, include_str!("transcript.js"))?, &transcript, 400))?,
        "sha256_64kb": alone.block_on(times(&sandbox, &prepare(&sandbox, include_str!("digest.js"))?, SMALL, 20))?,
    });
    let in_turn: Result<BTreeMap<String, Value>> = [1_usize, 100, 1_000]
        .into_iter()
        .map(|count| {
            let programs = (0..count)
                .map(|n| prepare(&sandbox, &format!("const n = {n};\n{TRIVIAL_V1}")))
                .collect::<Result<Vec<_>>>()?;
            Ok((count.to_string(), alone.block_on(turns(&sandbox, &programs, 5_000))?))
        })
        .collect();
    let report = json!({
        "fresh_us": fresh,
        "functions_in_turn_us": in_turn?,
        "per_second": {
            "one_thread": alone.block_on(throughput(&sandbox, &trivial, 1))?,
            "two_threads": pair.block_on(throughput(&sandbox, &trivial, 2))?,
        },
        "waiting_bytes_each": {
            "1000": alone.block_on(waiting(1_000))?,
            "5000": alone.block_on(waiting(5_000))?,
        },
        "prepare_us": deploys(&sandbox)?,
        "with_library": libraries(&sandbox, &alone)?,
        "program_bytes": trivial.size(),
    });
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

fn prepare(sandbox: &Sandbox, source: &str) -> Result<Program> {
    Ok(sandbox.prepare(&Source::new(source), &BTreeMap::new())?)
}

fn given(input: &Arc<str>, seed: u128) -> Run {
    Run {
        input: Arc::clone(input),
        limits: RunLimits::default(),
        seed,
        clock: Arc::new(|| NOW),
        grant: Grant::nothing(),
        trace: "trace-1".into(),
        answered: None,
    }
}

async fn once(sandbox: &Sandbox, program: &Program, input: &Arc<str>, seed: usize) -> Result<Taken> {
    let (began, busy) = (Instant::now(), thread_time());
    let execution = sandbox.run(program, given(input, seed as u128)).await;
    let took = Taken { wall: began.elapsed(), cpu: thread_time().saturating_sub(busy) };
    ensure!(matches!(execution.ending, Ending::Returned { json: Some(_) }), "{:?}", execution.ending);
    Ok(took)
}

async fn times(sandbox: &Sandbox, program: &Program, input: &str, rounds: usize) -> Result<Value> {
    let input: Arc<str> = input.into();
    let mut taken = Vec::with_capacity(rounds);
    for round in 0..rounds {
        taken.push(once(sandbox, program, &input, round).await?);
    }
    Ok(percentiles(&taken))
}

async fn turns(sandbox: &Sandbox, programs: &[Program], rounds: usize) -> Result<Value> {
    let input: Arc<str> = SMALL.into();
    let mut taken = Vec::with_capacity(rounds);
    for round in 0..rounds {
        taken.push(once(sandbox, &programs[round % programs.len()], &input, round).await?);
    }
    Ok(percentiles(&taken))
}

async fn throughput(sandbox: &Sandbox, program: &Program, tasks: usize) -> Result<f64> {
    const ROUNDS: usize = 20_000;
    let began = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..tasks {
        let (sandbox, program, input) = (sandbox.clone(), program.clone(), Arc::<str>::from(SMALL));
        running.spawn(async move {
            for round in 0..ROUNDS {
                once(&sandbox, &program, &input, round).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand runs")]
    Ok((ROUNDS * tasks) as f64 / began.elapsed().as_secs_f64())
}

/// Private memory that `count` invocations add while they all wait, each in a slot that was never used before.
async fn waiting(count: u32) -> Result<u64> {
    let sandbox = Sandbox::new(SandboxSettings { instances_max: count + 1, ..SandboxSettings::default() })?;
    let (program, input) = (prepare(&sandbox, WAITING)?, Arc::<str>::from(SMALL));
    // What the first run sets up is the sandbox's, not the invocation's.
    once(&sandbox, &prepare(&sandbox, TRIVIAL_V2)?, &input, 0).await?;
    let before = private_bytes()?;
    let begun = Arc::new(AtomicU32::new(0));
    let mut running = tokio::task::JoinSet::new();
    for seed in 0..count {
        let (sandbox, program, begun) = (sandbox.clone(), program.clone(), Arc::clone(&begun));
        let mut run = given(&input, u128::from(seed));
        run.clock = Arc::new(move || {
            begun.fetch_add(1, Ordering::Relaxed);
            NOW
        });
        running.spawn(async move { sandbox.run(&program, run).await });
    }
    // On one thread, a run that has begun goes on until it waits before this task sees it.
    while begun.load(Ordering::Relaxed) < count {
        tokio::task::yield_now().await;
    }
    let each = private_bytes()?.saturating_sub(before) / u64::from(count);
    if let Some(ended) = running.try_join_next() {
        bail!("an invocation did not wait: {:?}", ended?.ending);
    }
    Ok(each)
}

fn private_bytes() -> Result<u64> {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup")?;
    let kibibytes = |name: &str| -> Result<u64> {
        let line =
            rollup.lines().find(|line| line.starts_with(name)).context("no such line in smaps_rollup")?;
        Ok(line.split_whitespace().nth(1).context("no number in smaps_rollup")?.parse()?)
    };
    Ok((kibibytes("Private_Clean:")? + kibibytes("Private_Dirty:")?) * 1024)
}

fn deploys(sandbox: &Sandbox) -> Result<Value> {
    let mut taken = Vec::new();
    for n in 0..500 {
        let source = Source::new(format!("const n = {n};\n{TRIVIAL_V1}"));
        let (began, busy) = (Instant::now(), thread_time());
        sandbox.prepare(&source, &BTreeMap::new())?;
        taken.push(Taken { wall: began.elapsed(), cpu: thread_time().saturating_sub(busy) });
    }
    Ok(percentiles(&taken))
}

/// What requiring a library costs: preparing, each invocation, memory of the program.
fn libraries(sandbox: &Sandbox, runtime: &tokio::runtime::Runtime) -> Result<Value> {
    let names = [
        "lp-faas-toolbelt",
        "core-functions-toolbelt",
        "lodash",
        "luxon",
        "oauth-1.0a",
        "jsonwebtoken",
        "jsforce",
    ];
    let measure = |name: &&str| {
        let source = Source::new(format!("const library = require('{name}');\n{TRIVIAL_V1}"));
        let mut taken = Vec::new();
        for _ in 0..10 {
            let (began, busy) = (Instant::now(), thread_time());
            sandbox.prepare(&source, &BTreeMap::new())?;
            taken.push(Taken { wall: began.elapsed(), cpu: thread_time().saturating_sub(busy) });
        }
        let program = sandbox.prepare(&source, &BTreeMap::new())?;
        let fresh = runtime.block_on(times(sandbox, &program, SMALL, 500))?;
        let measured =
            json!({ "prepare_us": percentiles(&taken), "fresh_us": fresh, "bytes": program.size() });
        Ok(((*name).to_owned(), measured))
    };
    Ok(Value::Object(names.iter().map(measure).collect::<Result<_>>()?))
}

/// Time of one measurement: by the clock, and of this thread's processor. Where they differ, the machine was busy.
#[derive(Clone, Copy)]
struct Taken {
    wall: Duration,
    cpu: Duration,
}

fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn percentiles(taken: &[Taken]) -> Value {
    let at = |time: fn(&Taken) -> Duration, part: usize| {
        let mut times: Vec<Duration> = taken.iter().map(time).collect();
        times.sort();
        times.get(times.len() * part / 100).or(times.last()).map_or(0.0, |time| time.as_secs_f64() * 1e6)
    };
    let (wall, cpu) = (|taken: &Taken| taken.wall, |taken: &Taken| taken.cpu);
    json!({ "p50": at(wall, 50), "p99": at(wall, 99), "cpu_p50": at(cpu, 50) })
}

/// About 18 KB of conversation, the same each time.
fn transcript() -> String {
    let lines: Vec<Value> = (0..180)
        .map(|n| {
            let card = if n % 10 == 3 { format!(" 4111 1111 1111 {:04}", 1000 + n) } else { String::new() };
            json!({ "at": 1_700_000_000_000_i64 + n * 7919, "from": if n % 2 == 0 { "consumer" } else { "agent" }, "text": format!("please check my order, thanks for waiting{card}") })
        })
        .collect();
    json!({ "headers": [], "payload": { "lines": lines }, "timestamp": 0 }).to_string()
}
