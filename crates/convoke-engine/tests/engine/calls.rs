//! Functions are called from outside: once per named call, by id and by event.

use std::sync::Arc;
use std::time::Duration;

use crate::kit::{Center, account, skill, throw};
use convoke_domain::account::Actor as AccountActor;
use convoke_domain::conversation::Cause;
use convoke_domain::function::{EventBinding, FunctionSettings, OtherEvent};
use convoke_domain::id::{FunctionId, InvocationId};
use convoke_domain::invocation::AttemptFailure;
use convoke_engine::ports::{Ending, Failure};
use convoke_engine::{Call, CallEnding, CallError, CallFrom, Called, FailureClass, Request, Until};

const HOOK: EventBinding = EventBinding::Other(OtherEvent::BotPreHook);
const SURVEY: EventBinding = EventBinding::Other(OtherEvent::ChatSurveyTranscript);

fn call(request: Option<&str>, content: &str) -> Call {
    Call {
        input: content.into(),
        from: CallFrom::Client,
        request: request.map(|id| Request::new(id.parse().unwrap(), content.as_bytes())),
        until: Until::Answered,
    }
}

fn returns(json: &str) -> (Duration, Ending) {
    (Duration::from_millis(50), Ending::Returned(Some(json.to_owned())))
}

fn result(called: &Called) -> &str {
    match &called.answer.ending {
        CallEnding::Returned(Some(json)) => json,
        CallEnding::Returned(None) | CallEnding::Failed { .. } => panic!("{called:?}"),
    }
}

fn class(called: &Called) -> Option<FailureClass> {
    match &called.answer.ending {
        CallEnding::Returned(_) => None,
        CallEnding::Failed { class, .. } => Some(*class),
    }
}

impl Center {
    /// A deployed function that returns the input it gets, whose runs are counted by the host.
    async fn echo(&self, name: &str, event: Option<EventBinding>, skills: &[&str]) -> FunctionId {
        let settings = FunctionSettings::default();
        let id = self.create(name, event, skills, settings, |job| returns(&job.input)).await;
        self.handle.deploy(&account(), &AccountActor::System, id).await.unwrap();
        id
    }

    async fn call(&self, id: FunctionId, call: Call) -> Result<Called, CallError> {
        self.handle.call(&account(), id, call).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_sent_again_gets_the_first_answer_and_runs_once() {
    let center = Center::open().await;
    let id = center.echo("echo", None, &[]).await;
    let first = center.call(id, call(Some("r1"), "1")).await.unwrap();
    let again = center.call(id, call(Some("r1"), "1")).await.unwrap();
    assert_eq!((result(&again), again.repeated, first.repeated), ("1", true, false));
    assert_eq!(first.answer, again.answer);
    assert_eq!(center.host.runs(), 1);
    assert_eq!(center.call(id, call(Some("r1"), "2")).await, Err(CallError::RequestReused));
    assert_eq!(result(&center.call(id, call(Some("r2"), "2")).await.unwrap()), "2");
    assert_eq!(center.host.runs(), 2);
}

#[tokio::test(start_paused = true)]
async fn duplicates_at_the_same_time_join_the_first_run() {
    let center = Center::open().await;
    let id = center.echo("echo", None, &[]).await;
    let calls = (0..5).map(|_| center.call(id, call(Some("r1"), "1")));
    let answers = futures_util::future::join_all(calls).await;
    let invocations: Vec<InvocationId> =
        answers.iter().map(|answer| answer.as_ref().unwrap().answer.invocation).collect();
    assert!(invocations.iter().all(|invocation| *invocation == invocations[0]));
    assert_eq!(center.host.runs(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_away_and_comes_back_finds_its_call_running() {
    let center = Center::open().await;
    let id = center.echo("echo", None, &[]).await;
    let gone = tokio::time::timeout(Duration::from_millis(10), center.call(id, call(Some("r1"), "1"))).await;
    assert!(gone.is_err());
    let back = center.call(id, call(Some("r1"), "1")).await.unwrap();
    assert_eq!((result(&back), back.repeated, center.host.runs()), ("1", true, 1));
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_remembered_but_a_missing_sandbox_is_not() {
    let center = Center::open().await;
    let settings = FunctionSettings::default();
    let threw = center.create("threw", None, &[], settings, |_| throw("Error: no")).await;
    let unavailable = center
        .create("unavailable", None, &[], settings, |_| {
            let kind = AttemptFailure::HostUnavailable;
            let failure = Failure { code: "function.host_unavailable", detail: String::new(), kind };
            (Duration::ZERO, Ending::Failed(failure))
        })
        .await;
    for (id, expected, runs) in
        [(threw, FailureClass::Threw, 1), (unavailable, FailureClass::Unavailable, 1 + 2)]
    {
        center.handle.deploy(&account(), &AccountActor::System, id).await.unwrap();
        for _ in 0..2 {
            let called = center.call(id, call(Some("r1"), "1")).await.unwrap();
            assert_eq!(class(&called), Some(expected));
        }
        assert_eq!(center.host.runs(), runs);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_unknown_or_not_deployed_is_no_answer() {
    let center = Center::open().await;
    let draft = center.create("draft", None, &[], FunctionSettings::default(), |_| returns("1")).await;
    let code = async |id| center.call(id, call(Some("r1"), "1")).await.unwrap_err().code();
    assert_eq!(code(draft).await, "function.not_deployed");
    assert_eq!(code(FunctionId::from_bits(9)).await, "function.unknown");
    // The name is free again: nothing was called.
    center.handle.deploy(&account(), &AccountActor::System, draft).await.unwrap();
    assert_eq!(result(&center.call(draft, call(Some("r1"), "other")).await.unwrap()), "1");
}

#[tokio::test(start_paused = true)]
async fn an_event_reaches_every_deployed_function_that_listens_to_it_and_to_the_skill() {
    let center = Center::open().await;
    let every = center.echo("every", Some(HOOK), &[]).await;
    let first = center.echo("first", Some(HOOK), &["1"]).await;
    center.echo("second", Some(HOOK), &["2"]).await;
    center.create("draft", Some(HOOK), &[], FunctionSettings::default(), |_| returns("0")).await;
    let ask = async |skill_id: Option<&str>| {
        let skill = skill_id.map(skill);
        center.handle.call_event(&account(), HOOK, skill.as_ref(), &call(None, "1")).await.unwrap()
    };
    assert_eq!(ask(None).await.len(), 3);
    let mut expected = [every, first];
    expected.sort();
    let answered: Vec<FunctionId> =
        ask(Some("1")).await.iter().map(|called| called.answer.function.function).collect();
    assert_eq!(answered, expected);
    let implemented = |event, skill_id: &str| {
        center.handle.is_implemented(&account(), event, Some(&skill(skill_id))).unwrap()
    };
    assert!(implemented(HOOK, "1") && !implemented(SURVEY, "1"));
}

#[tokio::test(start_paused = true)]
async fn the_chain_of_the_chat_survey_ends_at_the_first_failure() {
    let center = Center::open().await;
    let fails = |job: &convoke_engine::ports::Job| {
        if &*job.input == "1" { throw("Error: no") } else { returns("2") }
    };
    for name in ["one", "two"] {
        let id = center.create(name, Some(SURVEY), &[], FunctionSettings::default(), fails).await;
        center.handle.deploy(&account(), &AccountActor::System, id).await.unwrap();
    }
    let ask = async |input| center.handle.call_event(&account(), SURVEY, None, &call(None, input)).await;
    assert_eq!(ask("1").await.unwrap().len(), 1);
    assert_eq!(ask("2").await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn functions_that_call_each_other_in_circles_come_to_an_end() {
    let center = Center::open().await;
    let id = center.echo("echo", None, &[]).await;
    let from = |depth| {
        let invocation = InvocationId::Direct(uuid::Uuid::from_u128(1));
        CallFrom::Function(Cause { invocation, command: None, depth })
    };
    assert!(center.call(id, Call { from: from(8), ..call(None, "1") }).await.is_ok());
    let deeper = center.call(id, Call { from: from(9), ..call(None, "1") }).await;
    assert_eq!(deeper.unwrap_err().code(), "function.calls_too_deep");
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_the_end_gets_logs_and_use_with_the_answer() {
    let center = Center::open().await;
    let id = center.echo("echo", None, &[]).await;
    let wait = Call { until: Until::Ended, ..call(Some("r1"), "1") };
    let (first, second) = tokio::join!(center.call(id, wait.clone()), center.call(id, wait));
    assert!(first.unwrap().report.is_some());
    assert!(Arc::ptr_eq(
        &second.unwrap().report.unwrap(),
        &center
            .call(id, Call { until: Until::Ended, ..call(Some("r1"), "1") })
            .await
            .unwrap()
            .report
            .unwrap()
    ));
}
