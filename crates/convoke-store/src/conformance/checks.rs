//! One check per promise of an engine. Each says in its name what must hold, and panics where it does not.

#![expect(clippy::missing_panics_doc, reason = "a check exists to panic; the module says so once")]

use convoke_domain::id::ConsumerId;
use jiff::{Timestamp, civil};

use super::{
    Harness, account, append, at, conversation, conversation_of, moved, one, seq, set, summary, timer,
};
use crate::{
    DueTimer, FactOp, ListFilter, ListRow, Reject, Step, Store, StoreError, StoredRecord, StreamId, Summary,
    TimerOp, Verdict, WrappedKey,
};

fn ok<T>(result: Result<T, StoreError>) -> T {
    result.expect("a healthy store answers reads")
}

fn accepted(verdict: &Verdict) {
    assert!(verdict.is_ok(), "{verdict:?}");
}

/// Promise 5.
pub async fn the_first_record_begins_at_one_and_heads_have_no_gaps<H: Harness>() {
    let harness = H::open();
    let store = harness.store();
    let stream = conversation(1);
    assert_eq!(ok(store.load(&stream).await), None);
    assert_eq!(one(store, append(store, &stream, 0, 2)).await, Ok(Some(seq(2))));
    assert_eq!(one(store, append(store, &stream, 2, 3)).await, Ok(Some(seq(5))));
    let loaded = ok(store.load(&stream).await).expect("the stream has records");
    assert_eq!(loaded.head, seq(5));
    let places: Vec<_> = loaded.records_after.iter().map(|record| (record.first, record.last())).collect();
    assert_eq!(places, [(seq(1), seq(2)), (seq(3), seq(5))]);
}

/// Promises 3 and 4.
pub async fn a_step_on_another_head_is_refused_and_told_the_head<H: Harness>() {
    let harness = H::open();
    let store = harness.store();
    let stream = conversation(1);
    assert_eq!(one(store, append(store, &stream, 4, 1)).await, Err(Reject::Conflict { actual: None }));
    assert_eq!(one(store, append(store, &stream, 0, 2)).await, Ok(Some(seq(2))));
    for expect in [0, 1, 3] {
        let verdict = one(store, append(store, &stream, expect, 1)).await;
        assert_eq!(verdict, Err(Reject::Conflict { actual: Some(seq(2)) }));
    }
    let only_rows = Step { pending: true, ..Step::new(stream.clone(), store.epoch(), Some(seq(1))) };
    assert_eq!(one(store, only_rows).await, Err(Reject::Conflict { actual: Some(seq(2)) }));
    assert_eq!(ok(store.load(&stream).await).map(|loaded| loaded.records_after.len()), Some(1));
}

/// Promise 3.
pub async fn a_refused_step_leaves_its_neighbours_alone<H: Harness>() {
    let harness = H::open();
    let store = harness.store();
    let batch = (0..20).map(|number| append(store, &conversation(number), (number % 2) as u64, 1)).collect();
    for (number, verdict) in store.commit(batch).await.into_iter().enumerate() {
        let expected =
            if number % 2 == 0 { Ok(Some(seq(1))) } else { Err(Reject::Conflict { actual: None }) };
        assert_eq!(verdict, expected, "step {number}");
    }
    for number in 0..20 {
        assert_eq!(ok(store.load(&conversation(number)).await).is_some(), number % 2 == 0);
    }
}

/// Promise 3.
pub async fn steps_of_one_stream_chain_within_a_batch<H: Harness>() {
    let harness = H::open();
    let store = harness.store();
    let stream = conversation(1);
    let batch =
        [(0, 1), (1, 2), (1, 1), (3, 1)].map(|(expect, events)| append(store, &stream, expect, events));
    let verdicts = store.commit(batch.into()).await;
    assert_eq!(
        verdicts,
        [
            Ok(Some(seq(1))),
            Ok(Some(seq(3))),
            Err(Reject::Conflict { actual: Some(seq(3)) }),
            Ok(Some(seq(4)))
        ]
    );
    assert_eq!(ok(store.load(&stream).await).map(|loaded| loaded.head), Some(seq(4)));
}

/// Promise 13.
pub async fn an_old_epoch_is_fenced<H: Harness>() {
    let harness = H::open();
    let old = harness.store().epoch();
    let harness = harness.crash();
    let store = harness.store();
    let late = Step { epoch: old, ..append(store, &conversation(1), 0, 1) };
    assert_eq!(one(store, late).await, Err(Reject::Fenced));
    assert_eq!(ok(store.load(&conversation(1)).await), None);
}

/// Promise 4: at most one settle of a trigger is accepted, even if the head is the expected one.
pub async fn the_cursor_moves_once_per_trigger<H: Harness>() {
    let harness = H::open();
    let store = harness.store();
    let stream = conversation(1);
    let settle =
        |expect, from, to| Step { cursor: Some(moved(from, to)), ..append(store, &stream, expect, 1) };
    assert_eq!(one(store, append(store, &stream, 0, 3)).await, Ok(Some(seq(3))));
    assert_eq!(one(store, settle(3, 0, 2)).await, Ok(Some(seq(4))));
    assert_eq!(one(store, settle(4, 0, 2)).await, Err(Reject::CursorMoved));
    assert_eq!(one(store, settle(4, 1, 3)).await, Err(Reject::CursorMoved));
    let rows_only =
        Step { cursor: Some(moved(2, 4)), ..Step::new(stream.clone(), store.epoch(), Some(seq(4))) };
    assert_eq!(one(store, rows_only).await, Ok(Some(seq(4))));
    let loaded = ok(store.load(&stream).await).expect("the stream has records");
    assert_eq!((loaded.cursor, loaded.head), (Some(seq(4)), seq(4)));
    let harness = harness.crash();
    let loaded = ok(harness.store().load(&stream).await).expect("the stream has records");
    assert_eq!((loaded.cursor, loaded.head, loaded.records_after.len()), (Some(seq(4)), seq(4), 2));
}

/// Promise 4.
pub async fn malformed_steps_are_refused<H: Harness>() {
    let harness = H::open();
    let store = harness.store();
    let stream = conversation(1);
    let epoch = store.epoch();
    let empty = || Step::new(stream.clone(), epoch, None);
    let fact = |key: &str, size: usize| FactOp { key: key.to_owned(), value: Some(vec![0; size]) };
    let malformed = [
        Step { pending: true, ..empty() },
        Step { timers: vec![set("idle", at(0, 1))], ..empty() },
        Step { snapshot: Some(vec![1]), ..empty() },
        Step { summary: Some(summary(true, at(0, 0))), ..empty() },
        Step { cursor: Some(moved(0, 1)), ..empty() },
        Step { cursor: Some(moved(0, 2)), ..append(store, &stream, 0, 1) },
        Step { cursor: Some(moved(1, 1)), ..append(store, &stream, 0, 1) },
        Step { facts: vec![fact("", 1)], ..append(store, &stream, 0, 1) },
        Step { facts: vec![fact(&"k".repeat(201), 1)], ..append(store, &stream, 0, 1) },
        Step { facts: vec![fact("k", 65_537)], ..append(store, &stream, 0, 1) },
        Step {
            summary: Some(summary(true, at(0, 0))),
            ..append(store, &StreamId::Account(account(1)), 0, 1)
        },
        Step {
            key: Some(WrappedKey { consumer: ConsumerId::from_bits(1), wrapped: Vec::new() }),
            ..append(store, &stream, 0, 1)
        },
    ];
    for (number, verdict) in store.commit(malformed.into()).await.into_iter().enumerate() {
        assert!(matches!(verdict, Err(Reject::Invalid(_))), "step {number}: {verdict:?}");
    }
    assert_eq!(ok(store.load(&stream).await), None);
}

/// Promise 2.
pub async fn a_refused_step_stores_none_of_its_rows<H: Harness>() {
    let harness = H::open();
    let store = harness.store();
    let (stream, consumer) = (conversation(1), ConsumerId::from_bits(1));
    let full = |expect, from| Step {
        cursor: Some(moved(from, from + 1)),
        pending: true,
        timers: vec![set("idle", at(0, 1))],
        facts: vec![FactOp { key: "seen".to_owned(), value: Some(vec![1]) }],
        key: Some(WrappedKey { consumer, wrapped: vec![1] }),
        summary: Some(summary(true, at(0, 0))),
        snapshot: Some(vec![1]),
        ..append(store, &stream, expect, 2)
    };
    assert_eq!(one(store, append(store, &stream, 0, 2)).await, Ok(Some(seq(2))));
    assert!(one(store, full(1, 0)).await.is_err());
    assert!(one(store, full(2, 1)).await.is_err());
    let loaded = ok(store.load(&stream).await).expect("the stream has records");
    assert_eq!((loaded.head, loaded.cursor, loaded.pending), (seq(2), None, false));
    assert_eq!(loaded.snapshot, None);
    assert_eq!(ok(store.timers_due(Timestamp::MAX, None, 9).await), []);
    assert_eq!(ok(store.fact(&account(1), "seen").await), None);
    assert_eq!(ok(store.key(&account(1), consumer).await), None);
    assert_eq!(ok(store.list(&account(1), &ListFilter::default(), None, 9).await), []);
    assert_eq!(one(store, full(2, 0)).await, Ok(Some(seq(4))));
    assert_eq!(ok(store.fact(&account(1), "seen").await), Some(vec![1]));
}

/// Promises 6 and 1.
pub async fn loading_gives_the_snapshot_and_what_came_after<H: Harness>() {
    let mut harness = H::open();
    let stream = conversation(1);
    let store = harness.store();
    for number in 0..10 {
        let snapshot =
            [3, 6].contains(&number).then(|| vec![7; usize::try_from(number).expect("it is small")]);
        let step = Step { snapshot, ..append(store, &stream, number * 2, 2) };
        assert!(one(store, step).await.is_ok());
    }
    for _ in 0..2 {
        let loaded = ok(harness.store().load(&stream).await).expect("the stream has records");
        assert_eq!(loaded.snapshot, Some((seq(14), vec![7; 6])));
        let bodies: Vec<_> = loaded.records_after.iter().map(|record| record.body.clone()).collect();
        let expected = [15, 17, 19].map(|first| format!("{stream}@{first}").into_bytes());
        assert_eq!(bodies, expected);
        harness = harness.crash();
    }
}

/// Promise 6.
pub async fn reading_begins_with_the_record_that_holds_the_place<H: Harness>() {
    let harness = H::open();
    let store = harness.store();
    let (stream, other) = (conversation(1), conversation(2));
    for number in 0..300 {
        let batch = vec![append(store, &stream, number * 2, 2), append(store, &other, number, 1)];
        assert!(store.commit(batch).await.iter().all(Result::is_ok));
    }
    for (from, count, firsts) in [
        (1, 3, vec![1, 3, 5]),
        (2, 2, vec![1, 3]),
        (127, 2, vec![127, 129]),
        (128, 1, vec![127]),
        (400, 2, vec![399, 401]),
        (597, 5, vec![597, 599]),
        (601, 5, vec![]),
    ] {
        let records = ok(store.read(&stream, seq(from), count).await);
        let found: Vec<_> = records.iter().map(|record| record.first.number()).collect();
        assert_eq!(found, firsts, "from {from}");
        for record in records {
            assert_eq!(record.body, format!("{stream}@{}", record.first).into_bytes());
        }
    }
    assert_eq!(ok(store.read(&stream, seq(1), 10_000).await).len(), 300);
    assert_eq!(ok(store.read(&conversation(3), seq(1), 5).await), []);
}

/// Promise 7.
pub async fn what_is_pending_is_recovered_after_a_crash<H: Harness>() {
    let harness = H::open();
    let store = harness.store();
    for number in 0..30 {
        let step = Step { pending: number % 3 != 0, ..append(store, &conversation(number), 0, 1) };
        assert!(one(store, step).await.is_ok());
    }
    let settle = Step { cursor: Some(moved(0, 1)), ..append(store, &conversation(1), 1, 1) };
    assert!(one(store, settle).await.is_ok());
    let noted = Step { pending: true, ..Step::new(conversation(3), store.epoch(), Some(seq(1))) };
    assert!(one(store, noted).await.is_ok());
    let mut expected: Vec<_> =
        (0..30).filter(|number| number % 3 != 0 && *number != 1 || *number == 3).collect();
    expected.sort_unstable();
    let expected: std::collections::BTreeSet<_> = expected.into_iter().map(conversation).collect();
    let harness = harness.crash();
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = ok(harness.store().recover(after.as_ref(), 7).await);
        assert!(page.len() <= 7);
        let Some(last) = page.last().cloned() else { break };
        after = Some(last);
        found.extend(page);
    }
    assert_eq!(found.len(), expected.len());
    assert_eq!(found.into_iter().collect::<std::collections::BTreeSet<_>>(), expected);
}

async fn all_timers(store: &dyn Store, until: Timestamp) -> Vec<DueTimer> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = ok(store.timers_due(until, after.as_ref(), 3).await);
        let Some(last) = page.last().cloned() else { return found };
        after = Some(last);
        found.extend(page);
    }
}

/// Promise 8.
pub async fn timers_are_due_in_order_and_stay_until_cancelled<H: Harness>() {
    let harness = H::open();
    let store = harness.store();
    for number in 0..8_i64 {
        let stream = conversation(number.unsigned_abs().into());
        let timers = vec![set("a", at(0, 100 - number / 2)), set("b", at(0, number))];
        assert!(one(store, Step { timers, ..append(store, &stream, 0, 1) }).await.is_ok());
    }
    let timers =
        vec![TimerOp::Cancel { name: timer("b") }, set("a", at(0, 50)), TimerOp::Cancel { name: timer("c") }];
    assert!(one(store, Step { timers, ..append(store, &conversation(4), 1, 1) }).await.is_ok());
    let harness = harness.crash();
    let found = all_timers(harness.store(), at(0, 60)).await;
    assert!(found.iter().map(|timer| timer.due).is_sorted());
    let mut expected: Vec<_> =
        (0..8_i64).filter(|number| *number != 4).map(|number| (number, number, "b")).collect();
    expected.push((50, 4, "a"));
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(second, number, name)| DueTimer {
            due: at(0, second),
            stream: conversation(number.unsigned_abs().into()),
            name: timer(name),
        })
        .collect();
    assert_eq!(found, expected);
    assert_eq!(all_timers(harness.store(), Timestamp::MAX).await.len(), 15);
    assert_eq!(ok(harness.store().stats().await).timers, 15);
}

/// Promises 6 and 9.
pub async fn facts_are_found_by_prefix_within_their_account<H: Harness>() {
    let harness = H::open();
    let store = harness.store();
    let facts = |keys: &[&str]| {
        keys.iter()
            .map(|key| FactOp { key: (*key).to_owned(), value: Some(key.as_bytes().to_vec()) })
            .collect()
    };
    let first = Step {
        facts: facts(&["a/1", "a/2", "a/30", "b", "a/%", "a/é"]),
        ..append(store, &conversation(1), 0, 1)
    };
    let other = Step {
        facts: facts(&["a/1", "a/9"]),
        ..Step::new(StreamId::Account(account(2)), store.epoch(), None)
    };
    assert!(store.commit(vec![first, other]).await.iter().all(Result::is_ok));
    let gone = FactOp { key: "a/2".to_owned(), value: None };
    assert!(one(store, Step { facts: vec![gone], ..append(store, &conversation(1), 1, 1) }).await.is_ok());
    let keys = |rows: Vec<(String, Vec<u8>)>| {
        assert!(rows.iter().all(|(key, value)| key.as_bytes() == value));
        rows.into_iter().map(|(key, _)| key).collect::<Vec<_>>()
    };
    let harness = harness.crash();
    let store = harness.store();
    assert_eq!(keys(ok(store.facts(&account(1), "a/", None, 9).await)), ["a/%", "a/1", "a/30", "a/é"]);
    assert_eq!(keys(ok(store.facts(&account(1), "a/", Some("a/1"), 1).await)), ["a/30"]);
    assert_eq!(keys(ok(store.facts(&account(2), "", None, 9).await)), ["a/1", "a/9"]);
    assert_eq!(ok(store.fact(&account(2), "b").await), None);
    assert_eq!(ok(store.fact(&account(1), "b").await), Some(b"b".to_vec()));
}

/// Promises 4 and 10.
pub async fn a_key_is_stored_once_and_erased_for_good<H: Harness>() {
    let mut harness = H::open();
    let (stream, consumer) = (conversation(1), ConsumerId::from_bits(77));
    let key = |byte: u8| Some(WrappedKey { consumer, wrapped: vec![byte; 60] });
    let store = harness.store();
    assert!(one(store, Step { key: key(1), ..append(store, &stream, 0, 1) }).await.is_ok());
    assert_eq!(
        one(store, Step { key: key(2), ..append(store, &stream, 1, 1) }).await,
        Err(Reject::KeyExists)
    );
    harness = harness.crash();
    let store = harness.store();
    assert_eq!(ok(store.key(&account(1), consumer).await), Some(vec![1; 60]));
    assert_eq!(ok(store.key(&account(2), consumer).await), None);
    assert!(!ok(store.erase_key(&account(2), consumer).await));
    assert!(ok(store.erase_key(&account(1), consumer).await));
    assert!(!ok(store.erase_key(&account(1), consumer).await));
    harness = harness.crash();
    let store = harness.store();
    assert_eq!(ok(store.key(&account(1), consumer).await), None);
    assert!(one(store, Step { key: key(3), ..append(store, &stream, 1, 1) }).await.is_ok());
    assert_eq!(ok(store.key(&account(1), consumer).await), Some(vec![3; 60]));
}

async fn listed(store: &dyn Store, filter: &ListFilter) -> Vec<ListRow> {
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let page = ok(store.list(&account(1), filter, before, 3).await);
        let Some(last) = page.last() else { return found };
        before = Some(last.place());
        found.extend(page);
    }
}

/// Promise 6.
pub async fn lists_show_the_latest_change_first<H: Harness>() {
    let mut harness = H::open();
    let store = harness.store();
    let consumer = Some(ConsumerId::from_bits(5));
    let skill = Some("123456".parse().expect("the text is a skill id"));
    for number in 0..12_i64 {
        let said = Summary {
            skill: skill.clone().filter(|_| number % 2 == 0),
            consumer: consumer.filter(|_| number % 3 == 0),
            ..summary(number % 4 != 0, at(0, number / 2))
        };
        let stream = conversation(number.unsigned_abs().into());
        assert!(one(store, Step { summary: Some(said), ..append(store, &stream, 0, 1) }).await.is_ok());
    }
    let reopened = Step { summary: Some(summary(true, at(0, 99))), ..append(store, &conversation(0), 1, 1) };
    let closed = Step { summary: Some(summary(false, at(0, 98))), ..append(store, &conversation(1), 1, 1) };
    assert!(store.commit(vec![reopened, closed]).await.iter().all(Result::is_ok));
    for _ in 0..2 {
        let store = harness.store();
        let all = listed(store, &ListFilter::default()).await;
        assert_eq!(all.len(), 12);
        assert!(all.windows(2).all(|pair| pair[0].place() > pair[1].place()), "latest first, each once");
        assert_eq!(all[0].summary, summary(true, at(0, 99)));
        for filter in [
            ListFilter { open: Some(true), ..ListFilter::default() },
            ListFilter { open: Some(false), ..ListFilter::default() },
            ListFilter { skill: skill.clone(), ..ListFilter::default() },
            ListFilter { consumer, open: Some(true), ..ListFilter::default() },
            ListFilter { consumer, ..ListFilter::default() },
            ListFilter { open: Some(false), skill: skill.clone(), consumer },
        ] {
            let expected: Vec<_> = all.iter().filter(|row| filter.shows(&row.summary)).cloned().collect();
            assert_eq!(listed(store, &filter).await, expected, "{filter:?}");
        }
        assert_eq!(ok(store.list(&account(2), &ListFilter::default(), None, 9).await), []);
        harness = harness.crash();
    }
}

/// Promise 9.
pub async fn accounts_are_apart<H: Harness>() {
    let harness = H::open();
    let store = harness.store();
    let same = 7;
    let (one_of, two_of) = (conversation_of(account(1), same), conversation_of(account(2), same));
    assert!(one(store, append(store, &one_of, 0, 1)).await.is_ok());
    assert_eq!(ok(store.load(&two_of).await), None);
    assert!(one(store, append(store, &two_of, 0, 2)).await.is_ok());
    assert!(one(store, append(store, &StreamId::Account(account(3)), 0, 1)).await.is_ok());
    assert!(one(store, append(store, &StreamId::Functions(account(3)), 0, 4)).await.is_ok());
    assert_eq!(ok(store.load(&one_of).await).map(|loaded| loaded.head), Some(seq(1)));
    assert_eq!(ok(store.load(&StreamId::Account(account(3))).await).map(|loaded| loaded.head), Some(seq(1)));
    let harness = harness.crash();
    assert_eq!(ok(harness.store().accounts().await), [account(1), account(2), account(3)]);
    assert_eq!(ok(harness.store().load(&two_of).await).map(|loaded| loaded.head), Some(seq(2)));
}

/// Promise 11.
pub async fn retention_takes_whole_closed_conversations<H: Harness>() {
    let mut harness = H::open();
    let store = harness.store();
    let written = |stream: &StreamId, expect, day| {
        let mut step = append(store, stream, expect, 1);
        step.record = step.record.map(|record| crate::NewRecord { at: at(day, 5), ..record });
        step
    };
    let closed = |step: Step| Step { summary: Some(summary(false, at(0, 0))), ..step };
    let (old, alive, open, pending) = (conversation(1), conversation(2), conversation(3), conversation(4));
    let batch = vec![
        Step {
            timers: vec![set("survey", at(9, 0))],
            snapshot: Some(vec![1]),
            ..closed(written(&old, 0, 0))
        },
        closed(written(&old, 1, 1)),
        closed(written(&alive, 0, 0)),
        written(&open, 0, 0),
        Step { pending: true, ..closed(written(&pending, 0, 0)) },
        written(&StreamId::Account(account(1)), 0, 0),
        closed(written(&alive, 1, 2)),
    ];
    assert!(store.commit(batch).await.iter().all(Result::is_ok));
    let day = |number: i8| civil::date(2026, 1, 1 + number);
    assert_eq!(ok(store.drop_before(day(1)).await).conversations, 0);
    let dropped = ok(store.drop_before(day(2)).await);
    assert_eq!((dropped.conversations, dropped.records), (1, 2));
    for _ in 0..2 {
        let store = harness.store();
        assert_eq!(ok(store.load(&old).await), None);
        assert_eq!(ok(store.read(&old, seq(1), 9).await), []);
        assert_eq!(ok(store.timers_due(Timestamp::MAX, None, 9).await), []);
        for (stream, records) in [(&alive, 2), (&open, 1), (&pending, 1), (&StreamId::Account(account(1)), 1)]
        {
            assert_eq!(ok(store.read(stream, seq(1), 9).await).len(), records, "{stream}");
        }
        let rows = ok(store.list(&account(1), &ListFilter::default(), None, 9).await);
        assert_eq!(rows.len(), 2);
        harness = harness.crash();
    }
    let store = harness.store();
    assert!(one(store, append(store, &old, 0, 1)).await.is_ok(), "the name is free again");
    assert_eq!(ok(store.drop_before(day(3)).await).conversations, 1);
    assert_eq!(ok(store.read(&open, seq(1), 9).await).len(), 1);
}

/// Promise 14.
pub async fn what_is_forgotten_keeps_its_place<H: Harness>() {
    let mut store = H::open();
    let (own, other, talk) =
        (StreamId::Account(account(1)), StreamId::Functions(account(1)), conversation(1));
    for expect in [0, 2, 4] {
        for stream in [&own, &other, &talk] {
            accepted(&one(store.store(), append(store.store(), stream, expect, 2)).await);
        }
    }
    let snapshot = Some(b"what they made".to_vec());
    accepted(
        &one(store.store(), Step { snapshot, ..Step::new(own.clone(), store.store().epoch(), Some(seq(6))) })
            .await,
    );
    let before = ok(store.store().read(&own, seq(1), 9).await);
    assert_eq!(ok(store.store().forget(&own, seq(1)).await), 0, "its first record ends later");
    assert_eq!(ok(store.store().forget(&own, seq(3)).await), 1);
    assert_eq!(ok(store.store().forget(&own, seq(4)).await), 1, "the one before was forgotten already");
    assert_eq!(ok(store.store().forget(&own, seq(4)).await), 0);
    assert_eq!(ok(store.store().forget(&talk, seq(4)).await), 0, "conversations are forgotten whole");
    for round in 0..2 {
        let after = ok(store.store().read(&own, seq(1), 9).await);
        let places = |records: &[StoredRecord]| {
            records.iter().map(|record| (record.first, record.events)).collect::<Vec<_>>()
        };
        assert_eq!(places(&after), places(&before));
        assert!(after[0].body.is_empty() && after[1].body.is_empty(), "round {round}");
        assert_eq!(after[2], before[2]);
        for stream in [&other, &talk] {
            let whole = ok(store.store().read(stream, seq(1), 9).await);
            assert!(whole.iter().all(|record| !record.body.is_empty()), "{stream} is another stream");
        }
        let kept = ok(store.store().snapshot(&own).await);
        assert_eq!(kept, Some((seq(6), b"what they made".to_vec())));
        assert_eq!(ok(store.store().snapshot(&other).await), None);
        store = store.crash();
    }
    accepted(&one(store.store(), append(store.store(), &own, 6, 1)).await);
    assert_eq!(ok(store.store().read(&own, seq(7), 9).await).len(), 1, "it goes on");
}

/// Promise 1.
pub async fn everything_acknowledged_survives_a_crash<H: Harness>() {
    let mut harness = H::open();
    let mut heads = [0_u64; 40];
    for round in 0..6 {
        let store = harness.store();
        for turn in 0..50 {
            let number = (turn * 7 + round * 3) % heads.len();
            let events = u16::try_from(turn % 3 + 1).expect("it is small");
            let step = append(store, &conversation(number as u128), heads[number], events);
            assert!(one(store, step).await.is_ok());
            heads[number] += u64::from(events);
        }
        harness = harness.crash();
        for (number, head) in heads.iter().enumerate() {
            let loaded = ok(harness.store().load(&conversation(number as u128)).await);
            assert_eq!(loaded.as_ref().map_or(0, |loaded| loaded.head.number()), *head);
            let mut next = 1;
            for record in loaded.map(|loaded| loaded.records_after).unwrap_or_default() {
                assert_eq!(record.first.number(), next);
                next = record.last().number() + 1;
            }
            assert_eq!(next, head + 1);
        }
    }
}

/// Promise 13.
pub async fn each_opening_has_a_higher_epoch<H: Harness>() {
    let mut harness = H::open();
    for _ in 0..3 {
        let before = harness.store().epoch();
        assert!(
            one(harness.store(), append(harness.store(), &conversation(before.number().into()), 0, 1))
                .await
                .is_ok()
        );
        harness = harness.crash();
        assert!(harness.store().epoch() > before);
    }
}
