//! The forms of a function, and every way a run of it can end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{NOW, given, json, program, run, sandbox, value};
use convoke_sandbox::{Ending, Form, Level, ProgramError, RunLimits, Source};
use serde_json::json;

#[tokio::test]
async fn a_callback_decides_and_the_return_value_is_ignored() {
    let execution =
        run("function lambda(input, callback) { callback(null, [input.a, 2]); return 7; }", r#"{"a":1}"#)
            .await;
    assert_eq!(json(execution), json!([1, 2]));
}

#[tokio::test]
async fn an_async_function_with_a_callback_still_answers_by_the_callback() {
    let source = "async function lambda(input, callback) { await null; setTimeout(() => callback(null, 'later'), 5); return 'now'; }";
    assert_eq!(json(run(source, "{}").await), json!("later"));
}

#[tokio::test]
async fn without_a_callback_parameter_the_return_value_is_the_answer() {
    assert_eq!(
        json(run("const lambda = async (input) => ({ got: input.x });", r#"{"x":3}"#).await),
        json!({"got": 3})
    );
    assert_eq!(json(run("function lambda(input) { return input.x; }", r#"{"x":3}"#).await), json!(3));
}

#[tokio::test]
async fn every_way_to_export_a_lambda_is_understood() {
    let sources = [
        "module.exports = function (input) { return 'ok'; }",
        "module.exports = { lambda: async () => 'ok' }",
        "exports.lambda = async (input) => 'ok'",
        "export default async function (input) { return 'ok'; }",
        "export const lambda = async () => 'ok';",
        "import { createHash } from 'crypto';\nasync function lambda(input) { return createHash ? 'ok' : 'no'; }",
        "import util from 'node:util';\nexport async function lambda(input) { return util.format('%s', 'ok'); }",
    ];
    for source in sources {
        assert_eq!(json(run(source, "{}").await), json!("ok"), "{source}");
    }
}

#[test]
fn the_form_follows_the_number_of_parameters() {
    let sandbox = sandbox();
    assert_eq!(program(&sandbox, "function lambda(input, callback) {}").form(), Form::V1);
    assert_eq!(program(&sandbox, "async function lambda(input) {}").form(), Form::V2);
}

#[tokio::test]
async fn undefined_is_an_answer_of_its_own() {
    for source in ["function lambda(i, cb) { cb(); }", "async function lambda() {}"] {
        assert_eq!(run(source, "{}").await.ending, Ending::Returned { json: None });
    }
}

#[tokio::test]
async fn a_promise_given_to_the_callback_is_awaited_and_the_first_call_decides() {
    let source = "function lambda(i, cb) { cb(null, new Promise(r => setTimeout(() => r('first'), 5))); cb(null, 'second'); }";
    let execution = run(source, "{}").await;
    assert!(execution.logs.iter().any(|entry| entry.level == Level::Warn && entry.message.contains("again")));
    assert_eq!(json(execution), json!("first"));
}

#[tokio::test]
async fn errors_carry_name_message_and_a_stack_in_the_users_file() {
    let source =
        "function inner() {\n  null.foo;\n}\nfunction lambda(input, cb) {\n  [1].map(() => inner());\n}";
    let Ending::Threw(thrown) = run(source, "{}").await.ending else { panic!("expected an error") };
    assert_eq!(thrown.name, "TypeError");
    assert!(thrown.stack.starts_with("at inner (lambda.js:2:"), "{}", thrown.stack);
    assert!(!thrown.stack.contains("convoke:"), "{}", thrown.stack);
}

#[tokio::test]
async fn rejections_thrown_values_and_callback_errors_all_fail_the_run() {
    for source in [
        "async function lambda() { await null; throw new RangeError('no'); }",
        "async function lambda(i, cb) { await null; throw new RangeError('no'); }",
        "function lambda(i, cb) { cb(new RangeError('no')); }",
        "function lambda(i, cb) { setTimeout(() => { throw new RangeError('no') }, 1); }",
    ] {
        let Ending::Threw(thrown) = run(source, "{}").await.ending else {
            panic!("expected an error: {source}")
        };
        assert_eq!((thrown.name.as_str(), thrown.message.as_str()), ("RangeError", "no"), "{source}");
    }
    let Ending::Threw(thrown) = run("function lambda(i, cb) { cb('plain text'); }", "{}").await.ending else {
        panic!()
    };
    assert_eq!(thrown.message, "plain text");
}

#[tokio::test]
async fn nothing_outstanding_and_no_answer_is_never_completes_at_once() {
    for source in ["function lambda(i, cb) {}", "async function lambda() { await new Promise(() => {}); }"] {
        let execution = run(source, "{}").await;
        assert_eq!(execution.ending, Ending::NeverCompletes);
        assert!(execution.usage.wall < Duration::from_secs(1));
    }
}

#[tokio::test]
async fn a_rejection_that_nobody_handles_is_logged() {
    let execution =
        run("function lambda(i, cb) { (async () => { throw new Error('lost') })(); }", "{}").await;
    assert_eq!(execution.ending, Ending::NeverCompletes);
    assert!(
        execution
            .logs
            .iter()
            .any(|entry| entry.level == Level::Error && json!(entry.extras)[0]["message"] == "lost")
    );
}

#[tokio::test]
async fn limits_end_a_run_by_their_name() {
    let sandbox = sandbox();
    let cpu = program(&sandbox, "function lambda() { for (;;); }");
    let execution = sandbox.run(&cpu, given("{}")).await;
    assert_eq!(execution.ending, Ending::CpuExhausted);
    assert!(
        execution.usage.cpu >= Duration::from_millis(500) && execution.usage.cpu < Duration::from_millis(600)
    );
    let wall = program(&sandbox, "async function lambda() { await new Promise(r => setTimeout(r, 60000)); }");
    let mut brief = given("{}");
    brief.limits = RunLimits { wall: Duration::from_millis(50), ..RunLimits::default() };
    assert_eq!(sandbox.run(&wall, brief).await.ending, Ending::TimedOut);
    let memory =
        program(&sandbox, "function lambda() { const a = []; for (;;) a.push(new Array(1e5).fill(7)); }");
    let execution = sandbox.run(&memory, given("{}")).await;
    assert_eq!(execution.ending, Ending::OutOfMemory);
    assert!(execution.usage.memory_peak_bytes <= 64 << 20);
    let stack =
        program(&sandbox, "function lambda() { return (function f(n) { return f(n + 1) + 1; })(0); }");
    assert_eq!(sandbox.run(&stack, given("{}")).await.ending, Ending::StackExhausted);
    let large = program(&sandbox, "function lambda() { return 'x'.repeat(300000); }");
    assert_eq!(sandbox.run(&large, given("{}")).await.ending, Ending::ResultTooLarge { bytes: 300_002 });
    let cyclic = program(&sandbox, "function lambda() { const a = {}; a.a = a; return a; }");
    assert!(matches!(sandbox.run(&cyclic, given("{}")).await.ending, Ending::ResultInvalid { .. }));
    let fine = program(&sandbox, "function lambda() { return 1; }");
    assert_eq!(json(sandbox.run(&fine, given("{}")).await), json!(1));
}

#[tokio::test]
async fn the_answer_is_told_at_once_and_work_after_it_is_part_of_the_run() {
    let sandbox = sandbox();
    let source = "function lambda(i, cb) { cb(null, 1); setTimeout(() => console.info('after'), 20); }";
    let program = program(&sandbox, source);
    let told = Arc::new(Mutex::new(Vec::new()));
    let (listener, mut run) = (Arc::clone(&told), given("{}"));
    run.answered = Some(Box::new(move |ending| listener.lock().unwrap().push(ending.code())));
    let execution = sandbox.run(&program, run).await;
    assert_eq!(*told.lock().unwrap(), ["returned"]);
    assert_eq!(execution.logs[0].message, "after");
}

#[tokio::test]
async fn a_run_that_answers_and_then_runs_on_ends_when_its_time_after_the_answer_is_over() {
    let sandbox = sandbox();
    let program = program(&sandbox, "function lambda(i, cb) { cb(null, 1); setInterval(() => {}, 5); }");
    let mut run = given("{}");
    run.limits.after_answer = Duration::from_millis(40);
    let execution = sandbox.run(&program, run).await;
    assert_eq!(execution.ending, Ending::Returned { json: Some("1".into()) });
    assert!(execution.usage.wall < Duration::from_secs(2));
}

#[tokio::test]
async fn nothing_leaks_from_one_run_to_the_next() {
    let sandbox = sandbox();
    let source = "let n = 0; globalThis.m ??= 0; function lambda() { n++; m++; Array.prototype.x = (Array.prototype.x ?? 0) + 1; return [n, m, [].x]; }";
    let program = program(&sandbox, source);
    for _ in 0..3 {
        assert_eq!(json(sandbox.run(&program, given("{}")).await), json!([1, 1, 1]));
    }
}

#[tokio::test]
async fn environment_variables_are_present_when_the_top_level_runs() {
    let sandbox = sandbox();
    let environment = BTreeMap::from([("LIST".to_owned(), "a,b,ü".to_owned())]);
    let source = Source::new(
        "const list = process.env.LIST.split(','); function lambda() { return [list, process.env.NONE ?? null]; }",
    );
    let program = sandbox.prepare(&source, &environment).unwrap();
    assert!(!program.evaluates_per_invocation());
    assert_eq!(json(sandbox.run(&program, given("{}")).await), json!([["a", "b", "ü"], null]));
}

#[tokio::test]
async fn a_top_level_that_reads_clock_or_chance_is_evaluated_per_invocation() {
    let sandbox = sandbox();
    for source in [
        "const at = Date.now(); function lambda() { return at; }",
        "const at = new Date().getTime(); function lambda() { return at; }",
        "const at = Math.random(); function lambda() { return at; }",
        "const at = crypto.randomUUID(); function lambda() { return at; }",
    ] {
        let program = program(&sandbox, source);
        assert!(program.evaluates_per_invocation(), "{source}");
        let first = json(sandbox.run(&program, given("{}")).await);
        if source.contains("Date") {
            assert_eq!(first, json!(NOW.as_millisecond()));
        } else {
            assert_ne!(first, json(sandbox.run(&program, given("{}")).await), "{source}");
        }
    }
}

#[test]
fn sources_that_are_no_programs_are_refused_with_a_reason() {
    let sandbox = sandbox();
    let prepare = |source: &str| sandbox.prepare(&Source::new(source), &BTreeMap::new()).unwrap_err();
    let ProgramError::Syntax { line, column, message, .. } = prepare("function lambda() {\n  let x = ;\n}")
    else {
        panic!()
    };
    assert_eq!((line, column), (2, 11), "{message}");
    assert!(message.starts_with("SyntaxError"), "{message}");
    assert_eq!(prepare("const x = 1;"), ProgramError::NoLambda);
    assert!(
        matches!(prepare("throw new Error('at top'); function lambda() {}"), ProgramError::TopLevelThrew(t) if t.message == "at top")
    );
    assert!(matches!(
        prepare("for (;;); function lambda() {}"),
        ProgramError::TopLevelLimit(Ending::CpuExhausted)
    ));
    assert!(
        matches!(prepare("const fs = require('fs'); function lambda() {}"), ProgramError::ModuleNotAvailable { message } if message.contains("fs"))
    );
    assert!(
        matches!(prepare("import axios from 'axios'; export const lambda = () => {}"), ProgramError::ModuleNotAvailable { message } if message.contains("fetch"))
    );
    assert!(matches!(
        prepare("import x from 'util'; export const lambda = ( => {}"),
        ProgramError::Syntax { .. }
    ));
    assert!(matches!(
        prepare("await new Promise(() => {});\nexport const lambda = () => {}"),
        ProgramError::TopLevelWaits
    ));
}

#[tokio::test]
async fn the_same_seed_and_clock_give_the_same_run() {
    let sandbox = sandbox();
    let source = "async function lambda() { const a = Math.random(); await new Promise(r => setTimeout(r, 1)); return [a, Math.random(), crypto.randomUUID(), Date.now()]; }";
    let program = program(&sandbox, source);
    let with_seed = |seed| {
        let mut run = given("{}");
        run.seed = seed;
        sandbox.run(&program, run)
    };
    let (first, second, third) = (with_seed(5).await, with_seed(5).await, with_seed(6).await);
    assert_eq!(first.recording.entries.len(), 1);
    assert_eq!(first.recording, second.recording);
    let (first, second, third) = (json(first), json(second), json(third));
    assert_eq!(first, second);
    assert_ne!(first[0], third[0]);
    assert_ne!(first[0], first[1]);
}

#[tokio::test]
async fn timers_fire_in_order_and_can_be_cleared() {
    let body = "const out = []; const never = setTimeout(() => out.push('never'), 1); clearTimeout(never);
        let n = 0; const every = setInterval(() => { out.push('i' + ++n); if (n === 2) clearInterval(every); }, 2);
        setImmediate(() => out.push('immediate')); queueMicrotask(() => out.push('micro')); process.nextTick((x) => out.push(x), 'tick');
        await new Promise(r => setTimeout(r, 30, 'x')); return out;";
    assert_eq!(value(body).await, json!(["micro", "tick", "immediate", "i1", "i2"]));
}
