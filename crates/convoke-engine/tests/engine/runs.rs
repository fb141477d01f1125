//! What is known of runs afterwards: of conversations', of calls', and after restarts.

use std::time::Duration;

use crate::kit::{Center, account, message, throw};
use convoke_domain::account::{Actor as AccountActor, Command as AccountCommand, RunLogSettings};
use convoke_domain::conversation::Event;
use convoke_domain::function::FunctionSettings;
use convoke_domain::id::InvocationId;
use convoke_domain::state_change::StateChangeEvent;
use convoke_engine::ports::Ending;
use convoke_engine::{
    Call, CallEnding, CallError, CallFrom, Request, Run, RunFilter, RunPlace, RunSource, RunState, Until,
};

impl Center {
    async fn runs(&self, filter: RunFilter) -> Vec<Run> {
        self.handle.runs(&account(), &filter, RunPlace::After(0), 100).await.unwrap().runs
    }
}

#[tokio::test(start_paused = true)]
async fn every_attempt_of_a_trigger_is_kept_with_its_conversation() {
    let center = Center::open().await;
    center
        .deploy(StateChangeEvent::NewConversation, FunctionSettings::default(), |_| throw("Error: no"))
        .await;
    let (id, _) = center.conversation("hi").await;
    let log = center.quiet(id).await;
    let trigger = log.iter().find(|one| matches!(one.event, Event::Triggered(_))).unwrap().seq;
    let runs = center.runs(RunFilter { conversation: Some(id), ..RunFilter::default() }).await;
    let attempts: Vec<u8> = runs.iter().map(|run| run.run.attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 4]);
    let first = &runs[0];
    assert_eq!(first.run.invocation, InvocationId::Triggered { conversation: id, trigger });
    assert_eq!((first.run.source, first.run.state), (RunSource::Change, RunState::CodingFailure));
    assert_eq!(first.run.failure.as_deref(), Some("function.threw"));
    assert_eq!(first.body.as_ref().unwrap().detail.as_deref(), Some("Error: no"));
}

#[tokio::test(start_paused = true)]
async fn what_was_said_in_a_conversation_is_gone_with_its_consumer() {
    let center = Center::open().await;
    center
        .deploy(StateChangeEvent::NewConversation, FunctionSettings::default(), |_| throw("Error: Ada"))
        .await;
    let (id, consumer) = center.conversation("hi").await;
    center.quiet(id).await;
    let of_it = || RunFilter { conversation: Some(id), ..RunFilter::default() };
    assert!(center.runs(of_it()).await.iter().all(|run| run.body.is_some()));
    center.handle.erase_consumer(&account(), consumer).await.unwrap();
    let runs = center.runs(of_it()).await;
    assert_eq!((runs.len(), runs.iter().filter(|run| run.body.is_none()).count()), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn a_follower_sees_what_ends_after_it_began() {
    let center = Center::open().await;
    center.deploy(StateChangeEvent::NewConversation, FunctionSettings::default(), |_| message("hi")).await;
    let (before, _) = center.conversation("one").await;
    center.quiet(before).await;
    let mut follower = center.handle.follow_runs(&account(), RunFilter::default(), None).await;
    let (after, _) = center.conversation("two").await;
    let run = follower.next().await.unwrap();
    assert_eq!(run.run.conversation(), Some(after));
}

#[tokio::test(start_paused = true)]
async fn old_days_are_dropped_as_the_account_wants() {
    let center = Center::open().await;
    center.deploy(StateChangeEvent::NewConversation, FunctionSettings::default(), |_| message("hi")).await;
    let (id, _) = center.conversation("hi").await;
    center.quiet(id).await;
    assert_eq!(center.runs(RunFilter::default()).await.len(), 1);
    let run_log = RunLogSettings { days: 2, ..RunLogSettings::default() };
    center.configure(AccountCommand::SetRunLog { run_log }).await;
    center.clock.advance(Duration::from_hours(24 * 3));
    while !center.runs(RunFilter::default()).await.is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_remembered_across_a_restart() {
    let center = Center::open().await;
    let returns = |job: &convoke_engine::ports::Job| {
        (Duration::ZERO, Ending::Returned(Some(job.invocation.to_string().len().to_string())))
    };
    let id = center.create("echo", None, &[], FunctionSettings::default(), returns).await;
    center.handle.deploy(&account(), &AccountActor::System, id).await.unwrap();
    let call = |content: &str| Call {
        input: content.into(),
        from: CallFrom::Client,
        request: Some(Request::new("r1".parse().unwrap(), content.as_bytes())),
        until: Until::Answered,
    };
    let first = center.handle.call(&account(), id, call("1")).await.unwrap();
    center.runs(RunFilter::default()).await;
    let center = center.crash().await;
    let again = center.handle.call(&account(), id, call("1")).await.unwrap();
    assert_eq!((&again.answer, again.repeated), (&first.answer, true));
    assert!(matches!(&again.answer.ending, CallEnding::Returned(Some(_))));
    assert_eq!(center.host.runs(), 1);
    let center = center.crash().await;
    assert_eq!(center.handle.call(&account(), id, call("2")).await, Err(CallError::RequestReused));
    center.clock.advance(Duration::from_hours(25));
    assert!(!center.handle.call(&account(), id, call("2")).await.unwrap().repeated);
}
