//! The platform behind a function: what reaches it, what a run without one gets, and what nobody may see.

use std::sync::Arc;

use convoke_domain::allow_list::DomainAllowList;
use convoke_sandbox::platform::PlatformTarget;
use convoke_sandbox::{Execution, Grant};
use serde_json::json;

use crate::fake_platform::FakePlatform;
use crate::support::{given, json, program, sandbox};

/// Runs the body of an async function with this platform, every host permitted.
pub(crate) async fn run_on(platform: &Arc<FakePlatform>, body: &str) -> Execution {
    let sandbox = sandbox();
    let program = program(&sandbox, &format!("async function lambda(input) {{ {body}\n}}"));
    let mut run = given("{}");
    run.grant = Grant::to(DomainAllowList::Any).with_platform(Arc::clone(platform) as Arc<_>);
    sandbox.run(&program, run).await
}

#[tokio::test]
async fn requests_to_platform_names_are_answered_in_process() {
    let platform = FakePlatform::start();
    let body = "const answer = await fetch('https://va.msghist.LivePerson.net/api?x=1&y', { method: 'POST', headers: { 'X-A': '1' }, body: 'hi' });
        const own = await fetch('https://own.example.com/status');
        return [answer.status, answer.headers.get('content-type'), (await answer.json()).path, own.status];";
    let execution = run_on(&platform, body).await;
    let calls: Vec<_> = execution.calls.iter().map(|call| (call.host.as_str(), call.status)).collect();
    assert_eq!(calls, [("va.msghist.liveperson.net", Some(200)), ("own.example.com", Some(200))]);
    assert_eq!(json(execution), json!([200, "application/json", "/api?x=1&y", 200]));
    let seen = platform.requests();
    assert_eq!(seen[0].target, PlatformTarget::Host("va.msghist.liveperson.net".into()));
    assert_eq!((seen[0].method.as_str(), seen[0].body.as_ref()), ("POST", b"hi".as_slice()));
    assert!(seen[0].headers.contains(&("x-a".into(), "1".into())), "{:?}", seen[0].headers);
}

#[tokio::test]
async fn without_a_platform_its_names_are_not_asked_over_the_network_either() {
    let sandbox = sandbox();
    let source = "async function lambda() { try { await fetch('https://api.liveperson.net/'); } catch (e) { return e.code; } }";
    let program = program(&sandbox, source);
    let mut run = given("{}");
    run.grant = Grant::to(DomainAllowList::Any);
    let execution = sandbox.run(&program, run).await;
    assert_eq!(execution.calls[0].error.as_deref(), Some("no_platform"));
    assert_eq!(json(execution), json!("no_platform"));
}

#[tokio::test]
async fn an_answer_that_is_a_credential_is_not_recorded() {
    let platform = FakePlatform::start();
    let body = "return (await (await fetch('https://sentinel.liveperson.net/token')).json()).token;";
    let execution = run_on(&platform, body).await;
    assert_eq!(execution.recording.entries[0].answer, r#"{"status":200}"#);
    assert_eq!(json(execution), json!("t0ken-of-the-function"));
}

#[tokio::test]
async fn a_test_platform_starts_without_secrets_asked_for() {
    let platform = FakePlatform::with(&[("a", json!("aaaa"))], vec![]);
    assert_eq!((platform.reads(), platform.secret("a")), (0, json!("aaaa")));
}
