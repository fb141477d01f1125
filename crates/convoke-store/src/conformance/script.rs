//! Random scripts: the same operations go to an engine and to the model, and every answer must be the same.
//!
//! A script is a list of small byte arrays, so that any generator (a property test, a fuzzer) can make and shrink it.

use std::collections::BTreeSet;
use std::num::NonZeroU16;

use convoke_domain::id::ConsumerId;
use convoke_domain::sequence::EventSeq;
use jiff::{Timestamp, civil};

use super::{Harness, account, at, conversation_of, set, timer};
use crate::{
    CursorMove, Epoch, FactOp, ListFilter, MemoryStore, NewRecord, Step, Store, StreamId, Summary, TimerOp,
    WrappedKey,
};

/// One operation; every array is a valid one.
pub type Choice = [u8; 8];

const STREAMS: u8 = 7;

/// Plays `script` to the engine and to the model.
///
/// # Panics
///
/// Where they differ.
pub async fn play<H: Harness>(script: &[Choice]) {
    let mut engine = H::open();
    let mut model = MemoryStore::new();
    let mut batch = Vec::new();
    for choice in script {
        match choice[0] % 16 {
            0 => {
                commit(engine.store(), &model, &mut batch).await;
                engine = engine.crash();
                model = model.restart();
            }
            1 => {
                commit(engine.store(), &model, &mut batch).await;
                let day = civil::date(2026, 1, 1 + i8::try_from(choice[1] % 5).expect("it is small"));
                assert_eq!(engine.store().drop_before(day).await, model.drop_before(day).await);
            }
            2 => {
                commit(engine.store(), &model, &mut batch).await;
                let (account, consumer) = (account(choice[1] % 2), consumer(choice[2]));
                let erased = engine.store().erase_key(&account, consumer).await;
                assert_eq!(erased, model.erase_key(&account, consumer).await);
            }
            3..=6 => commit(engine.store(), &model, &mut batch).await,
            _ => {
                let stream = stream(choice[1]);
                let waiting =
                    batch.iter().rev().find(|(waiting, _): &&(Step, Step)| waiting.stream == stream);
                let loaded = model.load(&stream).await.expect("the model answers");
                let head = match waiting {
                    Some((step, _)) => step.head_after(),
                    None => loaded.as_ref().map(|loaded| loaded.head),
                };
                let cursor = loaded.and_then(|loaded| loaded.cursor);
                let step = |epoch| step(*choice, stream.clone(), epoch, head, cursor);
                batch.push((step(engine.store().epoch()), step(model.epoch())));
            }
        }
    }
    commit(engine.store(), &model, &mut batch).await;
    compare(engine.store(), &model).await;
    compare(engine.crash().store(), &model.restart()).await;
}

async fn commit(engine: &dyn Store, model: &MemoryStore, batch: &mut Vec<(Step, Step)>) {
    let (to_engine, to_model) = std::mem::take(batch).into_iter().unzip();
    assert_eq!(engine.commit(to_engine).await, model.commit(to_model).await);
}

fn stream(byte: u8) -> StreamId {
    match byte % STREAMS {
        0 => StreamId::Account(account(0)),
        1 => StreamId::Functions(account(1)),
        2 => StreamId::Context(account(0)),
        number => conversation_of(account(number % 2), u128::from(number)),
    }
}

fn consumer(byte: u8) -> ConsumerId {
    ConsumerId::from_bits(u128::from(byte % 3))
}

/// The step that a choice names: mostly a good one, sometimes stale, malformed or fenced.
fn step(
    choice: Choice,
    stream: StreamId,
    epoch: Epoch,
    head: Option<EventSeq>,
    cursor: Option<EventSeq>,
) -> Step {
    let [_, _, luck, events, rows, value, day, more] = choice;
    let expect = if luck < 12 { EventSeq::new(u64::from(value)) } else { head };
    let epoch = if luck == 255 { Epoch::new(0) } else { epoch };
    let has = |bit: u8| rows & (1 << bit) != 0;
    let mut step = Step::new(stream, epoch, expect);
    step.record = NonZeroU16::new(u16::from(events % 4)).map(|events| NewRecord {
        events,
        at: at(i64::from(day % 4), i64::from(value)),
        body: vec![value; usize::from(more) * 8],
    });
    let before = if luck % 9 == 1 { EventSeq::new(u64::from(value % 4)) } else { cursor };
    if let Some(to) = step.head_after()
        && has(0)
    {
        step.cursor = Some(CursorMove { from: before, to });
    }
    step.pending = has(1) && (luck == 3 || step.head_after().is_some());
    let exists = step.head_after().is_some();
    let name = ["idle.agent", "idle.consumer", "ring"][usize::from(more % 3)];
    if has(2) && exists {
        step.timers.push(set(name, at(i64::from(value % 8), i64::from(more))));
    }
    if has(3) && exists {
        step.timers.push(TimerOp::Cancel { name: timer(name) });
    }
    if has(4) {
        let value = has(3).then(|| vec![value; usize::from(more % 5)]);
        step.facts.push(FactOp { key: format!("f/{}", more % 5), value });
    }
    if has(5) && value.is_multiple_of(3) {
        step.key = Some(WrappedKey { consumer: consumer(more), wrapped: vec![value; 1 + usize::from(more)] });
    }
    if has(6) && exists && step.stream.conversation().is_some() {
        step.summary = Some(Summary {
            open: value % 2 == 0,
            opened_at: at(0, i64::from(more)),
            changed_at: at(i64::from(day % 3), i64::from(value)),
            skill: (more % 4 != 0).then(|| (more % 4).to_string().parse().expect("a digit is a skill id")),
            consumer: (more % 3 != 0).then(|| consumer(more)),
        });
    }
    if has(7) && exists {
        step.snapshot = Some(vec![more; usize::from(value) * 16]);
    }
    step
}

async fn compare(engine: &dyn Store, model: &MemoryStore) {
    assert_eq!(engine.accounts().await, model.accounts().await);
    for byte in 0..STREAMS {
        let stream = stream(byte);
        assert_eq!(engine.load(&stream).await, model.load(&stream).await);
        for from in [1, 5, 40] {
            let from = EventSeq::new(from).expect("places begin at 1");
            assert_eq!(engine.read(&stream, from, 70).await, model.read(&stream, from, 70).await);
        }
    }
    let pending = |found: Result<Vec<StreamId>, _>| found.expect("reads are answered").into_iter().collect();
    let found: BTreeSet<_> = pending(engine.recover(None, 100).await);
    assert_eq!(found, pending(model.recover(None, 100).await));
    for until in [at(2, 0), Timestamp::MAX] {
        let mut found = engine.timers_due(until, None, 100).await.expect("reads are answered");
        assert!(found.iter().map(|timer| timer.due).is_sorted());
        found.sort_unstable();
        assert_eq!(Ok(found), model.timers_due(until, None, 100).await);
    }
    for number in 0..2 {
        compare_account(engine, model, number).await;
    }
    let (found, expected) = (engine.stats().await, model.stats().await);
    let (found, expected) = (found.expect("reads are answered"), expected.expect("the model answers"));
    assert_eq!(
        (found.streams, found.pending, found.open, found.timers),
        (expected.streams, expected.pending, expected.open, expected.timers)
    );
}

async fn compare_account(engine: &dyn Store, model: &MemoryStore, number: u8) {
    let account = account(number);
    for (prefix, after) in [("", None), ("f/", Some("f/1")), ("g", None)] {
        let found = engine.facts(&account, prefix, after, 100).await;
        assert_eq!(found, model.facts(&account, prefix, after, 100).await);
    }
    for byte in 0..3 {
        assert_eq!(engine.key(&account, consumer(byte)).await, model.key(&account, consumer(byte)).await);
    }
    let skill = Some("1".parse().expect("a digit is a skill id"));
    for open in [None, Some(true), Some(false)] {
        for filter in [
            ListFilter { open, ..ListFilter::default() },
            ListFilter { open, skill: skill.clone(), consumer: None },
            ListFilter { open, skill: None, consumer: Some(consumer(1)) },
        ] {
            let found = engine.list(&account, &filter, None, 100).await.expect("reads are answered");
            assert_eq!(Ok(found.clone()), model.list(&account, &filter, None, 100).await);
            if let Some(first) = found.first() {
                let rest = engine.list(&account, &filter, Some(first.place()), 100).await;
                assert_eq!(rest, Ok(found[1..].to_vec()));
            }
        }
    }
}
