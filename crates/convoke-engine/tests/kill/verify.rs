//! What must be true of the directory after a kill, and after everything that was left is answered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use convoke_domain::conversation::{Event, Recorded, Role};
use convoke_domain::id::{ConversationId, InvocationId};
use convoke_domain::sequence::EventSeq;
use convoke_engine::Handle;
use convoke_engine::key_values::Transaction;

use crate::Told;
use crate::child::{account, start};
use crate::host::{KEPT, skill_of};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    pub(crate) acknowledged: u64,
    pub(crate) unsettled: u64,
    pub(crate) answers_applied: u64,
    pub(crate) run_again: u64,
}

impl Verdicts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.acknowledged += other.acknowledged;
        self.unsettled += other.unsettled;
        self.answers_applied += other.answers_applied;
        self.run_again += other.run_again;
    }
}

pub(crate) fn after_the_kill(dir: &Path, round: u32, told: &Told) -> Verdicts {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let unsettled = unsettled_at_the_kill(dir, told).await;
        let (engine, host, _) = start(dir, None).await;
        let handle = engine.handle();
        let mut verdicts =
            Verdicts { unsettled, acknowledged: told.acknowledged.len() as u64, ..Verdicts::default() };
        let mut texts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (conversation, text) in &told.acknowledged {
            texts.entry(conversation).or_default().insert(text);
        }
        let begun: BTreeSet<&str> = told.begun.iter().map(String::as_str).collect();
        for (conversation, texts) in texts {
            let id: ConversationId = conversation.parse().unwrap();
            let log = settled_log(&handle, id).await;
            assert_no_gaps(&log);
            assert_all_there(round, &log, &texts);
            verdicts.answers_applied += assert_answers_once_and_whole(id, &log);
            assert_kept_with_the_answer(&handle, id, &log).await;
            verdicts.run_again += again(id, &log, &begun);
        }
        verdicts.run_again = verdicts.run_again.min(u64::from(host.runs.load(Ordering::Relaxed)));
        drop(handle);
        engine.stop().await;
        verdicts
    })
}

/// Counts triggers without a settle before anybody works on them.
async fn unsettled_at_the_kill(dir: &Path, told: &Told) -> u64 {
    use convoke_store::{SqliteStore, Store};
    let store = SqliteStore::open(dir).unwrap();
    let known: BTreeSet<&str> =
        told.acknowledged.iter().map(|(conversation, _)| conversation.as_str()).collect();
    let mut unsettled = 0;
    let mut after = None;
    loop {
        let page = store.recover(after.as_ref(), usize::MAX).await.unwrap();
        unsettled += page
            .iter()
            .filter_map(convoke_store::StreamId::conversation)
            .filter(|conversation| known.contains(conversation.to_string().as_str()))
            .count() as u64;
        match page.into_iter().next_back() {
            Some(last) => after = Some(last),
            None => return unsettled,
        }
    }
}

/// The whole log, once no trigger of it is unsettled.
async fn settled_log(handle: &Handle, id: ConversationId) -> Vec<Recorded> {
    let mut following = handle.follow(&account(), id, None).await.unwrap();
    let mut log: Vec<Recorded> = Vec::new();
    loop {
        let state = handle.conversation(&account(), id).await.unwrap();
        while log.last().is_none_or(|last| last.seq < state.head) {
            log.push(following.next().await.unwrap());
        }
        if state.lane.is_empty() {
            return log;
        }
        log.push(following.next().await.unwrap());
    }
}

fn assert_no_gaps(log: &[Recorded]) {
    let mut expected = EventSeq::FIRST;
    for recorded in log {
        assert_eq!(recorded.seq, expected);
        expected = expected.next();
    }
}

fn assert_all_there(round: u32, log: &[Recorded], texts: &BTreeSet<&str>) {
    let mut found = BTreeMap::new();
    for recorded in log {
        if let Event::LinePublished(line) = &recorded.event {
            *found.entry(line.text.reveal().unwrap()).or_insert(0) += 1;
        }
    }
    for text in texts {
        assert_eq!(found.get(text), Some(&1), "round {round}: {text} was acknowledged");
    }
}

/// Every trigger is settled once, and the message and the transfer of its settle are of the same run.
fn assert_answers_once_and_whole(id: ConversationId, log: &[Recorded]) -> u64 {
    let mut settled = BTreeSet::new();
    let mut triggers = BTreeSet::new();
    let mut skill = String::new();
    let mut applied = 0;
    let mut expected: Option<&str> = None;
    for recorded in log {
        match &recorded.event {
            Event::Triggered(_) => {
                triggers.insert(recorded.seq);
            }
            Event::Settled(settle) => {
                assert!(settled.insert(settle.trigger), "{id}: {} was settled twice", settle.trigger);
                assert!(expected.take().is_none_or(|expected| expected == skill), "{id}: half an answer");
            }
            Event::LinePublished(line) if line.role == Role::Controller => {
                let text = line.text.reveal().unwrap();
                if let Some(number) = text.strip_prefix("answer-") {
                    expected = Some(skill_of(number.parse().unwrap()));
                    applied += 1;
                }
            }
            Event::Opened { skill: first, .. } => skill = first.to_string(),
            Event::SkillChanged { to, .. } => skill = to.to_string(),
            _ => {}
        }
    }
    assert!(expected.is_none_or(|expected| expected == skill), "{id}: half an answer");
    assert_eq!(triggers, settled, "{id}: a trigger was lost");
    applied
}

/// What an invocation kept. Who reads the log sees a step a moment before its shard hears that it is durable.
async fn kept_soon(kept: &Transaction, invocation: &str) -> Option<String> {
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        match kept.get(KEPT, invocation).await.unwrap() {
            Some(found) => return Some(found.json),
            None if Instant::now() < until => tokio::task::yield_now().await,
            None => return None,
        }
    }
}

/// What the run kept whose answer was applied is there, and nothing that another run of the same invocation wrote.
async fn assert_kept_with_the_answer(handle: &Handle, id: ConversationId, log: &[Recorded]) {
    let kept = handle.key_values(&account());
    let mut trigger = None;
    for recorded in log {
        match &recorded.event {
            Event::Settled(settled) => trigger = Some(settled.trigger),
            Event::LinePublished(line) if line.role == Role::Controller => {
                let text = line.text.reveal().unwrap();
                let (Some(number), Some(trigger)) = (text.strip_prefix("answer-"), trigger) else { continue };
                let invocation = InvocationId::Triggered { conversation: id, trigger }.to_string();
                assert_eq!(kept_soon(&kept, &invocation).await.as_deref(), Some(number), "{invocation}");
            }
            _ => {}
        }
    }
    let own = format!("inv_{}.", id.uuid().simple());
    for found in kept.list(KEPT, &own, "", usize::MAX).await.unwrap() {
        let settled = log.iter().any(|recorded| match &recorded.event {
            Event::Settled(settled) => found.key == format!("{own}{}", settled.trigger),
            _ => false,
        });
        assert!(settled, "{} was kept without its answer", found.key);
    }
}

/// Invocations that had begun before the kill and whose trigger was settled only after it.
fn again(id: ConversationId, log: &[Recorded], begun: &BTreeSet<&str>) -> u64 {
    let last_line = log.iter().rposition(
        |recorded| matches!(&recorded.event, Event::LinePublished(line) if line.role == Role::Consumer),
    );
    let late = log.iter().skip(last_line.unwrap_or(0));
    late.filter_map(|recorded| match &recorded.event {
        Event::Settled(settled) => {
            Some(InvocationId::Triggered { conversation: id, trigger: settled.trigger })
        }
        _ => None,
    })
    .filter(|invocation| begun.contains(invocation.to_string().as_str()))
    .count() as u64
}
