//! Hostile sources, one file each in `tests/hostile`: each ends by the name that its first line expects, within its limits,
//! and another function runs right after it in the same process.

use std::fs;
use std::time::{Duration, Instant};

use convoke_sandbox::{Grant, RunLimits, Sandbox};
use serde_json::json;

use crate::support::{given, json, program, sandbox};

/// What a hostile source may use here; small, so that the whole set takes seconds.
const LIMITS: RunLimits = RunLimits {
    cpu: Duration::from_millis(400),
    wall: Duration::from_millis(1500),
    memory_bytes: 64 << 20,
    result_bytes: 256 << 10,
    after_answer: Duration::from_millis(200),
};

/// How long a test waits for a computation: long runs take turns, and tests run beside each other.
const PATIENCE: Duration = Duration::from_mins(1);

async fn attack(sandbox: &Sandbox, name: &str, source: &str) -> Option<String> {
    let expected = source.lines().next()?.strip_prefix("// expect: ")?;
    let program = program(sandbox, source);
    let mut run = given("{}");
    run.limits = LIMITS;
    // What computes is ended by its processor time, and has as much of it on a busy machine, only later.
    if !expected.contains("timed_out") {
        run.limits.wall = PATIENCE;
    }
    run.grant = Grant::to(convoke_domain::allow_list::DomainAllowList::Listed(vec![
        "169.254.169.254".parse().unwrap(),
    ]));
    let wall = run.limits.wall;
    let began = Instant::now();
    let execution = sandbox.run(&program, run).await;
    let code = execution.ending.code();
    if !expected.split(' ').any(|one| one == code) {
        return Some(format!("{name}: expected {expected}, got {:?}", execution.ending));
    }
    if execution.usage.cpu > LIMITS.cpu + Duration::from_millis(100)
        || began.elapsed() > wall + Duration::from_secs(1)
    {
        return Some(format!(
            "{name}: ended as {code} but used {:?} in {:?}",
            execution.usage,
            began.elapsed()
        ));
    }
    if execution.usage.memory_peak_bytes > LIMITS.memory_bytes || execution.logs.len() > 1001 {
        return Some(format!(
            "{name}: ended as {code} beyond its limits: {:?}, {} logs",
            execution.usage,
            execution.logs.len()
        ));
    }
    None
}

#[tokio::test]
async fn every_attack_ends_by_its_name_and_harms_nobody() {
    let sandbox = sandbox();
    let bystander = program(
        &sandbox,
        "let n = 0; async function lambda() { n++; await null; return n + JSON.stringify([1]); }",
    );
    let mut files: Vec<_> =
        fs::read_dir("tests/hostile").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 40);
    let mut failures = Vec::new();
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        failures.extend(attack(&sandbox, &name, &source).await);
        assert_eq!(json(sandbox.run(&bystander, given("{}")).await), json!("1[1]"), "after {name}");
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
async fn replaced_built_ins_do_not_change_an_honest_answer() {
    let sandbox = sandbox();
    for name in ["replaced_promise", "replaced_json"] {
        let source = fs::read_to_string(format!("tests/hostile/{name}.js")).unwrap();
        assert_eq!(
            json(sandbox.run(&program(&sandbox, &source), given("{}")).await),
            json!({"still": "here"}),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_flood_of_logs_is_cut_with_a_visible_mark() {
    let sandbox = sandbox();
    let source = fs::read_to_string("tests/hostile/log_flood.js").unwrap();
    let mut run = given("{}");
    run.limits = LIMITS;
    let execution = sandbox.run(&program(&sandbox, &source), run).await;
    assert!(execution.logs_truncated);
    assert!(execution.logs.last().unwrap().message.starts_with("Log truncated"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hogs_take_turns_and_leave_room_for_short_functions() {
    let sandbox = sandbox();
    let hog = program(&sandbox, "function lambda() { for (;;); }");
    let short = program(&sandbox, "function lambda(input, callback) { callback(null, 1); }");
    let mut hogs = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (sandbox, hog) = (sandbox.clone(), hog.clone());
        let mut run = given("{}");
        run.limits.cpu = Duration::from_millis(150);
        run.limits.wall = PATIENCE;
        hogs.spawn(async move { sandbox.run(&hog, run).await.ending });
    }
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        assert_eq!(json(sandbox.run(&short, given("{}")).await), json!(1));
        times.push(began.elapsed());
        tokio::task::yield_now().await;
    }
    while let Some(ending) = hogs.join_next().await {
        assert_eq!(ending.unwrap().code(), "cpu_exhausted");
    }
    times.sort();
    assert!(times[100] < Duration::from_millis(20), "a short function took {:?} beside hogs", times[100]);
}
