//! One sandbox for a test binary, and short ways to run a source in it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use convoke_sandbox::{Ending, Execution, Grant, Program, Run, RunLimits, Sandbox, SandboxSettings, Source};
use jiff::Timestamp;

/// The time on every test's clock unless it moves it: 2026-03-01T10:20:30.456Z.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_772_360_430, 456_000_000);

static SEEDS: AtomicU64 = AtomicU64::new(1);

pub(crate) fn sandbox() -> Sandbox {
    Sandbox::new(SandboxSettings { instances_max: 64, ..SandboxSettings::default() }).unwrap()
}

pub(crate) fn program(sandbox: &Sandbox, source: &str) -> Program {
    sandbox.prepare(&Source::new(source), &BTreeMap::new()).unwrap()
}

pub(crate) fn given(input: &str) -> Run {
    Run {
        input: input.into(),
        limits: RunLimits {
            cpu: Duration::from_millis(500),
            wall: Duration::from_mins(1),
            ..RunLimits::default()
        },
        seed: u128::from(SEEDS.fetch_add(1, Ordering::Relaxed)),
        clock: Arc::new(|| NOW),
        grant: Grant::nothing(),
        trace: "trace-1".into(),
        answered: None,
    }
}

/// Runs a source once with this input.
pub(crate) async fn run(source: &str, input: &str) -> Execution {
    let sandbox = sandbox();
    let program = program(&sandbox, source);
    sandbox.run(&program, given(input)).await
}

/// Runs a source whose `lambda` must return, and gives the JSON.
pub(crate) async fn returned(source: &str) -> serde_json::Value {
    json(run(source, "{}").await)
}

/// Evaluates one expression, or the body of an async function, and gives its JSON.
pub(crate) async fn value(body: &str) -> serde_json::Value {
    let body = if body.contains("return") { body.to_owned() } else { format!("return ({body})") };
    returned(&format!("async function lambda(input) {{ {body}\n}}")).await
}

pub(crate) fn json(execution: Execution) -> serde_json::Value {
    let Ending::Returned { json: Some(json) } = execution.ending else {
        panic!("expected a result, got {:?} with logs {:?}", execution.ending, execution.logs);
    };
    serde_json::from_str(&json).unwrap()
}
