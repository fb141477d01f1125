//! The adapter over a real sandbox.

use std::collections::BTreeMap;
use std::sync::mpsc;

use convoke_domain::function::{FunctionSettings, VersionNumber};
use convoke_domain::id::InvocationId;
use convoke_domain::invocation::AttemptFailure;
use convoke_engine::key_values::Transaction;
use convoke_engine::ports::{Failure, SystemClock};
use convoke_sandbox::SandboxSettings;

use super::*;

fn host() -> SandboxHost {
    let settings = SandboxSettings { instances_max: 8, ..SandboxSettings::default() };
    SandboxHost::new(Sandbox::new(settings).unwrap(), Arc::new(SystemClock), PlatformSeat::default())
}

fn source(text: &str) -> ProgramSource {
    let environment = Arc::new(BTreeMap::from([("GREETING".to_owned(), "Hi".to_owned())]));
    ProgramSource { source: text.into(), environment }
}

fn job(function: Option<FunctionRef>, text: &str) -> Job {
    Job {
        account: "demo".parse().unwrap(),
        function,
        program: source(text),
        settings: FunctionSettings { wall_ms: 5_000, cpu_ms: 200, ..FunctionSettings::default() },
        invocation: InvocationId::Direct(uuid::Uuid::from_u128(1)),
        depth: 0,
        input: r#"{"headers":[],"payload":{"name":"Ada"}}"#.into(),
        now: SystemClock.now(),
        seed: 7,
        egress: Arc::new(convoke_domain::account::Egress::default()),
        inspected: false,
        live: true,
        key_values: Transaction::of_nobody(&"demo".parse().unwrap()),
    }
}

async fn run(host: &SandboxHost, job: Job) -> (Ending, RunReport) {
    let (tell, told) = mpsc::sync_channel(1);
    let report = host.run(job, Box::new(move |ending| tell.send(ending).unwrap())).await;
    let endings: Vec<Ending> = told.into_iter().collect();
    let [ending] = endings.as_slice() else { panic!("told {} times", endings.len()) };
    (ending.clone(), report)
}

#[tokio::test]
async fn a_function_answers_with_its_environment_and_its_log_is_reported() {
    let text = "const hi = process.env.GREETING;
        function lambda(input, callback) {
            console.info('greeting', { who: input.payload.name });
            callback(null, hi + ' ' + input.payload.name);
        }";
    let (ending, report) = run(&host(), job(None, text)).await;
    assert_eq!(ending, Ending::Returned(Some(r#""Hi Ada""#.to_owned())));
    assert_eq!((report.logs[0].level, report.logs[0].message.as_str()), ("info", "greeting"));
    assert_eq!(report.logs[0].extras, [r#"{"who":"Ada"}"#]);
    assert!(report.memory_bytes_max > 0);
}

#[tokio::test]
async fn failures_have_their_codes_and_say_whether_another_attempt_may_help() {
    let host = host();
    for (text, code, kind) in [
        ("async function lambda() { throw new TypeError('no') }", "function.threw", AttemptFailure::Threw),
        ("async function lambda() { for (;;); }", "function.cpu_exhausted", AttemptFailure::Final),
        ("function lambda(input, callback) {}", "function.never_completes", AttemptFailure::Final),
        ("async function lambda() { return 1n }", "function.result_invalid", AttemptFailure::Final),
        ("nonsense here", "function.does_not_load", AttemptFailure::Final),
    ] {
        let mut job = job(None, text);
        // Far less than its wall time: long runs take turns, and tests run beside each other.
        job.settings.cpu_ms = 100;
        let (ending, _) = run(&host, job).await;
        let Ending::Failed(Failure { code: found, kind: of_kind, detail }) = ending else {
            panic!("{text}: {ending:?}")
        };
        assert_eq!((found, of_kind), (code, kind), "{text}: {detail}");
    }
}

#[tokio::test]
async fn a_version_is_prepared_once_and_serves_every_attempt() {
    let host = host();
    let function = convoke_domain::id::FunctionId::from_bits(7);
    let version = FunctionRef { function, version: VersionNumber::FIRST };
    let text = "async function lambda() { return 1 }";
    for _ in 0..3 {
        let (ending, _) = run(&host, job(Some(version), text)).await;
        assert_eq!(ending, Ending::Returned(Some("1".to_owned())));
    }
    let (key, place) = host.place(Some(version), &source(text));
    assert!(matches!(key, ProgramKey::Version(_)) && place.initialized());
}

#[tokio::test]
async fn a_function_knows_its_account_and_itself_from_the_top_level_on() {
    let function = convoke_domain::id::FunctionId::from_bits(7);
    let version = FunctionRef { function, version: VersionNumber::FIRST };
    let text = "const names = [process.env.BRAND_ID, process.env.LAMBDA_UUID, console.getTraceId === undefined]; async function lambda() { return names }";
    let (ending, _) = run(&host(), job(Some(version), text)).await;
    let expected = format!(r#"["demo","{}",false]"#, function.uuid());
    assert_eq!(ending, Ending::Returned(Some(expected)));
}

#[test]
fn a_source_that_does_not_load_is_refused_with_its_place() {
    let error = host().check(&source("function lambda() {\n  return (;\n}")).unwrap_err();
    assert_eq!((error.code, error.line), ("function.syntax", Some(2)));
    assert_eq!(host().check(&source("const x = 1;")).unwrap_err().code, "function.no_lambda");
    let forgotten = host().check(&source("function lambda(input, callback) {}")).unwrap_err();
    assert_eq!((forgotten.code, forgotten.column), ("function.callback_unused", Some(24)));
    assert_eq!(
        host().check(&source("throw 1; function lambda() {}")).unwrap_err().code,
        "function.does_not_load"
    );
}

#[test]
fn whether_the_top_level_differs_from_run_to_run_is_found_out() {
    let host = host();
    let per_invocation = |text| host.check(&source(text)).unwrap().evaluates_per_invocation;
    assert!(!per_invocation("const x = 1; async function lambda() { return x }"));
    assert!(per_invocation("const x = Math.random(); async function lambda() { return x }"));
}
