//! The suite that every run log passes: one check per promise.
//!
//! A log's tests implement [`RunHarness`] and call [`run_conformance_tests!`](crate::run_conformance_tests). The checks
//! panic where a promise is broken; that is their only use.

#![expect(clippy::missing_panics_doc, reason = "panicking is how a check says that a promise is broken")]

use std::collections::BTreeMap;
use std::time::Duration;

use convoke_domain::function::VersionNumber;
use convoke_domain::id::{AccountId, ConsumerId, ConversationId, FunctionId, InvocationId};
use convoke_domain::sequence::EventSeq;
use convoke_domain::state_change::CbotEventType;
use jiff::Timestamp;

use super::{
    Gap, KeptAnswer, LogLevel, NewRun, RunBatch, RunFilter, RunPlace, RunRetention, RunSource, RunState,
    RunStore, StoredRun,
};
use crate::conformance::{account, at};

/// How the suite gets at a run log.
pub trait RunHarness: Sized {
    /// A new, empty one.
    fn open() -> Self;

    /// The run log.
    fn store(&self) -> &dyn RunStore;

    /// Lets it go, and opens what is left.
    #[must_use]
    fn again(self) -> Self;
}

/// Makes one test of each check, for the harness that is named.
#[macro_export]
macro_rules! run_conformance_tests {
    ($harness:ty) => {
        $crate::run_conformance_tests!($harness:
            runs_come_back_as_they_were_in_both_directions,
            numbers_grow_and_are_times,
            runs_are_found_by_what_they_are,
            figures_count_every_run_but_tests,
            accounts_are_apart,
            keys_and_answers_are_kept_once,
            recordings_are_found_by_invocation_and_attempt,
            recordings_have_days_of_their_own,
            figures_have_days_of_their_own,
            what_is_missing_is_counted,
            retention_takes_whole_days_of_an_account,
            what_was_kept_survives,
        );
    };
    ($harness:ty: $($check:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $check() {
                $crate::runs::conformance::$check::<$harness>().await;
            }
        )*
    };
}

const NEWEST: RunPlace = RunPlace::Before(None);

fn function(number: u128) -> FunctionId {
    FunctionId::from_bits(number)
}

fn conversation(number: u128) -> ConversationId {
    ConversationId::for_consumer(ConsumerId::from_bits(number), number)
}

fn answering(number: u128, trigger: u64) -> InvocationId {
    let trigger = EventSeq::new(trigger).expect("triggers begin at 1");
    InvocationId::Triggered { conversation: conversation(number), trigger }
}

fn called(number: u128) -> InvocationId {
    InvocationId::Direct(uuid::Uuid::from_u128(number))
}

/// A run of function 1 in account 1 that took 40 ms and succeeded.
fn run(invocation: InvocationId, began_at: Timestamp) -> NewRun {
    NewRun {
        account: account(1),
        invocation,
        attempt: 1,
        function: function(1),
        version: VersionNumber::new(3),
        source: RunSource::Change,
        code: Some(CbotEventType::ConsumerStepUp),
        began_at,
        state: RunState::Succeeded,
        failure: None,
        answered_after: Duration::from_millis(40),
        wall: Duration::from_millis(50),
        cpu: Duration::from_micros(700),
        memory_bytes_max: 1 << 20,
        levels: [LogLevel::Info].into_iter().collect(),
        sealed: b"sealed".to_vec(),
    }
}

async fn keep(store: &dyn RunStore, runs: &[NewRun], now: Timestamp) -> u64 {
    let batch = RunBatch { runs: runs.to_vec(), ..RunBatch::default() };
    store.keep(batch, now).await.expect("the log keeps")
}

async fn find(store: &dyn RunStore, filter: RunFilter, place: RunPlace, most: usize) -> Vec<StoredRun> {
    store.runs(&account(1), &filter, place, most).await.expect("the log reads")
}

fn attempts(rows: &[StoredRun]) -> Vec<u8> {
    rows.iter().map(|row| row.run.attempt).collect()
}

/// Promises 3 and 4.
pub async fn runs_come_back_as_they_were_in_both_directions<H: RunHarness>() {
    let harness = H::open();
    let store = harness.store();
    let failed = NewRun {
        attempt: 2,
        state: RunState::CodingFailure,
        failure: Some("function.threw".to_owned()),
        version: None,
        code: None,
        source: RunSource::Call,
        invocation: called(7),
        ..run(answering(1, 1), at(0, 1))
    };
    let all = [run(answering(1, 1), at(0, 0)), failed, NewRun { attempt: 3, ..run(called(8), at(0, 2)) }];
    keep(store, &all, at(0, 3)).await;
    let oldest_first = find(store, RunFilter::default(), RunPlace::After(0), 10).await;
    let runs: Vec<NewRun> = oldest_first.iter().map(|row| row.run.clone()).collect();
    assert_eq!(runs, all);
    let page = find(store, RunFilter::default(), NEWEST, 2).await;
    assert_eq!(attempts(&page), [3, 2]);
    let next = RunPlace::Before(Some(page[1].number));
    assert_eq!(attempts(&find(store, RunFilter::default(), next, 2).await), [1]);
    let after = RunPlace::After(oldest_first[0].number);
    assert_eq!(attempts(&find(store, RunFilter::default(), after, 1).await), [2]);
}

/// Promise 3.
pub async fn numbers_grow_and_are_times<H: RunHarness>() {
    let harness = H::open();
    let store = harness.store();
    let micros = |time: Timestamp| u64::try_from(time.as_microsecond()).expect("the time is after 1970");
    let two = [run(called(1), at(0, 0)), run(called(2), at(0, 0))];
    assert_eq!(keep(store, &two, at(0, 1)).await, micros(at(0, 1)) + 1);
    // A clock that was set back does not change the order.
    assert_eq!(keep(store, &two[..1], at(0, 0)).await, micros(at(0, 1)) + 2);
    assert_eq!(keep(store, &[], at(0, 9)).await, micros(at(0, 1)) + 2);
}

/// What a filter wants, it finds; and nothing else.
pub async fn runs_are_found_by_what_they_are<H: RunHarness>() {
    let harness = H::open();
    let store = harness.store();
    let all = [
        run(answering(1, 1), at(0, 0)),
        NewRun { attempt: 2, function: function(2), ..run(answering(1, 2), at(0, 60)) },
        NewRun { attempt: 3, state: RunState::TimedOut, ..run(answering(2, 1), at(1, 0)) },
        NewRun {
            attempt: 4,
            levels: [LogLevel::Debug, LogLevel::Error].into_iter().collect(),
            ..run(called(9), at(1, 60))
        },
    ];
    for run in &all {
        let began = run.began_at;
        keep(store, std::slice::from_ref(run), began).await;
    }
    let is = async |filter: RunFilter, expected: &[u8]| {
        let found = find(store, filter.clone(), RunPlace::After(0), 10).await;
        assert_eq!(attempts(&found), expected, "{filter:?}");
    };
    let any = RunFilter::default;
    is(RunFilter { function: Some(function(2)), ..any() }, &[2]).await;
    is(RunFilter { conversation: Some(conversation(1)), ..any() }, &[1, 2]).await;
    is(RunFilter { invocation: Some(answering(1, 2)), ..any() }, &[2]).await;
    is(RunFilter { invocation: Some(called(9)), ..any() }, &[4]).await;
    is(RunFilter { state: Some(RunState::TimedOut), ..any() }, &[3]).await;
    let grave = [LogLevel::Warn, LogLevel::Error].into_iter().collect();
    is(RunFilter { levels: Some(grave), ..any() }, &[4]).await;
    is(RunFilter { from: Some(at(0, 60)), until: Some(at(1, 60)), ..any() }, &[2, 3]).await;
    is(RunFilter { function: Some(function(3)), ..any() }, &[]).await;
}

/// Promise 6.
pub async fn figures_count_every_run_but_tests<H: RunHarness>() {
    let harness = H::open();
    let store = harness.store();
    let threw = NewRun { state: RunState::CodingFailure, ..run(called(2), at(0, 299)) };
    let test = NewRun { source: RunSource::Test, ..run(called(3), at(0, 10)) };
    let other = NewRun { function: function(2), ..run(called(4), at(0, 20)) };
    keep(store, &[run(called(1), at(0, 0)), threw, test], at(0, 299)).await;
    keep(store, &[run(called(5), at(0, 30)), other, run(called(6), at(0, 300))], at(0, 301)).await;
    let figures =
        async |only, from, until| store.figures(&account(1), only, from, until).await.expect("the log reads");
    let all = figures(None, at(0, 0), at(1, 0)).await;
    let places: Vec<_> = all.iter().map(|figure| (figure.from, figure.function)).collect();
    assert_eq!(places, [(at(0, 0), function(1)), (at(0, 0), function(2)), (at(0, 300), function(1))]);
    assert_eq!(all[0].counts, [(RunState::Succeeded, 2), (RunState::CodingFailure, 1)].into());
    assert_eq!((all[0].durations.count(), all[0].cpu), (3, Duration::from_micros(2_100)));
    assert_eq!(figures(Some(function(1)), at(0, 1), at(0, 301)).await.len(), 1);
    assert_eq!(figures(Some(function(1)), at(0, 0), at(0, 300)).await.len(), 1);
}

/// Promise 5.
pub async fn accounts_are_apart<H: RunHarness>() {
    let harness = H::open();
    let store = harness.store();
    let foreign = NewRun { account: account(2), ..run(called(1), at(0, 0)) };
    let answer = KeptAnswer { account: account(2), ..answer("r1", b"one") };
    let gaps = vec![Gap { account: account(2), at: at(0, 0), runs: 3 }];
    let keys = vec![(account(2), b"key".to_vec())];
    let batch =
        RunBatch { runs: vec![foreign], recordings: BTreeMap::new(), answers: vec![answer], keys, gaps };
    store.keep(batch, at(0, 0)).await.expect("the log keeps");
    assert_eq!(find(store, RunFilter::default(), NEWEST, 10).await, []);
    let figures = store.figures(&account(1), None, Timestamp::MIN, Timestamp::MAX).await;
    assert_eq!(figures, Ok(vec![]));
    assert_eq!(store.answer(&account(1), function(1), "r1").await, Ok(None));
    assert_eq!(store.account_key(&account(1)).await, Ok(None));
    assert_eq!(store.missing(&account(1), at(0, 0), at(1, 0)).await, Ok(0));
}

fn answer(request: &str, sealed: &[u8]) -> KeptAnswer {
    KeptAnswer {
        account: account(1),
        function: function(1),
        request: request.to_owned(),
        content: [7; 32],
        called_at: at(0, 0),
        sealed: sealed.to_vec(),
    }
}

/// The first one counts.
pub async fn keys_and_answers_are_kept_once<H: RunHarness>() {
    let harness = H::open();
    let store = harness.store();
    for text in [b"one", b"two"] {
        let batch = RunBatch {
            answers: vec![answer("r1", text)],
            keys: vec![(account(1), text.to_vec())],
            ..RunBatch::default()
        };
        store.keep(batch, at(0, 0)).await.expect("the log keeps");
    }
    assert_eq!(store.answer(&account(1), function(1), "r1").await, Ok(Some(answer("r1", b"one"))));
    assert_eq!(store.answer(&account(1), function(2), "r1").await, Ok(None));
    assert_eq!(store.account_key(&account(1)).await, Ok(Some(b"one".to_vec())));
}

/// Keeps runs of these invocations and attempts, begun at these times, with what was recorded of them.
async fn keep_recorded(store: &dyn RunStore, all: &[(InvocationId, u8, Timestamp, &[u8])], now: Timestamp) {
    let runs = all
        .iter()
        .map(|(invocation, attempt, began, _)| NewRun { attempt: *attempt, ..run(*invocation, *began) });
    let recordings = all.iter().map(|(.., sealed)| sealed.to_vec()).enumerate().collect();
    let batch = RunBatch { runs: runs.collect(), recordings, ..RunBatch::default() };
    store.keep(batch, now).await.expect("the log keeps");
}

/// Recordings: by invocation and attempt, the last that was kept counts, and no other account sees them.
pub async fn recordings_are_found_by_invocation_and_attempt<H: RunHarness>() {
    let harness = H::open();
    let (one, other) = (answering(7, 3), called(9));
    let all: [(_, _, _, &[u8]); 3] =
        [(one, 2, at(0, 20), b"b"), (one, 1, at(0, 10), b"first"), (other, 1, at(0, 30), b"o")];
    keep_recorded(harness.store(), &all, at(0, 100)).await;
    keep(harness.store(), &[run(answering(7, 4), at(0, 40))], at(0, 100)).await;
    keep_recorded(harness.store(), &[(one, 1, at(0, 50), b"once more")], at(0, 101)).await;
    let harness = harness.again();
    let store = harness.store();
    let rows =
        async |of: u8, invocation| store.recordings(&account(of), invocation).await.expect("the log reads");
    let sealed = async |of: u8, invocation, attempt| {
        store.recording(&account(of), invocation, attempt).await.expect("the log reads")
    };
    assert_eq!(rows(1, one).await, [(1, at(0, 50), 9), (2, at(0, 20), 1)]);
    assert_eq!(sealed(1, one, 1).await, Some(b"once more".to_vec()));
    assert_eq!(sealed(1, other, 1).await, Some(b"o".to_vec()));
    assert_eq!((sealed(1, one, 3).await, rows(1, answering(7, 4)).await), (None, Vec::new()));
    assert_eq!((sealed(2, one, 1).await, rows(2, one).await), (None, Vec::new()));
}

/// Recordings go after their own days, and with the runs of a day at the latest.
pub async fn recordings_have_days_of_their_own<H: RunHarness>() {
    let harness = H::open();
    let store = harness.store();
    for day in 0..3 {
        let began = at(day.into(), 5);
        keep_recorded(store, &[(called(9), day + 1, began, b"x")], began).await;
    }
    let left = async || {
        let rows = store.recordings(&account(1), called(9)).await.expect("the log reads");
        rows.into_iter().map(|(attempt, ..)| attempt).collect::<Vec<_>>()
    };
    let of = |day| [(account(1), at(day, 0).to_zoned(jiff::tz::TimeZone::UTC).date())].into();
    let retention = RunRetention { first_recording_days: of(1), ..RunRetention::default() };
    store.prune(retention).await.expect("the log prunes");
    assert_eq!(left().await, [2, 3]);
    let retention = RunRetention { first_days: of(2), ..RunRetention::default() };
    store.prune(retention).await.expect("the log prunes");
    assert_eq!(left().await, [3]);
}

/// A gap counts in its time.
pub async fn what_is_missing_is_counted<H: RunHarness>() {
    let harness = H::open();
    let store = harness.store();
    let gap = |second, runs| Gap { account: account(1), at: at(0, second), runs };
    let batch = RunBatch { gaps: vec![gap(0, 2), gap(5, 3), gap(9, 10)], ..RunBatch::default() };
    store.keep(batch, at(0, 9)).await.expect("the log keeps");
    assert_eq!(store.missing(&account(1), at(0, 0), at(0, 9)).await, Ok(5));
}

/// Figures outlive the runs that they were made of, if an account wants that.
pub async fn figures_have_days_of_their_own<H: RunHarness>() {
    let harness = H::open();
    let store = harness.store();
    for day in 0..3 {
        let batch = RunBatch { runs: vec![run(called(1), at(day, 0))], ..RunBatch::default() };
        store.keep(batch, at(day, 0)).await.expect("the log keeps");
    }
    let of = |day| [(account(1), at(day, 0).to_zoned(jiff::tz::TimeZone::UTC).date())].into();
    let retention = RunRetention { first_days: of(2), first_figure_days: of(1), ..RunRetention::default() };
    assert_eq!(store.prune(retention).await, Ok(2));
    let figures = store.figures(&account(1), None, Timestamp::MIN, Timestamp::MAX).await;
    assert_eq!(figures.expect("the log reads").len(), 2);
}

/// Promise 7.
pub async fn retention_takes_whole_days_of_an_account<H: RunHarness>() {
    let harness = H::open();
    let store = harness.store();
    for day in 0..3 {
        let foreign = NewRun { account: account(2), ..run(called(1), at(day, 0)) };
        let answers = vec![KeptAnswer { called_at: at(day, 0), ..answer(&format!("r{day}"), b"x") }];
        let batch =
            RunBatch { runs: vec![run(called(1), at(day, 0)), foreign], answers, ..RunBatch::default() };
        store.keep(batch, at(day, 0)).await.expect("the log keeps");
    }
    let day = at(2, 0).to_zoned(jiff::tz::TimeZone::UTC).date();
    let retention = RunRetention {
        first_days: [(account(1), day)].into(),
        first_recording_days: [].into(),
        first_figure_days: [].into(),
        answers_since: Some(at(1, 0)),
        bytes_max: None,
    };
    assert_eq!(store.prune(retention).await, Ok(2));
    assert_eq!(find(store, RunFilter::default(), NEWEST, 10).await.len(), 1);
    let figures = async |id: AccountId| {
        store.figures(&id, None, Timestamp::MIN, Timestamp::MAX).await.expect("the log reads").len()
    };
    assert_eq!((figures(account(1)).await, figures(account(2)).await), (1, 3));
    let kept = async |request| store.answer(&account(1), function(1), request).await.expect("the log reads");
    assert!(kept("r0").await.is_none() && kept("r1").await.is_some());
}

/// Promise 1.
pub async fn what_was_kept_survives<H: RunHarness>() {
    let harness = H::open();
    let batch = RunBatch {
        runs: vec![run(answering(1, 1), at(0, 0))],
        recordings: BTreeMap::new(),
        answers: vec![answer("r1", b"one")],
        keys: vec![(account(1), b"key".to_vec())],
        gaps: Vec::new(),
    };
    harness.store().keep(batch, at(0, 0)).await.expect("the log keeps");
    let harness = harness.again();
    let store = harness.store();
    assert_eq!(find(store, RunFilter::default(), NEWEST, 10).await[0].run, run(answering(1, 1), at(0, 0)));
    assert!(store.answer(&account(1), function(1), "r1").await.expect("the log reads").is_some());
    assert_eq!(store.account_key(&account(1)).await, Ok(Some(b"key".to_vec())));
}
