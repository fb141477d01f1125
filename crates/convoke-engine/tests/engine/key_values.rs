//! What functions keep is true with their answer, or not at all.

use std::sync::Arc;
use std::time::Duration;

use convoke_domain::account::{Actor as AccountActor, Command as AccountCommand};
use convoke_domain::conversation::Event;
use convoke_domain::function::FunctionSettings;
use convoke_domain::id::FunctionId;
use convoke_domain::invocation::Outcome;
use convoke_domain::key_value::Rejection;
use convoke_domain::limits::{KEY_VALUE_BYTES_MAX, KEY_VALUE_WRITES_MAX};
use convoke_domain::state_change::StateChangeEvent;
use convoke_engine::key_values::{KeyValueError, Transaction, Writing};
use convoke_engine::ports::Job;
use convoke_engine::{Call, CallEnding, CallFrom, Until};

use crate::kit::{Center, account, after, elapse, message, throw};

const NEW: StateChangeEvent = StateChangeEvent::NewConversation;

fn value(json: &str) -> Writing {
    Writing { json: Some(json.to_owned()), time_to_live: None, version: None }
}

fn code<T>(result: Result<T, KeyValueError>) -> &'static str {
    result.err().map_or("it was done", |error| error.code())
}

/// Adds one to a counter, in the way that a careful function does.
async fn count(keys: &Transaction) -> Result<u64, KeyValueError> {
    let present = keys.get("shop", "count").await?;
    let (number, version) = present.map_or((0, 0), |found| (found.json.parse().unwrap(), found.version));
    let writing = Writing { version: Some(version), ..value(&format!("{}", number + 1)) };
    keys.write("shop", "count", writing).await
}

impl Center {
    /// From now on every run does this before it answers.
    fn keeps<F: Future<Output = ()> + Send + 'static>(
        &self,
        does: impl Fn(Job) -> F + Send + Sync + 'static,
    ) {
        *self.host.keeps.lock().unwrap() = Some(Arc::new(move |job| Box::pin(does(job))));
    }

    /// What is kept for everybody to see.
    async fn kept(&self, key: &str) -> Option<String> {
        self.handle.key_values(&account()).get("shop", key).await.unwrap().map(|found| found.json)
    }

    async fn called(&self) -> FunctionId {
        let id = self.create("called", None, &[], FunctionSettings::default(), |_| message("hi")).await;
        self.handle.deploy(&account(), &AccountActor::System, id).await.unwrap();
        id
    }

    async fn call_it(&self, id: FunctionId) -> CallEnding {
        let call = Call { input: "{}".into(), from: CallFrom::Client, request: None, until: Until::Ended };
        self.handle.call(&account(), id, call).await.unwrap().answer.ending.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_answered_trigger_wrote_is_there_and_survives() {
    let center = Center::open().await;
    center.deploy(NEW, FunctionSettings::default(), |_| message("hi")).await;
    center.keeps(|job| async move {
        count(&job.key_values).await.unwrap();
        assert_eq!(
            job.key_values.get("shop", "count").await.unwrap().unwrap().json,
            "1",
            "it sees its own write"
        );
    });
    let (id, _) = center.conversation("hello").await;
    center.quiet(id).await;
    assert_eq!(center.kept("count").await.as_deref(), Some("1"));
    let center = center.crash().await;
    assert_eq!(center.kept("count").await.as_deref(), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn nobody_sees_a_write_before_its_answer_and_a_failed_run_leaves_nothing() {
    let center = Center::open().await;
    center.deploy(NEW, FunctionSettings::default(), |_| throw("no")).await;
    let handle = center.handle.clone();
    center.keeps(move |job| {
        let others = handle.key_values(&account());
        async move {
            job.key_values.write("shop", "a", value("1")).await.unwrap();
            assert_eq!(others.get("shop", "a").await.unwrap(), None, "it has not answered yet");
        }
    });
    let (id, _) = center.conversation("hello").await;
    center.quiet(id).await;
    assert_eq!(center.host.runs(), 4, "each attempt wrote anew, and none of it stays");
    assert_eq!(center.kept("a").await, None);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_dropped_takes_its_writes_along() {
    let center = Center::open().await;
    center.deploy(NEW, FunctionSettings::default(), |_| after(Duration::from_millis(100), "hi")).await;
    center.keeps(|job| async move {
        job.key_values.write("shop", "a", value("1")).await.unwrap();
    });
    let (id, _) = center.conversation("hello").await;
    center.configure(AccountCommand::SwitchControllerBot { enabled: false }).await;
    let log = center.quiet(id).await;
    let dropped =
        |event: &Event| matches!(event, Event::Settled(settled) if settled.outcome == Outcome::Dropped);
    assert!(log.iter().any(|recorded| dropped(&recorded.event)), "{log:?}");
    assert_eq!(center.kept("a").await, None);
}

#[tokio::test(start_paused = true)]
async fn many_conversations_count_together_without_losing_one() {
    let center = Center::open().await;
    center.deploy(NEW, FunctionSettings::default(), |_| message("hi")).await;
    center.keeps(|job| async move {
        // Another one may have counted between the look and the write: then it looks again.
        while code(count(&job.key_values).await) == "key_value.version_conflict" {}
    });
    let mut conversations = Vec::new();
    for number in 0..20 {
        conversations.push(center.conversation(&format!("hello {number}")).await.0);
    }
    for id in conversations {
        center.quiet(id).await;
    }
    assert_eq!(center.kept("count").await.as_deref(), Some("20"));
}

#[tokio::test(start_paused = true)]
async fn a_call_is_answered_when_what_it_keeps_is_durable() {
    let center = Center::open().await;
    let id = center.called().await;
    center.keeps(|job| async move {
        count(&job.key_values).await.unwrap();
    });
    assert!(matches!(center.call_it(id).await, CallEnding::Returned(_)));
    let center = center.crash().await;
    assert_eq!(center.kept("count").await.as_deref(), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn a_key_belongs_to_whoever_wrote_it_until_they_are_settled() {
    let center = Center::open().await;
    let id = center.called().await;
    let handle = center.handle.clone();
    center.keeps(move |job| {
        let handle = handle.clone();
        async move {
            if job.input.contains("second") {
                assert_eq!(code(job.key_values.write("shop", "a", value("2")).await), "key_value.busy");
                job.key_values.write("shop", "b", value("2")).await.unwrap();
            } else {
                job.key_values.write("shop", "a", value("1")).await.unwrap();
                let input = r#"{"second":true}"#.into();
                let call = Call { input, from: CallFrom::Client, request: None, until: Until::Ended };
                handle.call(&account(), id, call).await.unwrap();
            }
        }
    });
    center.call_it(id).await;
    let kept = (center.kept("a").await, center.kept("b").await);
    assert_eq!(kept, (Some("1".to_owned()), Some("2".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_test_sees_what_is_kept_and_keeps_nothing_itself() {
    let center = Center::open().await;
    let test = center.handle.key_values(&account());
    test.write("shop", "a", value("1")).await.unwrap();
    assert_eq!(test.get("shop", "a").await.unwrap().unwrap().json, "1");
    assert_eq!(center.kept("a").await, None);
    let other = center.handle.key_values(&account());
    assert_eq!(
        code(other.write("shop", "a", value("2")).await),
        "it was done",
        "a test takes no key from anybody"
    );
}

#[tokio::test(start_paused = true)]
async fn a_value_is_there_for_its_time_and_no_longer() {
    let center = Center::open().await;
    let id = center.called().await;
    center.keeps(|job| async move {
        let time_to_live = Some(Duration::from_mins(1));
        job.key_values.write("shop", "a", Writing { time_to_live, ..value("1") }).await.unwrap();
    });
    center.call_it(id).await;
    center.clock.advance(Duration::from_secs(59));
    assert!(center.kept("a").await.is_some());
    center.clock.advance(Duration::from_secs(1));
    assert_eq!(center.kept("a").await, None);
    let center = center.crash().await;
    assert_eq!(center.kept("a").await, None, "not after a restart either");
}

#[tokio::test(start_paused = true)]
async fn every_bound_holds_at_its_edge() {
    let center = Center::open().await;
    let keys = center.handle.key_values(&account());
    let long = "1".repeat(KEY_VALUE_BYTES_MAX);
    assert_eq!(code(keys.write("shop", "k0", value(&long)).await), "it was done");
    assert_eq!(code(keys.write("shop", "k0", value(&format!("{long}1"))).await), "key_value.value_too_long");
    for number in 1..KEY_VALUE_WRITES_MAX {
        assert_eq!(code(keys.write("shop", &format!("k{number}"), value("1")).await), "it was done");
    }
    assert_eq!(code(keys.write("shop", "one more", value("1")).await), "key_value.too_many_writes");
    assert_eq!(code(keys.write("shop", "k1", value("2")).await), "it was done", "the same key again");
    let refused = keys.write("shop", "k2", Writing { version: Some(0), ..value("1") }).await;
    let Err(KeyValueError::Refused(Rejection::VersionConflict { version })) = refused else {
        panic!("{refused:?}")
    };
    assert!(version > 0, "it says what is there");
}

#[tokio::test(start_paused = true)]
async fn what_is_written_after_the_answer_is_refused() {
    let center = Center::open().await;
    let id = center.called().await;
    let late = Arc::new(std::sync::Mutex::new(None));
    let kept = Arc::clone(&late);
    center.keeps(move |job| {
        *kept.lock().unwrap() = Some(Arc::clone(&job.key_values));
        async {}
    });
    center.call_it(id).await;
    let keys = late.lock().unwrap().take().unwrap();
    elapse(Duration::from_millis(1)).await;
    assert_eq!(code(keys.write("shop", "a", value("1")).await), "key_value.answered");
}
